/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The waveforms of the influence tests for meters (half-wave rectified, phase-fired, bursts, a fifth harmonic in both), with edges
 * as they are: functions of time, not series of harmonics. Expected values by integration, for a current that as a full sine
 * would be 1 A on 1 V; the mean of ten seconds at 8,000 scans/s with the pauses of the converter's schedule.
 */
#include "dsp/signed_root.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { SETTLE = 5, WINDOWS = 50 };

/* u_v and i_a: peak 1 of the fundamental, of the mains' turns since the start. */
struct waveform {
    const char *name;
    double (*u_v)(double turns);
    double (*i_a)(double turns);
    double p_w, i_rms_a, i_dc_a, i1_a, q1_var, pf, dpf; /* i_rms_a and pf with the current's mean */
    double jump;                                        /* of i_a, twice in a cycle */
};

static double sine(double turns)
{
    return sin(2 * RIG_PI * turns);
}

static double with_fifth(double turns)
{
    return sine(turns) + 0.1 * sine(5 * turns);
}

static double current_with_fifth(double turns)
{
    return sine(turns) + 0.4 * sine(5 * turns);
}

static double half_wave(double turns)
{
    return fmax(0, sine(turns));
}

/* Conducts from deg after each zero crossing. */
static double fired(double turns, double deg)
{
    const double half_turns = 2 * turns - floor(2 * turns);
    return half_turns * 180 >= deg ? sine(turns) : 0;
}

static double fired_45(double turns)
{
    return fired(turns, 45);
}

static double fired_90(double turns)
{
    return fired(turns, 90);
}

static double fired_135(double turns)
{
    return fired(turns, 135);
}

/* Two cycles on, two off. */
static double burst(double turns)
{
    const double quarter = turns / 4 - floor(turns / 4);
    return quarter < 0.5 ? sine(turns) : 0;
}

static const struct waveform waveforms[] = {
    {"a sine", sine, sine, 1, 1, 0, 1, 0, 1, 1, 0},
    {"10 % and 40 % of a fifth harmonic", with_fifth, current_with_fifth, 1.04, 1.07703, 0, 1, 0, 0.96083, 1,
     0},
    {"half-wave rectified", sine, half_wave, 0.5, 0.70711, 0.45016, 0.5, 0, 0.70711, 1, 0},
    {"fired at 45 degrees", sine, fired_45, 0.90915, 0.95350, 0, 0.92298, 0.15915, 0.95350, 0.98502, 0.70711},
    {"fired at 90 degrees", sine, fired_90, 0.5, 0.70711, 0, 0.59272, 0.31831, 0.70711, 0.84356, 1},
    {"fired at 135 degrees", sine, fired_135, 0.09085, 0.30141, 0, 0.18326, 0.15915, 0.30141, 0.49572,
     0.70711},
    {"bursts of two cycles", sine, burst, 0.5, 0.70711, 0, 0.5, 0, 0.70711, 1, 0},
};

/* Means over the windows; squares and dc of the current. */
struct means {
    double p_w, q1_var, p1_w, s_va, i_square, i_dc_a, i1_square;
};

static void next_window(struct rig *rig, const struct waveform *waveform, struct meter *meter,
                        struct reading *reading)
{
    while (!meter_read(meter, reading)) {
        struct meter_scan scan;
        rig_scan(rig, &scan); /* for its instants */
        for (int k = 0; k < 2; k++) {
            const double turns = rig->f_hz * 1e-9 * (double)(scan.hold_ns[k] - rig->base_ns);
            const double x = k == 0 ? waveform->u_v(turns) : waveform->i_a(turns);
            scan.value[k] = k == 0 ? 100 * sqrt(2) * x : sqrt(2) * x;
        }
        meter_add(meter, &scan);
    }
}

static void measure(const struct waveform *waveform, double f_nominal_hz, double f_hz, struct means *means)
{
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, f_nominal_hz, f_hz, 0);
    rig.config.u_nominal_v = 100;
    rig.pauses = true;
    *means = (struct means){0, 0, 0, 0, 0, 0, 0};
    struct meter *meter = meter_init(&rig.config);
    for (int n = -SETTLE; n < WINDOWS; n++) {
        next_window(&rig, waveform, meter, &reading);
        const struct point_reading *point = &reading.point[0];
        if (n >= 0) {
            means->p_w += point->p_w / 100 / WINDOWS;
            means->q1_var += point->q1_var / 100 / WINDOWS;
            means->p1_w += point->p1_w / 100 / WINDOWS;
            means->s_va += point->s_va / 100 / WINDOWS;
            means->i_square += signed_square(point->i_rms_a) / WINDOWS;
            means->i1_square += signed_square(point->i1_a) / WINDOWS;
            means->i_dc_a += point->i_dc_a / WINDOWS;
        }
    }
    meter_close(meter);
}

static void check(const char *name, const char *what, double value, double expected, double most)
{
    printf("  %-6s %.5f (%+.5f)\n", what, value, value - expected);
    if (!(fabs(value - expected) <= most)) {
        fail_msg("%s: %s is %.6f, not %.6f within %.2g", name, what, value, expected, most);
    }
}

/* What the rms value loses: the harmonics of two opposite jumps (peak sqrt(2) jump) in a cycle are 2 jump / (pi h) strong, h odd;
 * of their squares 2 jump^2 / (pi^2 h) lie above h, here above 4,000 Hz. */
static double beyond_nyquist(const struct waveform *w, double f_hz)
{
    return 2 * w->jump * w->jump / (RIG_PI * RIG_PI * 4000 / f_hz) / (2 * w->i_rms_a);
}

/* At 50 Hz a window is 10 cycles and bursts of four beat with it; at 60 Hz it holds three of them. */
static void the_influence_waveforms(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof waveforms / sizeof waveforms[0]; k++) {
        const struct waveform *w = &waveforms[k];
        struct means means;
        printf("%s\n", w->name);
        const double beyond = 1.5 * beyond_nyquist(w, 60); /* what comes back is taken out as noise */
        measure(w, 60, 60.02, &means);
        /* Edges beyond the Nyquist frequency come back as noise, a little of it in phase with the voltage. */
        const double most = w->jump > 0 ? 1e-3 : 1e-5;
        check(w->name, "P", means.p_w, w->p_w, most);
        check(w->name, "Q1", means.q1_var, w->q1_var, most);
        check(w->name, "I dc", means.i_dc_a, w->i_dc_a, most);
        check(w->name, "I", sqrt(means.i_square + means.i_dc_a * means.i_dc_a), w->i_rms_a, most + beyond);
        check(w->name, "I1", signed_root(means.i1_square), w->i1_a, most);
        check(w->name, "DPF", means.p1_w / hypot(means.p1_w, means.q1_var), w->dpf, most);
        /* pf of the reading is without the mean of the current */
        const double ac = sqrt(w->i_rms_a * w->i_rms_a - w->i_dc_a * w->i_dc_a);
        check(w->name, "PF", means.p_w / means.s_va, w->pf * w->i_rms_a / ac, (2 * most + beyond) / ac);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_influence_waveforms),
    };
    return cmocka_run_group_tests_name("dsp/meter_waveforms", tests, NULL, NULL);
}
