/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The power frequency of 10 s: on windows made by hand, and behind the whole meter. */
#include "dsp/absent.h"
#include "dsp/frequency.h"
#include "dsp/quality.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* A mains whose frequency runs as it pleases, and the meter's windows over it: 10 cycles each of what was tracked. */
struct run {
    double f_hz;
    double rate_hz_s;
    int64_t utc_ms; /* label of the first window's start */
    int64_t end_ns;
    double end_rest_ns;
    double label_slip_ms; /* added to the labels from now on */
    uint64_t seq;
};

static const int64_t epoch_ms = INT64_C(1782000000000); /* a multiple of 10 s */

static double turns_at(const struct run *run, double t_s)
{
    return t_s * (run->f_hz + run->rate_hz_s * t_s / 2);
}

static int64_t label_ms(const struct run *run)
{
    return run->utc_ms + llround(1e-6 * (double)run->end_ns + run->label_slip_ms);
}

/* The next window, nominal_s long. */
static struct reading next_window(struct run *run, double nominal_s)
{
    struct reading reading = {.seq = run->seq++, .metered = true, .duration_s = nominal_s};
    double start_s = 1e-9 * ((double)run->end_ns + run->end_rest_ns);
    double middle_s = start_s + nominal_s / 2;
    reading.start_ns = run->end_ns;
    double end_ns = run->end_rest_ns + 1e9 * nominal_s;
    run->end_ns += (int64_t)floor(end_ns);
    run->end_rest_ns = end_ns - floor(end_ns);
    reading.end_ns = run->end_ns;
    reading.f_hz = run->f_hz + run->rate_hz_s * middle_s;
    reading.mains_cycles = 1000.25 + turns_at(run, middle_s);
    return reading;
}

static bool add(struct run *run, struct frequency_builder *builder, const struct reading *reading,
                int64_t start_ms, struct frequency *closed)
{
    return frequency_add(builder, reading, start_ms, label_ms(run), closed);
}

struct truth_case {
    const char *name;
    double f_hz;
    double rate_hz_s;
    double late_s;  /* the first window starts so long after a boundary */
    double most_hz; /* allowed error */
};

/* A reading says when it starts to a whole nanosecond: 65 Hz x 2 ns / 10 s = 1.3e-8 Hz at most. Whole cycles leave up to two of 500 out, at most 40 ms of the interval: on a ramp the mean is that of what was counted,
 * up to 20 ms of rate off the interval's middle. */
static const struct truth_case truths[] = {
    {"50 Hz exactly", 50, 0, 0.07, 1.5e-8},  {"45 Hz", 45.0001, 0, 3.2, 1.5e-8},
    {"65 Hz", 64.9987, 0, 9.9, 1.5e-8},      {"42.5 Hz", 42.5, 0, 0.3, 1.5e-8},
    {"a ramp", 50, 0.01, 0.4, 0.01 * 0.021}, {"a falling ramp", 51, -0.05, 0.4, 0.05 * 0.021},
};

static void whole_cycles_over_their_duration(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(truths) / sizeof(truths[0]); k++) {
        const struct truth_case *c = &truths[k];
        struct run run = {.f_hz = c->f_hz, .rate_hz_s = c->rate_hz_s};
        run.utc_ms = epoch_ms + llround(1e3 * c->late_s);
        struct frequency_builder builder;
        struct frequency closed;
        frequency_init(&builder, FREQUENCY_PERIOD_MS);
        int n = 0;
        int64_t last_ms = epoch_ms + FREQUENCY_PERIOD_MS;
        printf("%s\n", c->name);
        while (n < 5) {
            int64_t start_ms = label_ms(&run);
            struct reading reading = next_window(&run, 10 / (c->f_hz + 0.003));
            if (!add(&run, &builder, &reading, start_ms, &closed)) {
                continue;
            }
            n++;
            assert_int_equal(closed.utc_start_ms,
                             last_ms); /* they touch, and begin with the first boundary */
            assert_int_equal(closed.utc_end_ms, last_ms + FREQUENCY_PERIOD_MS);
            last_ms = closed.utc_end_ms;
            double middle_s = 1e-3 * (double)(last_ms - 5000 - run.utc_ms);
            double truth_hz = c->f_hz + c->rate_hz_s * middle_s;
            assert_true(fabs(closed.f_hz - truth_hz) < c->most_hz);
            assert_true(fabs(closed.cycles - floor(closed.cycles)) < 1e-12);
            assert_true(closed.duration_s <= 10 && closed.duration_s > 10 - 2 / c->f_hz);
            assert_true(fabs((double)(closed.mono_end_ns - (last_ms - run.utc_ms) * 1000000)) < 1e6);
            assert_int_equal(closed.quality, 0);
        }
    }
}

