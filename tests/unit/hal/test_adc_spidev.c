/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the driver reads, against spidev's rules and the chip's bytes: codes, instants, faults. */
#include "tests/unit/hal/spidev_bench.h"

static void each_number_of_conversions_gives_codes_and_instants_in_the_plans_order(void **state)
{
    (void)state;
    for (int n = 1; n <= ADC_CHANNELS; n++) {
        struct adc_plan plan = reference;
        struct adc_spidev spidev;
        struct adc_scan scan;
        plan.n = n;
        plan.period_ns = 1000000;
        for (int k = 0; k < n; k++)
            plan.input[k] = (uint8_t)(ADC_CHANNELS - 1 - k);
        assert_int_equal(start(&spidev, &plan), 0);
        int64_t due_ns = fake.now_ns + 125000;
        assert_int_equal(adc_read(&spidev.adc, due_ns, &scan), 0);
        assert_int_equal(scan.n, n);
        assert_int_equal(scan.faults, 0);
        assert_int_equal(scan.corrupt, 0);
        assert_int_equal(fake.messages, 1);
        assert_int_equal(fake.frames, n);
        assert_false(fake.selected);
        for (int k = 0; k < n; k++) {
            assert_int_equal(scan.code[k], fake_spidev_code(plan.input[k], fake.hold_ns[k]));
            /* entry and exit last equally long: exact but for two roundings to whole ns */
            assert_in_range(scan.hold_ns[k] - fake.hold_ns[k] + 2, 0, 4);
        }
        assert_true(scan.hold_ns[0] > due_ns);
        fake.messages = 0;
        adc_close(&spidev.adc);
    }
}

/* The device's own speed belongs to whoever set it last. */
static void another_programs_speed_changes_nothing(void **state)
{
    (void)state;
    struct adc_spidev spidev;
    struct adc_scan scan;
    assert_int_equal(start(&spidev, &reference), 0);
    fake.speed_hz = 100000;
    assert_int_equal(adc_read(&spidev.adc, fake.now_ns + 125000, &scan), 0);
    assert_int_equal(scan.faults, 0);
    for (int k = 0; k < 2; k++)
        assert_int_equal(scan.code[k], fake_spidev_code((unsigned)k, fake.hold_ns[k]));
    assert_in_range(scan.hold_ns[1] - fake.hold_ns[1] + 10, 0, 20);
    adc_close(&spidev.adc);
}

/* The kernel's way in and out are not equally long: the stamps are off by half the difference, all by the same. */
static void unequal_ways_in_and_out_shift_all_stamps_alike(void **state)
{
    (void)state;
    static const int32_t entry_ns[] = {0, 3000, 20000};
    for (size_t i = 0; i < sizeof entry_ns / sizeof entry_ns[0]; i++) {
        struct adc_spidev spidev;
        struct adc_scan scan;
        fake.entry_ns = entry_ns[i];
        fake.exit_ns = 1000;
        assert_int_equal(start(&spidev, &reference), 0);
        assert_int_equal(adc_read(&spidev.adc, fake.now_ns, &scan), 0);
        int64_t shift_ns = (1000 - entry_ns[i]) / 2;
        for (int k = 0; k < 2; k++)
            assert_in_range(scan.hold_ns[k] - fake.hold_ns[k] - shift_ns + 2, 0, 4);
        assert_int_equal(scan.hold_ns[1] - scan.hold_ns[0], 31800);
        adc_close(&spidev.adc);
    }
}

static const struct {
    const char *name;
    int32_t exit_ns;
    int64_t oversleep_ns;
    uint8_t faults;
} delays[] = {
    /* nominal: 10000 + 31800 + 17 clocks (12592) = 54392 ns; longest: 1.5 times that and 50000 = 131588 ns */
    {"a scan as planned is not late", 3000, 0, 0},
    {"an ioctl of the longest duration is not late", 131588 - 54392 - 3000 - 8, 0, 0},
    {"an ioctl above it is late", 131588 - 54392 - 3000 + 8, 0, ADC_LATE},
    {"a preempted ioctl is late", 5000000, 0, ADC_LATE},
    {"a start one period after it was due is not late", 3000, 125000, 0},
    {"a start more than a period after it was due is late", 3000, 125001, ADC_LATE},
    {"a start a second after it was due is late", 3000, 1000000000, ADC_LATE},
};

static void what_lasts_or_starts_too_long_is_marked_late_and_still_delivered(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        struct adc_spidev spidev;
        struct adc_scan scan;
        fake.exit_ns = delays[i].exit_ns;
        oversleep_ns = delays[i].oversleep_ns;
        assert_int_equal(start(&spidev, &reference), 0);
        assert_int_equal(adc_read(&spidev.adc, fake.now_ns + 1000, &scan), 0);
        if (scan.faults != delays[i].faults)
            fail_msg("%s: faults %d", delays[i].name, scan.faults);
        assert_int_equal(scan.code[1], fake_spidev_code(1, fake.hold_ns[1]));
        adc_close(&spidev.adc);
    }
}

static const struct {
    const char *name;
    int frame, byte;
    uint8_t bits;
    uint8_t corrupt;
} flips[] = {
    {"a floating bit is no matter", 0, 0, 0x80, 0},    {"a null bit of the first frame", 0, 0, 0x01, 1},
    {"a null bit of the second frame", 1, 0, 0x01, 2}, {"a flipped B4", 1, 1, 0x04, 2},
    {"a flipped repetition", 0, 2, 0x20, 1},
};

