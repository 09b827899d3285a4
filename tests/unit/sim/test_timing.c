/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each effect of timing, seen in the codes and stamps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "bench.h"
#include "hal/sim/noise.h"

static struct noise dice;

static const double peak_a = 40;

/* A current of 40 A without poles: what stands at the pin at t_s. */
static double level_at_s(double t_s)
{
    return bench_zero_a_lsb + peak_a * bench_lsb_per_a * sin(2 * fixture_pi * 60 * t_s);
}

static double stamp_s(int k)
{
    return 1e-9 * (double)(scan.hold_ns[k] - 1000000000);
}

/* By how many LSB a code is beside what its stamp says; half an LSB either way is the quantiser. */
static double error_lsb(int k, double late_s)
{
    return scan.code[k] + 0.5 - level_at_s(stamp_s(k) + late_s);
}

static int set_up_sines(void **state)
{
    set_up(state);
    plan.clock_hz = 1350000;
    board.channel[1].filter_f = 0;
    board.channel[2] = board.channel[1];
    plan.input[0] = 2; /* the same current twice */
    fixed_sine(fixed.segment.grid_a[0], peak_a, 1, 0);
    return 0;
}

static void aperture_jitter_moves_the_instants_and_not_the_stamps(void **state)
{
    (void)state;
    enum { SCANS = 50000 };
    start((struct sim_config){.aperture_ns = 20000, .seed = 5});
    double squares = 0;
    for (int n = 0; n < SCANS; n++) {
        int64_t due_ns = 1000000000 + n * INT64_C(123457);
        read_at(due_ns);
        assert_true(scan.hold_ns[0] == due_ns + 10000);
        squares += error_lsb(1, 0) * error_lsb(1, 0) / SCANS;
    }
    double slope_lsb_s = peak_a * bench_lsb_per_a * 2 * fixture_pi * 60;
    double variance = slope_lsb_s * slope_lsb_s / 2 * 20e-6 * 20e-6;
    /* squares of a product of a Gaussian and a cosine: their rms is 1.9 of their mean, for a kurtosis of 2.7 * 1.5 */
    assert_near(squares, variance + 1.0 / 12, 5 * variance * 1.9 / sqrt(SCANS));
}

/* Also where the instant before its stamp belongs to the segment before. */
static void aperture_jitter_beyond_a_segment_s_start_finds_the_wave_that_is_to_come(void **state)
{
    (void)state;
    fixed_constant(fixed.segment.grid_a[0], 20);
    start((struct sim_config){.aperture_ns = 1e6, .seed = 5});
    for (int n = 0; n < 50000; n++) {
        read_at(1000000000 + n * INT64_C(123457));
        assert_int_equal(scan.code[0], (int)(bench_zero_a_lsb + 20 * bench_lsb_per_a));
    }
}

static void the_spi_clock_wanders_every_second_second_and_the_stamps_know(void **state)
{
    (void)state;
    start((struct sim_config){.spi_factor = 1.6});
    for (int n = 0; n < 32000; n++) {
        int64_t due_ns = 1000000000 + n * INT64_C(125000);
        read_at(due_ns);
        bool odd = (due_ns - 1000000000) / 1000000000 % 2 == 1;
        assert_true(scan.hold_ns[0] == due_ns + 10000);
        assert_true(scan.hold_ns[1] - scan.hold_ns[0] == (odd ? 50880 : 31800));
        assert_near(error_lsb(1, 0), 0, 0.5 + 1e-5);
        assert_int_equal(scan.faults, 0);
    }
}

static void a_clock_that_runs_fast_stretches_the_mains(void **state)
{
    (void)state;
    start((struct sim_config){.clock_ppm = 10000});
    for (int n = 0; n < 20000; n++) {
        read_at(1000000000 + n * INT64_C(125000));
        assert_near(scan.code[1] + 0.5, level_at_s(stamp_s(1) / 1.01), 0.5 + 1e-5);
    }
    struct sim_truth truth;
    adc_sim_net(sim, 2010000000);
    assert_true(adc_sim_truth(sim, &truth));
    assert_near(truth.duration_s, 1, 1e-12);
}

/* The driver's rule: a transfer of 10 us + 31.8 us + 17 clocks of 1.35 MHz may take half as much again and 50 us. */
static const struct {
    const char *name;
    double gap_ms;
    bool late;
} gaps[] = {
    {"2 ms", 2, true},
    {"0.2 ms", 0.2, true},
    {"0.078 ms, just too long", 0.078, true},
    {"0.077 ms, just not noticed", 0.077, false},
    {"0.03 ms", 0.03, false},
};

