/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/steady.h"

#include "hal/sim/harmonics.h"
#include "hal/sim/tones.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { STEADY_CYCLES = 12 /* of a segment */ };
static const double f_lowest_hz = 42.5, f_highest_hz = 69;

static const double two_pi = 6.283185307179586;

static int check_range(const char *name, double value, double min, double max, char *error, size_t error_size)
{
    if (value >= min && value <= max) {
        return 0;
    }
    snprintf(error, error_size, "%s: expected %g..%g, got %g", name, min, max, value);
    return -EINVAL;
}

static int check_config(const struct steady_config *config, char *error, size_t error_size)
{
    const struct {
        const char *name;
        double value, min, max;
    } range[] = {
        {"f_hz", config->f_hz, f_lowest_hz, f_highest_hz},
        {"u_v", config->u_v, 0, 1000},
        {"i_a", config->i_a, 0, 1000},
        {"phi_deg", config->phi_deg, -180, 180},
        {"solar_i_a", config->solar.i_a, 0, 1000},
        {"solar_phi_deg", config->solar.phi_deg, -180, 180},
        {"legs", config->legs, 0, WAVEFORM_LEGS},
        {"l2_u_v", config->l2_u_v, -1, 1000},
        {"l2_i_a", config->l2_grid.i_a, 0, 1000},
        {"l2_phi_deg", config->l2_grid.phi_deg, -180, 180},
        {"l2_solar_i_a", config->l2_solar.i_a, 0, 1000},
        {"l2_solar_phi_deg", config->l2_solar.phi_deg, -180, 180},
        {"f_rate_hz_s", config->f_rate_hz_s, -10, 10},
        {"battery_w", config->battery_w, 0, 10000},
        {"l2_angle_deg", config->l2_angle_deg, 0, 360},
    };
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++) {
        int status =
            check_range(range[i].name, range[i].value, range[i].min, range[i].max, error, error_size);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

/* One wave of the installation, as stated. */
struct wave {
    double *table;
    double rms;
    double lag_deg;
    const char *harmonics;
    const char *option; /* that gave the harmonics */
    const struct shape_config *shape;
};

enum { LEG_WAVES = 3 }; /* voltage, grid, solar */

static const struct shape_config whole = {.kind = SHAPE_SINE};

/* Whole waves, turn_rad further. */
static int fill_waves(const struct wave wave[LEG_WAVES], double direction, double turn_rad, char *error,
                      size_t error_size)
{
    int status = 0;
    for (int k = 0; k < LEG_WAVES && status == 0; k++) {
        double peak = direction * sqrt(2) * wave[k].rms;
        memset(wave[k].table, 0, WAVEFORM_POINTS * sizeof wave[k].table[0]);
        shape_add(wave[k].table, peak, -wave[k].lag_deg * two_pi / 360 + turn_rad, wave[k].shape);
        status = harmonics_add(wave[k].table, peak, wave[k].harmonics, turn_rad, wave[k].option, error,
                               error_size);
    }
    return status;
}

static int fill_leg1(struct waveform_segment *segment, const struct steady_config *config, double turn_rad,
                     char *error, size_t error_size)
{
    const struct steady_current *solar = &config->solar;
    const struct wave wave[LEG_WAVES] = {
        {segment->u_v[0], config->u_v, 0, config->u_harmonics, "u_harmonics", &whole},
        {segment->grid_a[0], config->i_a, config->phi_deg, config->i_harmonics, "i_harmonics",
         &config->shape},
        {segment->solar_a[0], solar->i_a, solar->phi_deg, solar->harmonics, "solar_i_harmonics", &whole},
    };
    return fill_waves(wave, 1, turn_rad, error, error_size);
}

static double leg2_u_v(const struct steady_config *config)
{
    return config->l2_u_v < 0 ? config->u_v : config->l2_u_v;
}

/* How far leg 2's waves are from leg 1's turned round. */
static double leg2_turn_rad(const struct steady_config *config)
{
    return config->l2_angle_deg > 0 ? (config->l2_angle_deg - 180) * two_pi / 360 : 0;
}

static int fill_leg2(struct waveform_segment *segment, const struct steady_config *config, double turn_rad,
                     char *error, size_t error_size)
{
    const struct steady_current *grid = &config->l2_grid, *solar = &config->l2_solar;
    const struct wave wave[LEG_WAVES] = {
        {segment->u_v[1], leg2_u_v(config), 0, config->u_harmonics, "u_harmonics", &whole},
        {segment->grid_a[1], grid->i_a, grid->phi_deg, grid->harmonics, "l2_i_harmonics", &config->shape},
        {segment->solar_a[1], solar->i_a, solar->phi_deg, solar->harmonics, "l2_solar_i_harmonics", &whole},
    };
    return fill_waves(wave, -1, turn_rad + leg2_turn_rad(config), error, error_size);
}

/* The waves as stated, with the voltages turned. */
static int fill_stated(struct steady *steady, double turn_rad, char *error, size_t error_size)
{
    struct waveform_segment *stated = &steady->stated;
    int status = fill_leg1(stated, &steady->config, turn_rad, error, error_size);
    if (status == 0 && stated->legs == 2) {
        status = fill_leg2(stated, &steady->config, turn_rad, error, error_size);
    }
    steady->turn_rad = turn_rad;
    return status;
}

static void turn(struct steady *steady, double turn_rad)
{
    if (turn_rad < steady->turn_rad || turn_rad > steady->turn_rad) {
        fill_stated(steady, turn_rad, NULL, 0); /* the texts have been read before */
    }
}

/* A sine in phase with the leg's stated voltage, its share of the battery's power. */
static void add_battery(const struct steady *steady, int leg, double p_w, double table[WAVEFORM_POINTS])
{
    double u_v = leg == 0 ? steady->config.u_v : leg2_u_v(&steady->config);
    double i_a = u_v > 0 ? p_w / steady->stated.legs / u_v : 0;
    double turn_rad = steady->turn_rad + (leg == 0 ? 0 : leg2_turn_rad(&steady->config));
    harmonics_add_sine(table, (leg == 0 ? 1 : -1) * sqrt(2) * i_a, 1, turn_rad);
}

/* What the segment's moment makes of the waves as stated. Currents follow the voltage, as through impedances. */
static void compose_leg(const struct steady *steady, int leg, double u_ratio, double i_ratio,
                        struct waveform_segment *segment)
{
    const struct waveform_segment *stated = &steady->stated;
    const struct upset_config *upset = &steady->config.upset;
    double dc_a = leg == 0 ? upset->i_dc_a : -upset->i_dc_a;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double grid_a = stated->grid_a[leg][n] * i_ratio + segment->grid_a[leg][n] * u_ratio + dc_a;
        double solar_a = stated->solar_a[leg][n] * u_ratio;
        segment->u_v[leg][n] = stated->u_v[leg][n] * u_ratio - upset->impedance_mohm / 1000 * grid_a;
        segment->grid_a[leg][n] = grid_a;
        segment->solar_a[leg][n] = solar_a;
        segment->load_a[leg][n] = grid_a + solar_a;
    }
}

