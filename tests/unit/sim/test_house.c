/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka last */
#include <cmocka.h>

#include "firmware/base/checksum.h"
#include "fixture.h"
#include "hal/sim/house.h"
#include "hal/sim/truth.h"

enum { GRID, SOLAR, LOAD };
enum { IMPORT, EXPORT, Q1, Q2, Q3, Q4, APPARENT };

static struct waveform_segment segment;

static const struct house_config family = {
    .f_nominal_hz = 60, .u_nominal_v = 120, .start_hour = 0, .solar_peak_w = 2500, .seed = 1};

/* The bytes of everything that a segment says, chained. */
static uint32_t hash_segments(const struct house_config *config, int segments)
{
    struct house *house = house_init(config);
    assert_non_null(house);
    uint32_t sums[7] = {0};
    for (int n = 0; n < segments; n++) {
        waveform_next(house_source(house), &segment);
        sums[1] = checksum(&segment.end_s, sizeof segment.end_s);
        sums[2] = checksum(&segment.f_hz, sizeof segment.f_hz);
        sums[3] = checksum(segment.u_v[0], sizeof segment.u_v[0]);
        sums[4] = checksum(segment.grid_a[0], sizeof segment.grid_a[0]);
        sums[5] = checksum(segment.solar_a[0], sizeof segment.solar_a[0]);
        sums[6] = checksum(segment.load_a[0], sizeof segment.load_a[0]);
        sums[0] = checksum(sums, sizeof sums);
    }
    house_close(house);
    return sums[0];
}

static void the_same_settings_give_the_same_bytes(void **state)
{
    (void)state;
    struct house_config config = family;
    config.start_hour = 17.5;
    assert_true(hash_segments(&config, 10000) == hash_segments(&config, 10000));
}

static void every_setting_makes_another_house(void **state)
{
    (void)state;
    struct house_config other[6];
    uint32_t base, hash;
    for (int c = 0; c < 6; c++) {
        other[c] = family;
        other[c].start_hour = 10;
    }
    other[1].seed = 2;
    other[2].start_hour = 10.25;
    other[3].f_nominal_hz = 50;
    other[4].u_nominal_v = 230;
    other[5].solar_peak_w = 2600;
    base = hash_segments(&other[0], 100);
    for (int c = 1; c < 6; c++) {
        hash = hash_segments(&other[c], 100);
        assert_true(hash != base);
    }
}

static void segments_are_whole_cycles_without_a_gap(void **state)
{
    (void)state;
    static const double nominal_hz[] = {50, 60};
    for (int c = 0; c < 2; c++) {
        struct house_config config = family;
        config.f_nominal_hz = nominal_hz[c];
        struct house *house = house_init(&config);
        double end_s = 0;
        for (int n = 0; n < 5000; n++) {
            waveform_next(house_source(house), &segment);
            assert_true(segment.start_s >= end_s && segment.start_s <= end_s);
            assert_true(fabs(segment.f_hz - nominal_hz[c]) <= 0.0200001);
            assert_int_equal(segment.legs, 1);
            /* Rounding of times near 500 s. */
            assert_true(fabs((segment.end_s - segment.start_s) * segment.f_hz - segment.cycles) < 1e-10);
            end_s = segment.end_s;
        }
        assert_true(fabs(end_s - 500) < 0.3);
        house_close(house);
    }
}

struct totals {
    double energy_kwh[3][7];
    double peak_a, imbalance_a, u_min_v, u_max_v;
    unsigned loads_seen;
};

