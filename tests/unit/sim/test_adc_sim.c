/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka last */
#include <cmocka.h>

#include "bench.h"

static const struct {
    const char *name;
    double current_a; /* direct current; the pin has (2.5 V + 40 mV/A) * 0.600418410 */
    int code;         /* floor(pin * 1024 / 3 V), by hand */
} levels[] = {
    {"no current stands in the middle", 0, 512}, /* 512.357 */
    {"just below the next code", 0.078, 512},    /* 512.997 */
    {"just above it", 0.079, 513},               /* 513.005 */
    {"ten amperes", 10, 594},                    /* 594.334 */
    {"ten amperes out", -10, 430},               /* 430.380 */
    {"the sensor's range fits", 62, 1020},       /* 1020.615 */
    {"the last code", 62.4, 1023},               /* 1023.893 */
    {"above the range the code stays at its end", 80, 1023},
    {"the lowest code", -62.45, 0}, /* 0.547 */
    {"below ground the code stays at 0", -80, 0},
    {"far beyond", 1e6, 1023},
};

static void the_quantiser_truncates_and_clips(void **state)
{
    for (size_t c = 0; c < sizeof levels / sizeof levels[0]; c++) {
        print_message("  %s\n", levels[c].name);
        set_up(state);
        fixed_constant(fixed.segment.grid_a[0], levels[c].current_a);
        start((struct sim_config){0});
        read_at(2000000000);
        assert_int_equal(scan.n, 2);
        assert_int_equal(scan.faults, 0);
        assert_int_equal(scan.code[1], levels[c].code);
        assert_in_range(scan.code[0], 511, 512); /* 1.5 V exactly, a code's edge: rounding decides */
        tear_down(state);
    }
}

/* Half a code either way, and for the 4-point interpolation 4e-11 of the peak. */
static const double code_tolerance = 0.5 + 1e-5;

static void conversions_follow_one_another_each_at_its_own_instant(void **state)
{
    (void)state;
    double rc_u_hz = 1 / (2 * fixture_pi * 1430 * 33e-9);
    double rc_i_hz = 1 / (2 * fixture_pi * (270 + 1910 * 2870.0 / 4780) * 33e-9);
    fixed.segment.f_hz = 59.3;
    fixed_sine(fixed.segment.u_v[0], 170, 1, 0);
    fixed_sine(fixed.segment.grid_a[0], 40, 1, -1);
    start((struct sim_config){0});
    for (int n = 0; n < 20000; n++) {
        int64_t due_ns = 1000000000 + n * INT64_C(123457);
        read_at(due_ns);
        assert_true(scan.hold_ns[0] == due_ns + 10000);
        assert_true(scan.hold_ns[1] == due_ns + 10000 + 31800);
        double t_s[2] = {1e-9 * (double)(scan.hold_ns[0] - 1000000000),
                         1e-9 * (double)(scan.hold_ns[1] - 1000000000)};
        assert_near(scan.code[0] + 0.5, sine_level_lsb(170, 59.3, 0, 1.0 / 160, 1.5, 0.5, rc_u_hz, t_s[0]),
                    code_tolerance);
        assert_near(scan.code[1] + 0.5,
                    sine_level_lsb(40, 59.3, -1, 0.04 * 2870 / 4780, 2.5 * 2870 / 4780, 0, rc_i_hz, t_s[1]),
                    code_tolerance);
    }
}

static void the_50th_harmonic_is_interpolated_to_3e_4_of_its_size(void **state)
{
    (void)state;
    board.channel[1].filter_f = 0;
    fixed_sine(fixed.segment.grid_a[0], 60, 50, 0.3);
    start((struct sim_config){0});
    double worst = 0, size_lsb = 60 * 0.04 * 2870 / 4780 * 1024 / 3;
    for (int n = 0; n < 20000; n++) {
        read_at(1000000000 + n * INT64_C(123457));
        double t_s = 1e-9 * (double)(scan.hold_ns[1] - 1000000000);
        double level = 2.5 * 2870 / 4780 * 1024 / 3 + size_lsb * sin(2 * fixture_pi * 3000 * t_s + 0.3);
        worst = fmax(worst, fabs(scan.code[1] + 0.5 - level) - 0.5);
    }
    assert_true(worst < 3e-4 * size_lsb);
}

