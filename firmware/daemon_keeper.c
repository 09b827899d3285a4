/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registers at the start: the newest of journal and store, and what a kill or a power cut left open. */
#include "firmware/base/log.h"
#include "firmware/daemon_parts.h"
#include "firmware/resume.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)RESUME_SEQ_GAP >= (int)STORE_BATCH_MAX, "a batch fits below a replaced store's numbers");

/* The newest stored record of each stream. */
struct newest {
    struct record record[KEPT_OPEN];
    bool found[KEPT_OPEN];
    int reading;
};

static bool take_newest(void *context, const void *stored)
{
    struct newest *newest = context;
    memcpy(&newest->record[newest->reading], stored, sizeof newest->record[0]);
    newest->found[newest->reading] = true;
    return true;
}

static void read_newest(struct daemon *daemon, struct newest *newest, struct resume_sources *sources)
{
    memset(newest, 0, sizeof *newest);
    for (int k = 0; k < KEPT_OPEN; k++) {
        const int64_t seq = store_newest_seq(&daemon->store, kept_stream(k));
        newest->reading = k;
        if (seq > 0)
            store_reader_read(&daemon->reader, kept_stream(k), seq, 1, take_newest, newest);
        sources->stored[k] = newest->found[k] ? &newest->record[k] : NULL;
    }
}

/* On disk before the journal forgets what they were made of, ahead of everything that measure will say: a second cut
 * finds the one or the other. */
static void store_endings(struct daemon *daemon, const struct resume *resume)
{
    for (int k = 0; k < resume->n_ending; k++)
        if (!spsc_push(&daemon->records, &resume->ending[k]))
            health_add(&daemon->health.records_lost, 1);
    recorder_settle(&daemon->recorder);
}

static double most_va(const struct daemon *daemon)
{
    const struct topology *topology = &daemon->measure.config.meter.topology;
    int elements = 0;
    for (int e = 0; e < topology->n_elements; e++)
        elements += topology->element[e].circuit == CIRCUIT_GRID;
    return elements * daemon->board.u_nominal_v * daemon->board.i_max_a;
}

static void tell_restart(struct daemon *daemon, const struct kept *kept)
{
    struct clock *clock = daemon->source.clock;
    char text[128];
    const double lost_wh =
        resume_text(kept, most_va(daemon), clock_utc_ms(clock), clock_utc_synced(clock), text, sizeof text);
    log_notice("restart: %s", text);
    recorder_event(&daemon->recorder, "restart", text, lost_wh);
}

static void set_up(struct daemon *daemon)
{
    struct keeper *keeper = &daemon->keeper;
    keeper->cell = &daemon->kept_cell;
    keeper->interval_s = daemon->config.journal_interval_s;
    keeper->health = &daemon->health;
    keeper->recorder = &daemon->recorder;
    keeper->clock = daemon->source.clock;
    keeper->power.recorder = &daemon->recorder;
    keeper->fram.health = &daemon->health;
    keeper->fram.recorder = &daemon->recorder;
    recorder_init(&daemon->recorder, &daemon->store, &daemon->records, &daemon->health, daemon->source.clock,
                  daemon->boot_id);
    daemon->recorder.data_dir = daemon->config.data_dir;
    daemon->recorder.notices = &daemon->events;
}

static void publish(struct daemon *daemon)
{
    daemon_fill_live(daemon);
    mailbox_write(&daemon->mailbox, &daemon->measure.live);
    if (daemon->detail.file != NULL)
        detail_write(&daemon->detail, &daemon->measure.detail);
}

