/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config.h - vatiod's settings: one struct, one table (name, unit, default, range, help).
 *
 * `vatiod --dump-config` prints the table as a complete file. Settings marked live take effect on reload, the others
 * at the next start.
 */
#ifndef VATIO_FIRMWARE_CONFIG_H
#define VATIO_FIRMWARE_CONFIG_H

#include "firmware/base/options.h"
#include "hal/sim/shape.h"
#include "hal/sim/sim_config.h"
#include "hal/sim/upset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONFIG_PATH = 96, CONFIG_HARMONICS = 192, CONFIG_REPLAY = 180 };

enum config_adc { CONFIG_ADC_SIM, CONFIG_ADC_SPIDEV, CONFIG_ADC_REPLAY };
enum config_sim { CONFIG_SIM_HOUSE, CONFIG_SIM_STEADY };
enum config_legs { CONFIG_LEGS_AUTO, CONFIG_LEGS_ONE, CONFIG_LEGS_TWO };
enum config_export { CONFIG_EXPORT_EXPECTED, CONFIG_EXPORT_UNEXPECTED };
enum config_display { CONFIG_DISPLAY_NONE, CONFIG_DISPLAY_TERMINAL, CONFIG_DISPLAY_HD44780 };
enum config_fram { CONFIG_FRAM_AUTO, CONFIG_FRAM_ON, CONFIG_FRAM_OFF };
enum config_pulse { CONFIG_PULSE_NONE, CONFIG_PULSE_GPIO, CONFIG_PULSE_SIM };

/* A current of the steady load. */
struct config_current {
    double i_a;
    double phi_deg;
    char harmonics[CONFIG_HARMONICS + 1];
};

struct config {
    int64_t schema;
    char meter_id[33];
    double start_va;
    double stop_va;
    int64_t day_offset_min;
    int export; /* enum config_export */

    char data_dir[CONFIG_PATH + 1];
    char run_dir[CONFIG_PATH + 1];
    char board_file[CONFIG_PATH + 1];
    char calibration_file[CONFIG_PATH + 1];

    int adc_source;      /* enum config_adc */
    double scan_rate_hz; /* 0 = the board's */
    int64_t priority;    /* SCHED_FIFO of acquire; 0 = ordinary */
    bool lock_memory;

    int sim_source; /* enum config_sim */
    char sim_speed[17];
    char sim_start[33];
    char clock_steps[CONFIG_HARMONICS + 1];
    int clock_synced; /* enum clock_synced (hal/clock.h) */
    int64_t sim_seed;
    int sim_legs;      /* enum config_legs */
    double house_hour; /* -1 = the hour of sim_start */
    double solar_peak_w;
    double micro_peak_w;
    int64_t micro_leg;
    struct sim_config effects; /* its seed is not used: sim_seed is */
    double steady_f_hz;
    double steady_u_v;
    double steady_i_a;
    double steady_phi_deg;
    char steady_u_harmonics[CONFIG_HARMONICS + 1];
    char steady_i_harmonics[CONFIG_HARMONICS + 1];
    struct config_current solar;
    double l2_u_v; /* -1 = as leg 1 */
    struct config_current l2_grid;
    struct config_current l2_solar;
    double f_rate_hz_s;
    double f_low_hz;  /* 0 = 0.85 of the board's nominal frequency */
    double f_high_hz; /* 0 = 1.15 of it */
    char tones[CONFIG_HARMONICS + 1];
    struct shape_config shape;
    double battery_w;
    double l2_angle_deg;
    struct upset_config upset; /* of the steady load's supply and of the house's */
    double check_pct;

    char replay_file[CONFIG_REPLAY + 1];
    bool replay_through_adc;
    bool replay_loop;
    char replay_map[CONFIG_REPLAY + 1];
    int replay_side;            /* enum channel_side (hal/replay/channel_map.h) */
    double replay_f_nominal_hz; /* 0 = by the recording */
    double replay_u_nominal_v;  /* 0 = by the recording */

    int64_t journal_interval_s;
    int journal_fram; /* enum config_fram */
    int64_t store_commit_s;
    int64_t store_minute_days;
    int64_t store_quarter_days;
    int64_t store_events;
    int64_t store_full_days;
    int64_t store_second_hours;

    int display; /* enum config_display */
    int64_t page_s;
    char footer[CONFIG_HARMONICS + 1];

    int pulse; /* enum config_pulse */

    int log_level; /* enum log_level */
};

extern const struct option config_options[];
extern const size_t config_options_n;

/* sim_speed as a number: 0 for "max". -EINVAL with a sentence. */
int config_sim_speed(const struct config *config, double *speed, struct options_error *error);

/* sim_start as ms since 1970: now_ms for "now" and "recording", else ISO 8601 UTC ("2026-06-21T00:00:00Z"). */
int config_sim_start(const struct config *config, int64_t now_ms, int64_t *start_ms,
                     struct options_error *error);

/* Whether sim_start asks for the time that a recording's file states. */
bool config_starts_with_recording(const struct config *config);

/* What one option cannot check alone: stop_va <= start_va, sim_speed, sim_start, what belongs to replay. */
int config_check(const struct config *config, struct options_error *error);

/* Copies the live settings of fresh into config. Returns how many other settings differ and wait for a restart. */
int config_apply_live(struct config *config, const struct config *fresh);

#endif
