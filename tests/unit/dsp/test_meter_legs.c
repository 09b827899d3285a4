/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What there is only with two legs: the voltage between them, unbalance, the neutral; voltages that are assumed and
 * currents that come back on the other leg. */
#include "dsp/interval.h"
#include "dsp/quality.h"
#include "tests/unit/dsp/house.h"
#include "tests/unit/near.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct leg_case {
    const char *name;
    struct house house;
    double u_ll_v;
    double u_unbalance_pct;
    double grid_neutral_a;
};

static const struct leg_case legs[] = {
    {"balanced voltages and load", {{120, 120}, {{8, 20}, {8, 20}}}, 240, 0, 0},
    {"a load on one leg is the neutral's", {{120, 120}, {{12, 30}, {0, 0}}}, 240, 0, 12},
    {"uneven loads leave their difference", {{120, 120}, {{12, 10}, {7, 10}}}, 240, 0, 5},
    {"other angles leave the phasors' difference", {{120, 120}, {{12, 0}, {5, 90}}}, 240, 0, 13},
    {"import on L1, export on L2 add up", {{120, 120}, {{12, 0}, {7, 180}}}, 240, 0, 19},
    {"uneven voltages", {{126, 114}, {{8, 0}, {8, 0}}}, 240, 5, 0},
    {"the other way round", {{110, 130}, {{8, 0}, {8, 0}}}, 240, 8.33333333, 0},
    {"one leg lost", {{120, 0}, {{8, 0}, {0, 0}}}, 120, 100, 8},
};

static void voltage_between_the_legs_unbalance_and_neutral(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(legs) / sizeof(legs[0]); k++) {
        const struct leg_case *c = &legs[k];
        struct rig rig;
        static struct reading reading;
        printf("%s\n", c->name);
        house_init(&rig, &c->house);
        rig_settle(&rig, 6, &reading);
        const struct point_reading *grid = &reading.point[0];
        assert_near(grid->u_ll_v, c->u_ll_v, 1e-3);
        assert_near(grid->u_unbalance_pct, c->u_unbalance_pct, 1e-3);
        assert_near(grid->i_neutral_a, c->grid_neutral_a, 1e-4);
        assert_near(reading.point[6].u_ll_v, c->u_ll_v, 1e-3);
        assert_int_equal(reading.quality & QUALITY_ASSUMED, 0);
        for (int p = 0; p < HOUSE_POINTS; p++) {
            const bool whole = p % 3 == 0;
            assert_int_equal(isnan(reading.point[p].u_ll_v) != 0, !whole);
            assert_int_equal(isnan(reading.point[p].u_unbalance_pct) != 0, !whole);
            assert_int_equal(isnan(reading.point[p].i_neutral_a) != 0, !whole);
            assert_int_equal(isnan(reading.point[p].u_rms_v) != 0, whole);
        }
    }
}

/* Third harmonics of the legs' voltages cancel between the legs when they are each other's mirror, and add when not. */
static void harmonics_between_the_legs(void **state)
{
    (void)state;
    static const struct house house = {{120, 120}, {{10, 0}, {10, 0}, {3, 0}, {5, 0}}};
    struct rig rig;
    static struct reading reading;
    house_init(&rig, &house);
    rig_part(&rig, HOUSE_U1, 3, 6, 0);
    rig_part(&rig, HOUSE_U2, 3, 6, 180); /* mirrored: 12 V between the legs */
    rig_part(&rig, HOUSE_U1, 5, 4, 10);
    rig_part(&rig, HOUSE_U2, 5, 4, 10); /* common to both: none between them */
    rig_part(&rig, HOUSE_I, 3, 2, 50);
    rig_part(&rig, HOUSE_I + 1, 3, 2, 50); /* triplen currents meet in the neutral */
    rig_settle(&rig, 6, &reading);
    assert_near(reading.point[0].u_ll_v, sqrt(240 * 240 + 12 * 12), 2e-3);
    assert_near(reading.point[0].i_neutral_a, 4, 1e-3);
    assert_near(reading.point[3].i_neutral_a, 2, 1e-3);
    assert_near(reading.point[6].i_neutral_a, sqrt(4 + 16), 1e-3);
}

