/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/daemon.h"

#include "calibration/unit/unit.h"
#include "firmware/base/log.h"
#include "firmware/board_file.h"
#include "firmware/convert.h"
#include "firmware/identity.h"
#include "firmware/thread.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCANS = 16384, RECORDS = 64, STORE_BATCH = 32, CONTROL_STACK = 512 << 10 };

enum part {
    PART_DATA_LOCK = 1 << 0,
    PART_RUN_LOCK = 1 << 1,
    PART_KEEPER = 1 << 2,
    PART_STORE = 1 << 3,
    PART_READER = 1 << 4,
    PART_SOURCE = 1 << 5,
    PART_MAILBOX = 1 << 6,
    PART_MEASURE = 1 << 7,
    PART_CONTROL = 1 << 8,
    PART_REPLAY = 1 << 9,
};

/* Every step of opening has this shape; the first that fails ends it. */
typedef int daemon_step(struct daemon *daemon, char *error, size_t error_size);

static int fail(int result, const char *what, char *error, size_t error_size)
{
    snprintf(error, error_size, "%s: %s", what, strerror(-result));
    return result;
}

/* The directory and those above it. */
static int make_directory(const char *path, char *error, size_t error_size)
{
    char part[CONFIG_PATH + 1];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        mkdir(part, 0755); /* what went wrong shows at the last one */
    }
    if (mkdir(path, 0750) == 0 || errno == EEXIST)
        return 0;
    return fail(-errno, path, error, error_size);
}

static int open_directories(struct daemon *daemon, char *error, size_t error_size)
{
    int result = make_directory(daemon->config.data_dir, error, error_size);
    if (result == 0)
        result = make_directory(daemon->config.run_dir, error, error_size);
    if (result == 0)
        result = instance_lock(&daemon->data_lock, daemon->config.data_dir, error, error_size);
    if (result < 0)
        return result;
    daemon->opened |= PART_DATA_LOCK;
    if (strcmp(daemon->config.data_dir, daemon->config.run_dir) == 0)
        return 0;
    result = instance_lock(&daemon->run_lock, daemon->config.run_dir, error, error_size);
    if (result == 0)
        daemon->opened |= PART_RUN_LOCK;
    return result;
}

static int open_identity(struct daemon *daemon, char *error, size_t error_size)
{
    int result = identity_boot(daemon->boot_id);
    if (result < 0)
        return fail(result, "boot id", error, error_size);
    return identity_meter(daemon->config.meter_id, daemon->config.data_dir, daemon->meter_id, error,
                          error_size);
}

static int open_store(struct daemon *daemon, char *error, size_t error_size)
{
    snprintf(daemon->database, sizeof daemon->database, "%s/vatio.db", daemon->config.data_dir);
    struct store_config config = {
        .path = daemon->database,
        .meter_id = daemon->meter_id,
        .batch_records = STORE_BATCH,
        .batch_ms = daemon->config.store_commit_s * 1000,
    };
    config.n_points = convert_points(&daemon->measure.config.meter.topology, config.point_id);
    int result = store_open(&daemon->store, &config, error, error_size);
    if (result < 0)
        return result;
    daemon->opened |= PART_STORE;
    result = store_reader_open(&daemon->reader, daemon->database, error, error_size);
    if (result == 0)
        daemon->opened |= PART_READER;
    return result;
}

static bool is_replay(const struct daemon *daemon)
{
    return daemon->config.adc_source == CONFIG_ADC_REPLAY;
}

/* A recording that does not go through the converter has no codes, no front end and nothing to calibrate. */
static bool is_physical(const struct daemon *daemon)
{
    return is_replay(daemon) && !daemon->config.replay_through_adc;
}

static int open_source(struct daemon *daemon, char *error, size_t error_size)
{
    struct topology topology;
    int input[DSP_CHANNELS];
    int n = unit_topology(&daemon->board, &topology, input);
    daemon->opened |= PART_SOURCE;
    if (is_replay(daemon))
        return source_init_replay(&daemon->source, &daemon->config, &daemon->board, &daemon->replay, n, input,
                                  error, error_size);
    return source_init(&daemon->source, &daemon->config, &daemon->board, n, input, error, error_size);
}