static void change_amplitude(struct waveform_segment *segment, int number)
{
    fixed_constant(segment->grid_a[0], number % 2 ? 20 : -20);
    segment->f_hz = number % 4 < 2 ? 60 : 50;
}

static void a_new_segment_is_seen_from_its_first_instant(void **state)
{
    (void)state;
    fixed.change = change_amplitude;
    start((struct sim_config){0});
    /* Segments last 6/60 or 6/50 s: their ends lie at 0.1, 0.2, 0.32, 0.44, 0.54 s ... */
    static const double end_s[] = {0.1, 0.2, 0.32, 0.44, 0.54, 0.64, 0.76};
    for (int k = 0; k < 7; k++) {
        int64_t end_ns = 1000000000 + llround(end_s[k] * 1e9) - 41800; /* of the second conversion's due */
        read_at(end_ns - 1000);
        assert_int_equal(scan.code[1] < 512, k % 2 == 0);
        read_at(end_ns + 100000);
        assert_int_equal(scan.code[1] < 512, k % 2 == 1);
    }
}

static void noise_widens_the_codes_by_what_was_asked(void **state)
{
    (void)state;
    enum { SCANS = 200000 };
    /* The pin at a code's middle, so that truncation has no bias: (512.5 - 512.357) / 8.1977 A. */
    double zero_lsb = 2.5 * 2870 / 4780 * 1024 / 3, lsb_per_a = 0.04 * 2870 / 4780 * 1024 / 3;
    fixed_constant(fixed.segment.grid_a[0], (512.5 - zero_lsb) / lsb_per_a);
    start((struct sim_config){.noise_lsb = 0.8, .seed = 3});
    double sum = 0, squares = 0, cross = 0;
    for (int n = 0; n < SCANS; n++) {
        read_at(1000000000 + n * INT64_C(125000));
        double x = scan.code[1] - 512.0, y = scan.code[0] - 511.5;
        sum += x;
        squares += x * x;
        cross += x * y;
    }
    /* 0.8^2 and the quantiser's 1/12; Gaussian dither of 0.8 LSB leaves 1e-5 of other terms. 5 standard errors. */
    double variance = 0.64 + 1.0 / 12;
    assert_near(sum / SCANS, 0, 5 * sqrt(variance / SCANS));
    assert_near(squares / SCANS, variance, 5 * variance * sqrt(2.0 / SCANS));
    assert_near(cross / SCANS, 0, 5 * variance / sqrt(SCANS)); /* the channels' noises are independent */
}

static void wake_ups_are_late_never_early_and_the_stamps_know(void **state)
{
    (void)state;
    enum { SCANS = 50000 };
    fixed_sine(fixed.segment.grid_a[0], 40, 1, 0);
    board.channel[1].filter_f = 0;
    start((struct sim_config){.jitter_ns = 5000, .seed = 5});
    double squares = 0;
    for (int n = 0; n < SCANS; n++) {
        int64_t due_ns = 1000000000 + n * INT64_C(125000);
        read_at(due_ns);
        int64_t late_ns = scan.hold_ns[0] - due_ns - 10000;
        assert_true(late_ns >= 0 && late_ns <= 17321); /* 3.464 x 5000 */
        assert_true(scan.hold_ns[1] - scan.hold_ns[0] == 31800);
        squares += (double)late_ns * (double)late_ns;
        double t_s = 1e-9 * (double)(scan.hold_ns[1] - 1000000000);
        double level = sine_level_lsb(40, 60, 0, 0.04 * 2870 / 4780, 2.5 * 2870 / 4780, 0, 1e15, t_s);
        assert_near(scan.code[1] + 0.5, level, code_tolerance);
    }
    assert_near(sqrt(squares / SCANS), 5000, 5 * 5000 * sqrt(0.5 / SCANS));
}

