/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/output.h"

#include <math.h>

size_t output_failures(const struct output *output)
{
    size_t failures = 0;
    for (int i = 0; i < output->n; i++)
        failures += table_failures(&output->result[i].table) + output->result[i].died;
    return failures;
}

static size_t rows(const struct output *output)
{
    size_t n = 0;
    for (int i = 0; i < output->n; i++)
        n += output->result[i].table.n;
    return n;
}

static const char *verdict(const struct row *row)
{
    if (row->kind == ROW_FIGURE)
        return "-";
    return row_passes(row) ? "pass" : "FAIL";
}

static void print_row(FILE *file, const struct row *row)
{
    fprintf(file, "  %-62s %-14s %-6s %11.5g ", row->point, row->quantity, row_kind_name(row->kind),
            row->error);
    if (row->kind == ROW_FIGURE)
        fprintf(file, "%9s %-9s %7s", "", row->unit, "");
    else
        fprintf(file, "%9.5g %-9s %6.1f%%", row->limit, row->unit, row_margin_pct(row));
    fprintf(file, "  %s%s\n", verdict(row), row->mark == ROW_RECALLED ? " *" : "");
}

void output_text(FILE *file, const struct output *output)
{
    fprintf(file, "Vatio's accuracy: %s set, seed %llu. It describes the digital chain, not the sensors.\n",
            output->full ? "full" : "reduced", (unsigned long long)output->seed);
    fprintf(file, "Errors are rms, worst or mean against the truth; * limit recalled, not checked against "
                  "the standard's text (UNVERIFIED).\n");
    for (int i = 0; i < output->n; i++) {
        const struct result *result = &output->result[i];
        if (!result->ran)
            continue;
        fprintf(file, "\n%s: %s\n  %s\n", result->group->name, result->group->title,
                result->group->conditions);
        fprintf(file, "  %-62s %-14s %-6s %11s %9s %-9s %7s\n", "test point", "quantity", "kind", "error",
                "limit", "unit", "margin");
        for (size_t k = 0; k < result->table.n; k++)
            print_row(file, &result->table.row[k]);
        if (result->died)
            fprintf(file, "  FAIL: it ended early\n");
    }
    fprintf(file, "\n%zu rows, %zu failed\n", rows(output), output_failures(output));
}

/* A number, or null for one that is none. */
static void json_number(FILE *file, const char *name, double value)
{
    if (isfinite(value))
        fprintf(file, "\"%s\":%.17g,", name, value);
    else
        fprintf(file, "\"%s\":null,", name);
}

static void json_row(FILE *file, const struct result *result, const struct row *row)
{
    fprintf(file, "{\"group\":\"%s\",\"point\":\"%s\",\"quantity\":\"%s\",\"kind\":\"%s\",",
            result->group->name, row->point, row->quantity, row_kind_name(row->kind));
    json_number(file, "error", row->error);
    json_number(file, "limit", row->kind == ROW_FIGURE ? (double)NAN : row->limit);
    json_number(file, "margin_pct", row_margin_pct(row));
    fprintf(file, "\"unit\":\"%s\",\"n\":%d,\"mark\":\"%s\",\"pass\":%s}", row->unit, row->n,
            row_mark_name(row->mark), row_passes(row) ? "true" : "false");
}

/* Texts are this program's own and hold neither quotes nor backslashes. */
void output_json(FILE *file, const struct output *output)
{
    fprintf(file, "{\"schema\":1,\"full\":%s,\"seed\":%llu,\"failed\":%zu,\"rows\":[",
            output->full ? "true" : "false", (unsigned long long)output->seed, output_failures(output));
    const char *between = "\n";
    for (int i = 0; i < output->n; i++)
        for (size_t k = 0; k < output->result[i].table.n; k++) {
            fputs(between, file);
            json_row(file, &output->result[i], &output->result[i].table.row[k]);
            between = ",\n";
        }
    fprintf(file, "\n]}\n");
}
