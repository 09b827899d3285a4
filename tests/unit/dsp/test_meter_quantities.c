/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the meter makes of distorted waveforms and of several elements: worked examples and sums. */
#include "tests/unit/dsp/rig.h"
#include "tests/unit/near.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* 10 cycles at 53 Hz: 1 V, 0.1 V at 1.5 times the mains, 0.1 V at the second harmonic. The interharmonic lies in no
 * harmonic's subgroup: THDS 10 %, but the rms value has it. */
static void interharmonics_are_no_harmonics(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 50, 53, 0);
    rig.config.u_nominal_v = 1;
    rig.channel[0].part[0] = (struct rig_part){1, 1, 0};
    rig_part(&rig, 0, 1.5, 0.1, 0);
    rig_part(&rig, 0, 2, 0.1, 0);
    rig_settle(&rig, 8, &reading);
    const struct point_reading *point = &reading.point[0];
    assert_near(point->u1_v, 1, 1e-5);
    assert_near(point->u_h_v[2], 0.1, 1e-4);
    assert_near(point->thd_u_pct, 10, 0.01);
    assert_near(point->thdh_u_pct, 10, 0.01);
    assert_near(point->u_rms_v, sqrt(1.02), 1e-5);
    assert_near(point->u_ig_v[1], 0.1, 1e-4);
    assert_near(point->u_isg_v[1], 0.1, 1e-4);
    assert_near(point->u_sg_v[2], 0.1, 1e-4);
    /* bin 15 is halfway: half of its square in either group */
    assert_near(point->u_g_v[1], sqrt(1.005), 1e-4);
    assert_near(point->u_g_v[2], sqrt(0.015), 1e-4);
    assert_near(point->thdg_u_pct, 100 * sqrt(0.015 / 1.005), 0.01);
    assert_near(point->u_ig_v[0], 0, 1e-4);
    assert_near(point->u_ig_v[2], 0, 1e-4);
}

/* Components one bin (5 Hz) beside the third harmonic belong to its subgroup; the harmonic's bin does not have them. */
static void subgroups_take_the_neighbours(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 50, 50, 0);
    rig_part(&rig, 1, 3, 0.2, 0);
    rig_part(&rig, 1, 3.1, 0.4, 0);
    rig_part(&rig, 1, 2.9, 0.4, 0);
    rig_settle(&rig, 8, &reading);
    const struct point_reading *point = &reading.point[0];
    assert_near(point->thd_i_pct, 100 * 0.6 / 5, 0.002);
    assert_near(point->thdg_i_pct, 100 * 0.6 / 5, 0.002);
    assert_near(point->thdh_i_pct, 100 * 0.2 / 5, 0.002);
    assert_near(point->i_h_a[3], 0.2, 1e-4);
    assert_near(point->i_sg_a[3], 0.6, 1e-4);
    assert_near(point->i_ig_a[3], 0.4, 1e-4); /* the neighbour above */
    assert_near(point->i_isg_a[3], 0, 1e-4);  /* but not in the centred subgroup */
}

static void harmonics_one_by_one(void **state)
{
    (void)state;
    for (int h = 2; h <= 50; h += 6) {
        struct rig rig;
        static struct reading reading;
        rig_init(&rig, 50, 50.04, 20);
        rig.jitter_s = 20e-6;
        rig_part(&rig, 0, h, 11.5, 70);
        rig_part(&rig, 1, h, 0.5, 10);
        rig_settle(&rig, 8, &reading);
        const struct point_reading *point = &reading.point[0];
        for (int k = 2; k <= 50; k++) {
            /* of 230 V: 0.005 %, a tenth of the class I floor of IEC 61000-4-7 */
            assert_near(point->u_h_v[k], k == h ? 11.5 : 0, 0.0115);
            assert_near(point->i_h_a[k], k == h ? 0.5 : 0, 0.00025);
        }
        assert_near(point->thd_u_pct, 5, 0.005);
        assert_near(point->thd_i_pct, 10, 0.005);
        assert_near(point->p_w, 1150 * cos(20 * RIG_PI / 180) + 5.75 * cos(60 * RIG_PI / 180), 0.01);
    }
}