/* Windows 0.2 s long from the boundary on: those that touch [10 s, 20 s) by more than a boundary are 50 to 99, and the
 * value at either boundary is made with the window before and behind. */
struct lost_case {
    const char *name;
    int lost;    /* this window was not followed */
    bool first;  /* the interval from 10 s to 20 s has a value */
    bool second; /* that from 20 s to 30 s */
};

static const struct lost_case losses[] = {
    {"none", -1, true, true},
    {"long before", 30, true, true},
    {"inside the first", 70, false, true},
    {"inside the second", 130, true, false},
    {"on the boundary", 99, false, false},
    {"behind the boundary", 100, false, false},
};

static void an_interval_with_an_unfollowed_window_has_no_value(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(losses) / sizeof(losses[0]); k++) {
        struct run run = {.f_hz = 50.01, .utc_ms = epoch_ms};
        struct frequency_builder builder;
        struct frequency closed[2];
        struct frequency got;
        int n = 0;
        frequency_init(&builder, FREQUENCY_PERIOD_MS);
        printf("%s\n", losses[k].name);
        for (int w = 0; w < 155; w++) {
            int64_t start_ms = label_ms(&run);
            struct reading reading = next_window(&run, 0.2);
            if (w == losses[k].lost) {
                reading.f_hz = reading.mains_cycles = ABSENT;
                reading.quality = QUALITY_UNLOCKED;
            } else if (w > losses[k].lost) {
                reading.mains_cycles += 777.5 * (losses[k].lost >= 0); /* counted anew */
            }
            if (add(&run, &builder, &reading, start_ms, &got)) {
                closed[n++] = got;
            }
        }
        assert_int_equal(n, 2);
        const bool has[] = {losses[k].first, losses[k].second};
        for (int i = 0; i < 2; i++) {
            assert_int_equal(!isnan(closed[i].f_hz), has[i]);
            assert_int_equal(!isnan(closed[i].cycles) && !isnan(closed[i].duration_s), has[i]);
            assert_int_equal(closed[i].quality, has[i] ? 0 : QUALITY_UNLOCKED);
            assert_true(!has[i] || fabs(closed[i].f_hz - 50.01) < 1e-9);
        }
    }
}

/* A long gap is one reading: what it touches has no value, and may be several periods long. */
static void a_long_gap_leaves_no_value_wherever_it_reaches(void **state)
{
    (void)state;
    struct run run = {.f_hz = 50, .utc_ms = epoch_ms};
    struct frequency_builder builder;
    struct frequency closed;
    frequency_init(&builder, FREQUENCY_PERIOD_MS);
    int n = 0;
    for (int w = 0; w < 160; w++) {
        int64_t start_ms = label_ms(&run);
        struct reading reading = next_window(&run, w == 70 ? 60 : 0.2);
        if (w == 70) {
            reading.f_hz = reading.mains_cycles = ABSENT;
        }
        if (!add(&run, &builder, &reading, start_ms, &closed)) {
            continue;
        }
        /* It lies from 14 s to 74 s: its middle ends the first, the window behind it the second. */
        static const int64_t bounds_s[] = {10, 40, 70, 80, 90};
        assert_int_equal(closed.utc_start_ms, epoch_ms + 1000 * bounds_s[n]);
        assert_int_equal(closed.utc_end_ms, epoch_ms + 1000 * bounds_s[n + 1]);
        assert_int_equal(isnan(closed.f_hz) != 0, n < 3);
        n++;
    }
    assert_int_equal(n, 4);
}

static void a_step_of_the_labels_ends_it_early_without_a_value(void **state)
{
    (void)state;
    static const double slips_ms[] = {-3600e3, -1000, -400, 0, 400, 1000, 3600e3};
    for (size_t k = 0; k < sizeof(slips_ms) / sizeof(slips_ms[0]); k++) {
        struct run run = {.f_hz = 50, .utc_ms = epoch_ms};
        struct frequency_builder builder;
        struct frequency closed;
        frequency_init(&builder, FREQUENCY_PERIOD_MS);
        bool step = fabs(slips_ms[k]) >= FREQUENCY_STEP_MS;
        int n = 0;
        for (int w = 0; w < 200; w++) {
            run.label_slip_ms = w >= 75 ? slips_ms[k] : 0;
            int64_t start_ms = label_ms(&run);
            struct reading reading = next_window(&run, 0.2);
            if (!add(&run, &builder, &reading, start_ms, &closed)) {
                continue;
            }
            assert_int_equal(isnan(closed.f_hz) != 0, step && n == 0);
            assert_true(step && n == 0 ? closed.utc_end_ms == epoch_ms + 15000
                                       : closed.utc_end_ms % FREQUENCY_PERIOD_MS == 0);
            assert_int_equal(closed.utc_start_ms % FREQUENCY_PERIOD_MS, 0);
            n++;
        }
        assert_true(n >= 2);
    }
}

