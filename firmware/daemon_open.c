/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/daemon_parts.h"

#include "calibration/unit/unit.h"
#include "firmware/base/log.h"
#include "firmware/convert.h"
#include "firmware/identity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCANS = 16384, RECORDS = 64, EVENTS = 32, STORE_BATCH = 32 };
enum { MINUTES = 1440, QUARTERS = 96 }; /* of a day */
enum { STORE_RESERVE_BYTES = 8 << 20 };

/* Every step of opening has this shape; the first that fails ends it. */
typedef int daemon_step(struct daemon *daemon, char *error, size_t error_size);

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
    return daemon_fail(-errno, path, error, error_size);
}

static int open_directories(struct daemon *daemon, char *error, size_t error_size)
{
    int result = make_directory(daemon->config.data_dir, error, error_size);
    if (result == 0)
        result = make_directory(daemon->config.run_dir, error, error_size);
    if (result == 0)
        result = instance_lock(&daemon->data_lock, daemon->config.data_dir, error, error_size);
    if (result == -EROFS)
        snprintf(error, error_size,
                 "%s: its file system is read-only: what is metered could not be kept; mount it for writing",
                 daemon->config.data_dir);
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
        return daemon_fail(result, "boot id", error, error_size);
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
        .keep = {[STREAM_MINUTE] = daemon->config.store_minute_days * MINUTES,
                 [STREAM_QUARTER] = daemon->config.store_quarter_days * QUARTERS,
                 [STREAM_EVENT] = daemon->config.store_events},
        .keep_minutes = daemon->config.store_full_days * MINUTES,
        .reserve_bytes = STORE_RESERVE_BYTES,
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

static int open_source(struct daemon *daemon, char *error, size_t error_size)
{
    struct topology topology;
    int input[DSP_CHANNELS];
    int n = unit_topology(&daemon->board, &topology, input);
    daemon->opened |= PART_SOURCE;
    if (daemon_is_replay(daemon))
        return source_init_replay(&daemon->source, &daemon->config, &daemon->board, &daemon->replay, n, input,
                                  error, error_size);
    return source_init(&daemon->source, &daemon->config, &daemon->board, n, input, error, error_size);
}

static int open_rings(struct daemon *daemon, char *error, size_t error_size)
{
    daemon->scan_memory = calloc(SCANS, sizeof(struct adc_scan));
    daemon->record_memory = calloc(RECORDS, sizeof(struct record));
    daemon->event_memory = calloc(EVENTS, sizeof(struct record_event));
    if (daemon->scan_memory == NULL || daemon->record_memory == NULL || daemon->event_memory == NULL)
        return daemon_fail(-ENOMEM, "rings", error, error_size);
    int result = spsc_init(&daemon->scans, daemon->scan_memory, sizeof(struct adc_scan), SCANS);
    if (result == 0)
        result = spsc_init(&daemon->records, daemon->record_memory, sizeof(struct record), RECORDS);
    if (result == 0)
        result = spsc_init(&daemon->events, daemon->event_memory, sizeof(struct record_event), EVENTS);
    return result == 0 ? 0 : daemon_fail(result, "rings", error, error_size);
}

static int open_mailbox(struct daemon *daemon, char *error, size_t error_size)
{
    int result = mailbox_create(&daemon->mailbox, daemon->config.run_dir);
    if (result < 0)
        return daemon_fail(result, daemon->config.run_dir, error, error_size);
    daemon->opened |= PART_MAILBOX;
    return 0;
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
    config.i_nominal_a = daemon->board.i_nominal_a;
    config.export_unexpected = daemon->config.export == CONFIG_EXPORT_UNEXPECTED;
    config.day_offset_ms = daemon->config.day_offset_min * 60000;
    config.scans = &daemon->scans;
    config.records = &daemon->records;
    config.events = &daemon->events;
    config.cell = &daemon->kept_cell;
    config.mailbox = &daemon->mailbox;
    config.detail = &daemon->detail;
    config.seconds = &daemon->seconds;
    config.tap = &daemon->tap;
    config.store_id = &daemon->recorder.store_id;
    config.health = &daemon->health;
    config.clock = daemon->source.clock;
    config.ended = &daemon->acquire.ended;
    config.window = daemon->config.adc_source == CONFIG_ADC_SIM ? net_model : NULL;
    config.context = daemon->source.sim;
    int result = measure_init(&daemon->measure, &config);
    if (result < 0)
        return daemon_fail(result, "measuring", error, error_size);
    daemon->opened |= PART_MEASURE;
    return 0;
}

/* Whoever looks at waveforms or spectra can do without; the meter cannot do without metering. */
static void go_on(int result, const char *what, char *error, size_t error_size)
{
    daemon_fail(result, what, error, error_size);
    log_warning("%s; metering goes on without it", error);
    error[0] = '\0';
}

static int open_detail(struct daemon *daemon, char *error, size_t error_size)
{
    int result = detail_create(&daemon->detail, daemon->config.run_dir);
    if (result < 0)
        go_on(result, "the file of all quantities", error, error_size);
    return 0;
}

static int open_seconds(struct daemon *daemon, char *error, size_t error_size)
{
    struct second_ring_plan plan = {0};
    const int64_t hours = daemon->config.store_second_hours;
    if (hours == 0) {
        second_ring_discard(daemon->config.run_dir);
        return 0;
    }
    snprintf(plan.meter_id, sizeof plan.meter_id, "%s", daemon->meter_id);
    plan.n_points = convert_points(&daemon->measure.config.meter.topology, plan.point_id);
    int result = second_ring_create(&daemon->seconds, daemon->config.run_dir, &plan, hours * 3600);
    if (result < 0)
        go_on(result, "the ring of seconds", error, error_size);
    return 0;
}

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
        .physical = daemon->source.physical,
    };
    int result = scan_tap_open(&daemon->tap, &config);
    if (result < 0)
        go_on(result, "the ring of raw scans", error, error_size);
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

int daemon_open(struct daemon *daemon, char *error, size_t error_size)
{
    static daemon_step *const steps[] = {
        open_directories,  daemon_refuse_half,  open_identity, open_store,   open_source,  open_rings,
        open_mailbox,      open_measure,        open_detail,   open_seconds, open_tap,     daemon_open_keeper,
        daemon_open_audit, daemon_tell_changes, open_display,  open_pulse,   open_control,
    };
    int result = 0;
    for (size_t k = 0; k < sizeof steps / sizeof steps[0] && result == 0; k++)
        result = steps[k](daemon, error, error_size);
    return result;
}