static int open_rings(struct daemon *daemon, char *error, size_t error_size)
{
    daemon->scan_memory = calloc(SCANS, sizeof(struct adc_scan));
    daemon->record_memory = calloc(RECORDS, sizeof(struct record));
    if (daemon->scan_memory == NULL || daemon->record_memory == NULL)
        return fail(-ENOMEM, "rings", error, error_size);
    int result = spsc_init(&daemon->scans, daemon->scan_memory, sizeof(struct adc_scan), SCANS);
    if (result == 0)
        result = spsc_init(&daemon->records, daemon->record_memory, sizeof(struct record), RECORDS);
    return result == 0 ? 0 : fail(result, "rings", error, error_size);
}

static int open_mailbox(struct daemon *daemon, char *error, size_t error_size)
{
    int result = mailbox_create(&daemon->mailbox, daemon->config.run_dir);
    if (result < 0)
        return fail(result, daemon->config.run_dir, error, error_size);
    daemon->opened |= PART_MAILBOX;
    return 0;
}

/* What stands at each place of a scan, for whoever has to find a wire. */
static void name_channels(const struct daemon *daemon, struct mailbox_live *live)
{
    static const char *const circuit[BOARD_CIRCUITS] = {"grid", "solar"};
    const struct adc_plan *plan = &daemon->source.plan;
    enum channel_role order[CHANNEL_ROLES] = {CHANNEL_U_L1};
    if (is_physical(daemon))
        channel_map_order(&daemon->replay.map, order);
    for (int k = 0; k < plan->n && k < MAILBOX_CHANNELS; k++) {
        if (is_physical(daemon)) {
            snprintf(live->channel[k], sizeof live->channel[k], "recorded %s", channel_role_name(order[k]));
            continue;
        }
        const struct board_channel *channel = &daemon->board.channel[plan->input[k]];
        if (channel->kind == BOARD_CURRENT)
            snprintf(live->channel[k], sizeof live->channel[k], "CH%u current %s L%d", plan->input[k],
                     circuit[channel->circuit], channel->element);
        else
            snprintf(live->channel[k], sizeof live->channel[k], "CH%u voltage", plan->input[k]);
    }
}

/* Who the meter is, and absent values until there are some. */
static void fill_identity(struct daemon *daemon)
{
    struct mailbox_live *live = &daemon->measure.live;
    memcpy(live->boot_id, daemon->boot_id, sizeof live->boot_id);
    memcpy(live->meter_id, daemon->meter_id, sizeof live->meter_id);
    memcpy(live->store_id, daemon->store.store_id, sizeof live->store_id);
    snprintf(live->serial, sizeof live->serial, "%s", daemon->calibration.serial);
    snprintf(live->version, sizeof live->version, "%s", VATIO_VERSION);
    snprintf(live->board, sizeof live->board, "%s", daemon->board.name);
    snprintf(live->calibration_date, sizeof live->calibration_date, "%s", daemon->calibration.date);
    live->pid = getpid();
    live->calibrated = daemon->calibration.calibrated;
    live->simulated = daemon->source.simulated;
    live->f_nominal_hz = daemon->board.f_nominal_hz;
    live->u_nominal_v = daemon->board.u_nominal_v;
    live->scan_rate_hz = daemon->measure.config.meter.scan_rate_hz;
    live->imp_per_kwh = daemon->board.pulse.imp_per_kwh;
    name_channels(daemon, live);
    live->live.schema = RECORD_SCHEMA;
    live->live.n_points = convert_points(&daemon->measure.registers.topology, live->live.point_id);
    live->live.f_hz = live->live.f_min_hz = live->live.f_max_hz = NAN;
    for (int64_t p = 0; p < live->live.n_points; p++) {
        for (size_t k = 0; k < record_point_fields_n; k++)
            if (record_point_fields[k].type == FIELD_REAL)
                record_set_real(&record_point_fields[k], &live->live.point[p], NAN);
        convert_energy(&daemon->measure.registers.energy[p], &live->energy[p]);
        live->live.point[p].total = live->energy[p];
        for (int h = 0; h < MAILBOX_HARMONICS; h++)
            live->u_h_v[p][h] = live->i_h_a[p][h] = NAN;
    }
}

/* The model nets its energy over the windows that the meter reports. */
static void net_model(void *context, int64_t end_ns)
{
    adc_sim_net(context, end_ns);
}