/* The power of each tenth segment stands for ten: loads that switch every few seconds still average out. */
static void run_day(struct house *house, struct totals *totals)
{
    static struct truth truth;
    double rate[3][7];
    truth_init(&truth);
    *totals = (struct totals){.u_min_v = 1e9};
    for (int n = 0; n == 0 || segment.end_s < 86400; n++) {
        waveform_next(house_source(house), &segment);
        for (int load = 0; load < house_loads(house); load++) {
            totals->loads_seen |= (unsigned)house_load_on(house, load) << load;
        }
        if (n % 10 != 0) {
            continue;
        }
        truth_rate(&truth, &segment, rate);
        for (int k = 0; k < 3 * 7; k++) {
            totals->energy_kwh[k / 7][k % 7] +=
                rate[k / 7][k % 7] * 10 * (segment.end_s - segment.start_s) * 1e-9;
        }
        for (int k = 0; k < WAVEFORM_POINTS; k++) {
            double gap_a = segment.grid_a[0][k] + segment.solar_a[0][k] - segment.load_a[0][k];
            totals->imbalance_a = fmax(totals->imbalance_a, fabs(gap_a));
            totals->peak_a = fmax(totals->peak_a, fabs(segment.grid_a[0][k]));
            totals->u_max_v = fmax(totals->u_max_v, segment.u_v[0][k]);
        }
    }
}

static const struct {
    const char *name;
    int circuit, kind;
    double min_kwh, max_kwh;
} day_figures[] = {
    {"consumption", LOAD, IMPORT, 8, 20},
    {"generation", SOLAR, IMPORT, 8, 15},
    {"import", GRID, IMPORT, 3, 15},
    {"export", GRID, EXPORT, 3, 13},
    {"quadrant I", GRID, Q1, 1, 8},
    {"quadrant II", GRID, Q2, 0.2, 4},
    {"quadrant III", GRID, Q3, 0.05, 1},
    {"quadrant IV", GRID, Q4, 0.05, 1},
    {"load never exports", LOAD, EXPORT, 0, 0},
    {"solar never imports", SOLAR, EXPORT, 0, 0},
};

/* What this seed has given since the house was first built: later additions must not change a house that does not use
 * them. To 5 Wh, which another C library's last digits do not reach. */
static const struct {
    const char *name;
    int circuit, kind;
    double kwh;
} family_figures[] = {
    {"consumption", LOAD, IMPORT, 10.001},
    {"generation", SOLAR, IMPORT, 13.880},
    {"import", GRID, IMPORT, 6.459},
    {"export", GRID, EXPORT, 10.339},
    {"apparent energy", GRID, APPARENT, 18.334},
};

static void a_day_s_figures_are_those_of_a_household(void **state)
{
    (void)state;
    static struct totals totals;
    struct house *house = house_init(&family);
    run_day(house, &totals);
    for (size_t c = 0; c < sizeof day_figures / sizeof day_figures[0]; c++) {
        double kwh = totals.energy_kwh[day_figures[c].circuit][day_figures[c].kind];
        print_message("  %-20s %7.3f kWh\n", day_figures[c].name, kwh);
        assert_true(kwh >= day_figures[c].min_kwh && kwh <= day_figures[c].max_kwh);
    }
    for (size_t c = 0; c < sizeof family_figures / sizeof family_figures[0]; c++) {
        double kwh = totals.energy_kwh[family_figures[c].circuit][family_figures[c].kind];
        if (!(fabs(kwh - family_figures[c].kwh) < 0.005)) {
            fail_msg("%s: %.3f kWh, was %.3f", family_figures[c].name, kwh, family_figures[c].kwh);
        }
    }
    print_message("  peak %.1f A, %.1f V\n", totals.peak_a, totals.u_max_v);
    assert_true(totals.peak_a > 25 && totals.peak_a < 62); /* the converter's range is 62.4 A */
    assert_true(totals.u_max_v > 165 && totals.u_max_v < 180);
    assert_true(totals.imbalance_a < 1e-9);
    assert_int_equal(totals.loads_seen, (1U << HOUSE_LOADS) - 1); /* on this day everything runs once */
    house_close(house);
}

static void between_two_drifts_an_unchanged_house_gives_unchanged_tables(void **state)
{
    (void)state;
    static struct waveform_segment before;
    struct house_config config = family;
    config.start_hour = 2;
    struct house *house = house_init(&config);
    int same = 0;
    for (int n = 0; n < 1000; n++) {
        before = segment;
        waveform_next(house_source(house), &segment);
        same += memcmp(before.grid_a[0], segment.grid_a[0], sizeof segment.grid_a[0]) == 0;
    }
    assert_in_range(same, 850, 900);
    house_close(house);
}

