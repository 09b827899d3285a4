/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files are read back here by their format's definition, not by the reader in hal/replay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/api/scan_ring.h"
#include "tests/unit/tools/run_vatio.h"

enum { PERIOD_NS = 125000, SPACING_NS = 31800 };

static struct scan_ring_plan plan;
static struct scan_ring_writer ring;
static char base[96], path[112];
static uint8_t bytes[1 << 21];

static int start(void **state)
{
    const int error = start_meter(state);
    snprintf(base, sizeof base, "%s/shot", meter.run_dir);
    plan = (struct scan_ring_plan){.n_channels = 2, .scan_rate_hz = 8000, .f_nominal_hz = 60};
    strcpy(plan.boot_id, "boot-1"); /* the mailbox's */
    strcpy(plan.meter_id, "meter-1");
    plan.channel[0] = (struct scan_ring_channel){
        .name = "u_l1", .kind = SCAN_RING_VOLTAGE, .leg = 1, .high_pass_hz = 0.5, .low_pass_hz = 3372.6};
    plan.channel[1] = (struct scan_ring_channel){.name = "i_grid_l1",
                                                 .circuit = "grid",
                                                 .kind = SCAN_RING_CURRENT,
                                                 .leg = 1,
                                                 .delay_ns = 300,
                                                 .low_pass_hz = 3404};
    for (int code = 0; code < SCAN_RING_CODES; code++) {
        plan.channel[0].value[code] = 0.5 * (code - 511.5);
        plan.channel[1].value[code] = -0.125 * (code - 512);
    }
    return error;
}

static int stop(void **state)
{
    static const char *const endings[] = {".cfg",      ".dat",      ".inf",     ".csv",
                                          ".cfg.part", ".dat.part", ".inf.part"};
    scan_ring_remove(&ring, meter.run_dir);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        snprintf(path, sizeof path, "%s%s", base, endings[i]);
        unlink(path);
    }
    return stop_meter(state);
}

/* 0.5 s on the meter's clock, which is 2023-11-14 22:13:19.500 UTC by the mailbox, and a dither of its own. */
static int64_t instant_ns(int64_t number)
{
    return 500000000 + number * PERIOD_NS + number % 7 * 1001;
}

static uint16_t code_of(int64_t number, int k)
{
    return (uint16_t)((number * 3 + k * 11) % SCAN_RING_CODES);
}

static void write_scan(int64_t number, uint8_t faults)
{
    struct scan_ring_scan scan = {.faults = faults};
    for (int k = 0; k < 2; k++) {
        scan.hold_ns[k] = instant_ns(number) + k * SPACING_NS;
        scan.code[k] = code_of(number, k);
        scan.value[k] = (double)number / 7 - k;
    }
    scan_ring_write(&ring, &scan);
}

static void fill_ring(int64_t scans)
{
    assert_int_equal(scan_ring_create(&ring, meter.run_dir, &plan), 0);
    for (int64_t number = 0; number < scans; number++)
        write_scan(number, 0);
}

static size_t read_file(const char *ending)
{
    snprintf(path, sizeof path, "%s%s", base, ending);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s is not there", path);
    const size_t size = fread(bytes, 1, sizeof bytes - 1, file);
    bytes[size] = '\0';
    fclose(file);
    return size;
}

static uint32_t word_at(const uint8_t *at, int n)
{
    uint32_t word = 0;
    for (int i = n - 1; i >= 0; i--)
        word = word << 8 | at[i];
    return word;
}

static void codes_become_a_binary_record(void **state)
{
    (void)state;
    fill_ring(9);
    assert_int_equal(VATIO("waveform", "--output", base), 0);
    assert_contains(out, "shot.cfg: 9 scans of 2 channels, 0.001 s from 2023-11-14 22:13:19 UTC\n");
    read_file(".cfg");
    assert_string_equal((char *)bytes, "vatio,meter-1,2013\r\n"
                                       "2,2A,0D\r\n"
                                       "1,u_l1,L1,,V,0.5,-255.75,0.000000,0,1023,1,1,P\r\n"
                                       "2,i_grid_l1,L1,grid,A,-0.125,64,31.500000,0,1023,1,1,P\r\n"
                                       "60\r\n0\r\n0,9\r\n"
                                       "14/11/2023,22:13:19.500000\r\n"
                                       "14/11/2023,22:13:19.500000\r\n"
                                       "BINARY\r\n0.001\r\n0,0\r\n8,3\r\n");
    assert_int_equal(read_file(".dat"), 9 * 12);
    for (int64_t i = 0; i < 9; i++) {
        const uint8_t *record = bytes + i * 12;
        assert_int_equal(word_at(record, 4), i + 1);
        assert_int_equal(word_at(record + 4, 4), instant_ns(i) - instant_ns(0)); /* timemult makes it ns */
        assert_int_equal(word_at(record + 8, 2), code_of(i, 0));
        assert_int_equal(word_at(record + 10, 2), code_of(i, 1));
    }
    read_file(".inf");
    assert_string_equal((char *)bytes, "[Vatio Front_End]\r\nA1_high_pass_hz=0.5\r\nA1_low_pass_hz=3372.6\r\n"
                                       "A2_high_pass_hz=0\r\nA2_low_pass_hz=3404\r\n");
}