static void stamp_errors_are_in_the_stamps_only(void **state)
{
    (void)state;
    enum { SCANS = 50000 };
    start((struct sim_config){.stamp_ns = 300, .seed = 5});
    double sum = 0, squares = 0;
    for (int n = 0; n < SCANS; n++) {
        int64_t due_ns = 1000000000 + n * INT64_C(125000);
        read_at(due_ns);
        double error_ns = (double)(scan.hold_ns[1] - due_ns - 41800);
        sum += error_ns;
        squares += error_ns * error_ns;
        assert_true(clock_mono_ns(&clock_sim.clock) == due_ns + 10000 + 2 * 31800);
    }
    assert_near(sum / SCANS, 0, 5 * 300 / sqrt(SCANS));
    assert_near(sqrt(squares / SCANS), 300, 5 * 300 * sqrt(0.5 / SCANS));
}

static void a_scan_that_is_overdue_starts_when_the_one_before_has_ended(void **state)
{
    (void)state;
    start((struct sim_config){.jitter_ns = 1000, .seed = 1});
    int64_t before_ns = 0;
    for (int n = 0; n < 1000; n++) { /* all due in the past */
        read_at(500000000);
        assert_true(n == 0 || scan.hold_ns[0] >= before_ns + 31800 + 10000);
        before_ns = scan.hold_ns[1];
        assert_true(clock_mono_ns(&clock_sim.clock) >= before_ns);
    }
}

struct run {
    int64_t hold_ns[2000][2];
    uint16_t code[2000][2];
};

static void record(struct run *run, uint64_t seed)
{
    start((struct sim_config){
        .noise_lsb = 0.5, .jitter_ns = 5000, .stamp_ns = 200, .corrupt_share = 0.01, .seed = seed});
    for (int n = 0; n < 2000; n++) {
        read_at(clock_mono_ns(&clock_sim.clock) + 50000);
        memcpy(run->hold_ns[n], scan.hold_ns, sizeof run->hold_ns[n]);
        memcpy(run->code[n], scan.code, sizeof run->code[n]);
    }
}

static void the_same_seed_gives_the_same_bytes_and_another_does_not(void **state)
{
    static struct run a, b, c;
    record(&a, 42);
    tear_down(state);
    set_up(state);
    record(&b, 42);
    tear_down(state);
    set_up(state);
    record(&c, 43);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
}

/* One bit of 24 is flipped. The driver can see it in the null bit, in B1..B6 and in their repetition: 13 of 24. It
 * cannot in B0, B7, B8, B9: 4 of 24. The 7 bits before the null bit do not matter. */
static void corrupt_frames_are_found_as_far_as_the_wire_format_allows(void **state)
{
    (void)state;
    enum { SCANS = 20000 };
    start((struct sim_config){.corrupt_share = 0.5, .seed = 9});
    int found = 0, slipped = 0;
    for (int n = 0; n < SCANS; n++) {
        read_at(1000000000 + n * INT64_C(125000));
        bool corrupt = scan.corrupt & 2;
        assert_int_equal(scan.faults, scan.corrupt ? ADC_CORRUPT : 0);
        found += corrupt;
        slipped += !corrupt && scan.code[1] != 512;
        assert_true(!corrupt || scan.code[1] == 0);
    }
    assert_near((double)found / SCANS, 0.5 * 13 / 24, 5 * sqrt(0.27 * 0.73 / SCANS));
    assert_near((double)slipped / SCANS, 0.5 * 4 / 24, 5 * sqrt(0.083 * 0.917 / SCANS));
}

