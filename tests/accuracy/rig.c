/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/rig.h"

#include "calibration/unit/unit.h"
#include "dsp/quality.h"
#include "firmware/board_file.h"
#include "firmware/config.h"
#include "tests/accuracy/fail.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const double reference_noise_lsb = 0.5;
static const double reference_stamp_ns = 1000;

void rig_nominal(struct rig_config *config)
{
    memset(&config->calibration, 0, sizeof config->calibration);
    unit_nominal(&config->board, &config->calibration);
    config->calibration.calibrated = true;
}

void rig_reference(struct rig_config *config, double f_nominal_hz)
{
    static struct config defaults;
    options_defaults(config_options, config_options_n, &defaults);
    memset(config, 0, sizeof *config);
    board_file_default(&config->board);
    config->board.f_nominal_hz = f_nominal_hz;
    config->creep = (struct creep_config){.start_va = defaults.start_va, .stop_va = defaults.stop_va};
    config->steady = (struct steady_config){.f_hz = f_nominal_hz,
                                            .u_v = config->board.u_nominal_v,
                                            .i_a = config->board.i_nominal_a,
                                            .l2_u_v = -1};
    config->pace_seed = 1;
    rig_nominal(config);
}

void rig_noise(struct rig_config *config, uint64_t seed)
{
    config->sim.noise_lsb = reference_noise_lsb;
    config->sim.stamp_ns = reference_stamp_ns;
    config->sim.seed = seed;
    config->pace_seed = seed;
}

void rig_ideal(struct rig_config *config)
{
    config->sim.ideal = true;
}

static void make_plan(struct rig *rig)
{
    const struct board_converter *converter = &rig->config.board.converter;
    int input[DSP_CHANNELS];
    int n = unit_topology(&rig->config.board, &rig->topology, input);
    rig->plan = (struct adc_plan){
        .n = n,
        .clock_hz = converter->spi_clock_hz,
        .conversion_spacing_ns = converter->conversion_spacing_ns,
        .hold_offset_ns = converter->hold_offset_ns,
        .period_ns = (int64_t)(1e9 / rig->config.scan_rate_hz),
    };
    for (int k = 0; k < n; k++)
        rig->plan.input[k] = (uint8_t)input[k];
}

static struct waveform_source *connect(struct rig *rig)
{
    if (rig->config.source != NULL)
        return rig->config.source;
    char error[256];
    if (steady_init(&rig->steady, &rig->config.steady, error, sizeof error) != 0)
        fail("the load cannot be: %s", error);
    return &rig->steady.source;
}

static void make_meter(struct rig *rig)
{
    const struct board *board = &rig->config.board;
    struct meter_config config = {.f_nominal_hz = board->f_nominal_hz,
                                  .scan_rate_hz = rig->config.scan_rate_hz,
                                  .u_nominal_v = board->u_nominal_v,
                                  .topology = rig->topology};
    for (int k = 0; k < rig->topology.n_channels; k++)
        config.response[k] = calibration_response(&rig->config.calibration.channel[k]);
    rig->meter = meter_init(&config);
    if (rig->meter == NULL)
        fail("the meter cannot be made");
}

void rig_init(struct rig *rig, const struct rig_config *config)
{
    memset(rig, 0, sizeof *rig);
    rig->config = *config;
    if (!(rig->config.scan_rate_hz > 0))
        rig->config.scan_rate_hz = config->board.converter.scan_rate_hz;
    make_plan(rig);
    clock_sim_init(&rig->clock, 0, 0);
    rig->start_ns = clock_mono_ns(&rig->clock.clock);
    rig->sim =
        adc_sim_init(&rig->config.board, &rig->plan, &rig->config.sim, connect(rig), &rig->clock.clock);
    if (rig->sim == NULL)
        fail("the simulated converter cannot be made");
    rig->adc = adc_sim_adc(rig->sim);
    pace_init(&rig->pace, rig->start_ns, rig->plan.period_ns, config->pace_seed);
    calibration_scale_init(&rig->scale, &rig->config.calibration);
    make_meter(rig);
    registers_init(&rig->registers, &rig->topology, &config->creep);
}

void rig_close(struct rig *rig)
{
    meter_close(rig->meter);
    adc_close(rig->adc);
}

void rig_scan(struct rig *rig, struct adc_scan *scan)
{
    int status;
    do {
        status = adc_read(rig->adc, pace_next(&rig->pace, clock_mono_ns(&rig->clock.clock)), scan);
    } while (status == -EINTR);
    if (status != 0)
        fail("the simulated converter failed: %s", strerror(-status));
}

