/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/calibrate.h"

#include "calibration/crosstalk.h"
#include "hal/sim/noise.h"
#include "tests/accuracy/fail.h"

#include <math.h>
#include <string.h>

static const double settle_s = 2;
static const double rad_per_deg = 6.283185307179586 / 360;

static double off_by(struct noise *noise, double share)
{
    return 1 + share * (2 * noise_uniform(noise) - 1);
}

void unit_draw(struct rig_config *config, uint64_t seed)
{
    static const double part = 0.01, divider = 0.001, filter = 0.05, pole = 0.3, zero_v = 0.01;
    struct noise noise;
    noise_init(&noise, seed);
    for (int n = 0; n < BOARD_CHANNELS; n++) {
        struct board_channel *channel = &config->board.channel[n];
        channel->filter_f *= off_by(&noise, filter);
        channel->voltage.transformer_ratio *= off_by(&noise, part);
        channel->voltage.transformer_high_pass_hz *= off_by(&noise, pole);
        channel->voltage.divider_top_ohm *= off_by(&noise, divider);
        channel->voltage.amplifier_offset_v += zero_v * (off_by(&noise, 1) - 1);
        channel->current.sensitivity_v_per_a *= off_by(&noise, part);
        channel->current.divider_top_ohm *= off_by(&noise, divider);
        channel->current.zero_v += zero_v * (off_by(&noise, 1) - 1);
    }
}

/* Means of readings, as a user reads them off. */
struct means {
    double s, u1_v, i1_a, p1_w, q1_var, u_dc_v, i_dc_a;
};

static void read_means(const struct rig_config *config, double seconds, struct means *means)
{
    static struct rig rig;
    struct reading reading;
    rig_init(&rig, config);
    rig_skip(&rig, settle_s);
    *means = (struct means){0};
    while (means->s < seconds) {
        rig_read(&rig, &reading);
        const struct point_reading *point = &reading.point[0];
        double s = reading.duration_s;
        means->s += s;
        means->u1_v += s * point->u1_v;
        means->i1_a += s * point->i1_a;
        means->p1_w += s * point->p1_w;
        means->q1_var += s * point->q1_var;
        means->u_dc_v += s * point->u_dc_v;
        means->i_dc_a += s * point->i_dc_a;
    }
    rig_close(&rig);
    double *const sum[] = {&means->u1_v,   &means->i1_a,   &means->p1_w,
                           &means->q1_var, &means->u_dc_v, &means->i_dc_a};
    for (size_t k = 0; k < sizeof sum / sizeof sum[0]; k++)
        *sum[k] /= means->s;
}

void calibrate(struct rig_config *config, double phi_deg, double seconds)
{
    struct rig_config bench = *config;
    struct means means;
    bench.source = NULL;
    bench.steady = (struct steady_config){.f_hz = config->board.f_nominal_hz,
                                          .u_v = config->board.u_nominal_v,
                                          .i_a = config->board.i_nominal_a,
                                          .phi_deg = phi_deg,
                                          .l2_u_v = -1};
    read_means(&bench, seconds, &means);
    struct calibration_channel *u = &config->calibration.channel[0];
    struct calibration_channel *i = &config->calibration.channel[1];
    u->offset_lsb += means.u_dc_v / u->gain;
    i->offset_lsb += means.i_dc_a / i->gain;
    u->gain *= bench.steady.u_v / means.u1_v;
    i->gain *= bench.steady.i_a / means.i1_a;
    /* The current seems to lag by too much: it came through late. */
    double late_rad = atan2(means.q1_var, means.p1_w) - phi_deg * rad_per_deg;
    late_rad = remainder(late_rad, 360 * rad_per_deg);
    i->delay_ns += late_rad / (360 * rad_per_deg) / config->board.f_nominal_hz * 1e9;
}

void calibrate_crosstalk(struct rig_config *config, double seconds)
{
    static struct rig rig;
    struct rig_config bench = *config;
    struct crosstalk crosstalk;
    struct crosstalk_result result;
    struct adc_scan scan;
    bench.source = NULL;
    bench.steady = (struct steady_config){
        .f_hz = config->board.f_nominal_hz, .u_v = config->board.u_nominal_v, .l2_u_v = -1};
    rig_init(&rig, &bench);
    crosstalk_init(&crosstalk);
    do {
        rig_scan(&rig, &scan);
        if (scan.faults == 0)
            crosstalk_add(&crosstalk,
                          scan.code[0] + config->calibration.channel[0].linearity_lsb[scan.code[0]],
                          scan.code[1] + config->calibration.channel[1].linearity_lsb[scan.code[1]]);
    } while (rig_seconds(&rig, scan.hold_ns[0]) < seconds);
    rig_close(&rig);
    crosstalk_read(&crosstalk, &result);
    if (result.status != CROSSTALK_GOOD)
        fail("no crosstalk: %s", crosstalk_reason(result.status));
    config->calibration.channel[1].crosstalk = result.crosstalk;
}

void calibrate_linearity(struct rig_config *config, const struct steady_config *source, double seconds,
                         struct linearity_result *result)
{
    static struct rig rig;
    static struct linearity linearity;
    struct rig_config bench = *config;
    struct adc_scan scan;
    bench.source = NULL;
    bench.steady = *source;
    rig_init(&rig, &bench);
    linearity_init(&linearity);
    do {
        rig_scan(&rig, &scan);
        if (scan.faults == 0)
            linearity_add(&linearity, scan.hold_ns[0], scan.code[0]);
    } while (rig_seconds(&rig, scan.hold_ns[0]) < seconds);
    rig_close(&rig);
    linearity_read(&linearity, result);
    if (result->status != LINEARITY_GOOD)
        return;
    for (int k = 0; k < config->calibration.n_channels; k++)
        memcpy(config->calibration.channel[k].linearity_lsb, result->linearity_lsb,
               sizeof result->linearity_lsb);
}