/* Behind the meter: float samples, so that what is left is the method's own; the goal is 0.01 mHz. */
static void ideal_samples_from_45_to_65_hz(void **state)
{
    (void)state;
    static const double frequencies_hz[] = {45, 49.983, 50, 55, 57.5, 60.037, 65};
    for (size_t k = 0; k < sizeof(frequencies_hz) / sizeof(frequencies_hz[0]); k++) {
        double f_hz = frequencies_hz[k];
        struct rig rig;
        struct reading reading;
        struct frequency_builder builder;
        struct frequency closed = {.f_hz = ABSENT};
        rig_init(&rig, f_hz < 55 ? 50 : 60, f_hz, 30);
        rig.config.scan_rate_hz = 2000;
        rig_part(&rig, 0, 3, 9, 10);
        rig_part(&rig, 0, 5, 5, 70);
        struct meter *meter = meter_init(&rig.config);
        frequency_init(&builder, FREQUENCY_PERIOD_MS);
        int n = 0;
        while (n < 2) {
            rig_read(&rig, meter, &reading);
            n += frequency_add(&builder, &reading, reading.start_ns / 1000000, reading.end_ns / 1000000,
                               &closed);
        }
        printf("%g Hz: %.2g mHz\n", f_hz, 1e3 * (closed.f_hz - f_hz));
        assert_true(fabs(closed.f_hz - f_hz) < 1e-5);
        meter_close(meter);
    }
}

/* A house of two legs loses the voltage that is followed, and has it back: the other one's frequency takes its place without a
 * jump, and the count goes on, half a cycle apart as the legs are. */
static void another_leg_takes_over_without_a_jump(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct frequency_builder builder;
    struct frequency closed;
    rig_init(&rig, 60, 60.01, 30);
    rig.config.scan_rate_hz = 2000;
    rig.config.topology.n_channels = 3;
    rig.config.topology.n_elements = 2;
    rig.config.topology.element[1] = (struct element){2, 1, CIRCUIT_GRID, 2, 0, 0};
    topology_init(&rig.config.topology);
    rig.channel[2].n = 1;
    rig.channel[2].part[0] = (struct rig_part){1, 230, 180};
    struct meter *meter = meter_init(&rig.config);
    frequency_init(&builder, FREQUENCY_PERIOD_MS);
    int n = 0;
    double last_cycles = ABSENT;
    for (int w = 0; w < 160; w++) {
        rig_read(&rig, meter, &reading);
        rig.channel[0].scale = w > 70 && w < 100 ? 1e-9 : 1;
        /* In the window of the return a cycle is missing, and the template is that of nothing: 1.2 mHz. */
        assert_true(fabs(reading.f_hz - 60.01) < (w == 101 ? 2e-3 : 1e-5));
        assert_int_equal(reading.quality & QUALITY_UNLOCKED, 0);
        assert_true(isnan(last_cycles) || fabs(reading.mains_cycles - last_cycles - 12) < 1e-3);
        last_cycles = reading.mains_cycles;
        if (frequency_add(&builder, &reading, reading.start_ns / 1000000, reading.end_ns / 1000000,
                          &closed)) {
            assert_true(fabs(closed.f_hz - 60.01) < 2e-5); /* half of that window's, over 10 s */
            n++;
        }
    }
    assert_int_equal(n, 2);
    meter_close(meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_cycles_over_their_duration),
        cmocka_unit_test(an_interval_with_an_unfollowed_window_has_no_value),
        cmocka_unit_test(a_long_gap_leaves_no_value_wherever_it_reaches),
        cmocka_unit_test(a_step_of_the_labels_ends_it_early_without_a_value),
        cmocka_unit_test(ideal_samples_from_45_to_65_hz),
        cmocka_unit_test(another_leg_takes_over_without_a_jump),
    };
    return cmocka_run_group_tests_name("dsp/frequency", tests, NULL, NULL);
}
