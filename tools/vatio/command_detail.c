/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/detail_json.h"
#include "tools/vatio/format.h"
#include "tools/vatio/meter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_WIDTH = 16, COLUMN_WIDTH = 12 };

static const struct option options[] = {
    {"", "point", "", OPTION_STRING, offsetof(struct cli_settings, point), "", 0, CLI_POINT, NULL,
     "one point only: grid, grid_l1, solar, load, ..."},
    {"", "window", "", OPTION_BOOL, offsetof(struct cli_settings, window), "no", 0, 0, NULL,
     "the newest 10 or 12 cycles instead of the newest 150 or 180"},
    {"", "spectrum", "", OPTION_BOOL, offsetof(struct cli_settings, spectrum), "no", 0, 0, NULL,
     "harmonics, subgroups, groups and interharmonics too"},
    {"", "json", "", OPTION_BOOL, offsetof(struct cli_settings, json), "no", 0, 0, NULL,
     "print one JSON object, window and aggregate"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

/* Points that are wanted: all, or the one named. */
struct selection {
    int n;
    int64_t at[RECORD_POINTS];
};

static void print_number(FILE *out, double value, const char *unit)
{
    char cell[FORMAT_CELL];
    format_real(value, unit, cell);
    fprintf(out, " %*s", COLUMN_WIDTH, cell);
}

/* Of rms values that are a few parts in ten thousand of the fundamental. */
static void print_order(FILE *out, double value)
{
    if (isnan(value))
        fprintf(out, " %*s", COLUMN_WIDTH, "-");
    else
        fprintf(out, " %*.4f", COLUMN_WIDTH, value);
}

static void print_head(FILE *out, const struct detail *detail, const struct detail_values *values)
{
    char utc[FORMAT_CELL], cell[FORMAT_CELL];
    format_utc(values->utc_end_ms, utc);
    fprintf(out, "%s UTC%s", utc, detail->utc_synced == 1 ? "" : " (not synchronised)");
    if (values->duration_us != RECORD_ABSENT)
        fprintf(out, ", the %.3f s before", (double)values->duration_us / 1e6);
    fputs(", quality:", out);
    format_quality(out, values->quality == RECORD_ABSENT ? 0 : values->quality);
    format_real(values->f_hz, "Hz", cell);
    fprintf(out, "frequency   %s Hz", cell);
    format_real(detail->f_10s_hz, "Hz", cell);
    format_utc(detail->f_10s_utc_start_ms, utc);
    fprintf(out, ", over 10 s %s Hz (from %s)\n", cell, utc);
}

static void print_channels(FILE *out, const struct detail *detail)
{
    for (int64_t k = 0; k < detail->n_channels; k++) {
        char cell[FORMAT_CELL];
        format_real(detail->channel[k].noise_lsb, "LSB", cell);
        fprintf(out, "noise       %s LSB, %s: %s\n", cell, detail_noise_name[detail->channel[k].noise],
                detail->channel[k].name);
    }
}

static void print_names(FILE *out, const struct detail *detail, const struct selection *selection,
                        const char *corner)
{
    fprintf(out, "\n%-*s", LABEL_WIDTH, corner);
    for (int i = 0; i < selection->n; i++)
        fprintf(out, " %*s", COLUMN_WIDTH, record_point_name(detail->point_id[selection->at[i]]));
    fputc('\n', out);
}

static void print_scalars(FILE *out, const struct detail *detail, const struct detail_values *values,
                          const struct selection *selection)
{
    print_names(out, detail, selection, "");
    for (size_t k = 0; k < detail_point_fields_n; k++) {
        fprintf(out, "%-*s", LABEL_WIDTH, detail_point_fields[k].name);
        for (int i = 0; i < selection->n; i++)
            print_number(out, record_real(&detail_point_fields[k], &values->point[selection->at[i]]),
                         detail_point_fields[k].unit);
        fputc('\n', out);
    }
}

/* A row per order, a column per array, of one point. */
static void print_spectrum(FILE *out, const struct detail *detail, const struct detail_values *values,
                           int64_t p)
{
    fprintf(out, "\n%s\n%5s", record_point_name(detail->point_id[p]), "h");
    for (size_t k = 0; k < detail_spectra_n; k++)
        fprintf(out, " %*s", COLUMN_WIDTH, detail_spectra[k].name);
    fputc('\n', out);
    const int64_t last = values->h_max == RECORD_ABSENT ? 0 : values->h_max;
    for (int h = 0; h <= last && h < DETAIL_ORDERS; h++) {
        fprintf(out, "%5d", h);
        for (size_t k = 0; k < detail_spectra_n; k++)
            print_order(out, (double)detail_orders(&detail_spectra[k], &values->point[p])[h]);
        fputc('\n', out);
    }
}

static int print_text(struct cli *cli, const struct detail *detail, const struct selection *selection)
{
    const bool window = cli->settings.window || detail->aggregate.utc_start_ms == RECORD_ABSENT;
    const struct detail_values *values = window ? &detail->window : &detail->aggregate;
    print_head(cli->out, detail, values);
    print_channels(cli->out, detail);
    print_scalars(cli->out, detail, values, selection);
    for (int i = 0; i < selection->n && cli->settings.spectrum; i++)
        print_spectrum(cli->out, detail, values, selection->at[i]);
    return CLI_OK;
}

/* False with a sentence when the meter has no such point. */
static bool select_points(struct cli *cli, const struct detail *detail, struct selection *selection)
{
    const char *wanted = cli->settings.point;
    selection->n = 0;
    for (int64_t p = 0; p < detail->n_points; p++)
        if (wanted[0] == '\0' || strcmp(wanted, record_point_name(detail->point_id[p])) == 0)
            selection->at[selection->n++] = p;
    if (selection->n > 0 || wanted[0] == '\0')
        return true;
    fprintf(cli->err, "vatio: detail: this meter has no point \"%s\"; expected one of", wanted);
    for (int64_t p = 0; p < detail->n_points; p++)
        fprintf(cli->err, " %s", record_point_name(detail->point_id[p]));
    fputc('\n', cli->err);
    return false;
}

static int print(struct cli *cli, const struct detail *detail)
{
    struct selection selection;
    if (!select_points(cli, detail, &selection))
        return CLI_USAGE;
    if (!cli->settings.json)
        return print_text(cli, detail, &selection);
    const int64_t only = cli->settings.point[0] == '\0' ? -1 : detail->point_id[selection.at[0]];
    return format_json(cli, detail_json(detail, only, cli->settings.spectrum), false);
}

static int run(struct cli *cli)
{
    struct detail *detail = malloc(sizeof *detail);
    if (detail == NULL) {
        fputs("vatio: out of memory\n", cli->err);
        return CLI_REFUSED;
    }
    int status = meter_detail_checked(cli, detail);
    if (status == CLI_OK)
        status = print(cli, detail);
    free(detail);
    return status;
}

const struct command command_detail = {
    "detail", NULL, "print every quantity, harmonics and noise", options, sizeof options / sizeof options[0],
    run};
