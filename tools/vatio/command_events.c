/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/record_json.h"
#include "tools/vatio/format.h"
#include "tools/vatio/meter.h"
#include "tools/vatio/stream.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { POLL_MS = 1000, KIND_WIDTH = 14, VALUE_WIDTH = 12 };

static const struct option options[] = {
    {"", "from", "", OPTION_INT, offsetof(struct cli_settings, from), "0", 0, 9e18, NULL,
     "first seq wanted, 0 = the newest ones"},
    {"", "max", "", OPTION_INT, offsetof(struct cli_settings, max), "50", 1, 1e9, NULL,
     "events at most, before those that follow"},
    {"", "json", "", OPTION_BOOL, offsetof(struct cli_settings, json), "no", 0, 0, NULL,
     "print one JSON object per line"},
    {"", "follow", "", OPTION_BOOL, offsetof(struct cli_settings, follow), "no", 0, 0, NULL,
     "go on with each new event until Ctrl-C"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

/* What a terminal would obey becomes '?'. */
static void print_text(FILE *out, const char *text, int width)
{
    int printed = 0;
    for (; *text != '\0'; text++, printed++)
        fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
    fprintf(out, "%*s", printed < width ? width - printed : 0, "");
}

static int print_event(struct cli *cli, const struct record_event *event)
{
    char utc[FORMAT_CELL], value[FORMAT_CELL] = "-";
    if (cli->settings.json)
        return format_json(cli, record_event_json(event), true);
    format_utc(event->utc_ms, utc);
    if (isfinite(event->value))
        snprintf(value, sizeof value, "%.6g", event->value);
    fprintf(cli->out, "%8" PRId64 "  %s%c ", event->seq, utc, event->utc_synced == 1 ? ' ' : '?');
    print_text(cli->out, event->kind, KIND_WIDTH);
    fprintf(cli->out, " %*s  ", VALUE_WIDTH, value);
    print_text(cli->out, event->detail, 0);
    fputc('\n', cli->out);
    return CLI_OK;
}

static int print_page(struct cli *cli, const struct control_reply page[], int64_t n)
{
    int status = CLI_OK;
    for (int64_t i = 0; i < n && status == CLI_OK; i++)
        status = print_event(cli, &page[i].body.event);
    return fflush(cli->out) == 0 ? status : CLI_REFUSED;
}

/* From *from on until none is left or max are printed; *from becomes the next one's seq. */
static int print_stored(struct cli *cli, struct control_reply page[], int64_t *from, int64_t max)
{
    int status = CLI_OK;
    for (int64_t n = 1; status == CLI_OK && n > 0 && max > 0; max -= n) {
        status = stream_fetch(cli, STREAM_EVENT, *from, max < CONTROL_STREAM_MAX ? max : CONTROL_STREAM_MAX,
                              page, &n);
        if (status != CLI_OK || n == 0)
            break;
        *from = stream_seq(&page[n - 1]) + 1;
        status = print_page(cli, page, n);
    }
    return status;
}

static int find_newest(struct cli *cli, int64_t *newest)
{
    struct control control;
    struct control_reply reply;
    struct control_request request = {.verb = CONTROL_STATUS};
    int status = meter_control(cli, &control);
    if (status != CLI_OK)
        return status;
    status = meter_call(cli, &control, &request, &reply);
    control_close(&control);
    *newest = status == CLI_OK ? reply.body.status.newest_seq[STREAM_EVENT] : 0;
    return status;
}

static int print_all(struct cli *cli, struct control_reply page[])
{
    int64_t from = cli->settings.from, newest = 0;
    int status = CLI_OK;
    if (from == 0) {
        status = find_newest(cli, &newest);
        from = newest > cli->settings.max ? newest - cli->settings.max + 1 : 1;
    }
    if (status == CLI_OK && !cli->settings.json)
        fprintf(cli->out, "%8s  %-19s  %-*s %*s  detail\n", "seq", "UTC", KIND_WIDTH, "kind", VALUE_WIDTH,
                "value");
    if (status == CLI_OK)
        status = print_stored(cli, page, &from, cli->settings.max);
    while (status == CLI_OK && cli->settings.follow && cli->pause(cli, POLL_MS))
        status = print_stored(cli, page, &from, INT64_MAX);
    return status;
}

static int run(struct cli *cli)
{
    struct control_reply *page = malloc(CONTROL_STREAM_MAX * sizeof *page);
    if (page == NULL) {
        fputs("vatio: out of memory\n", cli->err);
        return CLI_REFUSED;
    }
    const int status = print_all(cli, page);
    free(page);
    return status;
}

const struct command command_events = {
    "events", NULL, "print what happened to the meter", options, sizeof options / sizeof options[0], run};
