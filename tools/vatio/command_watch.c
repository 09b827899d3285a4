/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/record_json.h"
#include "tools/vatio/format.h"
#include "tools/vatio/meter.h"

#include <inttypes.h>
#include <string.h>

enum {
    POLL_MS = 100,
    SILENCE_MS = 5000, /* a heartbeat comes each window, five times a second */
    HEADER_EVERY = 20, /* rows */
};

static const struct option options[] = {
    {"", "count", "", OPTION_INT, offsetof(struct cli_settings, count), "0", 0, 1e9, NULL,
     "seconds to print, 0 = until Ctrl-C"},
    {"", "json", "", OPTION_BOOL, offsetof(struct cli_settings, json), "no", 0, 0, NULL,
     "print one JSON object per line"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

/* Columns of each circuit; its elements stand in status. */
static const struct {
    const char *field, *label;
    int width;
} columns[] = {{"u_rms_v", "V", 9}, {"i_rms_a", "A", 9},          {"p_w", "W", 11},
               {"pf", "pf", 9},     {"import_uwh", "kWh in", 13}, {"export_uwh", "kWh out", 13}};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static bool is_circuit(int64_t point_id)
{
    return point_id % 3 == 0; /* the others are its elements */
}

static void print_header(FILE *out, const struct record *record)
{
    fprintf(out, "%-19s %9s", "UTC", "Hz");
    for (int64_t p = 0; p < record->n_points; p++) {
        if (!is_circuit(record->point_id[p]))
            continue;
        fprintf(out, "  %-5s", record_point_name(record->point_id[p]));
        for (int c = 0; c < COLUMNS; c++)
            fprintf(out, "%*s", columns[c].width, columns[c].label);
    }
    fputc('\n', out);
}

static void print_row(FILE *out, const struct record *record)
{
    char cell[FORMAT_CELL];
    format_utc(record->utc_end_ms, cell);
    fprintf(out, "%-19s", cell);
    format_field(format_find(record_fields, record_fields_n, "f_hz"), record, cell);
    fprintf(out, " %9s", cell);
    for (int64_t p = 0; p < record->n_points; p++) {
        if (!is_circuit(record->point_id[p]))
            continue;
        fprintf(out, "  %-5s", "");
        for (int c = 0; c < COLUMNS; c++) {
            format_field(format_find(record_point_fields, record_point_fields_n, columns[c].field),
                         &record->point[p], cell);
            fprintf(out, "%*s", columns[c].width, cell);
        }
    }
    fputc('\n', out);
}

static int print(struct cli *cli, const struct mailbox_live *live, int64_t row)
{
    int status = CLI_OK;
    if (cli->settings.json) {
        status = format_json(cli, record_live_json(live), true);
    } else {
        if (row % HEADER_EVERY == 0)
            print_header(cli->out, &live->live);
        print_row(cli->out, &live->live);
    }
    return fflush(cli->out) == 0 ? status : CLI_REFUSED; /* a row is for now, also in a pipe */
}

/* vatiod may have been started again and have made a new mailbox. */
static int reopen(struct cli *cli, struct mailbox *mailbox, struct mailbox_live *live)
{
    const int64_t heartbeat = live->heartbeat;
    mailbox_close(mailbox);
    const int status = meter_live_checked(cli, mailbox, live);
    if (status == CLI_OK && live->heartbeat == heartbeat)
        fprintf(cli->err, "vatio: vatiod runs but has not measured for %d s\n", SILENCE_MS / 1000);
    return status;
}

static bool is_new(const struct mailbox_live *live, const struct mailbox_live *last)
{
    return live->live.mono_end_us != last->live.mono_end_us || strcmp(live->boot_id, last->boot_id) != 0;
}

/* Until the live record is another one, or the user asks to stop. */
static int next(struct cli *cli, struct mailbox *mailbox, struct mailbox_live *live, bool *stopped)
{
    const struct mailbox_live last = *live;
    int64_t heartbeat = last.heartbeat;
    int64_t silence_ms = 0;
    int status = CLI_OK;
    while (status == CLI_OK && !is_new(live, &last)) {
        *stopped = !cli->pause(cli, POLL_MS);
        if (*stopped)
            break;
        if (mailbox_read(mailbox, live) == 0 && live->heartbeat != heartbeat) {
            heartbeat = live->heartbeat;
            silence_ms = 0;
            continue;
        }
        silence_ms += POLL_MS;
        if (silence_ms < SILENCE_MS)
            continue;
        silence_ms = 0;
        status = reopen(cli, mailbox, live);
    }
    return status;
}

static int run(struct cli *cli)
{
    struct mailbox mailbox;
    struct mailbox_live live;
    bool stopped = false;
    int status = meter_live_checked(cli, &mailbox, &live);
    if (status != CLI_OK)
        return status;
    if (live.live.mono_end_us == 0) /* started just now: there is no full second yet */
        status = next(cli, &mailbox, &live, &stopped);
    for (int64_t row = 0; status == CLI_OK && !stopped; row++) {
        status = print(cli, &live, row);
        if (status != CLI_OK || row + 1 == cli->settings.count)
            break;
        status = next(cli, &mailbox, &live, &stopped);
    }
    mailbox_close(&mailbox);
    return status;
}

const struct command command_watch = {
    "watch", NULL, "print the reading of each second", options, sizeof options / sizeof options[0], run};
