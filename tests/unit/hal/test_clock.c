/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real clocks are checked for order and agreement only: how long a wait lasts on a busy machine is nobody's promise. */
#include "hal/clock.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#include <cmocka.h>

static const int64_t second_ns = 1000000000;

static int64_t now_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * second_ns + t.tv_nsec;
}

static void the_real_clock_reads_the_raw_monotonic_clock_and_utc(void **state)
{
    (void)state;
    struct clock_real real;
    clock_real_init(&real);
    assert_false(real.clock.simulated);
    int64_t before_ns = now_ns(CLOCK_MONOTONIC_RAW);
    int64_t read_ns = clock_mono_ns(&real.clock);
    assert_in_range(read_ns, before_ns, now_ns(CLOCK_MONOTONIC_RAW));
    int64_t before_ms = now_ns(CLOCK_REALTIME) / 1000000;
    int64_t read_ms = clock_utc_ms(&real.clock);
    assert_in_range(read_ms, before_ms, now_ns(CLOCK_REALTIME) / 1000000);
}

static void the_real_clock_says_of_utc_what_the_kernel_says(void **state)
{
    (void)state;
    struct clock_real real;
    clock_real_init(&real);
    struct timex kernel = {.modes = 0};
    int status = adjtimex(&kernel);
    assert_int_equal(clock_utc_synced(&real.clock), status >= 0 && !(kernel.status & STA_UNSYNC));
}

/* RAW may be slewed against MONOTONIC by more than the wait: whatever the rates are, RAW has reached the instant. */
static void the_real_clock_sleeps_until_the_raw_instant_is_reached(void **state)
{
    (void)state;
    struct clock_real real;
    clock_real_init(&real);
    int64_t until_ns = clock_mono_ns(&real.clock);
    for (int i = 0; i < 50; i++) {
        until_ns += 200000;
        assert_int_equal(clock_sleep_until(&real.clock, until_ns), 0);
        assert_true(clock_mono_ns(&real.clock) >= until_ns);
    }
    assert_int_equal(clock_sleep_until(&real.clock, 0), 0); /* the past needs no wait */
}

static void on_alarm(int number)
{
    (void)number;
}

/* Fires repeatedly, so that an alarm before the sleep begins is followed by one within it. */
static void alarm_every_ms(bool on)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* no SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {{0, on ? 1000 : 0}, {0, on ? 1000 : 0}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void a_signal_ends_the_wait_of_either_clock(void **state)
{
    (void)state;
    struct clock_real real;
    struct clock_sim sim;
    clock_real_init(&real);
    clock_sim_init(&sim, 0, 1.0);
    alarm_every_ms(true);
    int real_status = clock_sleep_until(&real.clock, clock_mono_ns(&real.clock) + 3600 * second_ns);
    int sim_status = clock_sleep_until(&sim.clock, 3600 * second_ns);
    alarm_every_ms(false);
    assert_int_equal(real_status, -EINTR);
    assert_int_equal(sim_status, -EINTR);
    assert_int_equal(clock_mono_ns(&sim.clock), second_ns); /* an unfinished wait moves nothing */
}

static const struct {
    const char *name;
    int64_t until_ns, mono_ns, utc_ms;
} steps[] = {
    {"time starts at one second and the given UTC", 0, INT64_C(1000000000), INT64_C(1700000000000)},
    {"a sleep sets the time to its end", INT64_C(1000125000), INT64_C(1000125000), INT64_C(1700000000000)},
    {"UTC follows in whole milliseconds", INT64_C(1000999999), INT64_C(1000999999), INT64_C(1700000000000)},
    {"and passes on with them", INT64_C(1001000000), INT64_C(1001000000), INT64_C(1700000000001)},
    {"an instant in the past moves nothing", INT64_C(5), INT64_C(1001000000), INT64_C(1700000000001)},
    {"a day passes at once", INT64_C(86401000000000), INT64_C(86401000000000), INT64_C(1700086400000)},
};

static void unpaced_simulated_time_moves_only_by_sleeping(void **state)
{
    (void)state;
    struct clock_sim sim;
    clock_sim_init(&sim, INT64_C(1700000000000), 0);
    assert_true(sim.clock.simulated);
    assert_true(clock_utc_synced(&sim.clock));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_int_equal(clock_sleep_until(&sim.clock, steps[i].until_ns), 0);
        if (clock_mono_ns(&sim.clock) != steps[i].mono_ns || clock_utc_ms(&sim.clock) != steps[i].utc_ms)
            fail_msg("%s: %lld ns, %lld ms", steps[i].name, (long long)clock_mono_ns(&sim.clock),
                     (long long)clock_utc_ms(&sim.clock));
    }
}

static const struct {
    const char *name;
    int64_t at_ns, utc_ms;
    bool synced[4]; /* by enum clock_synced */
} stepped[] = {
    {"before any step", 0, 1000000, {true, false, false, true}},
    {"just before the first", 9999999999, 1009999, {true, false, false, true}},
    {"at the first, forward by an hour", 10000000000, 4610000, {true, false, true, false}},
    {"at the second, back by two", 20000000000, -2580000, {true, false, true, false}},
    {"an instant gone by is as it was", 5000000000, 1005000, {true, false, false, true}},
    {"a step of milliseconds", 30000000000, -2570007, {true, false, true, false}},
};