/* Noise of 3 V on each voltage and 0.3 A on each current. */
static void sums_are_free_of_their_noise(void **state)
{
    (void)state;
    static const struct house house = {{120, 120}, {{5, 0}, {4.5, 0}}};
    struct rig rig;
    struct reading reading;
    house_init(&rig, &house);
    for (int k = 0; k < 6; k++) {
        rig.channel[k].noise = k < 2 ? 3 : 0.3;
    }
    struct meter *meter = meter_init(&rig.config);
    double square = 0;
    double neutral = 0;
    enum { N = 40 };
    for (int k = 0; k < N + 4; k++) {
        rig_read(&rig, meter, &reading);
        square += k < 4 ? 0 : reading.point[0].u_ll_v * reading.point[0].u_ll_v / N;
        neutral += k < 4 ? 0 : reading.point[0].i_neutral_a * reading.point[0].i_neutral_a / N;
    }
    meter_close(meter);
    /* With its noise of 2 x 9 V^2 the square would be 57,618; its own scatter is 2 x 240 x 3 sqrt 2 / sqrt(900 N) = 11,
     * one sigma. The neutral's would be 0.25 + 0.18; a floor known to 9 % in each window leaves 0.016 / sqrt N. */
    assert_near(square, 57600, 35);
    assert_near(neutral, 0.25, 0.02);
}

/* One voltage, two currents: L2's voltage is taken as the negative of L1's. */
static void init_one_voltage(struct rig *rig, double lag1_deg, double lag2_deg)
{
    rig_init(rig, 60, 60.02, 0);
    rig->config.u_nominal_v = 120;
    struct topology *topology = &rig->config.topology;
    topology->n_channels = 3;
    topology->n_elements = 2;
    topology->element[0] = (struct element){0, 1, CIRCUIT_GRID, 1, 0, 0};
    topology->element[1] = (struct element){0, 2, CIRCUIT_GRID, 2, 1, 0};
    topology_init(topology);
    rig->channel[0].part[0] = (struct rig_part){1, 120, 0};
    rig->channel[0].dc = 2;
    rig->channel[1].part[0] = (struct rig_part){1, 10, -lag1_deg};
    rig->channel[2].n = 1;
    rig->channel[2].part[0] = (struct rig_part){1, 4, 180 - lag2_deg};
}

static void an_assumed_voltage_is_the_other_legs_turned_round(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    init_one_voltage(&rig, 30, -60);
    rig_settle(&rig, 6, &reading);
    const struct point_reading *point = reading.point;
    assert_int_equal(reading.n_points, 3);
    assert_int_equal(reading.quality, QUALITY_ASSUMED);
    assert_near(point[1].p_w, 1200 * cos(RIG_PI / 6), 0.01);
    assert_near(point[1].q1_var, 600, 0.01);
    assert_near(point[2].p_w, 240, 0.01);
    assert_near(point[2].q1_var, -480 * sin(RIG_PI / 3), 0.01);
    assert_near(point[2].phi_deg, -60, 1e-3);
    assert_near(point[2].s_va, 480, 0.01);
    assert_near(point[2].pf, 0.5, 1e-5);
    assert_near(point[2].dpf, 0.5, 1e-5);
    assert_near(point[0].p_w, point[1].p_w + point[2].p_w, 1e-9);
    assert_near(point[0].s_va, 1680, 0.02);
    assert_near(point[2].u_rms_v, 120, 1e-3);
    assert_near(point[2].u_half_min_v, point[1].u_half_min_v, 1e-12);
    assert_near(point[2].u_half_max_v, point[1].u_half_max_v, 1e-12);
    assert_near(point[1].u_dc_v, 2, 1e-4);
    assert_near(point[2].u_dc_v, -2, 1e-4);
    /* Nothing is said of what only a second voltage would show; the currents are all measured. */
    assert_true(isnan(point[0].u_ll_v) && isnan(point[0].u_unbalance_pct));
    assert_near(point[0].i_neutral_a, sqrt(100 + 16 - 80 * cos(RIG_PI / 2)), 1e-3);
}

/* Two transformers may sit on one leg: what is assumed from the second is no voltage between legs either. */
static void an_assumed_voltage_is_not_compared_with_another(void **state)
{
    (void)state;
    static const struct house house = {{120, 119}, {{5, 0}, {6, 0}}};
    struct rig rig;
    static struct reading reading;
    house_init(&rig, &house);
    rig.channel[HOUSE_U2].part[0].deg = 0;
    rig.config.topology.n_elements = 2;
    rig.config.topology.element[1].u_assumed = 1;
    topology_init(&rig.config.topology);
    rig_settle(&rig, 6, &reading);
    assert_true(isnan(reading.point[0].u_ll_v) && isnan(reading.point[0].u_unbalance_pct));
    assert_near(reading.point[2].p_w, 119 * 6, 0.01);
}