/* A transfer that is hit: conversions before the gap are half of it earlier than their stamps, those after it later. */
static void a_preemption_in_a_transfer_splits_it_and_the_stamps_stand_between(void **state)
{
    for (size_t c = 0; c < sizeof gaps / sizeof gaps[0]; c++) {
        print_message("  %s\n", gaps[c].name);
        set_up_sines(state);
        noise_init(&dice, 1);
        start((struct sim_config){.gap_ms = gaps[c].gap_ms, .gap_every_ms = 13.7, .seed = 3});
        double half_s = gaps[c].gap_ms * 0.5e-3;
        int hit = 0, between = 0, ahead = 0, n = 0;
        for (; clock_mono_ns(&clock_sim.clock) < INT64_C(61000000000); n++) {
            int64_t before_ns = clock_mono_ns(&clock_sim.clock);
            int64_t due_ns =
                before_ns + 41400 +
                (int64_t)(noise_bits(&dice) % 20001); /* a scan each 125 us, and no fixed ratio to the gaps */
            read_at(due_ns);
            bool split = scan.hold_ns[0] - 10000 - due_ns == llround(half_s * 1e9) &&
                         clock_mono_ns(&clock_sim.clock) - due_ns == 73600 + llround(2e9 * half_s);
            assert_true(scan.hold_ns[1] - scan.hold_ns[0] == 31800);
            if (!split) {
                assert_near(error_lsb(0, 0), 0, 0.5 + 1e-5);
                assert_near(error_lsb(1, 0), 0, 0.5 + 1e-5);
                continue;
            }
            hit++;
            assert_int_equal(scan.faults, gaps[c].late ? ADC_LATE : 0);
            bool first_early = fabs(error_lsb(0, -half_s)) < 0.51,
                 second_early = fabs(error_lsb(1, -half_s)) < 0.51;
            assert_true(first_early || fabs(error_lsb(0, half_s)) < 0.51);
            assert_true(second_early || fabs(error_lsb(1, half_s)) < 0.51);
            between += first_early && !second_early;
            ahead += !first_early;
        }
        /* 60 s hold 4,379 gaps; a transfer takes 73.6 of 125 us, 31.8 of them between the two instants, 10 before. */
        assert_near(hit, 4379 * 73.6 / 125, 5 * sqrt(4379 * 0.589 * 0.411));
        assert_near(between, 4379 * 31.8 / 125,
                    5 * sqrt(4379 * 0.254 * 0.746) + 40); /* at crests early is late */
        assert_near(ahead, 4379 * 10.0 / 125, 5 * sqrt(4379 * 0.08 * 0.92) + 40);
        tear_down(state);
    }
}

static void a_preemption_between_scans_delays_the_next_and_the_stamps_know(void **state)
{
    (void)state;
    start((struct sim_config){.gap_ms = 2, .gap_every_ms = 137, .seed = 3});
    int waits = 0, late = 0;
    int64_t due_ns = 1000000000;
    noise_init(&dice, 1);
    for (int n = 0; n < 480000; n++) { /* as hal/pace does: no burst catches up */
        due_ns = due_ns > clock_mono_ns(&clock_sim.clock) ? due_ns : clock_mono_ns(&clock_sim.clock);
        read_at(due_ns);
        int64_t delay_ns = scan.hold_ns[0] - due_ns - 10000;
        if (delay_ns > 0 && fabs(error_lsb(0, 0)) < 0.51 && fabs(error_lsb(1, 0)) < 0.51) {
            waits++;
            assert_true(delay_ns <= 2000000);
            assert_int_equal(scan.faults, delay_ns > 125000 ? ADC_LATE : 0);
        }
        late += scan.faults == ADC_LATE;
        due_ns += 115000 + (int64_t)(noise_bits(&dice) % 20001);
    }
    int gaps_seen = (int)((clock_mono_ns(&clock_sim.clock) - 1000000000) / 137000000);
    assert_near(waits, gaps_seen * 51.4 / 125, 5 * sqrt(gaps_seen * 0.41 * 0.59) + 8);
    assert_near(late, gaps_seen, 2);
}

static void lost_scans_are_never_seen(void **state)
{
    (void)state;
    enum { SCANS = 20000 };
    start((struct sim_config){.lose_share = 0.2, .seed = 3});
    int64_t due_ns = 1000000000, lost = 0;
    for (int n = 0; n < SCANS; n++) {
        read_at(due_ns);
        int64_t later_ns = scan.hold_ns[0] - due_ns - 10000;
        assert_true(later_ns % 125000 == 0);
        assert_near(error_lsb(1, 0), 0, 0.5 + 1e-5);
        lost += later_ns / 125000;
        due_ns = scan.hold_ns[0] - 10000 + 125000;
    }
    /* Lost ones before one that is not: geometric, mean 0.2 / 0.8, variance 0.2 / 0.8^2. */
    assert_near((double)lost, SCANS * 0.25, 5 * sqrt(SCANS * 0.3125));
}

struct run {
    int64_t hold_ns[2000][2];
    uint16_t code[2000][2];
};

static void record(void **state, struct run *run, uint64_t seed)
{
    set_up_sines(state);
    start((struct sim_config){.noise_lsb = 0.5,
                              .jitter_ns = 5000,
                              .stamp_ns = 1000,
                              .aperture_ns = 500,
                              .gap_ms = 2,
                              .gap_every_ms = 13.7,
                              .spi_factor = 1.6,
                              .lose_share = 0.01,
                              .hall_noise_ma = 200,
                              .inl_lsb = 1,
                              .seed = seed});
    for (int n = 0; n < 2000; n++) {
        read_at(clock_mono_ns(&clock_sim.clock) + 50000);
        memcpy(run->hold_ns[n], scan.hold_ns, sizeof run->hold_ns[n]);
        memcpy(run->code[n], scan.code, sizeof run->code[n]);
    }
    tear_down(state);
}

static void everything_at_once_is_the_same_with_the_same_seed(void **state)
{
    static struct run a, b, c;
    record(state, &a, 42);
    record(state, &b, 42);
    record(state, &c, 43);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up_sines, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(aperture_jitter_moves_the_instants_and_not_the_stamps),
        CASE(aperture_jitter_beyond_a_segment_s_start_finds_the_wave_that_is_to_come),
        CASE(the_spi_clock_wanders_every_second_second_and_the_stamps_know),
        CASE(a_clock_that_runs_fast_stretches_the_mains),
        CASE(a_preemption_in_a_transfer_splits_it_and_the_stamps_stand_between),
        CASE(a_preemption_between_scans_delays_the_next_and_the_stamps_know),
        CASE(lost_scans_are_never_seen),
        CASE(everything_at_once_is_the_same_with_the_same_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
