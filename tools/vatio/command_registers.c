/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/format.h"
#include "tools/vatio/meter.h"

static const struct option options[] = {
    {"", "json", "", OPTION_BOOL, offsetof(struct cli_settings, json), "no", 0, 0, NULL,
     "print one JSON object"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static const char *const rows[] = {
    "import_uwh", "export_uwh", "q1_uvarh", "q2_uvarh", "q3_uvarh", "q4_uvarh", "apparent_uvah",
};

static int print_json(struct cli *cli, const struct mailbox_live *live)
{
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:o}", "meter_id", live->meter_id, "utc_end_ms", (json_int_t)live->live.utc_end_ms,
        "utc_synced", (json_int_t)live->live.utc_synced, "registers", format_registers_json(&live->live));
    return format_json(cli, object, false);
}

static int run(struct cli *cli)
{
    struct mailbox mailbox;
    struct mailbox_live live;
    char utc[FORMAT_CELL];
    const int status = meter_live_checked(cli, &mailbox, &live);
    if (status != CLI_OK)
        return status;
    mailbox_close(&mailbox);
    if (cli->settings.json)
        return print_json(cli, &live);
    format_utc(live.live.utc_end_ms, utc);
    fprintf(cli->out, "%s UTC%s\n\n", utc, live.live.utc_synced == 1 ? "" : " (not synchronised)");
    format_points(cli->out, &live.live, rows, sizeof rows / sizeof rows[0]);
    return CLI_OK;
}

const struct command command_registers = {
    "registers", NULL, "print the energy registers", options, sizeof options / sizeof options[0], run};
