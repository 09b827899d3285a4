/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT(field)         offsetof(struct config, field)
#define IN(field, member) (AT(field) + offsetof(struct config_current, member))

/* Three options of one more current of the steady load. */
#define STEADY_CURRENT(prefix, field, what)                                                                  \
    {                                                                                                        \
        "sim",                                                                                               \
        prefix "i_a",                                                                                        \
        "A",                                                                                                 \
        OPTION_DOUBLE,                                                                                       \
        IN(field, i_a),                                                                                      \
        "0",                                                                                                 \
        0,                                                                                                   \
        100,                                                                                                 \
        NULL,                                                                                                \
        "steady: rms of the " what},                                                                         \
        {"sim",                                                                                              \
         prefix "phi_deg",                                                                                   \
         "deg",                                                                                              \
         OPTION_DOUBLE,                                                                                      \
         IN(field, phi_deg),                                                                                 \
         "0",                                                                                                \
         -180,                                                                                               \
         180,                                                                                                \
         NULL,                                                                                               \
         "steady: angle by which it lags"},                                                                  \
    {                                                                                                        \
        "sim", prefix "i_harmonics", "", OPTION_STRING, IN(field, harmonics), "", 0, CONFIG_HARMONICS, NULL, \
            "steady: order:percent:degrees, separated by commas"                                             \
    }

