/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left to follow when voltages are lost: the other element's, then the last frequency; and time goes on. */
#include "dsp/quality.h"
#include "tests/unit/dsp/continuity.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Two legs; each voltage is dead (what a dead input shows: a little noise) for a time. */
struct loss_case {
    const char *name;
    double dead_from_s[2];
    double dead_to_s[2];
    double f_later_hz; /* the mains when all is dead, and after */
};

static const struct loss_case losses[] = {
    {"the first, in a window's middle", {2.031, 0}, {5.117, 0}, 60.02},
    {"the first, nearly a whole window's end", {2.18, 0}, {2.6, 0}, 60.02},
    {"the second: nobody follows it", {0, 2.031}, {0, 5.117}, 60.02},
    {"the first, then both, then the second comes back", {2.031, 3.04}, {7.117, 5.09}, 59.4},
    {"both at once, for minutes", {2.031, 2.031}, {150.3, 150.3}, 61.3},
    {"one after the other, without both", {2.031, 5.5}, {4.9, 8.2}, 60.02},
};

static void init_legs(struct rig *rig)
{
    rig_init(rig, 60, 60.02, 60);
    rig->config.scan_rate_hz = 2000;
    rig->config.topology.n_channels = 4;
    rig->config.topology.n_elements = 2;
    rig->config.topology.element[1] = (struct element){2, 3, CIRCUIT_GRID, 2, 0, 0};
    topology_init(&rig->config.topology);
    for (int k = 0; k < 2; k++) {
        rig->channel[2 + k] = rig->channel[k];
        rig->channel[2 + k].part[0].deg += 180;
    }
}

static bool dead_at(const struct loss_case *c, int leg, double t)
{
    return t >= c->dead_from_s[leg] && t < c->dead_to_s[leg];
}

/* True when a voltage was live throughout from a window before. */
static bool followed(const struct loss_case *c, double start_s, double end_s)
{
    for (int leg = 0; leg < 2; leg++) {
        if (end_s < c->dead_from_s[leg] || start_s > c->dead_to_s[leg] + 0.21) {
            return true;
        }
    }
    return false;
}

static void check_loss(const struct loss_case *c)
{
    struct rig rig;
    struct reading reading;
    struct meter_scan scan;
    struct continuity whole = {0};
    double last_s = 0;
    init_legs(&rig);
    struct meter *meter = meter_init(&rig.config);
    double until_s = fmax(c->dead_to_s[0], c->dead_to_s[1]) + 2;
    while ((double)rig.scan < 2000 * until_s) {
        double t = (double)rig.scan / 2000;
        bool both = dead_at(c, 0, t) && dead_at(c, 1, t);
        rig.f_hz = both ? c->f_later_hz : rig.f_hz;
        rig_scan(&rig, &scan);
        for (int leg = 0; leg < 2; leg++) {
            double noise_v = 0.3 * rig_gauss(&rig);
            scan.value[2 * leg] = dead_at(c, leg, t) ? noise_v : scan.value[2 * leg];
        }
        meter_add(meter, &scan);
        while (meter_read(meter, &reading)) {
            check_continuity(&whole, &reading);
            double start_s = 1e-9 * (double)(reading.start_ns - rig.base_ns);
            double end_s = start_s + reading.duration_s;
            bool none = dead_at(c, 0, start_s) && dead_at(c, 1, start_s) && dead_at(c, 0, end_s) &&
                        dead_at(c, 1, end_s);
            assert_true(reading.metered);
            if (followed(c, start_s, end_s)) {
                assert_int_equal(reading.quality, 0);
                /* No jump: a voltage that dies or returns within a window costs its cycle, no more. */
                assert_true(fabs(reading.f_hz - rig.f_hz) < 3e-3);
            }
            assert_true(!none || reading.quality == QUALITY_UNLOCKED);
            /* The last known frequency goes on. */
            assert_true(!none || fabs(12 / reading.duration_s - 60.02) < 0.01);
            last_s = reading.duration_s;
        }
    }
    assert_true(fabs(12 / last_s - rig.f_hz) < 1e-3);
    meter_close(meter);
}

static void each_loss_is_bridged_by_what_is_left(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(losses) / sizeof(losses[0]); k++) {
        printf("%s\n", losses[k].name);
        check_loss(&losses[k]);
    }
}

/* Without any voltage the current is metered all the same, in windows of the nominal frequency: off by 1 %, the rms over 12
 * cycles that are 11.88 is wrong by less than 1 / (4 pi 11.88) = 0.7 %. */
struct current_case {
    const char *name;
    double f_nominal_hz;
    double f_hz;
    double error_most;
};

static const struct current_case currents[] = {
    {"at 50 Hz", 50, 50, 1e-6},
    {"at 60 Hz", 60, 60, 1e-6},
    {"at 59.4 Hz", 60, 59.4, 7e-3},
};

static void a_current_without_a_voltage(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(currents) / sizeof(currents[0]); k++) {
        struct rig rig;
        struct reading reading;
        struct continuity whole = {0};
        rig_init(&rig, currents[k].f_nominal_hz, currents[k].f_hz, 0);
        rig.channel[0].n = 0;
        struct meter *meter = meter_init(&rig.config);
        printf("%s\n", currents[k].name);
        for (int n = 0; n < 20; n++) {
            rig_read(&rig, meter, &reading);
            check_continuity(&whole, &reading);
            const struct point_reading *point = &reading.point[0];
            assert_true(reading.metered && isnan(reading.f_hz) && isnan(reading.mains_cycles));
            assert_int_equal(reading.quality, QUALITY_UNLOCKED);
            assert_true(fabs(point->i_rms_a / 5 - 1) < currents[k].error_most);
            assert_true(fabs(point->u_rms_v) < 1e-6 && fabs(point->p_w) < 1e-6);
            assert_true(isnan(point->pf) && isnan(point->dpf) && isnan(point->phi_deg));
            assert_true(fabs(reading.duration_s - 0.2) < 1e-9);
        }
        meter_close(meter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_loss_is_bridged_by_what_is_left),
        cmocka_unit_test(a_current_without_a_voltage),
    };
    return cmocka_run_group_tests_name("dsp/meter_loss", tests, NULL, NULL);
}