static void what_is_not_metered_assumes_nothing(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct meter_scan scan;
    init_one_voltage(&rig, 0, 0);
    struct meter *meter = meter_init(&rig.config);
    rig_read(&rig, meter, &reading);
    for (int k = 0; k < 1000; k++) {
        rig_scan(&rig, &scan);
    }
    rig_read(&rig, meter, &reading);
    assert_false(reading.metered);
    assert_int_equal(reading.quality, QUALITY_GAP);
    assert_true(isnan(reading.point[0].i_neutral_a) && isnan(reading.point[0].u_ll_v));
    meter_close(meter);
}

/* An inverter between the legs: one sensor on L1, what goes out there comes back on L2. */
static void init_inverter(struct rig *rig, int assumed)
{
    static const struct house house = {{121, 117}, {{5, 20}, {9, -10}, {6, 5}}};
    house_init(rig, &house);
    struct topology *topology = &rig->config.topology;
    topology->element[3] = (struct element){1, HOUSE_I + 2, CIRCUIT_SOLAR, 2, 0, 1};
    if (assumed) {
        topology->element[1] = (struct element){0, HOUSE_I + 1, CIRCUIT_GRID, 2, 1, 0};
        topology->element[3] = (struct element){0, HOUSE_I + 2, CIRCUIT_SOLAR, 2, 1, 1};
    }
    topology_init(topology);
    rig_part(rig, HOUSE_I, 3, 1, 40);
}

static void a_current_between_the_legs_has_their_voltage(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    init_inverter(&rig, 0);
    rig.channel[HOUSE_I + 2].dc = 0.25;
    rig_settle(&rig, 6, &reading);
    const struct point_reading *solar = &reading.point[3];
    const struct point_reading *load = &reading.point[6];
    const double cos5 = cos(5 * RIG_PI / 180);
    assert_int_equal(reading.n_points, HOUSE_POINTS);
    assert_int_equal(reading.quality & QUALITY_ASSUMED,
                     0); /* both voltages are measured, and so is the current */
    assert_near(solar[0].p_w, (121 + 117) * 6 * cos5, 0.01);
    assert_near(solar[1].p_w, 121 * 6 * cos5, 0.01);
    assert_near(solar[2].p_w, 117 * 6 * cos5, 0.01);
    assert_near(solar[2].q1_var, 117 * 6 * sin(5 * RIG_PI / 180), 0.01);
    assert_near(solar[0].p_w, solar[0].u_ll_v * 6 * cos5, 0.01);
    assert_near(solar[2].i_rms_a, solar[1].i_rms_a, 1e-12);
    assert_near(solar[1].i_dc_a, 0.25, 1e-4);
    assert_near(solar[2].i_dc_a, -0.25, 1e-4);
    assert_true(isnan(solar[0].i_neutral_a)); /* it does not pass the neutral: nothing is measured of that */
    for (int p = 0; p < 3; p++) {
        assert_near(load[p].p_w, reading.point[p].p_w + solar[p].p_w, 1e-9);
        assert_near(load[p].q1_var, reading.point[p].q1_var + solar[p].q1_var, 1e-9);
    }
    assert_near(load[0].i_neutral_a, reading.point[0].i_neutral_a, 1e-12);
    /* L2's load current: grid's 9 A leading by 10 degrees and the inverter's 6 A lagging by 5. */
    assert_near(load[2].i_rms_a, sqrt(81 + 36 + 108 * cos(15 * RIG_PI / 180)), 1e-3);
}

/* The inverter's noise is in both legs and cancels in the load's neutral; it must not be taken off twice. */
static void noise_that_returns_is_not_the_neutrals(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    init_inverter(&rig, 0);
    rig.channel[HOUSE_I + 2].noise = 1;
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 6; k++) {
        rig_read(&rig, meter, &reading);
        assert_near(reading.point[6].i_neutral_a, reading.point[0].i_neutral_a, 1e-12);
    }
    meter_close(meter);
}

static void a_current_between_the_legs_on_one_voltage_is_marked(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    init_inverter(&rig, 1);
    rig_settle(&rig, 6, &reading);
    const struct point_reading *solar = &reading.point[3];
    assert_int_equal(reading.quality & QUALITY_ASSUMED, QUALITY_ASSUMED);
    assert_near(solar[0].p_w, 2 * 121 * 6 * cos(5 * RIG_PI / 180), 0.01);
    assert_near(solar[2].p_w, solar[1].p_w, 1e-9);
    assert_near(solar[2].q1_var, solar[1].q1_var, 1e-9);
    assert_true(isnan(solar[0].u_ll_v) && isnan(reading.point[6].u_ll_v));
    for (int p = 0; p < 3; p++) {
        assert_near(reading.point[6 + p].p_w, reading.point[p].p_w + solar[p].p_w, 1e-9);
    }
}

