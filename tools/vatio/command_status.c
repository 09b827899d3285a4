/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/record_json.h"
#include "tools/vatio/format.h"
#include "tools/vatio/meter.h"

#include <inttypes.h>

static const struct option options[] = {
    {"", "json", "", OPTION_BOOL, offsetof(struct cli_settings, json), "no", 0, 0, NULL,
     "print one JSON object"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static const char *const rows[] = {
    "u_rms_v", "i_rms_a", "p_w",       "q1_var",    "s_va",       "n_var",      "pf",
    "dpf",     "phi_deg", "thd_u_pct", "thd_i_pct", "import_uwh", "export_uwh",
};

static json_t *control_json(const struct control_status *status)
{
    json_t *newest = json_object();
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        json_object_set_new(newest, record_stream_name[stream], json_integer(status->newest_seq[stream]));
    return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "pid", (json_int_t)status->pid,
                     "uptime_ms", (json_int_t)status->uptime_ms, "version", status->version, "database",
                     status->database, "journal", status->journal, "config", status->config, "pages",
                     (json_int_t)status->pages, "page", (json_int_t)status->page, "newest_seq", newest);
}

static int print_json(struct cli *cli, const struct mailbox_live *live, const struct control_status *status)
{
    json_t *object =
        json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "identity", record_identity_json(live),
                  "heartbeat", (json_int_t)live->heartbeat, "uptime_ms", (json_int_t)live->uptime_ms,
                  "quality", format_quality_json(live->live.quality), "live", record_live_json(live),
                  "registers", format_registers_json(&live->live), "harmonics", record_harmonics_json(live),
                  "health", record_health_json(&live->health), "control", control_json(status));
    return format_json(cli, object, false);
}

static void print_identity(FILE *out, const struct mailbox_live *live)
{
    char utc[FORMAT_CELL];
    const int64_t up_s = live->uptime_ms / 1000;
    format_utc(live->live.utc_end_ms, utc);
    fprintf(out, "Vatio %s, meter %s, store %s\n", live->version, live->meter_id, live->store_id);
    fprintf(out, "board %s, %.0f V, %.0f Hz, %.1f scans/s%s\n", live->board, live->u_nominal_v,
            live->f_nominal_hz, live->scan_rate_hz, live->simulated != 0 ? ", simulated front end" : "");
    if (live->calibrated != 0)
        fprintf(out, "calibrated %s, serial %s\n", live->calibration_date, live->serial);
    else
        fputs("not calibrated: nominal scales\n", out);
    fprintf(out, "%s UTC%s, up %" PRId64 " d %02" PRId64 ":%02" PRId64 ":%02" PRId64 "\n", utc,
            live->live.utc_synced == 1 ? "" : " (not synchronised)", up_s / 86400, up_s / 3600 % 24,
            up_s / 60 % 60, up_s % 60);
}

static void print_quality(FILE *out, const struct mailbox_live *live)
{
    char cell[FORMAT_CELL];
    format_real(live->live.f_hz, "Hz", cell);
    fprintf(out, "frequency %s Hz, ", cell);
    format_real(live->f_10s_hz, "Hz", cell);
    fprintf(out, "over 10 s %s Hz, quality:", cell);
    format_quality(out, live->live.quality);
    fputc('\n', out);
}

static void print_control(FILE *out, const struct control_status *status)
{
    fprintf(out, "\ndatabase  %s\njournal   %s\nconfig    %s\nprocess   %" PRId64 "\nnewest   ",
            status->database, status->journal,
            status->config[0] == '\0' ? "embedded defaults" : status->config, status->pid);
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        fprintf(out, " %s %" PRId64, record_stream_name[stream], status->newest_seq[stream]);
    fputs("\n", out);
}

static void print_audit(FILE *out, const struct mailbox_live *live)
{
    if (live->audit_seq > 0)
        fprintf(out, "audit     entry %" PRId64 ", %s\n", live->audit_seq, live->audit_head);
}

static void print_health(FILE *out, const struct mailbox_health *health)
{
    for (size_t i = 0; i < mailbox_health_fields_n; i++) {
        char cell[FORMAT_CELL] = "-";
        if (!record_absent(&mailbox_health_fields[i], health))
            snprintf(cell, sizeof cell, "%" PRId64, record_integer(&mailbox_health_fields[i], health));
        fprintf(out, "%-18s %12s%s", mailbox_health_fields[i].name, cell,
                i % 2 == 0 && i + 1 < mailbox_health_fields_n ? "    " : "\n");
    }
}

static int print_text(struct cli *cli, const struct mailbox_live *live, const struct control_status *status)
{
    print_identity(cli->out, live);
    print_quality(cli->out, live);
    format_points(cli->out, &live->live, rows, sizeof rows / sizeof rows[0]);
    print_control(cli->out, status);
    print_audit(cli->out, live);
    fputc('\n', cli->out);
    print_health(cli->out, &live->health);
    return CLI_OK;
}

static int run(struct cli *cli)
{
    struct control_request request = {.verb = CONTROL_STATUS};
    struct control_reply reply;
    struct control control;
    struct mailbox mailbox;
    struct mailbox_live live;
    int status = meter_control(cli, &control);
    if (status != CLI_OK)
        return status;
    status = meter_call(cli, &control, &request, &reply);
    control_close(&control);
    if (status == CLI_OK)
        status = meter_live(cli, &mailbox, &live);
    if (status != CLI_OK)
        return status;
    mailbox_close(&mailbox);
    return cli->settings.json ? print_json(cli, &live, &reply.body.status)
                              : print_text(cli, &live, &reply.body.status);
}

const struct command command_status = {
    "status", NULL, "print what the meter is, reads and keeps", options, sizeof options / sizeof options[0],
    run};