static void loads_can_be_looked_at_one_by_one(void **state)
{
    (void)state;
    struct house_config config = family;
    config.start_hour = 20;
    struct house *house = house_init(&config);
    waveform_next(house_source(house), &segment);
    assert_int_equal(house_loads(house), HOUSE_LOADS);
    double sum_a = 0;
    int on = 0;
    for (int load = 0; load < house_loads(house); load++) {
        assert_true(strlen(house_load_name(house, load)) > 2);
        sum_a += house_load_current(house, load)[100];
        on += house_load_on(house, load);
    }
    assert_true(fabs(sum_a - segment.load_a[0][100]) < 1e-12);
    assert_true(on >= 4);
    house_close(house);
}

static const struct house_config split = {
    .f_nominal_hz = 60,
    .u_nominal_v = 120,
    .start_hour = 11,
    .solar_peak_w = 3000,
    .seed = 1,
    .legs = 2,
    .micro_leg = 2,
    .micro_peak_w = 400,
};

static void on_both_legs_grid_is_load_less_solar(void **state)
{
    (void)state;
    double most_a = 0;
    struct house *house = house_init(&split);
    for (int n = 0; n < 3000; n++) {
        waveform_next(house_source(house), &segment);
        assert_int_equal(segment.legs, 2);
        for (int k = 0; k < 2 * WAVEFORM_POINTS; k++) {
            int leg = k / WAVEFORM_POINTS, point = k % WAVEFORM_POINTS;
            double gap_a =
                segment.grid_a[leg][point] + segment.solar_a[leg][point] - segment.load_a[leg][point];
            most_a = fmax(most_a, fabs(gap_a));
        }
    }
    assert_true(most_a < 1e-9);
    house_close(house);
}

static void the_legs_are_opposite_and_solar_generates_on_both(void **state)
{
    (void)state;
    struct house *house = house_init(&split);
    double apart = 0;
    for (int n = 0; n < 600; n++) {
        waveform_next(house_source(house), &segment);
        double u1_u1 = fixture_mean(segment.u_v[0], segment.u_v[0]);
        double u2_u2 = fixture_mean(segment.u_v[1], segment.u_v[1]);
        double u1_u2 = fixture_mean(segment.u_v[0], segment.u_v[1]);
        assert_true(fabs(u1_u2 / sqrt(u1_u1 * u2_u2) + 1) < 1e-12); /* the same shape, turned round */
        apart = fmax(apart, fabs(sqrt(u1_u1) - sqrt(u2_u2)));
        double l1_w = fixture_mean(segment.u_v[0], segment.solar_a[0]);
        double l2_w = fixture_mean(segment.u_v[1], segment.solar_a[1]);
        /* Across both: half on each leg, but for 5 % that their voltages may differ; and the micro-inverter. */
        assert_true(l1_w > 0 && fabs(l2_w / l1_w - (1500 + 400) / 1500.0) < 0.07);
    }
    assert_true(apart > 0.1 && apart < 7);
    house_close(house);
}

static void two_legs_drop_along_the_neutral(void **state)
{
    (void)state;
    static const double neutral_ohm = 0.03;
    struct house_config config = split;
    config.micro_peak_w = config.solar_peak_w = 0;
    config.start_hour = 13;
    struct house *house = house_init(&config);
    double sum_xy = 0, sum_xx = 0;
    for (int n = 0; n < 30000; n++) {
        /* Leg 1 stands lower by the drop of the current that its loads put on the neutral. */
        double neutral_a = n == 0 ? 0
                                  : (fixture_mean(segment.u_v[0], segment.grid_a[0]) -
                                     fixture_mean(segment.u_v[1], segment.grid_a[1])) /
                                        120;
        waveform_next(house_source(house), &segment);
        double difference_v = sqrt(fixture_mean(segment.u_v[1], segment.u_v[1])) -
                              sqrt(fixture_mean(segment.u_v[0], segment.u_v[0]));
        if (n % 10 == 0 && n > 0) {
            sum_xy += neutral_a * difference_v;
            sum_xx += neutral_a * neutral_a;
        }
    }
    /* The legs' own drift, 0.36 V rms between them with a memory of 5 minutes, leaves some ten independent values:
     * 0.12 V over several amperes. */
    print_message("  %.1f mohm\n", 500 * sum_xy / sum_xx);
    assert_true(fabs(sum_xy / sum_xx / 2 - neutral_ohm) < 0.02);
    house_close(house);
}