/* The stamps have 32 bits: at 10 s one of 1 ns would not fit, so the step grows to 3 ns. */
static void ten_seconds_fit_into_the_stamps(void **state)
{
    (void)state;
    fill_ring(85000);
    assert_int_equal(VATIO("waveform", "--seconds", "10", "--output", base), 0);
    read_file(".cfg");
    assert_contains((char *)bytes, "\r\n0.003\r\n");
    const size_t size = read_file(".dat");
    const int64_t n = (int64_t)size / 12, first = 85000 - n;
    assert_true(n > 79990 && n <= 80001);
    for (int64_t i = 0; i < n; i += 997) {
        const int64_t ns = word_at(bytes + i * 12 + 4, 4) * INT64_C(3);
        assert_true(llabs(ns - (instant_ns(first + i) - instant_ns(first))) <= 1);
    }
    assert_true(instant_ns(84999) - instant_ns(first) <= 10000000000);
    assert_true(instant_ns(84999) - instant_ns(first - 1) > 10000000000);
}

static void assert_floats(void)
{
    read_file(".cfg");
    assert_contains((char *)bytes, ",V,1,0,0.000000,");
    assert_contains((char *)bytes, "\r\nFLOAT32\r\n");
    assert_int_equal(read_file(".dat"), 5 * 16);
}

static void a_bent_table_becomes_floats(void **state)
{
    (void)state;
    plan.channel[1].value[700] += 0.01;
    fill_ring(5);
    assert_int_equal(VATIO("waveform", "--output", base), 0);
    assert_floats();
    for (int64_t i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++) {
            float value;
            const uint32_t bits = word_at(bytes + i * 16 + 8 + 4 * k, 4);
            memcpy(&value, &bits, sizeof value);
            assert_true(value == (float)plan.channel[k].value[code_of(i, k)]);
        }
}

static void a_recordings_values_become_floats(void **state)
{
    (void)state;
    plan.physical = 1;
    fill_ring(5);
    assert_int_equal(VATIO("waveform", "--output", base), 0);
    assert_floats();
    for (int64_t i = 0; i < 5; i++) {
        float value;
        const uint32_t bits = word_at(bytes + i * 16 + 12, 4);
        memcpy(&value, &bits, sizeof value);
        assert_true(value == (float)((double)i / 7 - 1));
    }
    read_file(".cfg");
    assert_contains((char *)bytes,
                    ",31.500000,-1,-0.428571429,1,1,P\r\n"); /* smallest and largest: -1, 4/7 - 1 */
}

static void csv_says_what_its_rows_cannot(void **state)
{
    (void)state;
    fill_ring(3);
    assert_int_equal(VATIO("waveform", "--format", "csv", "--output", base), 0);
    read_file(".csv");
    assert_string_equal((char *)bytes, "# f_nominal_hz=60\n# utc_start_ms=1699999999500\n# skew_us=0,31.5\n"
                                       "# high_pass_hz=0.5,0\n# low_pass_hz=3372.6,3404\n"
                                       "t_s,u_l1_v,i_grid_l1_a\n"
                                       "0.000000000,-255.75,62.625\n"
                                       "0.000126001,-254.25,62.25\n"
                                       "0.000252002,-252.75,61.875\n");
}

static void faulty_scans_are_left_out_and_told(void **state)
{
    (void)state;
    fill_ring(0);
    for (int64_t number = 0; number < 10; number++)
        write_scan(number, number == 3 || number == 7 ? 2 : 0);
    assert_int_equal(VATIO("waveform", "--format=csv", "--output", base), 0);
    assert_contains(out, "shot.csv: 8 scans of 2 channels");
    assert_contains(out, "; 2 late or corrupt scans left out\n");
    read_file(".csv");
    assert_null(strstr((char *)bytes, "0.000378003")); /* the fourth's instant */
}