/* Split phase with solar: each input must see its own table. */
static void every_channel_is_connected_as_the_board_says(void **state)
{
    (void)state;
    static const struct {
        int input, circuit, element, voltage_channel;
        double current_a;
    } wiring[] = {{2, BOARD_GRID, 1, 0, 10},
                  {4, BOARD_GRID, 2, 1, 20},
                  {5, BOARD_SOLAR, 1, 0, -10},
                  {7, BOARD_SOLAR, 2, 1, -20}};
    struct board_channel voltage = board.channel[0], current = board.channel[1];
    voltage.voltage.transformer_high_pass_hz = 0; /* lets direct voltages through, to tell them apart */
    board.channel[0] = board.channel[1] = voltage;
    fixed.segment.legs = 2;
    fixed_constant(fixed.segment.u_v[0], 100);
    fixed_constant(fixed.segment.u_v[1], -100);
    plan = (struct adc_plan){.n = 7, .input = {0, 1, 2, 4, 5, 7, 3}, .conversion_spacing_ns = 31800};
    for (int k = 0; k < 4; k++) {
        struct board_channel *channel = &board.channel[wiring[k].input];
        *channel = current;
        channel->circuit = (enum board_circuit)wiring[k].circuit;
        channel->element = wiring[k].element;
        channel->voltage_channel = wiring[k].voltage_channel;
        fixed_constant(wiring[k].circuit == BOARD_GRID ? fixed.segment.grid_a[wiring[k].element - 1]
                                                       : fixed.segment.solar_a[wiring[k].element - 1],
                       wiring[k].current_a);
    }
    start((struct sim_config){0});
    read_at(2000000000);
    assert_int_equal(scan.code[0], 725); /* 1.5 V + 100 V / 160 = 2.125 V: 725.3 */
    assert_int_equal(scan.code[1], 298); /* 0.875 V: 298.7 */
    for (int k = 0; k < 4; k++) {
        assert_int_equal(scan.code[2 + k], (int)(512.357 + 8.19771 * wiring[k].current_a));
    }
    assert_int_equal(scan.code[6], 0); /* unused: grounded */
}

static void a_leg_that_the_installation_lacks_is_dead(void **state)
{
    (void)state;
    board.channel[1].element = 2;
    fixed_constant(fixed.segment.grid_a[1], 30);
    fixed_constant(fixed.segment.grid_a[0], 30);
    start((struct sim_config){0});
    read_at(2000000000);
    assert_int_equal(scan.code[1], 512);
}

static void spoil_count_low(void)
{
    plan.n = 0;
}
static void spoil_count_high(void)
{
    plan.n = 9;
}
static void spoil_input(void)
{
    plan.input[1] = 8;
}
static void spoil_element(void)
{
    board.channel[1].element = 3;
}
static void spoil_element_of_voltage(void)
{
    board.channel[1].element = 0;
    plan.n = 1;
}
static void spoil_reference(void)
{
    board.converter.reference_v = 0;
}

static void a_plan_that_does_not_fit_the_board_is_refused(void **state)
{
    static void (*const spoil[])(void) = {spoil_count_low, spoil_count_high,         spoil_input,
                                          spoil_element,   spoil_element_of_voltage, spoil_reference};
    for (size_t c = 0; c < sizeof spoil / sizeof spoil[0]; c++) {
        set_up(state);
        spoil[c]();
        struct sim_config config = {0};
        assert_null(adc_sim_init(&board, &plan, &config, &fixed.source, &clock_sim.clock));
    }
}

static int interrupted(struct clock *clock, int64_t until_ns)
{
    (void)clock;
    (void)until_ns;
    return -EINTR;
}

static void an_interrupted_sleep_reads_nothing(void **state)
{
    (void)state;
    start((struct sim_config){0});
    struct clock_ops ops = *clock_sim.clock.ops;
    ops.sleep_until = interrupted;
    clock_sim.clock.ops = &ops;
    scan.n = 99;
    assert_int_equal(adc_read(adc_sim_adc(sim), 2000000000, &scan), -EINTR);
    assert_int_equal(scan.n, 99);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(the_quantiser_truncates_and_clips),
        CASE(conversions_follow_one_another_each_at_its_own_instant),
        CASE(the_50th_harmonic_is_interpolated_to_3e_4_of_its_size),
        CASE(a_new_segment_is_seen_from_its_first_instant),
        CASE(noise_widens_the_codes_by_what_was_asked),
        CASE(wake_ups_are_late_never_early_and_the_stamps_know),
        CASE(stamp_errors_are_in_the_stamps_only),
        CASE(a_scan_that_is_overdue_starts_when_the_one_before_has_ended),
        CASE(the_same_seed_gives_the_same_bytes_and_another_does_not),
        CASE(corrupt_frames_are_found_as_far_as_the_wire_format_allows),
        CASE(every_channel_is_connected_as_the_board_says),
        CASE(a_leg_that_the_installation_lacks_is_dead),
        CASE(a_plan_that_does_not_fit_the_board_is_refused),
        CASE(an_interrupted_sleep_reads_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
