/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/audit.h"
#include "firmware/api/record_json.h"
#include "tools/vatio/format.h"
#include "tools/vatio/meter.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <math.h>
#include <string.h>

#define DEFAULT_FILE "/var/lib/vatio/" AUDIT_FILE

enum { KIND_WIDTH = 18, VALUE_WIDTH = 10, TRIES = 5, TRY_MS = 100 };

static const struct option options[] = {
    {"", "verify", "", OPTION_BOOL, offsetof(struct cli_settings, verify), "no", 0, 0, NULL,
     "check every entry, print only whether all are whole"},
    {"", "head", "", OPTION_STRING, offsetof(struct cli_settings, head), "", 0, DIGEST_TEXT - 1, NULL,
     "a head that was published earlier and must be one of the log's hashes"},
    {"", "file", "", OPTION_STRING, offsetof(struct cli_settings, file), "", 0, CLI_PATH, NULL,
     "the log; empty: that of the running vatiod, else " DEFAULT_FILE},
    {"", "json", "", OPTION_BOOL, offsetof(struct cli_settings, json), "no", 0, 0, NULL,
     "print one JSON object per entry, or one of the check"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

/* A head that was seen elsewhere, and whether the log has it. */
struct wanted {
    int64_t n;              /* 0 = any */
    char head[DIGEST_TEXT]; /* "" = none */
    bool found;
};

struct audit {
    struct cli *cli;
    char path[CLI_PATH + sizeof AUDIT_FILE];
    struct wanted mailbox; /* of the running vatiod */
    struct wanted kept;    /* of --head */
    struct audit_chain chain;
};

#define FIELD(member, type) #member, type, offsetof(struct audit_entry, member), 0, "", ""
static const struct record_field fields[] = {
    {FIELD(n, FIELD_INTEGER)},    {FIELD(utc_ms, FIELD_INTEGER)}, {FIELD(utc_synced, FIELD_INTEGER)},
    {FIELD(boot_id, FIELD_TEXT)}, {FIELD(kind, FIELD_TEXT)},      {FIELD(detail, FIELD_TEXT)},
    {FIELD(value, FIELD_REAL)},   {FIELD(prev, FIELD_TEXT)},      {FIELD(hash, FIELD_TEXT)},
};

static void print_json(struct cli *cli, const struct audit_entry *entry)
{
    json_t *object = json_object();
    record_json_add(object, "", fields, sizeof fields / sizeof fields[0], entry);
    format_json(cli, object, true);
}

/* What a terminal would obey becomes '?'. */
static void print_safe(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

static void print_entry(struct cli *cli, const struct audit_entry *entry)
{
    char utc[FORMAT_CELL], value[FORMAT_CELL] = "-";
    if (cli->settings.json) {
        print_json(cli, entry);
        return;
    }
    format_utc(entry->utc_ms, utc);
    if (isfinite(entry->value))
        snprintf(value, sizeof value, "%.6g", entry->value);
    fprintf(cli->out, "%6" PRId64 "  %s%c ", entry->n, utc, entry->utc_synced == 1 ? ' ' : '?');
    print_safe(cli->out, entry->kind);
    fprintf(cli->out, "%*s %*s  ", KIND_WIDTH - (int)strlen(entry->kind), "", VALUE_WIDTH, value);
    print_safe(cli->out, entry->detail);
    fputc('\n', cli->out);
}

static void look_for(struct wanted *wanted, const struct audit_entry *entry)
{
    if ((wanted->n == 0 || wanted->n == entry->n) && strcmp(wanted->head, entry->hash) == 0)
        wanted->found = true;
}

static void see(void *context, const struct audit_entry *entry)
{
    struct audit *audit = context;
    look_for(&audit->mailbox, entry);
    look_for(&audit->kept, entry);
    if (!audit->cli->settings.verify)
        print_entry(audit->cli, entry);
}

/* The running vatiod's data directory and head, if there is one. Its head first: the log may go on meanwhile. */
static void ask_vatiod(struct audit *audit)
{
    const char *run_dir = audit->cli->settings.run_dir;
    struct control control;
    struct control_request request = {.verb = CONTROL_STATUS};
    struct control_reply reply;
    struct mailbox mailbox;
    struct mailbox_live live;
    snprintf(audit->path, sizeof audit->path, DEFAULT_FILE);
    if (control_open(&control, run_dir, METER_TIMEOUT_MS) != 0)
        return;
    const int error = control_call(&control, &request, &reply);
    control_close(&control);
    if (error != 0 || reply.status != 0)
        return;
    snprintf(audit->path, sizeof audit->path, "%s/" AUDIT_FILE, dirname(reply.body.status.database));
    if (mailbox_open(&mailbox, run_dir) != 0)
        return;
    if (mailbox_read(&mailbox, &live) == 0 && live.audit_seq > 0) {
        audit->mailbox.n = live.audit_seq;
        memcpy(audit->mailbox.head, live.audit_head, sizeof audit->mailbox.head);
    }
    mailbox_close(&mailbox);
}

static const char *verdict(const struct audit *audit, char text[AUDIT_REASON + 40])
{
    if (audit->chain.n == 0)
        return "there is no entry in it";
    if (audit->chain.wrong[0] != '\0') {
        snprintf(text, AUDIT_REASON + 40, "entry %" PRId64 " %s", audit->chain.wrong_n, audit->chain.wrong);
        return text;
    }
    if (audit->mailbox.head[0] != '\0' && !audit->mailbox.found)
        return "the entry that vatiod says is its newest is not in it";
    if (audit->kept.head[0] != '\0' && !audit->kept.found)
        return "no entry has the hash given with --head: the log was cut or replaced";
    return NULL;
}

static int print_check(struct audit *audit, const char *wrong)
{
    const struct audit_chain *chain = &audit->chain;
    FILE *out = audit->cli->out;
    const bool compared = audit->mailbox.head[0] != '\0';
    if (audit->cli->settings.json) {
        json_t *object = json_pack("{s:s, s:s, s:I, s:s, s:b, s:b, s:s*}", "file", audit->path, "meter_id",
                                   chain->meter_id, "entries", (json_int_t)chain->n, "head", chain->head,
                                   "whole", wrong == NULL, "compared", compared, "wrong", wrong);
        const int status = format_json(audit->cli, object, false);
        return wrong != NULL ? CLI_REFUSED : status;
    }
    if (wrong != NULL)
        return CLI_REFUSED; /* said already */
    fprintf(out, "%" PRId64 " entries of meter %s, whole, head %s\n", chain->n, chain->meter_id, chain->head);
    if (audit->kept.head[0] != '\0')
        fputs("the head that was given is one of them\n", out);
    fputs(compared
              ? "the head that vatiod publishes is one of them\n"
              : "not compared with a running vatiod: that nothing is missing at the end shows only against "
                "a head that was published\n",
          out);
    return CLI_OK;
}

static int read_log(struct audit *audit)
{
    FILE *file = fopen(audit->path, "re");
    audit_chain_init(&audit->chain);
    if (file == NULL)
        return -errno;
    const int result = audit_chain_read(&audit->chain, file, see, audit);
    fclose(file);
    return result;
}

/* vatiod may be writing the last line right now. */
static bool may_be_at_work(const struct audit *audit)
{
    return audit->cli->settings.verify && audit->mailbox.head[0] != '\0' &&
           (audit->chain.piece_bytes > 0 || audit->chain.unended);
}

static int check_log(struct audit *audit)
{
    char text[AUDIT_REASON + 40];
    int error = read_log(audit);
    for (int i = 0; error == 0 && may_be_at_work(audit) && i < TRIES && audit->cli->pause(audit->cli, TRY_MS);
         i++)
        error = read_log(audit);
    if (error < 0) {
        fprintf(audit->cli->err, "vatio: %s: %s; expected an audit log that may be read\n", audit->path,
                strerror(-error));
        return CLI_REFUSED;
    }
    audit_chain_end(&audit->chain);
    const char *wrong = verdict(audit, text);
    if (wrong != NULL)
        fprintf(audit->cli->err, "vatio: %s: %s\n", audit->path, wrong);
    if (audit->cli->settings.verify)
        return print_check(audit, wrong);
    return wrong != NULL ? CLI_REFUSED : CLI_OK;
}

static int run(struct cli *cli)
{
    struct audit audit = {.cli = cli};
    const struct cli_settings *settings = &cli->settings;
    if (settings->head[0] != '\0' && strspn(settings->head, "0123456789abcdef") != DIGEST_TEXT - 1) {
        fprintf(cli->err, "vatio: --head %.70s is no hash; expected 64 hexadecimal digits\n", settings->head);
        return CLI_USAGE;
    }
    memcpy(audit.kept.head, settings->head, sizeof audit.kept.head);
    if (settings->file[0] != '\0')
        snprintf(audit.path, sizeof audit.path, "%s", settings->file);
    else
        ask_vatiod(&audit);
    return check_log(&audit);
}

const struct command command_audit = {"audit",
                                      NULL,
                                      "print or check the log of what was done to the meter",
                                      options,
                                      sizeof options / sizeof options[0],
                                      run};