static void a_small_current_is_free_of_its_noise(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 50, 50.04, 20);
    rig.channel[1].scale = 0.02; /* 0.1 A, which 0.06 A of noise would lift to 0.117 A */
    rig.channel[1].noise = 0.06;
    rig_settle(&rig, 8, &reading);
    const struct point_reading *point = &reading.point[0];
    /* 4 sigma of the current's own scatter, 0.06 / sqrt(1600), and of the floor's, 9 % of 0.06^2 / (2 x 0.1) */
    assert_near(point->i_rms_a, 0.1, 0.009);
    assert_true(point->thd_i_pct < 35); /* raw: 42 % */
}

static void no_current_to_speak_of(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 50, 50.04, 20);
    rig.channel[1].scale = 1e-12;
    rig.channel[1].noise = 0.06;
    rig_settle(&rig, 8, &reading);
    const struct point_reading *point = &reading.point[0];
    assert_true(isnan(point->thd_i_pct));
    /* White noise of 0.06 A is subtracted in the squares. What is left is the scatter of the noise's estimate from some
     * 140 bins (8 %, one sigma) and of the 800 bins' own sum (4 %): 0.06 sqrt(4 x 9 %) at most. */
    assert_true(point->i_rms_a < 0.036);
    assert_true(fabs(point->p_w) < 230 * 0.06 * 0.2);
    rig.channel[1].noise = 0;
    rig.channel[1].n = 0;
    rig_settle(&rig, 8, &reading);
    assert_true(isnan(reading.point[0].thd_i_pct));
    assert_true(isnan(reading.point[0].pf));
    assert_true(reading.point[0].i_rms_a >= 0 && reading.point[0].i_rms_a < 1e-12);
}

/* Crest and half-cycle values see what happens within the window. */
static void a_dip_within_the_window(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 50, 50, 20);
    rig.dead_from_s = 0.5 + 0.02;
    rig.dead_to_s = 0.5 + 0.04;
    struct meter *meter = meter_init(&rig.config);
    double least = 1e9;
    double most = 0;
    for (int k = 0; k < 6; k++) {
        rig_read(&rig, meter, &reading);
        least = fmin(least, reading.point[0].u_half_min_v);
        most = fmax(most, reading.point[0].u_half_max_v);
        assert_true(reading.point[0].u_half_min_v <= reading.point[0].u_half_max_v);
    }
    assert_true(least < 5);
    assert_near(most, 230, 3);
    meter_close(meter);
}

/* 120/240 V: two legs in opposite phase, grid and solar on both, unlike each other. */
static void init_split_phase(struct rig *rig)
{
    rig_init(rig, 60, 60.03, 0);
    rig->config.u_nominal_v = 120;
    rig->config.scan_rate_hz = 4500;
    struct topology *topology = &rig->config.topology;
    topology->n_channels = 6;
    topology->n_elements = 4;
    topology->element[0] = (struct element){0, 2, CIRCUIT_GRID, 1, 0, 0};
    topology->element[1] = (struct element){1, 3, CIRCUIT_GRID, 2, 0, 0};
    topology->element[2] = (struct element){0, 4, CIRCUIT_SOLAR, 1, 0, 0};
    topology->element[3] = (struct element){1, 5, CIRCUIT_SOLAR, 2, 0, 0};
    topology_init(topology);
    static const struct rig_part parts[] = {{1, 120, 0},       {1, 118, 180}, {1, 10, -30},
                                            {1, 4, 180 - 150}, {1, 6, 5},     {1, 7, 180 - 2}};
    for (int k = 0; k < 6; k++) {
        rig->channel[k].n = 1;
        rig->channel[k].part[0] = parts[k];
    }
    rig_part(rig, 2, 3, 2, 40);
    rig_part(rig, 4, 3, 2, 220); /* cancels in load */
}