/* section, name, unit, type, offset, default, min, max, choices, help */
const struct option config_options[] = {
    {"vatiod", "schema", "", OPTION_INT, AT(schema), "1", 1, 1, NULL, "version of this file's format"},

    {"meter", "id", "", OPTION_STRING, AT(meter_id), "auto", 1, 32, NULL,
     "name of this meter in records and topics; auto makes one at the first start and keeps it in data_dir"},
    {"meter", "start_va", "VA", OPTION_DOUBLE, AT(start_va), "1.2", 0, 1000, NULL,
     "mean apparent power of 20 s at which a standing circuit starts to register; 0 registers everything"},
    {"meter", "stop_va", "VA", OPTION_DOUBLE, AT(stop_va), "0.6", 0, 1000, NULL,
     "mean apparent power of 20 s below which a circuit stands; at most start_va"},
    {"meter", "day_offset_min", "min", OPTION_INT, AT(day_offset_min), "0", -840, 840, NULL,
     "local standard time minus UTC: where the day record ends"},

    {"paths", "data_dir", "", OPTION_STRING, AT(data_dir), "/var/lib/vatio", 1, CONFIG_PATH, NULL,
     "database and register journal"},
    {"paths", "run_dir", "", OPTION_STRING, AT(run_dir), "/run/vatio", 1, CONFIG_PATH, NULL,
     "live mailbox and control socket; on tmpfs"},
    {"paths", "board_file", "", OPTION_STRING, AT(board_file), "", 0, CONFIG_PATH, NULL,
     "board description; empty: the reference board"},
    {"paths", "calibration_file", "", OPTION_STRING, AT(calibration_file), "", 0, CONFIG_PATH, NULL,
     "calibration of this unit; empty: nominal values, readings are marked UNCALIBRATED"},

    {"adc", "source", "", OPTION_CHOICE, AT(adc_source), "sim", 0, 0, "sim|spidev|replay",
     "where scans come from: the simulated front end, the converter, or a recording"},
    {"adc", "scan_rate_hz", "Hz", OPTION_DOUBLE, AT(scan_rate_hz), "0", 0, 20000, NULL,
     "scans per second; 0: as the board file says; at least 3,000"},
    {"adc", "priority", "", OPTION_INT, AT(priority), "60", 0, 90, NULL,
     "SCHED_FIFO priority of the acquiring thread with the spidev source; 0: ordinary scheduling"},
    {"adc", "lock_memory", "", OPTION_BOOL, AT(lock_memory), "yes", 0, 0, NULL,
     "keep all pages in memory with the spidev source"},

    {"sim", "source", "", OPTION_CHOICE, AT(sim_source), "house", 0, 0, "house|steady",
     "a household's day, or one load that never changes"},
    {"sim", "speed", "", OPTION_STRING, AT(sim_speed), "1", 1, 16, NULL,
     "simulated seconds per second: a number, or max for as fast as it goes"},
    {"sim", "start", "", OPTION_STRING, AT(sim_start), "now", 1, 32, NULL,
     "UTC at the start of the simulation: now, or like 2026-06-21T00:00:00Z, or recording: as its file says"},
    {"sim", "seed", "", OPTION_INT, AT(sim_seed), "1", 0, 9e15, NULL, "same seed, same bytes"},
    {"sim", "legs", "", OPTION_CHOICE, AT(sim_legs), "auto", 0, 0, "auto|1|2",
     "legs of the simulated installation; auto: two if the board has a channel on the second"},
    {"sim", "house_hour", "h", OPTION_DOUBLE, AT(house_hour), "-1", -1, 24, NULL,
     "hour of the house's day at the start; -1: the hour of start"},
    {"sim", "solar_peak_w", "W", OPTION_DOUBLE, AT(solar_peak_w), "2500", 0, 5000, NULL,
     "the inverter's clear-sky power at noon; 0: no solar"},
    {"sim", "micro_peak_w", "W", OPTION_DOUBLE, AT(micro_peak_w), "0", 0, 2000, NULL,
     "house: clear-sky power of a micro-inverter on one leg; 0: none"},
    {"sim", "micro_leg", "", OPTION_INT, AT(micro_leg), "1", 1, 2, NULL,
     "house: the leg that the micro-inverter feeds"},
    {"sim", "noise_lsb", "LSB", OPTION_DOUBLE, AT(effects.noise_lsb), "0.5", 0, 50, NULL,
     "rms noise at the converter's pins"},
    {"sim", "jitter_ns", "ns", OPTION_DOUBLE, AT(effects.jitter_ns), "5000", 0, 1e6, NULL,
     "rms delay of a scan's start, seen by the stamps"},
    {"sim", "stamp_ns", "ns", OPTION_DOUBLE, AT(effects.stamp_ns), "1000", 0, 1e6, NULL,
     "rms error of the time stamps"},
    {"sim", "corrupt_share", "", OPTION_DOUBLE, AT(effects.corrupt_share), "0", 0, 1, NULL,
     "share of the converter's answers with one bit flipped on the wire"},
    {"sim", "ideal", "", OPTION_BOOL, AT(effects.ideal), "no", 0, 0, NULL,
     "no converter: exact values behind the front end's linear path instead of codes, without noise"},
    {"sim", "magnetising_pct", "%", OPTION_DOUBLE, AT(effects.magnetising_pct), "0", 0, 50, NULL,
     "transformer: largest voltage drop of the saturating magnetising current at nominal voltage, of its "
     "peak"},
    {"sim", "transformer_low_pass_hz", "Hz", OPTION_DOUBLE, AT(effects.transformer_low_pass_hz), "0", 0, 1e6,
     NULL, "transformer: corner that its leakage makes; 0: none"},
    {"sim", "amplifier_bandwidth_hz", "Hz", OPTION_DOUBLE, AT(effects.amplifier_bandwidth_hz), "0", 0, 1e7,
     NULL, "amplifier: bandwidth; 0: without end"},
    {"sim", "amplifier_low_v", "V", OPTION_DOUBLE, AT(effects.amplifier_low_v), "0", 0, 10, NULL,
     "amplifier: lowest output voltage; counts with amplifier_high_v"},
    {"sim", "amplifier_high_v", "V", OPTION_DOUBLE, AT(effects.amplifier_high_v), "0", 0, 10, NULL,
     "amplifier: highest output voltage; 0: no bounds"},
    {"sim", "amplifier_drift_uv_k", "uV/K", OPTION_DOUBLE, AT(effects.amplifier_drift_uv_k), "0", -1e5, 1e5,
     NULL, "amplifier: drift of its output's zero with temperature"},
    {"sim", "hall_nonlinearity_pct", "%", OPTION_DOUBLE, AT(effects.hall_nonlinearity_pct), "0", 0, 10, NULL,
     "Hall sensor: largest deviation from a straight line, cubic, of full scale"},
    {"sim", "hall_hysteresis_ma", "mA", OPTION_DOUBLE, AT(effects.hall_hysteresis_ma), "0", 0, 1e4, NULL,
     "Hall sensor: magnetic offset that a peak of full scale leaves"},
    {"sim", "hall_noise_ma", "mA", OPTION_DOUBLE, AT(effects.hall_noise_ma), "0", 0, 1e4, NULL,
     "Hall sensor: rms of its own noise over 120 kHz; the anti-alias filter takes most of it away"},
    {"sim", "hall_zero_ma_k", "mA/K", OPTION_DOUBLE, AT(effects.hall_zero_ma_k), "0", -1e3, 1e3, NULL,
     "Hall sensor: drift of its zero with temperature"},
    {"sim", "hall_gain_ppm_k", "ppm/K", OPTION_DOUBLE, AT(effects.hall_gain_ppm_k), "0", -1e5, 1e5, NULL,
     "Hall sensor: drift of its gain with temperature"},
    {"sim", "temperature_k", "K", OPTION_DOUBLE, AT(effects.temperature_k), "0", 0, 100, NULL,
     "swing of a day's temperature around 25 C, to either side, which the drifts follow"},
    {"sim", "crosstalk", "", OPTION_DOUBLE, AT(effects.crosstalk), "0", 0, 0.5, NULL,
     "converter: share of the conversion before that its capacitor keeps"},
    {"sim", "reference_ppm", "ppm", OPTION_DOUBLE, AT(effects.reference_ppm), "0", -1e5, 1e5, NULL,
     "converter: how much too high its reference is"},
    {"sim", "reference_ppm_k", "ppm/K", OPTION_DOUBLE, AT(effects.reference_ppm_k), "0", -1e4, 1e4, NULL,
     "converter: drift of its reference with temperature"},
    {"sim", "inl_lsb", "LSB", OPTION_DOUBLE, AT(effects.inl_lsb), "0", 0, 8, NULL,
     "converter: bound of its integral nonlinearity; the seed draws one chip, the median one reaches half of "
     "it"},
    {"sim", "stuck_input", "", OPTION_INT, AT(effects.stuck_input), "0", 0, 8, NULL,
     "converter: number + 1 of an input that stands at one code from stuck_s on; 0: none"},
    {"sim", "stuck_s", "s", OPTION_DOUBLE, AT(effects.stuck_s), "0", 0, 1e9, NULL,
     "converter: when stuck_input begins to stand still"},
    {"sim", "vanish_s", "s", OPTION_DOUBLE, AT(effects.vanish_s), "0", 0, 1e9, NULL,
     "converter: when it answers with errors for a second; 0: never"},
    {"sim", "aperture_ns", "ns", OPTION_DOUBLE, AT(effects.aperture_ns), "0", 0, 1e6, NULL,
     "rms error of the true instants, which the stamps do not see"},
    {"sim", "spi_factor", "", OPTION_DOUBLE, AT(effects.spi_factor), "1", 1, 10, NULL,
     "factor on the distance of conversions in every second second, seen by the stamps"},
    {"sim", "clock_ppm", "ppm", OPTION_DOUBLE, AT(effects.clock_ppm), "0", -1e5, 1e5, NULL,
     "how much too fast the clock of the stamps runs"},
    {"sim", "gap_ms", "ms", OPTION_DOUBLE, AT(effects.gap_ms), "0", 0, 1e4, NULL,
     "how long the sampling thread stands still each gap_every_ms, also in the middle of a scan"},
    {"sim", "gap_every_ms", "ms", OPTION_DOUBLE, AT(effects.gap_every_ms), "0", 0, 1e7, NULL,
     "how often it does; longer than gap_ms; 0: never"},
    {"sim", "lose_share", "", OPTION_DOUBLE, AT(effects.lose_share), "0", 0, 0.9, NULL,
     "share of the scans that are lost"},
    {"sim", "f_hz", "Hz", OPTION_DOUBLE, AT(steady_f_hz), "60", 40, 70, NULL, "steady: frequency"},
    {"sim", "u_v", "V", OPTION_DOUBLE, AT(steady_u_v), "120", 0, 400, NULL,
     "steady: rms of the fundamental voltage"},
    {"sim", "i_a", "A", OPTION_DOUBLE, AT(steady_i_a), "5", 0, 100, NULL,
     "steady: rms of the fundamental current"},
    {"sim", "phi_deg", "deg", OPTION_DOUBLE, AT(steady_phi_deg), "0", -180, 180, NULL,
     "steady: angle by which the current lags; beyond 90 it is export"},
    {"sim", "u_harmonics", "", OPTION_STRING, AT(steady_u_harmonics), "", 0, CONFIG_HARMONICS, NULL,
     "steady: order:percent:degrees, separated by commas"},
    {"sim", "i_harmonics", "", OPTION_STRING, AT(steady_i_harmonics), "", 0, CONFIG_HARMONICS, NULL,
     "steady: order:percent:degrees, separated by commas"},
    STEADY_CURRENT("solar_", solar, "solar current; 0 deg is generation"),
    {"sim", "l2_u_v", "V", OPTION_DOUBLE, AT(l2_u_v), "-1", -1, 400, NULL,
     "steady: rms of leg 2's fundamental voltage; -1: as leg 1; always turned round, harmonics included"},
    STEADY_CURRENT("l2_", l2_grid, "grid current of leg 2, against its own voltage"),
    STEADY_CURRENT("l2_solar_", l2_solar, "solar current of leg 2, against its own voltage"),
    {"sim", "f_rate_hz_s", "Hz/s", OPTION_DOUBLE, AT(f_rate_hz_s), "0", -10, 10, NULL,
     "steady: the frequency ramps and turns at f_low_hz and f_high_hz; 0: it stands"},
    {"sim", "f_low_hz", "Hz", OPTION_DOUBLE, AT(f_low_hz), "0", 0, 69, NULL,
     "steady: lower end of the ramp; 0: 15 % below the board's nominal frequency"},
    {"sim", "f_high_hz", "Hz", OPTION_DOUBLE, AT(f_high_hz), "0", 0, 69, NULL,
     "steady: upper end of the ramp; 0: 15 % above the board's nominal frequency"},
    {"sim", "tones", "", OPTION_STRING, AT(tones), "", 0, CONFIG_HARMONICS, NULL,
     "steady: up to four interharmonics f_hz:u_pct:u_deg:i_pct:i_deg, percent of u_v and i_a"},
    {"sim", "shape", "", OPTION_CHOICE, AT(shape.kind), "sine", 0, 0, "sine|half_wave|burst|phase_fired",
     "steady: the grid currents' shape, cut out of a sine of i_a"},
    {"sim", "fired_deg", "deg", OPTION_DOUBLE, AT(shape.fired_deg), "90", 0, 180, NULL,
     "steady: where each half wave begins with shape = phase_fired"},
    {"sim", "burst_on_cycles", "", OPTION_INT, AT(shape.on_cycles), "2", 1, 100000, NULL,
     "steady: cycles with current with shape = burst"},
    {"sim", "burst_off_cycles", "", OPTION_INT, AT(shape.off_cycles), "2", 1, 100000, NULL,
     "steady: cycles without current with shape = burst"},
    {"sim", "battery_w", "W", OPTION_DOUBLE, AT(battery_w), "0", 0, 10000, NULL,
     "steady: a battery misses zero by up to so much, either way, for seconds; 0: none"},
    {"sim", "l2_angle_deg", "deg", OPTION_DOUBLE, AT(l2_angle_deg), "180", 1, 360, NULL,
     "steady: angle by which leg 2's voltage leads leg 1's; 240 in a network of 120/208 V"},
    {"sim", "events", "", OPTION_STRING, AT(upset.events), "", 0, UPSET_TEXT - 1, NULL,
     "dips, swells, interruptions at_s:residual_pct:duration_s[:jump_deg], separated by commas"},
    {"sim", "flicker", "", OPTION_STRING, AT(upset.flicker), "", 0, UPSET_TEXT - 1, NULL,
     "percent:changes per minute, peak to peak of the voltage, as 0.894:39"},
    {"sim", "flicker_shape", "", OPTION_CHOICE, AT(upset.flicker_shape), "rectangular", 0, 0,
     "rectangular|sinusoidal", "how the voltage changes with flicker"},
    {"sim", "impedance_mohm", "mohm", OPTION_DOUBLE, AT(upset.impedance_mohm), "0", 0, 10000, NULL,
     "resistance of the supply of each leg: its current pulls its voltage down"},
    {"sim", "i_dc_a", "A", OPTION_DOUBLE, AT(upset.i_dc_a), "0", -100, 100, NULL,
     "direct current in the grid current of each leg"},
    {"sim", "check_pct", "%", OPTION_DOUBLE, AT(check_pct), "-1", -1, 100, NULL,
     "at the end print registers beside the model's integrals; > 0: fail where they differ by more; -1: do "
     "not print"},

    {"replay", "file", "", OPTION_STRING, AT(replay_file), "", 0, CONFIG_REPLAY, NULL,
     "recording that the source replay meters: COMTRADE (.cfg, .cff) or CSV"},
    {"replay", "through_adc", "", OPTION_BOOL, AT(replay_through_adc), "no", 0, 0, NULL,
     "through the board's simulated front end and converter instead of as volts and amperes"},
    {"replay", "loop", "", OPTION_BOOL, AT(replay_loop), "no", 0, 0, NULL,
     "begin again at the end; without it the meter ends with the recording"},
    {"replay", "map", "", OPTION_STRING, AT(replay_map), "", 0, CONFIG_REPLAY, NULL,
     "u_l1, u_l2, grid_l1, grid_l2, solar_l1, solar_l2, each =[-]CHANNEL[*FACTOR], separated by commas; "
     "CHANNEL is a name or #number; empty: by name, else the first voltage and current"},
    {"replay", "side", "", OPTION_CHOICE, AT(replay_side), "recorded", 0, 0, "recorded|primary|secondary",
     "values as in the file, or on either side of the instrument transformers by the file's ratios"},
    {"replay", "f_nominal_hz", "Hz", OPTION_DOUBLE, AT(replay_f_nominal_hz), "0", 0, 60, NULL,
     "50 or 60; 0: as the file says, else as the recording looks"},
    {"replay", "u_nominal_v", "V", OPTION_DOUBLE, AT(replay_u_nominal_v), "0", 0, 1e6, NULL,
     "nominal voltage; 0: the rms of the first voltage, to two digits"},

    {"journal", "interval_s", "s", OPTION_INT, AT(journal_interval_s), "10", 1, 3600, NULL,
     "how often the registers are written; a power cut costs at most this much energy"},
    {"store", "commit_s", "s", OPTION_INT, AT(store_commit_s), "300", 0, 3600, NULL,
     "records wait at most this long to be committed together, events and what waits with them 5 s"},
    {"store", "minute_days", "", OPTION_INT, AT(store_minute_days), "730", 0, 36525, NULL,
     "minutes that are kept, in days of 1440; 0: all (days are kept for ever)"},
    {"store", "quarter_days", "", OPTION_INT, AT(store_quarter_days), "3653", 0, 36525, NULL,
     "quarter-hours that are kept, in days of 96; 0: all"},
    {"store", "events", "", OPTION_INT, AT(store_events), "100000", 0, 100000000, NULL,
     "newest events that are kept; 0: all"},
    {"store", "full_days", "", OPTION_INT, AT(store_full_days), "7", 1, 36525, NULL,
     "on a full disk the oldest minutes give way to newer records, but so many days of them stay"},

    {"display", "kind", "", OPTION_CHOICE, AT(display), "none", 0, 0, "none|terminal|hd44780",
     "16x4 display: in the terminal, or the board's HD44780"},
    {"display", "page_s", "s", OPTION_INT, AT(page_s), "5", 1, 3600, NULL, "live: seconds per page"},
    {"display", "footer", "", OPTION_STRING, AT(footer), "", 0, CONFIG_HARMONICS, NULL,
     "text below the display in the terminal; | begins a new line"},

    {"pulse", "line", "", OPTION_CHOICE, AT(pulse), "sim", 0, 0, "none|gpio|sim",
     "pulse LED: the board's GPIO line, or counted only"},

    {"log", "level", "", OPTION_CHOICE, AT(log_level), "info", 0, 0, "error|warning|notice|info|debug",
     "live: the least urgent messages written"},
};
const size_t config_options_n = sizeof config_options / sizeof config_options[0];