/* A 120 V inverter on one leg, either of them. */
static void solar_on_one_leg(void **state)
{
    (void)state;
    static const struct house house = {{121, 117}, {{5, 180}, {9, 10}, {6, 0}, {6, 0}}};
    for (int leg = 1; leg <= 2; leg++) {
        struct rig rig;
        static struct reading reading;
        house_init(&rig, &house);
        struct topology *topology = &rig.config.topology;
        topology->n_elements = 3;
        topology->element[2] = (struct element){leg - 1, HOUSE_I + 1 + leg, CIRCUIT_SOLAR, leg, 0, 0};
        topology_init(topology);
        rig_settle(&rig, 6, &reading);
        const struct point_reading *point = reading.point;
        assert_int_equal(reading.n_points, 7);
        const double solar_w = 6 * house.u_v[leg - 1];
        assert_near(point[3].p_w, solar_w, 0.01);
        assert_near(point[3].u_rms_v, house.u_v[leg - 1], 1e-3);
        assert_true(isnan(point[3].u_ll_v) && isnan(point[3].i_neutral_a)); /* one leg has neither */
        assert_near(point[4].p_w, point[0].p_w + solar_w, 0.02);
        assert_near(point[4 + leg].p_w, point[leg].p_w + point[3].p_w, 1e-9);
        assert_near(point[7 - leg].p_w, point[3 - leg].p_w, 1e-9);
        assert_near(point[4].u_ll_v, 238, 1e-3);
    }
}

/* Two circuits on one phase have no second leg to compare with. */
static void one_leg_has_no_neighbour(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 50, 50, 0);
    rig_settle(&rig, 6, &reading);
    assert_true(isnan(reading.point[0].u_ll_v) && isnan(reading.point[0].u_unbalance_pct));
    assert_true(isnan(reading.point[0].i_neutral_a));
}

/* From window to record: squares, squares and the mean. An assumed voltage is the installation's, not the window's. */
static void intervals_carry_them(void **state)
{
    (void)state;
    static const struct house house = {{126, 114}, {{5, 0}, {8, 0}}};
    static const struct creep_config everything = {0, 0};
    struct rig rig;
    struct reading reading;
    struct registers registers;
    static struct interval_builder builder;
    static struct interval closed;
    house_init(&rig, &house);
    struct meter *meter = meter_init(&rig.config);
    registers_init(&registers, &rig.config.topology, &everything);
    interval_init(&builder, 60000, 0);
    for (int k = 0; k < 6; k++) {
        rig_read(&rig, meter, &reading);
        reading.quality |= QUALITY_ASSUMED;
        registers_add(&registers, &reading);
        assert_false(interval_add(&builder, &reading, &registers, 200 * k, 200 * (k + 1), &closed));
    }
    assert_true(interval_close(&builder, &registers, &closed));
    meter_close(meter);
    assert_near(closed.point[0].u_ll_v, 240, 1e-3);
    assert_near(closed.point[0].u_unbalance_pct, 5, 1e-3);
    assert_near(closed.point[0].i_neutral_a, 3, 1e-3);
    assert_true(isnan(closed.point[1].u_ll_v) && isnan(closed.point[2].i_neutral_a));
    assert_int_equal(closed.quality, QUALITY_ASSUMED);
    assert_int_equal(closed.flagged, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(voltage_between_the_legs_unbalance_and_neutral),
        cmocka_unit_test(harmonics_between_the_legs),
        cmocka_unit_test(sums_are_free_of_their_noise),
        cmocka_unit_test(an_assumed_voltage_is_the_other_legs_turned_round),
        cmocka_unit_test(an_assumed_voltage_is_not_compared_with_another),
        cmocka_unit_test(what_is_not_metered_assumes_nothing),
        cmocka_unit_test(a_current_between_the_legs_has_their_voltage),
        cmocka_unit_test(noise_that_returns_is_not_the_neutrals),
        cmocka_unit_test(a_current_between_the_legs_on_one_voltage_is_marked),
        cmocka_unit_test(solar_on_one_leg),
        cmocka_unit_test(one_leg_has_no_neighbour),
        cmocka_unit_test(intervals_carry_them),
    };
    return cmocka_run_group_tests_name("dsp/meter_legs", tests, NULL, NULL);
}