static void a_corrupt_frame_is_marked_and_the_others_are_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof flips / sizeof flips[0]; i++) {
        struct adc_spidev spidev;
        struct adc_scan scan;
        renew(NULL);
        fake.flip[flips[i].frame][flips[i].byte] = flips[i].bits;
        assert_int_equal(start(&spidev, &reference), 0);
        assert_int_equal(adc_read(&spidev.adc, fake.now_ns, &scan), 0);
        if (scan.corrupt != flips[i].corrupt || scan.faults != (flips[i].corrupt ? ADC_CORRUPT : 0))
            fail_msg("%s: corrupt %d, faults %d", flips[i].name, scan.corrupt, scan.faults);
        int other = 1 - flips[i].frame;
        assert_int_equal(scan.code[other], fake_spidev_code((unsigned)other, fake.hold_ns[other]));
        adc_close(&spidev.adc);
    }
}

static void without_a_chip_all_frames_are_corrupt(void **state)
{
    (void)state;
    struct adc_spidev spidev;
    struct adc_scan scan;
    fake.absent = true;
    assert_int_equal(start(&spidev, &reference), 0);
    assert_int_equal(adc_read(&spidev.adc, fake.now_ns, &scan), 0);
    assert_int_equal(scan.corrupt, 3);
    assert_int_equal(scan.faults, ADC_CORRUPT);
    fake.absent = false; /* plugged in again: nothing sticks */
    assert_int_equal(adc_read(&spidev.adc, fake.now_ns, &scan), 0);
    assert_int_equal(scan.corrupt, 0);
    assert_int_equal(scan.faults, 0);
    adc_close(&spidev.adc);
}

#define MESSAGE_2 SPI_IOC_MESSAGE(2)

static const struct {
    const char *name;
    int refuse_error, short_by, sleep_status;
    int expected;
} failures[] = {
    {"an I/O error is passed on", EIO, 0, 0, -EIO},
    {"a controller that times out is passed on", ETIMEDOUT, 0, 0, -ETIMEDOUT},
    {"a device that went away is passed on", ESHUTDOWN, 0, 0, -ESHUTDOWN},
    {"a short transfer is an I/O error", 0, 3, 0, -EIO},
    {"an empty transfer is an I/O error", 0, 6, 0, -EIO},
    {"a wait ended by a signal is passed on", 0, 0, -EINTR, -EINTR},
};

static void a_failed_read_says_why_and_the_next_one_works(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct adc_spidev spidev;
        struct adc_scan scan;
        renew(NULL);
        assert_int_equal(start(&spidev, &reference), 0);
        fake.refuse = failures[i].refuse_error ? MESSAGE_2 : 0;
        fake.refuse_error = failures[i].refuse_error;
        fake.short_by = failures[i].short_by;
        sleep_status = failures[i].sleep_status;
        int status = adc_read(&spidev.adc, fake.now_ns, &scan);
        if (status != failures[i].expected)
            fail_msg("%s: %d", failures[i].name, status);
        fake.refuse = 0;
        fake.short_by = sleep_status = 0;
        assert_int_equal(adc_read(&spidev.adc, fake.now_ns, &scan), 0);
        adc_close(&spidev.adc);
        assert_int_equal(start(&spidev, &reference), 0); /* as a caller does after a failure */
        assert_int_equal(adc_read(&spidev.adc, fake.now_ns, &scan), 0);
        adc_close(&spidev.adc);
        assert_int_equal(fake.opened, fake.closed);
    }
}

static void long_runs_with_random_faults_never_deliver_a_wrong_code_unmarked(void **state)
{
    (void)state;
    struct adc_spidev spidev;
    struct adc_scan scan;
    uint64_t random = 42;
    int corrupt = 0;
    assert_int_equal(start(&spidev, &reference), 0);
    for (int i = 0; i < 100000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        /* any of the bits that the frame's redundancy protects */
        static const uint8_t protected_bits[MCP3008_FRAME] = {0x01, 0x1f, 0xbf};
        unsigned bit = (unsigned)(random >> 33) % 256; /* mostly none */
        memset(fake.flip, 0, sizeof fake.flip);
        bool flipped = bit < 24 && (protected_bits[bit / 8] & 0x80 >> bit % 8);
        if (flipped)
            fake.flip[1][bit / 8] = (uint8_t)(0x80 >> bit % 8);
        assert_int_equal(adc_read(&spidev.adc, fake.now_ns + 70000, &scan), 0);
        assert_int_equal(scan.corrupt, flipped ? 2 : 0);
        assert_int_equal(scan.code[0], fake_spidev_code(0, fake.hold_ns[0]));
        if (!flipped)
            assert_int_equal(scan.code[1], fake_spidev_code(1, fake.hold_ns[1]));
        corrupt += flipped;
    }
    printf("100000 scans, %d with a corrupt frame, all marked\n", corrupt);
    assert_true(corrupt > 1000);
    adc_close(&spidev.adc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_number_of_conversions_gives_codes_and_instants_in_the_plans_order, renew),
        cmocka_unit_test_setup(another_programs_speed_changes_nothing, renew),
        cmocka_unit_test_setup(unequal_ways_in_and_out_shift_all_stamps_alike, renew),
        cmocka_unit_test_setup(what_lasts_or_starts_too_long_is_marked_late_and_still_delivered, renew),
        cmocka_unit_test_setup(a_corrupt_frame_is_marked_and_the_others_are_kept, renew),
        cmocka_unit_test_setup(without_a_chip_all_frames_are_corrupt, renew),
        cmocka_unit_test_setup(a_failed_read_says_why_and_the_next_one_works, renew),
        cmocka_unit_test_setup(long_runs_with_random_faults_never_deliver_a_wrong_code_unmarked, renew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