static void without_utc_none_is_invented(void **state)
{
    (void)state;
    strcpy(plan.boot_id, "another");
    fill_ring(3);
    assert_int_equal(VATIO("waveform", "--output", base), 0);
    assert_contains(out, "0.000 s\n");
    read_file(".cfg");
    assert_contains((char *)bytes, "01/01/1970,00:00:00.000000\r\n");
    assert_contains((char *)bytes, "\r\nF,3\r\n");
    assert_int_equal(VATIO("waveform", "--format", "csv", "--output", base), 0);
    read_file(".csv");
    assert_null(strstr((char *)bytes, "utc_start_ms"));
}

static void an_ending_is_not_doubled(void **state)
{
    char name[112];
    (void)state;
    fill_ring(3);
    snprintf(name, sizeof name, "%s.CFG", base);
    assert_int_equal(VATIO("waveform", "--output", name), 0);
    read_file(".cfg");
    snprintf(name, sizeof name, "%s.csv", base);
    assert_int_equal(VATIO("waveform", "--format", "csv", "--output", name), 0);
    read_file(".csv");
}

static void what_cannot_be_done_is_said(void **state)
{
    char nowhere[112];
    (void)state;
    assert_int_equal(VATIO("waveform"), CLI_USAGE);
    assert_contains(err, "a name is missing; expected --output NAME");
    assert_int_equal(VATIO("waveform", "--seconds", "11", "--output", base), CLI_USAGE);
    assert_int_equal(VATIO("waveform", "--output", base), CLI_NO_METER); /* a vatiod without the ring */
    assert_contains(err, "/scans: No such file or directory");
    fill_ring(0);
    assert_int_equal(VATIO("waveform", "--output", base), CLI_REFUSED);
    assert_contains(err, "no scan was taken yet");
    write_scan(0, 1);
    assert_int_equal(VATIO("waveform", "--output", base), CLI_REFUSED); /* only a late one */
    write_scan(1, 0);
    snprintf(nowhere, sizeof nowhere, "%s/none/shot", meter.run_dir);
    assert_int_equal(VATIO("waveform", "--output", nowhere), CLI_REFUSED);
    assert_contains(err, "none/shot.dat.part: No such file or directory; nothing was written");
    snprintf(path, sizeof path, "%s.cfg", base);
    assert_int_equal(mkdir(path, 0700), 0); /* a directory stands where the last file should go */
    assert_int_equal(VATIO("waveform", "--output", base), CLI_REFUSED);
    assert_contains(err, "shot.cfg: Is a directory; nothing was written");
    assert_int_equal(rmdir(path), 0);
    fake_stop_control(&meter);
    assert_int_equal(VATIO("waveform", "--output", base), CLI_NO_METER);
}

static void a_full_disk_leaves_no_file(void **state)
{
    (void)state;
    fill_ring(4000);
    snprintf(path, sizeof path, "%s.dat.part", base);
    if (symlink("/dev/full", path) != 0)
        fail_msg("symlink: %s", strerror(errno));
    assert_int_equal(VATIO("waveform", "--output", base), CLI_REFUSED);
    assert_contains(err, "No space left on device; nothing was written");
    snprintf(path, sizeof path, "%s.cfg", base);
    assert_int_equal(access(path, F_OK), -1);
}

/* As if the writer came around faster than the scans can be copied: one of the slots is always being written. */
static void a_ring_that_turns_too_fast_is_given_up(void **state)
{
    (void)state;
    fill_ring(100);
    atomic_store(&ring.file->word[99 * 5], 2 * 99 + 1);
    assert_int_equal(VATIO("waveform", "--output", base), CLI_REFUSED);
    assert_contains(err, "runs faster than scans can be copied; expected fewer --seconds");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(codes_become_a_binary_record),
        TEST(ten_seconds_fit_into_the_stamps),
        TEST(a_bent_table_becomes_floats),
        TEST(a_recordings_values_become_floats),
        TEST(csv_says_what_its_rows_cannot),
        TEST(faulty_scans_are_left_out_and_told),
        TEST(without_utc_none_is_invented),
        TEST(an_ending_is_not_doubled),
        TEST(what_cannot_be_done_is_said),
        TEST(a_full_disk_leaves_no_file),
        TEST(a_ring_that_turns_too_fast_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
