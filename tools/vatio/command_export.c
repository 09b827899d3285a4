/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/export.h"
#include "tools/vatio/meter.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
    {"", "stream", "", OPTION_CHOICE, offsetof(struct cli_settings, stream), "minute", 0, 0,
     "minute|quarter|day|event", "which records"},
    {"", "from", "", OPTION_INT, offsetof(struct cli_settings, from), "1", 0, 9e18, NULL, "first seq wanted"},
    {"", "max", "", OPTION_INT, offsetof(struct cli_settings, max), "9000000000000000000", 1, 9e18, NULL,
     "records at most"},
    {"", "format", "", OPTION_CHOICE, offsetof(struct cli_settings, format), "csv", 0, 0, "csv|json",
     "how they are written"},
    {"", "output", "", OPTION_STRING, offsetof(struct cli_settings, output), "", 0, CLI_PATH, NULL,
     "file to write, in place of standard output"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static int explain(struct cli *cli, int error, int64_t seq)
{
    if (error == -ENOTUNIQ)
        fprintf(cli->err,
                "vatio: record %" PRId64 " has points that the CSV header lacks; expected one set of points; "
                "export the rest with --from %" PRId64 " or all with --format json\n",
                seq, seq);
    else if (error == -ENOMEM)
        fputs("vatio: out of memory\n", cli->err);
    return CLI_REFUSED; /* a failed write is reported where the file is closed */
}

static void show_progress(struct cli *cli, const struct export_writer *writer, int64_t seq)
{
    if (isatty(fileno(cli->err)) && !isatty(fileno(writer->file)))
        fprintf(cli->err, "\r%" PRId64 " records, up to seq %" PRId64, writer->rows, seq);
}

/* One request and its records. *from and *left move on; *left is 0 after the last page. */
static int export_page(struct cli *cli, struct control *control, struct export_writer *writer, int64_t *from,
                       int64_t *left)
{
    const int64_t rows = writer->rows;
    struct control_reply reply;
    struct control_request request = {.verb = CONTROL_STREAM, .from_seq = *from};
    request.stream = cli->settings.stream + STREAM_MINUTE;
    request.max = *left < CONTROL_STREAM_MAX ? *left : CONTROL_STREAM_MAX;
    int status = meter_call(cli, control, &request, &reply);
    while (status == CLI_OK && !control_stream_end(&reply)) {
        const int64_t seq = export_seq(&reply);
        const int error = seq < *from ? -EPROTO : export_add(writer, &reply);
        if (error == -EPROTO)
            return meter_judge(cli, error, &reply);
        if (error != 0)
            return explain(cli, error, seq);
        *from = seq + 1;
        status = meter_judge(cli, control_next(control, &reply), &reply);
    }
    *left = writer->rows == rows ? 0 : *left - (writer->rows - rows);
    show_progress(cli, writer, *from - 1);
    return status;
}

static int export_all(struct cli *cli, FILE *file)
{
    struct control control;
    struct export_writer writer;
    int64_t from = cli->settings.from;
    int64_t left = cli->settings.max;
    int status = meter_control(cli, &control);
    if (status != CLI_OK)
        return status;
    export_begin(&writer, file, cli->settings.format == CLI_JSON);
    while (status == CLI_OK && left > 0) {
        status = export_page(cli, &control, &writer, &from, &left);
        if (!cli->pause(cli, 0) && left > 0) {
            fprintf(cli->err, "vatio: interrupted before seq %" PRId64 "\n", from);
            status = CLI_REFUSED;
        }
    }
    control_close(&control);
    if (status == CLI_OK)
        export_end(&writer);
    if (writer.rows > 0 && isatty(fileno(cli->err)) && !isatty(fileno(file)))
        fputc('\n', cli->err);
    return status;
}

/* The file comes into place only when it is complete. */
static int export_to_file(struct cli *cli)
{
    const char *path = cli->settings.output;
    char part[CLI_PATH + 8];
    snprintf(part, sizeof part, "%s.part", path);
    FILE *file = fopen(part, "we");
    if (file == NULL) {
        fprintf(cli->err, "vatio: %s: %s; expected a place to write\n", part, strerror(errno));
        return CLI_REFUSED;
    }
    int status = export_all(cli, file);
    const bool written = !ferror(file);
    errno = 0;
    if (fclose(file) != 0 || !written || (status == CLI_OK && rename(part, path) != 0)) {
        fprintf(cli->err, "vatio: %s: %s; nothing was written\n", path, strerror(errno != 0 ? errno : EIO));
        status = CLI_REFUSED;
    }
    if (status != CLI_OK)
        unlink(part);
    return status;
}

static int run(struct cli *cli)
{
    return cli->settings.output[0] == '\0' ? export_all(cli, cli->out) : export_to_file(cli);
}

const struct command command_export = {
    "export", NULL, "print stored records as CSV or JSON", options, sizeof options / sizeof options[0], run};
