/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka last */
#include <cmocka.h>

#include "fixture.h"
#include "hal/sim/house.h"
#include "tests/unit/near.h"

static struct waveform_segment segment, plain;

static const struct house_config evening = {
    .f_nominal_hz = 60, .u_nominal_v = 120, .start_hour = 16, .solar_peak_w = 2500, .seed = 1};

static double rms(const double *table)
{
    return sqrt(fixture_mean(table, table));
}

static void assert_sound(const struct waveform_segment *s)
{
    for (int leg = 0; leg < s->legs; leg++) {
        for (int n = 0; n < WAVEFORM_POINTS; n++) { /* fails for what is no number, too */
            assert_near(s->grid_a[leg][n] + s->solar_a[leg][n], s->load_a[leg][n], 1e-9);
            assert_true(fabs(s->load_a[leg][n]) < 200 && fabs(s->u_v[leg][n]) < 400);
        }
    }
}

/* Two houses of one seed, one of them with an event from 1 to 1.25 s. */
static const struct {
    const char *name;
    const char *events;
    double ratio;
    double most_a; /* rms of leg 1's load current during it, against that without it */
} events[] = {
    {"a dip to 70 %", "1:70:0.25", 0.7, 1.4},
    {"a dip to 10 %: inverter and converters let go", "1:10:0.25", 0.1, 0.3},
    {"an interruption", "1:0:0.25", 0, 0},
    {"a swell to 115 %", "1:115:0.25", 1.15, 3},
};

static void loads_follow_the_voltage_that_is_left_and_come_back(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof events / sizeof events[0]; c++) {
        print_message("  %s\n", events[c].name);
        struct house_config config = evening;
        snprintf(config.upset.events, sizeof config.upset.events, "%s", events[c].events);
        struct house *house = house_init(&config), *without = house_init(&evening);
        assert_non_null(house);
        waveform_next(house_source(house), &segment);
        waveform_next(house_source(without), &plain);
        int during = 0;
        while (segment.end_s < 3) {
            assert_sound(&segment);
            while (plain.end_s <= segment.start_s + 1e-6) {
                waveform_next(house_source(without), &plain);
            }
            bool inside = segment.start_s > 1 - 1e-6 && segment.start_s < 1.25 - 1e-6;
            double ratio = inside ? events[c].ratio : 1;
            assert_near(rms(segment.u_v[0]), rms(plain.u_v[0]) * ratio, 1e-9);
            if (inside) {
                during += segment.cycles;
                assert_true(rms(segment.load_a[0]) <= events[c].most_a * rms(plain.load_a[0]) + 1e-9);
                assert_true(events[c].ratio > 0.5 || rms(segment.solar_a[0]) <= 0);
            } else {
                assert_near(rms(segment.load_a[0]), rms(plain.load_a[0]), 1e-3);
                assert_near(rms(segment.solar_a[0]), rms(plain.solar_a[0]), 1e-2);
            }
            waveform_next(house_source(house), &segment);
        }
        assert_int_equal(during, 15);
        house_close(house);
        house_close(without);
    }
}

static void flicker_modulates_both_legs(void **state)
{
    (void)state;
    struct house_config config = evening;
    config.legs = 2;
    const struct house_config steady = config;
    snprintf(config.upset.flicker, sizeof config.upset.flicker, "2:60"); /* each second, +-1 % */
    struct house *house = house_init(&config), *without = house_init(&steady);
    plain.end_s = 0;
    for (int n = 0; n < 100; n++) {
        waveform_next(house_source(house), &segment);
        while (plain.end_s <= segment.start_s + 1e-6) {
            waveform_next(house_source(without), &plain);
        }
        bool low = fmod(segment.start_s + 1e-6, 2) >= 1;
        for (int leg = 0; leg < 2; leg++) {
            assert_near(rms(segment.u_v[leg]), rms(plain.u_v[leg]) * (low ? 0.99 : 1.01),
                        0.05); /* the neutral drops with the currents */
        }
        assert_sound(&segment);
    }
    house_close(house);
    house_close(without);
}