static int refuse(struct options_error *error, const char *name, const char *value, const char *expected)
{
    snprintf(error->text, sizeof error->text, "%s = %s: expected %s", name, value, expected);
    return -EINVAL;
}

int config_sim_speed(const struct config *config, double *speed, struct options_error *error)
{
    if (strcmp(config->sim_speed, "max") == 0) {
        *speed = 0;
        return 0;
    }
    char *end;
    *speed = strtod(config->sim_speed, &end);
    if (end == config->sim_speed || *end != '\0' || !(*speed >= 0.001 && *speed <= 1e6))
        return refuse(error, "sim.speed", config->sim_speed, "a number from 0.001 to 1000000, or max");
    return 0;
}

int config_sim_start(const struct config *config, int64_t now_ms, int64_t *start_ms,
                     struct options_error *error)
{
    if (strcmp(config->sim_start, "now") == 0 || config_starts_with_recording(config)) {
        *start_ms = now_ms;
        return 0;
    }
    struct tm tm = {0};
    const char *end = strptime(config->sim_start, "%Y-%m-%dT%H:%M:%S", &tm);
    if (end == NULL || strcmp(end, "Z") != 0)
        return refuse(error, "sim.start", config->sim_start, "now, or UTC like 2026-06-21T00:00:00Z");
    *start_ms = (int64_t)timegm(&tm) * 1000;
    return 0;
}