static void simulated_utc_steps_when_it_is_told_to(void **state)
{
    (void)state;
    struct clock_sim sim;
    clock_sim_init(&sim, 1000000, 0);
    sim.steps = 3;
    sim.step[0] = (struct clock_step){11 * second_ns, 3600000};
    sim.step[1] = (struct clock_step){21 * second_ns, -7200000};
    sim.step[2] = (struct clock_step){31 * second_ns, -7};
    for (size_t i = 0; i < sizeof stepped / sizeof stepped[0]; i++)
        for (int k = 0; k < 4; k++) {
            const int64_t at_ns = second_ns + stepped[i].at_ns;
            sim.synced = (enum clock_synced)k;
            if (clock_utc_at_ms(&sim.clock, at_ns) != stepped[i].utc_ms ||
                clock_utc_synced_at(&sim.clock, at_ns) != stepped[i].synced[k])
                fail_msg("%s: %lld ms, %d", stepped[i].name, (long long)clock_utc_at_ms(&sim.clock, at_ns),
                         clock_utc_synced_at(&sim.clock, at_ns));
        }
}

/* A second that is over or to come is as far from now on either clock, to the millisecond that is cut off. */
static void the_real_clock_tells_utc_of_another_instant(void **state)
{
    (void)state;
    struct clock_real real;
    clock_real_init(&real);
    for (int by_s = -1; by_s <= 1; by_s++) {
        const int64_t before_ms = now_ns(CLOCK_REALTIME) / 1000000;
        const int64_t utc_ms =
            clock_utc_at_ms(&real.clock, clock_mono_ns(&real.clock) + by_s * second_ns) - 1000 * by_s;
        assert_true(utc_ms >= before_ms - 1 && utc_ms <= now_ns(CLOCK_REALTIME) / 1000000 + 1);
    }
}

/* At speed s, simulated time t is reached no earlier than t / s of real time, less the lead of 2 ms. */
static void paced_simulated_time_is_never_more_than_the_lead_ahead(void **state)
{
    (void)state;
    static const double speeds[] = {0.5, 1, 10, 1000};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        struct clock_sim sim;
        clock_sim_init(&sim, 0, speeds[i]);
        int64_t start_ns = sim.real_start_ns;
        int64_t step_ns = (int64_t)(125000 * speeds[i]);
        int64_t simulated_ns = 0;
        for (int k = 0; k < 160; k++) { /* 20 ms of real time */
            simulated_ns += step_ns;
            assert_int_equal(clock_sleep_until(&sim.clock, second_ns + simulated_ns), 0);
            int64_t real_ns = now_ns(CLOCK_MONOTONIC) - start_ns;
            assert_true((double)simulated_ns / speeds[i] <= (double)(real_ns + 2000001)); /* 1 ns: rounding */
        }
    }
}

static long blocked(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

/* Each wait uses up a lead of 2 ms, that is 16 scans of 125 us: 160 scans block 10 times at most. */
static void paced_simulated_time_does_not_wait_at_each_scan(void **state)
{
    (void)state;
    struct clock_sim sim;
    clock_sim_init(&sim, 0, 1.0);
    long before = blocked();
    for (int k = 1; k <= 160; k++)
        assert_int_equal(clock_sleep_until(&sim.clock, second_ns + k * INT64_C(125000)), 0);
    assert_in_range(blocked() - before, 0, 12); /* two for whatever else may block: a page to be read in */
}

static void *watch(void *clock)
{
    int64_t last_ns = 0;
    while (last_ns < 2 * second_ns) {
        int64_t read_ns = clock_mono_ns(clock);
        if (read_ns < last_ns)
            return clock; /* went back */
        last_ns = read_ns;
    }
    return NULL;
}

static void another_thread_sees_simulated_time_rise(void **state)
{
    (void)state;
    struct clock_sim sim;
    clock_sim_init(&sim, 0, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, watch, &sim.clock), 0);
    for (int64_t t = second_ns; t <= 2 * second_ns; t += 125000)
        clock_sleep_until(&sim.clock, t);
    void *wrong;
    pthread_join(thread, &wrong);
    assert_null(wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_clock_reads_the_raw_monotonic_clock_and_utc),
        cmocka_unit_test(the_real_clock_says_of_utc_what_the_kernel_says),
        cmocka_unit_test(the_real_clock_sleeps_until_the_raw_instant_is_reached),
        cmocka_unit_test(a_signal_ends_the_wait_of_either_clock),
        cmocka_unit_test(unpaced_simulated_time_moves_only_by_sleeping),
        cmocka_unit_test(simulated_utc_steps_when_it_is_told_to),
        cmocka_unit_test(the_real_clock_tells_utc_of_another_instant),
        cmocka_unit_test(paced_simulated_time_is_never_more_than_the_lead_ahead),
        cmocka_unit_test(paced_simulated_time_does_not_wait_at_each_scan),
        cmocka_unit_test(another_thread_sees_simulated_time_rise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