static int open_measure(struct daemon *daemon, char *error, size_t error_size)
{
    struct measure_config config = daemon->measure.config; /* its meter part was set by daemon_load */
    config.calibration = &daemon->calibration;
    config.creep = (struct creep_config){daemon->config.start_va, daemon->config.stop_va};
    config.simulated = daemon->source.simulated;
    config.day_offset_ms = daemon->config.day_offset_min * 60000;
    config.scans = &daemon->scans;
    config.records = &daemon->records;
    config.mailbox = &daemon->mailbox;
    config.tap = &daemon->tap;
    config.health = &daemon->health;
    config.clock = daemon->source.clock;
    config.ended = &daemon->acquire.ended;
    config.window = daemon->config.adc_source == CONFIG_ADC_SIM ? net_model : NULL;
    config.context = daemon->source.sim;
    int result = measure_init(&daemon->measure, &config);
    if (result < 0)
        return fail(result, "measuring", error, error_size);
    daemon->opened |= PART_MEASURE;
    return 0;
}

/* Whoever looks at waveforms can do without; the meter cannot do without metering. */
static int open_tap(struct daemon *daemon, char *error, size_t error_size)
{
    struct scan_tap_config config = {
        .run_dir = daemon->config.run_dir,
        .boot_id = daemon->boot_id,
        .meter_id = daemon->meter_id,
        .board = &daemon->board,
        .plan = &daemon->source.plan,
        .meter = &daemon->measure.config.meter,
        .scale = &daemon->measure.scale,
        .simulated = daemon->source.simulated,
        .physical = is_physical(daemon),
    };
    int result = scan_tap_open(&daemon->tap, &config);
    if (result < 0) {
        fail(result, "the ring of raw scans", error, error_size);
        log_warning("%s; metering goes on without it", error);
        error[0] = '\0';
    }
    return 0;
}

static int open_keeper(struct daemon *daemon, char *error, size_t error_size)
{
    struct keeper_record record;
    bool found;
    struct keeper *keeper = &daemon->keeper;
    snprintf(daemon->journal, sizeof daemon->journal, "%s/%s", daemon->config.data_dir, KEEPER_FILE);
    int result =
        keeper_open(keeper, daemon->config.data_dir, daemon->meter_id, &record, &found, error, error_size);
    if (result < 0)
        return result;
    daemon->opened |= PART_KEEPER;
    if (found) {
        keeper_restore(&record, &daemon->measure.registers);
        for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
            store_seq_floor(&daemon->store, (enum record_stream)stream, record.newest_seq[stream]);
    }
    memcpy(daemon->start_energy, daemon->measure.registers.energy, sizeof daemon->start_energy);
    keeper->run_dir = daemon->config.run_dir;
    keeper->interval_s = daemon->config.journal_interval_s;
    keeper->health = &daemon->health;
    keeper->recorder = &daemon->recorder;
    keeper->clock = daemon->source.clock;
    recorder_init(&daemon->recorder, &daemon->store, &daemon->records, &daemon->health, daemon->source.clock,
                  daemon->boot_id);
    daemon->recorder.data_dir = daemon->config.data_dir;
    fill_identity(daemon);
    mailbox_write(&daemon->mailbox, &daemon->measure.live);
    recorder_event(&daemon->recorder, "start", found ? "registers continue" : "registers begin at zero", NAN);
    return 0;
}

static int open_display(struct daemon *daemon, char *error, size_t error_size)
{
    struct display_task *task = &daemon->display_task;
    *task = (struct display_task){
        .run_dir = daemon->config.run_dir,
        .meter_id = daemon->meter_id,
        .version = VATIO_VERSION,
        .health = &daemon->health,
        .page_s = daemon->config.page_s,
        .page = -1,
    };
    int64_t point_id[RECORD_POINTS];
    int n_points = convert_points(&daemon->measure.config.meter.topology, point_id);
    pages_init(&task->pages, n_points, point_id);
    for (char *bar = daemon->config.footer; (bar = strchr(bar, '|')) != NULL;)
        *bar = '\n';
    if (daemon->config.display == CONFIG_DISPLAY_TERMINAL) {
        display_terminal_init(&daemon->display.terminal, STDOUT_FILENO, daemon->config.footer);
        task->display = &daemon->display.terminal.display;
    } else if (daemon->config.display == CONFIG_DISPLAY_HD44780) {
        /* A display that is not there yet may come; metering does not wait for it. */
        if (display_hd44780_init(&daemon->display.hd44780, daemon->board.lcd.i2c_device,
                                 daemon->board.lcd.i2c_address, &hd44780_system_calls, error, error_size) < 0)
            log_warning("%s; metering goes on", error);
        error[0] = '\0';
        task->display = &daemon->display.hd44780.display;
    }
    return 0;
}