static void compose(struct steady *steady)
{
    struct waveform_segment *segment = &steady->segment;
    struct upset_state state = upset_at(&steady->upset, segment->start_s, 1 / segment->f_hz);
    bool on = shape_is_on(&steady->config.shape, steady->cycles);
    double battery_w = steady->config.battery_w > 0 ? battery_step(&steady->battery, segment->start_s) : 0;
    turn(steady, state.turn_rad);
    for (int leg = 0; leg < segment->legs; leg++) {
        memset(segment->grid_a[leg], 0, sizeof segment->grid_a[leg]);
        if (steady->config.battery_w > 0) {
            add_battery(steady, leg, battery_w, segment->grid_a[leg]);
        }
        compose_leg(steady, leg, state.ratio, on ? state.ratio : 0, segment);
    }
}

static void begin(struct steady *steady)
{
    struct waveform_segment *segment = &steady->segment;
    segment->f_hz += segment->rate_hz_s * (segment->end_s - segment->start_s);
    segment->start_s = segment->end_s;
    segment->cycles = shape_cycles(&steady->config.shape, steady->cycles, STEADY_CYCLES);
    segment->cycles = upset_cycles(&steady->upset, segment->start_s, segment->f_hz, segment->cycles);
}

/* Without a ramp from the count, not by adding up: no rounding grows over a long run. */
static void end(struct steady *steady)
{
    struct waveform_segment *segment = &steady->segment;
    steady->cycles += segment->cycles;
    if (steady->config.f_rate_hz_s != 0) {
        segment->rate_hz_s = ramp_next(&steady->ramp, segment->f_hz, segment->cycles);
        segment->end_s = segment->start_s + ramp_s(segment->f_hz, segment->rate_hz_s, segment->cycles);
    } else {
        segment->end_s = (double)steady->cycles / segment->f_hz;
    }
}

