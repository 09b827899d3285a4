/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/output.h"
#include "tests/accuracy/sensors.h"

static const char opening[] =
    "# How accurate Vatio is\n"
    "\n"
    "**This describes the digital chain**: from the level at the converter's pins to readings and registers, "
    "on\n"
    "simulated sensors. What the sensors add is budgeted in the table at the end and is larger: a meter is "
    "as good\n"
    "as its transformer and its Hall sensor. Nothing here was measured on hardware.\n"
    "\n"
    "Made by `tools/accuracy --full --markdown dsp/ACCURACY.md`; do not edit it. `tests/accuracy/README.md` "
    "says how\n"
    "each figure comes about.\n"
    "\n"
    "* An error is against the truth of the simulation: `rms`, the `worst` of n, or the `mean`; never a "
    "deviation from\n"
    "  its own mean. `ratio` is rms over what theory allows. `figure` has no limit.\n"
    "* Margin: what is left of the limit. A limit marked * is of a standard and recalled only, not checked "
    "against its\n"
    "  text (UNVERIFIED); the others were seen in a source or are this project's own.\n"
    "* *Reference board*: `board/reference.ini` (8,000 scans/s, conversions 31.8 us apart, RC of 3.4 kHz, 10 "
    "bits),\n"
    "  0.5 LSB rms of noise on both channels, stamps with 1 us rms of error, no integral nonlinearity unless "
    "said.\n"
    "  *Ideal converter*: exact values behind the same front end.\n";

static void print_row(FILE *file, const struct row *row)
{
    fprintf(file, "| %s | %s | %s", row->point, row->quantity, row_kind_name(row->kind));
    if (row->n > 0)
        fprintf(file, " of %d", row->n);
    fprintf(file, " | %.3g %s |", row->error, row->unit);
    if (row->kind == ROW_FIGURE)
        fputs(" | | |\n", file);
    else
        fprintf(file, " %.4g%s | %.0f %% | %s |\n", row->limit, row->mark == ROW_RECALLED ? " *" : "",
                row_margin_pct(row), row_passes(row) ? "pass" : "**FAIL**");
}

static void print_group(FILE *file, const struct result *result)
{
    fprintf(file, "\n## %s: %s\n\n%s\n\n", result->group->name, result->group->title,
            result->group->conditions);
    fputs("| test point | quantity | of | error | limit | margin | |\n|---|---|---|---|---|---|---|\n", file);
    for (size_t k = 0; k < result->table.n; k++)
        print_row(file, &result->table.row[k]);
    if (result->died)
        fputs("\n**FAIL**: it ended early.\n", file);
}

/* The tightest row of each group, and what failed. */
static void print_summary(FILE *file, const struct output *output)
{
    fputs("\n| group | what | rows | failed | smallest margin |\n|---|---|---|---|---|\n", file);
    for (int i = 0; i < output->n; i++) {
        const struct result *result = &output->result[i];
        double least_pct = 100;
        if (!result->ran)
            continue;
        for (size_t k = 0; k < result->table.n; k++)
            if (row_margin_pct(&result->table.row[k]) < least_pct)
                least_pct = row_margin_pct(&result->table.row[k]);
        fprintf(file, "| %s | %s | %zu | %zu | %.0f %% |\n", result->group->name, result->group->title,
                result->table.n, table_failures(&result->table) + result->died, least_pct);
    }
}

void output_markdown(FILE *file, const struct output *output)
{
    fputs(opening, file);
    fprintf(file, "* %s set, seed %llu: the same seed gives the same figures.\n",
            output->full ? "The full" : "A reduced", (unsigned long long)output->seed);
    print_summary(file, output);
    for (int i = 0; i < output->n; i++)
        if (output->result[i].ran)
            print_group(file, &output->result[i]);
    sensors_print(file);
}
