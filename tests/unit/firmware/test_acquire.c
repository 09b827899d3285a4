/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/acquire.h"

#include <errno.h>
#include <string.h>

enum { RING = 64, PERIOD_NS = 125000 };

/* A converter whose n-th read can be told to fail, to be late or to be corrupt. */
struct fake_adc {
    struct adc adc;
    struct clock *clock;
    int reads;
    int fail_at, late_at, corrupt_at, end_at;
    int64_t due_ns; /* of the last read */
};

static int fake_read(struct adc *adc, int64_t due_ns, struct adc_scan *scan)
{
    struct fake_adc *fake = (struct fake_adc *)adc;
    clock_sleep_until(fake->clock, due_ns);
    fake->reads++;
    fake->due_ns = due_ns;
    if (fake->reads == fake->end_at)
        return -ENODATA;
    if (fake->reads == fake->fail_at)
        return -EIO;
    *scan = (struct adc_scan){.n = 1, .hold_ns = {due_ns}, .code = {(uint16_t)(fake->reads & 1023)}};
    if (fake->reads == fake->late_at)
        scan->faults = ADC_LATE;
    if (fake->reads == fake->corrupt_at)
        scan->faults = ADC_CORRUPT;
    return 0;
}

static const struct adc_ops fake_ops = {.name = "fake", .read = fake_read};

struct bench {
    struct clock_sim clock;
    struct fake_adc fake;
    struct source source;
    struct health health;
    struct spsc ring;
    struct adc_scan memory[RING];
    struct acquire acquire;
};

static void set_up(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    clock_sim_init(&bench->clock, 0, 0);
    bench->fake = (struct fake_adc){.adc = {&fake_ops}, .clock = &bench->clock.clock};
    bench->source.simulated = true; /* reopening succeeds at once */
    bench->source.clock = &bench->clock.clock;
    bench->source.adc = &bench->fake.adc;
    assert_int_equal(spsc_init(&bench->ring, bench->memory, sizeof bench->memory[0], RING), 0);
    bench->acquire.source = &bench->source;
    bench->acquire.ring = &bench->ring;
    bench->acquire.health = &bench->health;
    bench->acquire.end_ns = INT64_MAX;
    pace_init(&bench->acquire.pace, clock_mono_ns(&bench->clock.clock), PERIOD_NS, 1);
}

static void test_scans_reach_the_ring_in_order(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    for (int k = 0; k < RING; k++)
        assert_true(acquire_step(&bench.acquire));
    struct adc_scan scan;
    int64_t before_ns = 0;
    for (int k = 1; k <= RING; k++) {
        assert_true(spsc_pop(&bench.ring, &scan));
        assert_int_equal(scan.code[0], k);
        assert_true(scan.hold_ns[0] > before_ns);
        before_ns = scan.hold_ns[0];
    }
}

static void test_it_ends_at_its_end(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    bench.acquire.end_ns = clock_mono_ns(&bench.clock.clock) + 20 * PERIOD_NS;
    int steps = 0;
    while (acquire_step(&bench.acquire))
        steps++;
    assert_in_range(steps, 18, 22); /* the pace is dithered */
}

static void test_it_ends_when_asked(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    atomic_store(&bench.acquire.stop, true);
    assert_false(acquire_step(&bench.acquire));
    assert_int_equal(bench.fake.reads, 0);
}

static void test_it_ends_when_no_scan_follows(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    bench.fake.end_at = 4;
    int steps = 0;
    while (acquire_step(&bench.acquire))
        steps++;
    assert_int_equal(steps, 3);
    assert_int_equal(spsc_count(&bench.ring), 3);
    assert_int_equal(atomic_load(&bench.health.scans_failed),
                     0); /* nothing has failed, nothing is opened again */
    assert_int_equal(bench.fake.reads, 4);
}

/* A recording's rate is its own: the dithered pace would end it too early or too late. */
static void test_a_source_with_a_pace_of_its_own_is_asked_now(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    struct adc_ops ops = fake_ops;
    ops.own_pace = true;
    bench.fake.adc.ops = &ops;
    int64_t start_ns = clock_mono_ns(&bench.clock.clock);
    for (int k = 0; k < RING; k++) {
        assert_true(acquire_step(&bench.acquire));
        assert_true(bench.fake.due_ns == start_ns);
    }
    bench.acquire.end_ns = start_ns;
    assert_false(acquire_step(&bench.acquire));
}

static void test_a_full_ring_loses_the_scan_and_counts_it(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    bench.clock.clock.simulated = false; /* a real clock does not wait */
    for (int k = 0; k < RING + 5; k++)
        acquire_step(&bench.acquire);
    assert_int_equal(atomic_load(&bench.health.ring_lost), 5);
    struct adc_scan scan;
    assert_true(spsc_pop(&bench.ring, &scan));
    assert_int_equal(scan.code[0], 1); /* what was inside is whole */
}

static void test_a_failing_converter_is_opened_again_and_goes_on(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    bench.fake.fail_at = 3;
    for (int k = 0; k < 5; k++)
        assert_true(acquire_step(&bench.acquire));
    assert_int_equal(atomic_load(&bench.health.scans_failed), 1);
    assert_int_equal(atomic_load(&bench.health.scans), 4);
}

static void test_late_and_corrupt_scans_are_counted_and_delivered(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    bench.fake.late_at = 2;
    bench.fake.corrupt_at = 4;
    for (int k = 0; k < 6; k++)
        acquire_step(&bench.acquire);
    assert_int_equal(atomic_load(&bench.health.scans_late), 1);
    assert_int_equal(atomic_load(&bench.health.scans_corrupt), 1);
    assert_int_equal(spsc_count(&bench.ring), 6);
}

static void test_the_thread_starts_and_stops(void **state)
{
    (void)state;
    static struct bench bench;
    set_up(&bench);
    bench.clock.clock.simulated = false;
    assert_int_equal(acquire_start(&bench.acquire), 0);
    while (atomic_load(&bench.health.scans) < 100)
        ;
    acquire_stop(&bench.acquire);
    assert_true(atomic_load(&bench.acquire.ended));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scans_reach_the_ring_in_order),
        cmocka_unit_test(test_it_ends_at_its_end),
        cmocka_unit_test(test_it_ends_when_asked),
        cmocka_unit_test(test_it_ends_when_no_scan_follows),
        cmocka_unit_test(test_a_source_with_a_pace_of_its_own_is_asked_now),
        cmocka_unit_test(test_a_full_ring_loses_the_scan_and_counts_it),
        cmocka_unit_test(test_a_failing_converter_is_opened_again_and_goes_on),
        cmocka_unit_test(test_late_and_corrupt_scans_are_counted_and_delivered),
        cmocka_unit_test(test_the_thread_starts_and_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