/* The registers go on from what was found. */
static void go_on_from(struct daemon *daemon, const struct resume *resume)
{
    if (resume->totals_ahead_uwh > 0)
        log_notice("registers: the FRAM is %lld uWh ahead of the journal and is taken",
                   (long long)resume->totals_ahead_uwh);
    if (resume->stored_ahead_uwh > 0)
        log_notice("registers: stored records are %lld uWh ahead of the journal and are taken",
                   (long long)resume->stored_ahead_uwh);
    resume_registers(&resume->kept, &daemon->measure.registers);
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        store_seq_floor(&daemon->store, (enum record_stream)stream, resume->seq_floor[stream]);
    memcpy(daemon->start_energy, daemon->measure.registers.energy, sizeof daemon->start_energy);
}

/* No simulated energy gets into the chip of a real meter, unless someone says so. */
static bool has_fram(const struct daemon *daemon)
{
    if (daemon->board.fram.i2c_device[0] == '\0' || daemon->config.journal_fram == CONFIG_FRAM_OFF)
        return false;
    return daemon->config.journal_fram == CONFIG_FRAM_ON || !daemon->source.simulated;
}

static int open_fram(struct daemon *daemon, struct fram_found *found, char *error, size_t error_size)
{
    const struct keeper_fram_config config = {
        .device = daemon->board.fram.i2c_device,
        .address = daemon->board.fram.i2c_address,
        .meter_id = daemon->meter_id,
        .calls = &fram_system_calls,
    };
    memset(found, 0, sizeof *found);
    return has_fram(daemon) ? keeper_fram_open(&daemon->keeper.fram, &config, found, error, error_size) : 0;
}

/* The FRAM first: with its registers a journal that is damaged all over is no end. */
static int open_copies(struct daemon *daemon, struct kept *journal, struct fram_found *chip,
                       struct resume_sources *sources, char *error, size_t error_size)
{
    bool found = false;
    int result = open_fram(daemon, chip, error, error_size);
    daemon->keeper.spare = chip->has_kept;
    if (result == 0)
        result = keeper_open(&daemon->keeper, daemon->config.data_dir, daemon->meter_id, journal, &found,
                             error, error_size);
    if (result < 0)
        keeper_fram_close(&daemon->keeper.fram);
    sources->journal = found ? journal : NULL;
    sources->copy = chip->has_kept ? &chip->kept : NULL;
    sources->totals = chip->has_totals ? &chip->totals : NULL;
    return result;
}

/* The supply says nothing about simulated mains. */
static int open_power(struct daemon *daemon, char *error, size_t error_size)
{
    const struct board_power *power = &daemon->board.power;
    if (power->gpio_line < 0 || daemon->source.simulated)
        return 0;
    const int result = line_in_gpiod_init(&daemon->power_line, power->gpio_chip, (unsigned)power->gpio_line,
                                          power->good_low, error, error_size);
    if (result == 0)
        daemon->keeper.power.line = &daemon->power_line.line;
    return result;
}

int daemon_open_keeper(struct daemon *daemon, char *error, size_t error_size)
{
    struct kept journal;
    struct fram_found chip;
    struct newest newest;
    struct resume_sources sources = {0};
    struct resume resume;
    snprintf(daemon->journal, sizeof daemon->journal, "%s/%s", daemon->config.data_dir, KEEPER_FILE);
    int result = open_copies(daemon, &journal, &chip, &sources, error, error_size);
    if (result < 0)
        return result;
    daemon->opened |= PART_KEEPER;
    result = open_power(daemon, error, error_size);
    if (result < 0)
        return result;
    sources.store_replaced = daemon->store.replaced > 0;
    read_newest(daemon, &newest, &sources);
    resume_init(&resume, &sources);
    go_on_from(daemon, &resume);
    set_up(daemon);
    publish(daemon);
    recorder_event(&daemon->recorder, "start",
                   resume.kept.n_points > 0 ? "registers continue" : "registers begin at zero", NAN);
    store_endings(daemon, &resume);
    if (resume.found)
        tell_restart(daemon, &resume.kept);
    /* From here on a kill is no orderly end. What fails is counted and tried again. */
    measure_keep(&daemon->measure, NULL);
    keeper_write(&daemon->keeper, &daemon->measure.kept, false);
    return 0;
}
