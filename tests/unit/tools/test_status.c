/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vatio status and vatio registers. */
#include "tests/unit/tools/run_vatio.h"

#include <jansson.h>

static void status_tells_a_person_everything(void **state)
{
    (void)state;
    meter.newest[STREAM_MINUTE] = 7;
    assert_int_equal(VATIO("status"), 0);
    assert_contains(out, "Vatio 0.1.0, meter meter-1, store store-1\n");
    assert_contains(out,
                    "board reference, 230 V, 50 Hz, 4000.0 scans/s, simulated front end\nnot calibrated");
    assert_contains(out, "2023-11-14 22:13:20 UTC, up 1 d 02:03:04\n");
    assert_contains(out, "quality: uncalibrated simulated\n");
    assert_contains(out, "                          grid       solar\n");
    assert_contains(out, "u_rms_v                 230.10      230.10\n");
    assert_contains(out, "i_rms_a                      -           -\n");
    assert_contains(out, "p_w                    -1234.6     -1234.6\n");
    assert_contains(out, "export_kwh              12.345      12.345\n");
    assert_contains(out, "database  /var/lib/vatio/vatio.db\n");
    assert_contains(out, "config    embedded defaults\n");
    assert_contains(out, "minute 7 quarter 0 day 0 event 0\n");
    assert_contains(out, "scans                       123");
}

static void a_calibrated_meter_without_flags_says_so(void **state)
{
    (void)state;
    meter.live.calibrated = 1;
    meter.live.simulated = 0;
    snprintf(meter.live.serial, sizeof meter.live.serial, "SN7");
    snprintf(meter.live.calibration_date, sizeof meter.live.calibration_date, "2026-01-02");
    meter.live.live.quality = 0;
    meter.live.live.f_hz = (double)NAN;
    meter.live.live.utc_synced = 0;
    meter.live.live.utc_end_ms = RECORD_ABSENT;
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(VATIO("status"), 0);
    assert_contains(out, "calibrated 2026-01-02, serial SN7\n");
    assert_contains(out, "\n- UTC (not synchronised), up");
    assert_contains(out, "frequency - Hz, over 10 s - Hz, quality: good\n");
}

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *object = json_loads(text, 0, &error);
    if (object == NULL)
        fail_msg("line %d: %s in %s", error.line, error.text, text);
    return object;
}

static json_t *at(json_t *object, const char *a, const char *b)
{
    json_t *value = json_object_get(json_object_get(object, a), b);
    assert_non_null(value);
    return value;
}

static void status_as_json_is_complete_and_exact(void **state)
{
    (void)state;
    meter.newest[STREAM_DAY] = 3;
    meter.live.f_10s_hz = 50.0625;
    meter.live.f_10s_utc_start_ms = 1700000000000;
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(VATIO("status", "--json"), 0);
    json_t *object = parse(out);
    assert_string_equal(json_string_value(at(object, "identity", "meter_id")), "meter-1");
    assert_true(json_real_value(at(object, "live", "grid_p_w")) == -1234.5678901234);
    assert_int_equal(json_integer_value(at(object, "live", "grid_import_uwh")), INT64_C(9007199254740993));
    assert_null(json_object_get(json_object_get(object, "live"), "grid_i_rms_a"));
    assert_int_equal(json_integer_value(json_object_get(at(object, "registers", "solar"), "export_uwh")),
                     12345999999);
    assert_true(json_real_value(json_object_get(at(object, "registers", "solar"), "export_kwh")) == 12.345);
    assert_true(json_real_value(json_object_get(at(object, "registers", "grid"), "import_kwh")) ==
                9007199.254);
    assert_true(json_real_value(at(object, "live", "f_10s_hz")) == 50.0625);
    assert_int_equal(json_integer_value(at(object, "live", "f_10s_utc_start_ms")), 1700000000000);
    assert_int_equal(json_array_size(at(object, "harmonics", "grid_u_h_v")), 3);
    assert_int_equal(json_integer_value(at(object, "health", "scans")), 123);
    assert_string_equal(json_string_value(at(object, "control", "database")), "/var/lib/vatio/vatio.db");
    assert_int_equal(json_integer_value(json_object_get(at(object, "control", "newest_seq"), "day")), 3);
    assert_string_equal(json_string_value(json_array_get(json_object_get(object, "quality"), 1)),
                        "simulated");
    assert_true(strstr(out, "\"identity\"") < strstr(out, "\"live\""));
    assert_true(strstr(out, "\"live\"") < strstr(out, "\"control\""));
    json_decref(object);
}

static void registers_are_printed_from_the_integers(void **state)
{
    (void)state;
    assert_int_equal(VATIO("registers"), 0);
    assert_contains(out, "2023-11-14 22:13:20 UTC\n");
    assert_contains(out, "import_kwh         9007199.254 9007199.254\n");
    assert_contains(out, "q4_kvarh                 0.000       0.000\n");
    assert_contains(out, "apparent_kvah            0.000       0.000\n");
    meter.live.live.point[1].total.import_uwh = RECORD_ABSENT;
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(VATIO("registers", "--json"), 0);
    json_t *object = parse(out);
    assert_int_equal(json_object_size(at(object, "registers", "grid")), 14);
    assert_int_equal(json_object_size(at(object, "registers", "solar")), 12);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_METER(status_tells_a_person_everything),
        WITH_METER(a_calibrated_meter_without_flags_says_so),
        WITH_METER(status_as_json_is_complete_and_exact),
        WITH_METER(registers_are_printed_from_the_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