static void steady_next(struct waveform_source *source, struct waveform_segment *segment)
{
    struct steady *steady = (struct steady *)source;
    begin(steady);
    if (steady->changes) {
        compose(steady);
    }
    end(steady);
    *segment = steady->segment;
}

static const struct waveform_source_ops steady_ops = {.name = "steady", .next = steady_next};

static int read_upset(struct steady *steady, char *error, size_t error_size)
{
    const struct steady_config *config = &steady->config;
    const struct upset_config *upset = &config->upset;
    int status = upset_init(&steady->upset, upset, error, error_size);
    if (status == 0) {
        status = shape_check(&config->shape, error, error_size);
    }
    if (status == 0 && config->f_rate_hz_s != 0) {
        status = ramp_check(&steady->ramp, config->f_hz, STEADY_CYCLES, error, error_size);
    }
    battery_init(&steady->battery, config->battery_w, config->seed);
    steady->changes = upset_changes(&steady->upset) || upset->impedance_mohm > 0 || upset->i_dc_a != 0 ||
                      config->battery_w > 0 || config->shape.kind == SHAPE_BURST;
    return status;
}

static int fill_segment(struct steady *steady, char *error, size_t error_size)
{
    const struct steady_config *config = &steady->config;
    struct waveform_segment *stated = &steady->stated;
    stated->f_hz = config->f_hz;
    stated->legs = config->legs == 2 ? 2 : 1;
    int status = fill_stated(steady, 0, error, error_size);
    if (status == 0) {
        status = stated->n_tones =
            tones_read(config->tones, config->u_v, config->i_a, config->f_rate_hz_s != 0 ? 0 : config->f_hz,
                       stated->tone, error, error_size);
    }
    for (int leg = 0; leg < stated->legs; leg++) {
        for (int n = 0; n < WAVEFORM_POINTS; n++) {
            stated->load_a[leg][n] = stated->grid_a[leg][n] + stated->solar_a[leg][n];
        }
    }
    steady->segment = *stated;
    return status < 0 ? status : 0;
}

int steady_init(struct steady *steady, const struct steady_config *config, char *error, size_t error_size)
{
    int status = check_config(config, error, error_size);
    if (status < 0) {
        return status;
    }
    memset(steady, 0, sizeof *steady);
    steady->source.ops = &steady_ops;
    steady->config = *config;
    steady->ramp = (struct ramp){
        .rate_hz_s = config->f_rate_hz_s,
        .low_hz = fmax(config->f_low_hz, f_lowest_hz),
        .high_hz = config->f_high_hz > 0 ? fmin(config->f_high_hz, f_highest_hz) : f_highest_hz,
    };
    status = read_upset(steady, error, error_size);
    return status == 0 ? fill_segment(steady, error, error_size) : status;
}
