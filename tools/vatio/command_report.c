/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/format.h"
#include "tools/vatio/meter.h"
#include "tools/vatio/report.h"
#include "tools/vatio/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    FORMAT_TEXT,
    FORMAT_CSV,
    FORMAT_JSON,
    PROBE = 8,          /* records looked at for one whose time is to be trusted */
    TOLERANCE_MS = 2000 /* intervals end with a window, a little behind their boundary */
};

static const struct option options[] = {
    {"", "month", "", OPTION_STRING, offsetof(struct cli_settings, month), "", 0, REPORT_MONTH - 1, NULL,
     "which month, as YYYY-MM; empty = the running one"},
    {"", "format", "", OPTION_CHOICE, offsetof(struct cli_settings, format), "text", 0, 0, "text|csv|json",
     "how it is written"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

struct reading {
    struct cli *cli;
    struct report *report;
    const struct control_status *status;
    struct control_reply *page;   /* CONTROL_STREAM_MAX, of quarters */
    struct control_reply *minute; /* CONTROL_STREAM_MAX */
    int64_t now_ms;
    bool begun;           /* a quarter-hour was read */
    int64_t turnover_uwh; /* all registers of energy at the end of the last one */
};

/* The first of a few records whose UTC was synchronised; the first of all if none was. */
static const struct record *trusted(const struct control_reply page[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (page[i].body.record.utc_synced == 1)
            return &page[i].body.record;
    return &page[0].body.record;
}

/* By bisection: the first seq whose record ends after utc_ms, or the one behind the newest. */
static int seek(struct reading *reading, enum record_stream stream, int64_t utc_ms, int64_t *seq)
{
    struct control_reply page[PROBE];
    int64_t low = 1, high = reading->status->newest_seq[stream] + 1;
    int status = CLI_OK;
    while (status == CLI_OK && low < high) {
        const int64_t middle = low + (high - low) / 2;
        int64_t n;
        status = stream_fetch(reading->cli, stream, middle, PROBE, page, &n);
        if (status != CLI_OK)
            break;
        const struct record *record = n == 0 ? NULL : trusted(page, n);
        if (record == NULL || record->utc_end_ms > utc_ms)
            high = middle;
        else
            low = record->seq + 1;
    }
    *seq = low;
    return status;
}

static int64_t known(int64_t energy_uwh)
{
    return energy_uwh == RECORD_ABSENT ? 0 : energy_uwh;
}

/* Whether energy went by between the last quarter-hour and this one. Registers only rise, while labels jump where the wall
 * clock was set, and come again where it was set back. */
static bool is_hole(struct reading *reading, const struct record *record)
{
    int64_t delta_uwh = 0, total_uwh = 0;
    for (int64_t p = 0; p < record->n_points; p++) {
        const struct record_point *point = &record->point[p];
        delta_uwh += known(point->delta.import_uwh) + known(point->delta.export_uwh);
        total_uwh += known(point->total.import_uwh) + known(point->total.export_uwh);
    }
    const bool hole = !reading->begun || total_uwh - delta_uwh > reading->turnover_uwh;
    reading->turnover_uwh = total_uwh;
    reading->begun = true;
    return hole;
}

/* Minutes between from_ms and to_ms: a quarter-hour that was cut short by a power cut is missing from its stream, and
 * the running one is not there yet. */
static int add_minutes(struct reading *reading, int64_t from_ms, int64_t to_ms)
{
    int64_t seq, n = 1;
    if (to_ms - from_ms < TOLERANCE_MS)
        return CLI_OK;
    int status = seek(reading, STREAM_MINUTE, from_ms, &seq);
    for (bool more = true; status == CLI_OK && more;) {
        status = stream_fetch(reading->cli, STREAM_MINUTE, seq, CONTROL_STREAM_MAX, reading->minute, &n);
        more = status == CLI_OK && n > 0;
        for (int64_t i = 0; more && i < n; i++) {
            const struct record *record = &reading->minute[i].body.record;
            more = record->utc_start_ms < to_ms;
            if (record->utc_start_ms > from_ms - TOLERANCE_MS && record->utc_end_ms < to_ms + TOLERANCE_MS)
                report_add(reading->report, record);
            seq = record->seq + 1;
        }
    }
    return status;
}

/* One page of quarters; at_ms is the end of what is added so far. */
static int add_quarters(struct reading *reading, int64_t n, int64_t *at_ms)
{
    const struct report *report = reading->report;
    int status = CLI_OK;
    for (int64_t i = 0; i < n && status == CLI_OK; i++) {
        const struct record *record = &reading->page[i].body.record;
        const bool hole = is_hole(reading, record);
        if (record->utc_start_ms < report->start_ms - TOLERANCE_MS || record->utc_start_ms >= report->end_ms)
            continue;
        if (hole)
            status = add_minutes(reading, *at_ms, record->utc_start_ms);
        report_add(reading->report, record);
        if (record->utc_end_ms > *at_ms)
            *at_ms = record->utc_end_ms;
    }
    return status;
}

static int add_month(struct reading *reading)
{
    const struct report *report = reading->report;
    int64_t seq, n = 1, at_ms = report->start_ms;
    int status = seek(reading, STREAM_QUARTER, report->start_ms, &seq);
    for (bool more = true; status == CLI_OK && more;) {
        status = stream_fetch(reading->cli, STREAM_QUARTER, seq, CONTROL_STREAM_MAX, reading->page, &n);
        more = status == CLI_OK && n > 0;
        if (!more)
            break;
        status = add_quarters(reading, n, &at_ms);
        seq = stream_seq(&reading->page[n - 1]) + 1;
        more = reading->page[n - 1].body.record.utc_start_ms < report->end_ms;
    }
    const int64_t to_ms = report->end_ms < reading->now_ms ? report->end_ms : reading->now_ms;
    return status == CLI_OK ? add_minutes(reading, at_ms, to_ms) : status;
}

static int print(struct cli *cli, const struct report *report)
{
    if (report->total.records == 0) {
        fprintf(cli->err, "vatio: no energy was recorded in %s; expected a month in which the meter ran\n",
                report->month);
        return CLI_REFUSED;
    }
    if (cli->settings.format == FORMAT_CSV)
        report_print_csv(report, cli->out);
    else if (cli->settings.format == FORMAT_TEXT)
        report_print_text(report, cli->out);
    else if (report_print_json(report, cli->out) != 0) {
        fputs("vatio: out of memory\n", cli->err);
        return CLI_REFUSED;
    }
    return CLI_OK;
}

static int read_status(struct cli *cli, struct control_reply *reply)
{
    struct control control;
    struct control_request request = {.verb = CONTROL_STATUS};
    int status = meter_control(cli, &control);
    if (status != CLI_OK)
        return status;
    status = meter_call(cli, &control, &request, reply);
    control_close(&control);
    return status;
}

static int make(struct reading *reading)
{
    reading->page = malloc(2 * CONTROL_STREAM_MAX * sizeof *reading->page);
    if (reading->page == NULL) {
        fputs("vatio: out of memory\n", reading->cli->err);
        return CLI_REFUSED;
    }
    reading->minute = reading->page + CONTROL_STREAM_MAX;
    int status = add_month(reading);
    free(reading->page);
    return status == CLI_OK ? print(reading->cli, reading->report) : status;
}

/* The meter's clock, or the end of the newest quarter-hour if that is later: a meter that has just started may not know
 * the time yet, and one without samples has none. */
static int find_now(struct cli *cli, const struct control_status *about, int64_t *now_ms)
{
    struct mailbox mailbox;
    struct mailbox_live live;
    struct control_reply newest;
    int64_t n = 0;
    int status = meter_live(cli, &mailbox, &live);
    if (status != CLI_OK)
        return status;
    mailbox_close(&mailbox);
    *now_ms = live.live.utc_end_ms;
    if (about->newest_seq[STREAM_QUARTER] > 0)
        status = stream_fetch(cli, STREAM_QUARTER, about->newest_seq[STREAM_QUARTER], 1, &newest, &n);
    if (n > 0 && newest.body.record.utc_end_ms > *now_ms)
        *now_ms = newest.body.record.utc_end_ms;
    return status;
}

static int run(struct cli *cli)
{
    struct control_reply reply;
    struct report report;
    int64_t now_ms;
    int status = read_status(cli, &reply);
    if (status == CLI_OK)
        status = find_now(cli, &reply.body.status, &now_ms);
    if (status != CLI_OK)
        return status;
    const int64_t offset_ms = reply.body.status.day_offset_min * 60000;
    char month[FORMAT_CELL];
    format_utc(now_ms + offset_ms, month);
    if (cli->settings.month[0] != '\0')
        snprintf(month, sizeof month, "%s", cli->settings.month);
    else
        month[REPORT_MONTH - 1] = '\0';
    if (report_init(&report, month, offset_ms, now_ms) != 0) {
        fprintf(cli->err, "vatio: --month %s is no month; expected YYYY-MM, such as 2026-06\n", month);
        return CLI_USAGE;
    }
    memcpy(report.meter_id, reply.body.status.meter_id, sizeof report.meter_id);
    struct reading reading = {.cli = cli, .report = &report, .status = &reply.body.status, .now_ms = now_ms};
    return make(&reading);
}

const struct command command_report = {
    "report", NULL, "print a month's energy, day by day", options, sizeof options / sizeof options[0], run};