static void split_phase_sums(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    init_split_phase(&rig);
    rig_settle(&rig, 8, &reading);
    assert_int_equal(reading.n_points, 9);
    for (int circuit = 0; circuit < 3; circuit++) {
        const struct point_reading *sum = &reading.point[3 * circuit];
        const struct point_reading *a = sum + 1;
        const struct point_reading *b = sum + 2;
        assert_near(sum->p_w, a->p_w + b->p_w, 1e-9);
        assert_near(sum->q1_var, a->q1_var + b->q1_var, 1e-9);
        assert_near(sum->s_va, a->s_va + b->s_va, 1e-9);
        assert_near(sum->pf, sum->p_w / sum->s_va, 1e-12);
        assert_near(sum->n_var * sum->n_var, sum->s_va * sum->s_va - sum->p_w * sum->p_w, 1e-4);
        assert_true(isnan(sum->u_rms_v) && isnan(sum->i_rms_a) && isnan(sum->thd_u_pct));
        assert_true(isnan(sum->u_half_min_v) && isnan(sum->i_crest) && isnan(sum->u_h_v[1]));
    }
    for (int leg = 0; leg < 2; leg++) {
        struct rig_truth grid = rig_truth(&rig, leg, 2 + leg);
        struct rig_truth solar = rig_truth(&rig, leg, 4 + leg);
        assert_true(rig_error(&reading.point[1 + leg], &grid) < 1e-5);
        assert_true(rig_error(&reading.point[4 + leg], &solar) < 1e-5);
        assert_near(reading.point[7 + leg].p_w, grid.p_w + solar.p_w, 1e-5 * 1200);
        assert_near(reading.point[7 + leg].q1_var, grid.q1_var + solar.q1_var, 1e-5 * 1200);
        assert_near(reading.point[7 + leg].u_rms_v, grid.u_v, 1e-5 * 120);
    }
    assert_true(reading.point[2].p_w < 0); /* export on L2 */
    /* Load's current is the phasor sum, not the sum of rms values; the third harmonics cancel. */
    assert_near(reading.point[7].i_rms_a, sqrt(136 + 120 * cos(35 * RIG_PI / 180)), 1e-3);
    assert_near(reading.point[7].thd_i_pct, 0, 0.01);
    assert_near(reading.point[7].i_crest, sqrt(2), 0.001);
}

/* Balance of each window: load = grid + solar to rounding, whatever the waveform. */
static void load_balances(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    init_split_phase(&rig);
    rig.jitter_s = 10e-6;
    for (int k = 0; k < 6; k++) {
        rig.channel[k].noise = 0.05;
    }
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 6; k++) {
        rig_read(&rig, meter, &reading);
        for (int p = 0; p < 3; p++) {
            const struct point_reading *point = reading.point;
            assert_near(point[6 + p].p_w, point[p].p_w + point[3 + p].p_w, 1e-9);
            assert_near(point[6 + p].q1_var, point[p].q1_var + point[3 + p].q1_var, 1e-9);
        }
    }
    meter_close(meter);
}

static void single_phase_with_solar(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 50, 50, 180);
    rig.config.topology.n_channels = 4;
    rig.config.topology.n_elements = 3;
    rig.config.topology.element[1] = (struct element){0, 2, CIRCUIT_SOLAR, 1, 0, 0};
    rig.config.topology.element[2] =
        (struct element){0, 3, CIRCUIT_SOLAR, 1, 0, 0}; /* a second string on the leg */
    topology_init(&rig.config.topology);
    rig.channel[2].n = 1;
    rig.channel[2].part[0] = (struct rig_part){1, 6, 0};
    rig.channel[3].n = 1;
    rig.channel[3].part[0] = (struct rig_part){1, 3, 0};
    rig_settle(&rig, 8, &reading);
    assert_int_equal(reading.n_points, 3);
    assert_near(reading.point[0].p_w, -1150, 0.01);
    assert_near(reading.point[1].p_w, 2070, 0.01);
    assert_near(reading.point[2].p_w, 920, 0.01);
    assert_near(reading.point[2].i_rms_a, 4, 1e-4);
    assert_near(reading.point[1].u_rms_v, 230, 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interharmonics_are_no_harmonics),
        cmocka_unit_test(subgroups_take_the_neighbours),
        cmocka_unit_test(harmonics_one_by_one),
        cmocka_unit_test(a_small_current_is_free_of_its_noise),
        cmocka_unit_test(no_current_to_speak_of),
        cmocka_unit_test(a_dip_within_the_window),
        cmocka_unit_test(split_phase_sums),
        cmocka_unit_test(load_balances),
        cmocka_unit_test(single_phase_with_solar),
    };
    return cmocka_run_group_tests_name("dsp/meter_quantities", tests, NULL, NULL);
}