/* Where the samples are and how far apart, for rig->window. */
static void note(struct rig *rig, const struct adc_scan *scan)
{
    int64_t widest_ns = 0;
    for (int k = 0; k < scan->n; k++) {
        int64_t distance_ns = rig->stamps > 0 ? scan->hold_ns[k] - rig->last_hold_ns[k] : 0;
        widest_ns = distance_ns > widest_ns ? distance_ns : widest_ns;
        rig->last_hold_ns[k] = scan->hold_ns[k];
    }
    rig->stamp_ns[rig->stamps % RIG_STAMPS] = scan->hold_ns[0];
    rig->widest_ns[rig->stamps % RIG_STAMPS] = widest_ns;
    rig->stamps++;
}

/* A scan's values, as firmware/measure takes them. */
static void feed(struct rig *rig)
{
    struct adc_scan scan;
    rig_scan(rig, &scan);
    struct meter_scan in = {.quality = 0};
    memcpy(in.hold_ns, scan.hold_ns, sizeof in.hold_ns);
    if (scan.faults != 0) {
        calibration_scale_reset(&rig->scale);
        return;
    }
    if (scan.physical) {
        memcpy(in.value, scan.value, sizeof in.value);
    } else {
        bool clipped = false;
        for (int k = 0; k < scan.n; k++)
            clipped = clipped || calibration_clipped(scan.code[k]);
        in.quality = clipped ? QUALITY_CLIPPED : 0;
        rig->clipped += clipped;
        calibration_scale_read(&rig->scale, scan.code, in.value);
    }
    note(rig, &scan);
    meter_add(rig->meter, &in);
}

static int64_t stamp(const struct rig *rig, int64_t n)
{
    return rig->stamp_ns[n % RIG_STAMPS];
}

static double widest(const struct rig *rig, int64_t n)
{
    return (double)rig->widest_ns[n % RIG_STAMPS] / (double)rig->plan.period_ns;
}

/* The scans of the window that has closed are the first ones not used yet; the next one ends the last distance. */
static void survey(struct rig *rig, const struct reading *reading)
{
    struct rig_window window = {0};
    double sum_s = 0, squares_s2 = 0;
    int64_t n = rig->stamps_used;
    for (; n < rig->stamps && stamp(rig, n) < reading->end_ns; n++) {
        window.widest_periods = fmax(window.widest_periods, widest(rig, n));
        double t_s = (double)(stamp(rig, n) - reading->start_ns) * 1e-9;
        window.scans++;
        sum_s += t_s;
        squares_s2 += t_s * t_s;
    }
    if (n < rig->stamps)
        window.widest_periods = fmax(window.widest_periods, widest(rig, n));
    window.spread_s2 = window.scans > 0 ? squares_s2 - sum_s * sum_s / (double)window.scans : 0;
    rig->stamps_used = n;
    rig->window = window;
}

void rig_read(struct rig *rig, struct reading *reading)
{
    while (!meter_read(rig->meter, reading))
        feed(rig);
    survey(rig, reading);
    if (rig->config.with_truth && !rig->begun) {
        /* What came before the first window is nobody's. */
        adc_sim_net(rig->sim, reading->start_ns);
        if (!adc_sim_truth(rig->sim, &rig->before))
            fail("the model's integrals were netted too late");
        rig->begun = true;
    }
    registers_add(&rig->registers, reading);
    if (rig->config.with_truth)
        adc_sim_net(rig->sim, reading->end_ns);
}

double rig_seconds(const struct rig *rig, int64_t ns)
{
    return (double)(ns - rig->start_ns) * 1e-9;
}

void rig_skip(struct rig *rig, double until_s)
{
    struct reading reading;
    do
        rig_read(rig, &reading);
    while (rig_seconds(rig, reading.end_ns) < until_s);
}

void rig_truth(struct rig *rig, struct sim_truth *truth)
{
    if (!adc_sim_truth(rig->sim, truth))
        fail("the model's integrals were netted too late");
    truth->duration_s -= rig->before.duration_s;
    for (int c = 0; c < CIRCUITS; c++)
        for (int k = 0; k < ENERGIES; k++) {
            truth->energy[c][k] -= rig->before.energy[c][k];
            for (int leg = 0; leg < 2; leg++)
                truth->leg[c][leg][k] -= rig->before.leg[c][leg][k];
        }
}