static int open_pulse(struct daemon *daemon, char *error, size_t error_size)
{
    struct pulse_task *task = &daemon->pulse_task;
    *task = (struct pulse_task){
        .run_dir = daemon->config.run_dir,
        .health = &daemon->health,
        .imp_per_kwh = daemon->board.pulse.imp_per_kwh,
        .width_ms = daemon->source.simulated ? 0 : daemon->board.pulse.width_ms,
        .given = -1,
    };
    if (daemon->config.pulse == CONFIG_PULSE_NONE || daemon->board.pulse.gpio_line < 0)
        return 0;
    if (daemon->config.pulse == CONFIG_PULSE_SIM) {
        line_sim_init(&daemon->line.sim);
        task->line = &daemon->line.sim.line;
        return 0;
    }
    int result = line_gpiod_init(&daemon->line.gpiod, daemon->board.pulse.gpio_chip,
                                 (unsigned)daemon->board.pulse.gpio_line, error, error_size);
    if (result == 0)
        task->line = &daemon->line.gpiod.line;
    return result;
}

static int open_control(struct daemon *daemon, char *error, size_t error_size)
{
    struct control_server_config config = {
        .run_dir = daemon->config.run_dir,
        .ops = &daemon_control_ops,
        .context = daemon,
        .reader = &daemon->reader,
    };
    int result = control_server_init(&daemon->control, &config, error, error_size);
    if (result == 0)
        daemon->opened |= PART_CONTROL;
    return result;
}

/* What the recording says takes the place of what the board says. */
static int load_replay(struct daemon *daemon, char *error, size_t error_size)
{
    struct meter_config *meter = &daemon->measure.config.meter;
    int result = replay_init(&daemon->replay, &daemon->config, &daemon->board, error, error_size);
    if (result < 0)
        return result;
    daemon->opened |= PART_REPLAY;
    meter->f_nominal_hz = daemon->board.f_nominal_hz = daemon->replay.f_nominal_hz;
    meter->u_nominal_v = daemon->board.u_nominal_v = daemon->replay.u_nominal_v;
    meter->signal_rate_hz = daemon->replay.rate_hz;
    if (!is_physical(daemon))
        return 0;
    replay_topology(&daemon->replay.map, &meter->topology);
    replay_response(&daemon->replay, meter->response);
    meter->scan_rate_hz = daemon->replay.rate_most_hz;
    if (daemon->calibration.calibrated)
        log_notice("the calibration does not apply to a recording that does not go through the converter");
    daemon->calibration.calibrated = false;
    return 0;
}

int daemon_load(struct daemon *daemon, const struct arguments *arguments, const struct config *config,
                char *error, size_t error_size)
{
    memset(daemon, 0, sizeof *daemon);
    daemon->arguments = arguments;
    daemon->config = *config;
    pthread_mutex_init(&daemon->config_lock, NULL);

    const char *board_path = config->board_file;
    int result = 0;
    if (board_path[0] != '\0')
        result = board_file_read(board_path, &daemon->board, error, error_size);
    else
        board_file_default(&daemon->board);
    if (result < 0)
        return result;
    unit_nominal(&daemon->board, &daemon->calibration);
    if (config->calibration_file[0] != '\0')
        result = unit_read(config->calibration_file, &daemon->board, &daemon->calibration, error, error_size);

    struct meter_config *meter = &daemon->measure.config.meter;
    int input[DSP_CHANNELS];
    int n = unit_topology(&daemon->board, &meter->topology, input);
    meter->f_nominal_hz = daemon->board.f_nominal_hz;
    meter->u_nominal_v = daemon->board.u_nominal_v;
    meter->scan_rate_hz =
        config->scan_rate_hz > 0 ? config->scan_rate_hz : daemon->board.converter.scan_rate_hz;
    for (int k = 0; k < n; k++)
        meter->response[k] = calibration_response(&daemon->calibration.channel[k]);
    if (result == 0 && is_replay(daemon))
        result = load_replay(daemon, error, error_size);
    return result;
}