bool config_starts_with_recording(const struct config *config)
{
    return strcmp(config->sim_start, "recording") == 0;
}

/* What replay needs, and what goes only with it or never with it. */
static int check_replay(const struct config *config, struct options_error *error)
{
    const double f_hz = config->replay_f_nominal_hz;
    if (fabs(f_hz) > 0 && fabs(f_hz - 50) > 0 && fabs(f_hz - 60) > 0)
        return refuse(error, "replay.f_nominal_hz", "neither", "0, 50 or 60 Hz");
    bool replay = config->adc_source == CONFIG_ADC_REPLAY;
    if (!replay && config_starts_with_recording(config))
        return refuse(error, "sim.start", config->sim_start, "a time, as adc.source is not replay");
    if (!replay && (config->replay_through_adc || config->replay_loop))
        return refuse(error, config->replay_loop ? "replay.loop" : "replay.through_adc", "yes",
                      "adc.source = replay beside it");
    if (!replay)
        return 0;
    if (config->replay_file[0] == '\0')
        return refuse(error, "replay.file", "nothing", "a recording, as adc.source is replay");
    if (config->check_pct >= 0)
        return refuse(error, "sim.check_pct", "0 or more", "-1, as a recording has no model to compare with");
    return 0;
}

static int check_effects(const struct sim_config *effects, struct options_error *error)
{
    if (effects->gap_ms > 0 && effects->gap_every_ms > 0 && effects->gap_ms >= effects->gap_every_ms)
        return refuse(error, "sim.gap_ms", "gap_every_ms or more", "less than sim.gap_every_ms");
    if (effects->amplifier_low_v > 0 && effects->amplifier_low_v >= effects->amplifier_high_v)
        return refuse(error, "sim.amplifier_low_v", "above 0", "less than sim.amplifier_high_v");
    return 0;
}

