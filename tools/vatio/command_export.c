/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/export.h"
#include "tools/vatio/meter.h"
#include "tools/vatio/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = STREAM_EVENT - STREAM_MINUTE + 1 }; /* behind the stored streams */

static const struct option options[] = {
    {"", "stream", "", OPTION_CHOICE, offsetof(struct cli_settings, stream), "minute", 0, 0,
     "minute|quarter|day|event|second", "which records; seconds are those of the last hours, in memory"},
    {"", "from", "", OPTION_INT, offsetof(struct cli_settings, from), "1", 0, 9e18, NULL,
     "first seq wanted; of seconds the first utc_start_ms"},
    {"", "to", "", OPTION_INT, offsetof(struct cli_settings, to), "9000000000000000000", 0, 9e18, NULL,
     "last seq wanted; of seconds the last utc_start_ms"},
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

static bool has_progress(struct cli *cli, const struct export_writer *writer)
{
    return isatty(fileno(cli->err)) && !isatty(fileno(writer->file));
}

static void show_progress(struct cli *cli, const struct export_writer *writer, int64_t seq)
{
    if (has_progress(cli, writer))
        fprintf(cli->err, "\r%" PRId64 " records, up to seq %" PRId64, writer->rows, seq);
}

static void end_progress(struct cli *cli, const struct export_writer *writer)
{
    if (has_progress(cli, writer))
        fputc('\n', cli->err);
}

static bool is_wanted(const struct cli *cli, int64_t at)
{
    return at >= cli->settings.from && at <= cli->settings.to;
}

static int write_page(struct cli *cli, struct export_writer *writer, const struct control_reply page[],
                      int64_t n)
{
    for (int64_t i = 0; i < n && is_wanted(cli, stream_seq(&page[i])); i++) {
        const int error = export_add(writer, &page[i]);
        if (error != 0)
            return explain(cli, error, stream_seq(&page[i]));
    }
    return CLI_OK;
}

/* page has room for CONTROL_STREAM_MAX. */
static int export_pages(struct cli *cli, struct export_writer *writer, struct control_reply page[])
{
    int64_t from = cli->settings.from;
    int64_t left = cli->settings.max;
    int status = CLI_OK;
    while (status == CLI_OK && left > 0) {
        int64_t n;
        status = stream_fetch(cli, (enum record_stream)(cli->settings.stream + STREAM_MINUTE), from,
                              left < CONTROL_STREAM_MAX ? left : CONTROL_STREAM_MAX, page, &n);
        if (status == CLI_OK)
            status = write_page(cli, writer, page, n);
        if (status != CLI_OK || n == 0 || stream_seq(&page[n - 1]) >= cli->settings.to)
            break;
        from = stream_seq(&page[n - 1]) + 1;
        left -= n;
        show_progress(cli, writer, from - 1);
        if (left > 0 && !cli->pause(cli, 0)) {
            fprintf(cli->err, "vatio: interrupted before seq %" PRId64 "\n", from);
            status = CLI_REFUSED;
        }
    }
    return status;
}

/* One that is overwritten meanwhile has seen enough time. */
static int export_ring(struct cli *cli, struct export_writer *writer, const struct second_ring *ring)
{
    uint64_t number, end;
    struct second second;
    second_ring_range(ring, &number, &end);
    for (int64_t left = cli->settings.max; number < end && left > 0; number++) {
        if (second_ring_read(ring, number, &second) != 0 || !is_wanted(cli, second.utc_start_ms))
            continue;
        const int error = export_add_second(writer, &ring->file->plan, &second);
        if (error != 0)
            return explain(cli, error, (int64_t)number);
        left--;
    }
    return CLI_OK;
}

static int export_seconds(struct cli *cli, FILE *file)
{
    struct export_writer writer;
    struct second_ring ring;
    int status = meter_seconds(cli, &ring);
    if (status != CLI_OK)
        return status;
    export_begin(&writer, file, cli->settings.format == CLI_JSON);
    status = export_ring(cli, &writer, &ring);
    second_ring_close(&ring);
    if (status == CLI_OK)
        export_end(&writer);
    return status;
}

static int export_all(struct cli *cli, FILE *file)
{
    struct export_writer writer;
    if (cli->settings.stream == SECONDS)
        return export_seconds(cli, file);
    struct control_reply *page = malloc(CONTROL_STREAM_MAX * sizeof *page);
    if (page == NULL)
        return explain(cli, -ENOMEM, 0);
    export_begin(&writer, file, cli->settings.format == CLI_JSON);
    const int status = export_pages(cli, &writer, page);
    free(page);
    if (status == CLI_OK)
        export_end(&writer);
    if (writer.rows > 0)
        end_progress(cli, &writer);
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

const struct command command_export = {"export",
                                       NULL,
                                       "print stored records, or seconds, as CSV or JSON",
                                       options,
                                       sizeof options / sizeof options[0],
                                       run};