static void two_legs_have_more_loads_and_each_its_place(void **state)
{
    (void)state;
    struct house *house = house_init(&split), *small = house_init(&family);
    int on_leg[3] = {0};
    assert_int_equal(house_loads(house), HOUSE_LOADS_TWO_LEGS);
    assert_int_equal(house_loads(small), HOUSE_LOADS);
    for (int load = 0; load < house_loads(house); load++) {
        on_leg[house_load_leg(house, load)]++;
    }
    assert_true(on_leg[0] >= 3 && on_leg[1] >= 4 && on_leg[2] >= 4);
    for (int load = 0; load < house_loads(small); load++) {
        assert_int_equal(house_load_leg(small, load), 1);
    }
    house_close(house);
    house_close(small);
}

static void a_micro_inverter_feeds_a_house_of_one_leg_too(void **state)
{
    (void)state;
    struct house_config config = family;
    config.start_hour = 12;
    config.solar_peak_w = 0;
    config.micro_peak_w = 500;
    struct house *house = house_init(&config);
    waveform_next(house_source(house), &segment);
    double p_w = fixture_mean(segment.u_v[0], segment.solar_a[0]);
    assert_true(p_w > 100 &&
                p_w <= 505); /* what clouds leave; harmonics of voltage and current add next to nothing */
    assert_true(fabs(segment.grid_a[0][77] + segment.solar_a[0][77] - segment.load_a[0][77]) < 1e-9);
    house_close(house);
}

static void a_configuration_out_of_range_is_refused(void **state)
{
    (void)state;
    static const struct house_config wrong[] = {
        {.f_nominal_hz = 0, .u_nominal_v = 120},
        {.f_nominal_hz = 600, .u_nominal_v = 120},
        {.f_nominal_hz = (double)NAN, .u_nominal_v = 120},
        {.f_nominal_hz = 60, .u_nominal_v = 0},
        {.f_nominal_hz = 60, .u_nominal_v = 120, .start_hour = -1},
        {.f_nominal_hz = 60, .u_nominal_v = 120, .start_hour = 25},
        {.f_nominal_hz = 60, .u_nominal_v = 120, .solar_peak_w = -1},
        {.f_nominal_hz = 60, .u_nominal_v = 120, .legs = 3},
        {.f_nominal_hz = 60, .u_nominal_v = 120, .legs = -1},
        {.f_nominal_hz = 60, .u_nominal_v = 120, .legs = 2, .micro_leg = 3},
        {.f_nominal_hz = 60, .u_nominal_v = 120, .legs = 1, .micro_leg = 2},
        {.f_nominal_hz = 60, .u_nominal_v = 120, .micro_peak_w = -1},
    };
    for (size_t c = 0; c < sizeof wrong / sizeof wrong[0]; c++) {
        assert_null(house_init(&wrong[c]));
    }
}

static void closing_nothing_is_allowed(void **state)
{
    (void)state;
    house_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_settings_give_the_same_bytes),
        cmocka_unit_test(every_setting_makes_another_house),
        cmocka_unit_test(segments_are_whole_cycles_without_a_gap),
        cmocka_unit_test(a_day_s_figures_are_those_of_a_household),
        cmocka_unit_test(between_two_drifts_an_unchanged_house_gives_unchanged_tables),
        cmocka_unit_test(loads_can_be_looked_at_one_by_one),
        cmocka_unit_test(on_both_legs_grid_is_load_less_solar),
        cmocka_unit_test(the_legs_are_opposite_and_solar_generates_on_both),
        cmocka_unit_test(two_legs_drop_along_the_neutral),
        cmocka_unit_test(two_legs_have_more_loads_and_each_its_place),
        cmocka_unit_test(a_micro_inverter_feeds_a_house_of_one_leg_too),
        cmocka_unit_test(a_configuration_out_of_range_is_refused),
        cmocka_unit_test(closing_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