int config_check(const struct config *config, struct options_error *error)
{
    double speed;
    int64_t start_ms;
    int result = config_sim_speed(config, &speed, error);
    if (result == 0)
        result = config_sim_start(config, 0, &start_ms, error);
    if (result == 0 && config->stop_va > config->start_va)
        result = refuse(error, "meter.stop_va", "above meter.start_va", "at most meter.start_va");
    if (result == 0 && config->scan_rate_hz != 0 && config->scan_rate_hz < 3000)
        result = refuse(error, "adc.scan_rate_hz", "too low", "0, or 3000 to 20000 Hz");
    if (result == 0 && strpbrk(config->meter_id, "/+#\" \t") != NULL)
        result = refuse(error, "meter.id", config->meter_id,
                        "no blank and none of / + # \", as it becomes a topic");
    if (result == 0)
        result = check_effects(&config->effects, error);
    return result == 0 ? check_replay(config, error) : result;
}

int config_apply_live(struct config *config, const struct config *fresh)
{
    config->page_s = fresh->page_s;
    config->log_level = fresh->log_level;
    int differing = 0;
    for (size_t i = 0; i < config_options_n; i++) {
        const struct option *option = &config_options[i];
        const char *a = (const char *)config + option->offset;
        const char *b = (const char *)fresh + option->offset;
        switch (option->type) {
        case OPTION_BOOL:
            differing += *(const bool *)a != *(const bool *)b;
            break;
        case OPTION_INT:
            differing += *(const int64_t *)a != *(const int64_t *)b;
            break;
        case OPTION_DOUBLE:
            differing += memcmp(a, b, sizeof(double)) != 0;
            break;
        case OPTION_STRING:
            differing += strcmp(a, b) != 0;
            break;
        case OPTION_CHOICE:
            differing += *(const int *)a != *(const int *)b;
            break;
        }
    }
    return differing;
}
