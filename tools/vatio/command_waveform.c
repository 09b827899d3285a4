/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/comtrade_write.h"
#include "tools/vatio/format.h"
#include "tools/vatio/meter.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { FORMAT_COMTRADE, PATH_BYTES = CLI_PATH + 16, FILES = 3 };

static const struct option options[] = {
    {"", "seconds", "", OPTION_DOUBLE, offsetof(struct cli_settings, seconds), "1", 0.01, SCAN_RING_SECONDS,
     NULL, "how much of the newest"},
    {"", "format", "", OPTION_CHOICE, offsetof(struct cli_settings, format), "comtrade", 0, 0, "comtrade|csv",
     "what is written"},
    {"", "output", "", OPTION_STRING, offsetof(struct cli_settings, output), "", 0, CLI_PATH, NULL,
     "name of the files without .cfg, .dat, .inf; with csv, of the file"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

/* One file of the record: written as NAME.part, in place when all are complete. */
struct part {
    char path[PATH_BYTES];
    char part[PATH_BYTES + 8];
};

static int fail(struct cli *cli, const char *path, int error)
{
    fprintf(cli->err, "vatio: %s: %s; nothing was written\n", path, strerror(error != 0 ? error : EIO));
    return CLI_REFUSED;
}

/* The name's own ending, if it is one of those that are written, gives way. */
static void name_part(struct part *part, const char *name, const char *ending)
{
    const char *dot = strrchr(name, '.');
    const bool ends = dot != NULL && (strcasecmp(dot, ".cfg") == 0 || strcasecmp(dot, ".csv") == 0);
    snprintf(part->path, sizeof part->path, "%.*s%s", ends ? (int)(dot - name) : CLI_PATH, name, ending);
    snprintf(part->part, sizeof part->part, "%.*s.part", PATH_BYTES - 1, part->path);
}

static void write_one(const char *ending, const struct comtrade_layout *layout,
                      const struct waveform *waveform, FILE *file)
{
    if (strcmp(ending, ".csv") == 0)
        waveform_write_csv(waveform, file);
    else if (strcmp(ending, ".cfg") == 0)
        comtrade_write_cfg(layout, waveform, file);
    else if (strcmp(ending, ".dat") == 0)
        comtrade_write_dat(layout, waveform, file);
    else
        comtrade_write_inf(waveform, file);
}

static int write_part(struct cli *cli, const struct part *part, const char *ending,
                      const struct comtrade_layout *layout, const struct waveform *waveform)
{
    FILE *file = fopen(part->part, "we");
    if (file == NULL)
        return fail(cli, part->part, errno);
    write_one(ending, layout, waveform, file);
    const bool written = !ferror(file);
    errno = 0;
    return fclose(file) == 0 && written ? CLI_OK : fail(cli, part->part, errno);
}

/* The .cfg comes last: a reader that finds it finds the others. */
static int write_files(struct cli *cli, const struct waveform *waveform)
{
    static const char *const comtrade[] = {".dat", ".inf", ".cfg"}, *const csv[] = {".csv"};
    const bool is_comtrade = cli->settings.format == FORMAT_COMTRADE;
    const char *const *endings = is_comtrade ? comtrade : csv;
    const int n = is_comtrade ? FILES : 1;
    struct part part[FILES];
    struct comtrade_layout layout;
    int status = CLI_OK;
    comtrade_layout(&layout, waveform);
    for (int i = 0; i < n; i++)
        name_part(&part[i], cli->settings.output, endings[i]);
    for (int i = 0; i < n && status == CLI_OK; i++)
        status = write_part(cli, &part[i], endings[i], &layout, waveform);
    for (int i = 0; i < n && status == CLI_OK; i++)
        if (rename(part[i].part, part[i].path) != 0)
            status = fail(cli, part[i].path, errno);
    for (int i = 0; i < n && status != CLI_OK; i++)
        unlink(part[i].part);
    if (status == CLI_OK)
        fprintf(cli->out, "%s", part[n - 1].path);
    return status;
}

static void say(struct cli *cli, const struct waveform *waveform)
{
    char utc[FORMAT_CELL];
    format_utc(waveform->utc_start_ms, utc);
    fprintf(cli->out, ": %" PRId64 " scans of %" PRId64 " channels, %.3f s", waveform->n_scans,
            waveform->plan->n_channels, (double)waveform_ns(waveform, waveform->n_scans - 1) / 1e9);
    if (waveform->utc_start_ms != 0)
        fprintf(cli->out, " from %s UTC", utc);
    if (waveform->left_out > 0)
        fprintf(cli->out, "; %" PRId64 " late or corrupt scans left out", waveform->left_out);
    fputc('\n', cli->out);
}

/* The mailbox knows which instant of UTC an instant of the meter's clock was. */
static void label(struct waveform *waveform, const struct mailbox_live *live)
{
    if (live->live.mono_end_us == 0 || strcmp(live->boot_id, waveform->plan->boot_id) != 0)
        return;
    waveform->utc_start_ms =
        live->live.utc_end_ms + (waveform->scan[0].hold_ns[0] / 1000 - live->live.mono_end_us) / 1000;
    waveform->utc_synced = live->live.utc_synced == 1;
}

static int refuse(struct cli *cli, int error)
{
    static const struct {
        int error;
        const char *sentence;
    } sentences[] = {
        {-ENODATA, "no scan was taken yet; expected a meter that has begun to sample"},
        {-EAGAIN,
         "the meter's clock runs faster than scans can be copied; expected fewer --seconds or a smaller "
         "--sim-speed"},
    };
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
        if (sentences[i].error == error) {
            fprintf(cli->err, "vatio: %s\n", sentences[i].sentence);
            return CLI_REFUSED;
        }
    fprintf(cli->err, "vatio: %s/" SCAN_RING_FILE ": %s\n", cli->settings.run_dir, strerror(-error));
    return error == -ENOMEM ? CLI_REFUSED : CLI_NO_METER;
}

static int take_and_write(struct cli *cli, const struct scan_ring *ring, const struct mailbox_live *live)
{
    struct waveform waveform;
    const int error = waveform_take(&waveform, ring, cli->settings.seconds);
    int status = CLI_OK;
    if (error == 0) {
        label(&waveform, live);
        status = write_files(cli, &waveform);
        if (status == CLI_OK)
            say(cli, &waveform);
    }
    waveform_free(&waveform);
    return error == 0 ? status : refuse(cli, error);
}

static int run(struct cli *cli)
{
    struct mailbox mailbox;
    struct mailbox_live live;
    struct scan_ring ring;
    if (cli->settings.output[0] == '\0') {
        fputs("vatio: waveform: a name is missing; expected --output NAME\n", cli->err);
        return CLI_USAGE;
    }
    int status = meter_live_checked(cli, &mailbox, &live);
    if (status != CLI_OK)
        return status;
    mailbox_close(&mailbox);
    const int error = scan_ring_open(&ring, cli->settings.run_dir);
    if (error != 0)
        return refuse(cli, error);
    status = take_and_write(cli, &ring, &live);
    scan_ring_close(&ring);
    return status;
}

const struct command command_waveform = {"waveform",
                                         NULL,
                                         "write the last seconds of raw scans to a file",
                                         options,
                                         sizeof options / sizeof options[0],
                                         run};