/* U = source - R I, of the fundamentals, with the current that the lowered voltage leaves. */
static void the_supplys_impedance_lowers_what_the_loads_see(void **state)
{
    (void)state;
    struct house_config config = evening;
    config.start_hour = 20;
    config.upset.impedance_mohm = 200;
    struct house_config stiff = config;
    stiff.upset.impedance_mohm = 0;
    struct house *house = house_init(&config), *without = house_init(&stiff);
    double most_v = 0, before_a = 0;
    int settled = 0;
    for (int n = 0; n < 6000; n++) {
        waveform_next(house_source(house), &segment);
        waveform_next(house_source(without), &plain);
        assert_sound(&segment);
        struct fixture_phasor i = fixture_harmonic(segment.grid_a[0], 1);
        if (fabs(i.peak - before_a) < 1e-4) { /* nothing was switched, and the drop has settled to 1 mV */
            double source_v = fixture_harmonic(plain.u_v[0], 1).peak;
            double left_v =
                hypot(source_v - 0.2 * i.peak * cos(i.angle_rad), 0.2 * i.peak * sin(i.angle_rad));
            assert_near(fixture_harmonic(segment.u_v[0], 1).peak, left_v, 1.5e-3);
            most_v = fmax(most_v, source_v - left_v);
            settled++;
        }
        before_a = i.peak;
    }
    assert_true(most_v > 2 && settled > 3000); /* some loads ran */
    house_close(house);
    house_close(without);
}

static void direct_current_is_in_grid_and_load_but_not_in_the_sun(void **state)
{
    (void)state;
    struct house_config config = evening;
    config.legs = 2;
    const struct house_config steady = config;
    config.upset.i_dc_a = 0.5;
    struct house *house = house_init(&config), *without = house_init(&steady);
    waveform_next(house_source(house), &segment);
    waveform_next(house_source(without), &plain);
    for (int leg = 0; leg < 2; leg++) {
        double dc_a = leg == 0 ? 0.5 : -0.5;
        assert_near(fixture_mean(segment.grid_a[leg], NULL) - fixture_mean(plain.grid_a[leg], NULL), dc_a,
                    1e-12);
        assert_near(fixture_mean(segment.load_a[leg], NULL) - fixture_mean(plain.load_a[leg], NULL), dc_a,
                    1e-12);
        assert_memory_equal(segment.solar_a[leg], plain.solar_a[leg], sizeof plain.solar_a[leg]);
        assert_memory_equal(segment.u_v[leg], plain.u_v[leg], sizeof plain.u_v[leg]);
    }
    house_close(house);
    house_close(without);
}

static void a_phase_jump_turns_the_installation_by_whole_points(void **state)
{
    (void)state;
    struct house_config config = evening;
    config.legs = 2;
    const struct house_config steady = config;
    snprintf(config.upset.events, sizeof config.upset.events, "0:100:1:45"); /* 64 points */
    struct house *house = house_init(&config), *without = house_init(&steady);
    waveform_next(house_source(house), &segment);
    waveform_next(house_source(without), &plain);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        int from = (n + 64) % WAVEFORM_POINTS;
        assert_near(segment.u_v[0][n], plain.u_v[0][from], 0);
        assert_near(segment.grid_a[1][n], plain.grid_a[1][from], 0);
        assert_near(segment.solar_a[0][n], plain.solar_a[0][from], 0);
        assert_near(segment.load_a[0][n], plain.load_a[0][from], 0);
    }
    house_close(house);
    house_close(without);
}

static void wrong_upsets_make_no_house(void **state)
{
    (void)state;
    struct house_config config = evening;
    snprintf(config.upset.events, sizeof config.upset.events, "1:2");
    assert_null(house_init(&config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_follow_the_voltage_that_is_left_and_come_back),
        cmocka_unit_test(flicker_modulates_both_legs),
        cmocka_unit_test(the_supplys_impedance_lowers_what_the_loads_see),
        cmocka_unit_test(direct_current_is_in_grid_and_load_but_not_in_the_sun),
        cmocka_unit_test(a_phase_jump_turns_the_installation_by_whole_points),
        cmocka_unit_test(wrong_upsets_make_no_house),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