int daemon_open(struct daemon *daemon, char *error, size_t error_size)
{
    static daemon_step *const steps[] = {
        open_directories, open_identity, open_store,  open_source,  open_rings, open_mailbox,
        open_measure,     open_tap,      open_keeper, open_display, open_pulse, open_control,
    };
    int result = 0;
    for (size_t k = 0; k < sizeof steps / sizeof steps[0] && result == 0; k++)
        result = steps[k](daemon, error, error_size);
    return result;
}

static void *serve_control(void *argument)
{
    struct daemon *daemon = argument;
    int result = control_server_run(&daemon->control);
    if (result < 0)
        log_error("control socket: %s", strerror(-result));
    return NULL;
}

static int start_acquire(struct daemon *daemon)
{
    struct acquire *acquire = &daemon->acquire;
    int64_t now_ns = clock_mono_ns(daemon->source.clock);
    acquire->source = &daemon->source;
    acquire->ring = &daemon->scans;
    acquire->health = &daemon->health;
    acquire->priority = daemon->source.simulated ? 0 : (int)daemon->config.priority;
    acquire->end_ns =
        daemon->arguments->seconds > 0 ? now_ns + daemon->arguments->seconds * 1000000000 : INT64_MAX;
    pace_init(&acquire->pace, now_ns, daemon->source.plan.period_ns, (uint64_t)daemon->config.sim_seed);
    if (!daemon->source.simulated && daemon->config.lock_memory && mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
        log_warning("memory is not locked: %s (LimitMEMLOCK)", strerror(errno));
    return acquire_start(acquire);
}

int daemon_start(struct daemon *daemon, char *error, size_t error_size)
{
    struct thread_config control = {.name = "control", .stack_size = CONTROL_STACK};
    int result = recorder_start(&daemon->recorder);
    if (result == 0)
        result = measure_start(&daemon->measure);
    if (result == 0)
        result = keeper_start(&daemon->keeper);
    if (result == 0)
        result = display_task_start(&daemon->display_task);
    if (result == 0)
        result = pulse_task_start(&daemon->pulse_task);
    if (result == 0)
        result = thread_start(&daemon->control_thread, &control, serve_control, daemon);
    if (result == 0)
        result = start_acquire(daemon);
    return result == 0 ? 0 : fail(result, "starting threads", error, error_size);
}

void daemon_stop(struct daemon *daemon)
{
    acquire_stop(&daemon->acquire);
    measure_join(&daemon->measure);
    recorder_event(&daemon->recorder, "stop", "ended as asked", NAN);
    recorder_stop(&daemon->recorder);
    keeper_stop(&daemon->keeper);
    keeper_write(&daemon->keeper, &daemon->measure.live);
    pulse_task_stop(&daemon->pulse_task);
    display_task_stop(&daemon->display_task);
    control_server_stop(&daemon->control);
    pthread_join(daemon->control_thread, NULL);
}

void daemon_close(struct daemon *daemon)
{
    if (daemon->opened & PART_CONTROL)
        control_server_close(&daemon->control);
    if (daemon->display_task.display != NULL)
        display_close(daemon->display_task.display);
    if (daemon->pulse_task.line != NULL)
        line_close(daemon->pulse_task.line);
    if (daemon->opened & PART_KEEPER)
        keeper_close(&daemon->keeper);
    if (daemon->opened & PART_READER)
        store_reader_close(&daemon->reader);
    if (daemon->opened & PART_STORE)
        store_close(&daemon->store);
    if (daemon->opened & PART_MEASURE)
        measure_close(&daemon->measure);
    if (daemon->opened & PART_SOURCE)
        source_close(&daemon->source);
    if (daemon->opened & PART_MAILBOX)
        mailbox_remove(&daemon->mailbox, daemon->config.run_dir);
    scan_tap_close(&daemon->tap, daemon->config.run_dir);
    if (daemon->opened & PART_REPLAY)
        replay_close(&daemon->replay);
    free(daemon->scan_memory);
    free(daemon->record_memory);
    if (daemon->opened & PART_RUN_LOCK)
        instance_unlock(&daemon->run_lock);
    if (daemon->opened & PART_DATA_LOCK)
        instance_unlock(&daemon->data_lock);
}
