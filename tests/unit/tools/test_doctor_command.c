/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command: what it collects from mailbox, socket and status file, how it prints, how it ends. */
#include "tools/vatio/doctor_collect.h"

#include "tests/unit/tools/run_vatio.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/wait.h>
#include <time.h>

enum { WINDOWS = 10, SCANS = 8000 };

static char mqtt_path[96];
static bool interrupted, standing;

/* Meanwhile the meter goes on. */
static bool meanwhile(struct cli *cli, int64_t ms)
{
    (void)cli;
    assert_int_equal(ms, 2000);
    if (!standing) {
        meter.live.heartbeat += WINDOWS;
        meter.live.health.windows += WINDOWS;
        meter.live.health.scans += SCANS;
        mailbox_write(&meter.mailbox, &meter.live);
    }
    return !interrupted;
}

/* A calibrated meter that imports 1,200 W; its minutes are of an earlier run. */
static int start(void **state)
{
    interrupted = standing = false;
    if (start_meter(state) != 0)
        return -1;
    pause_hook = meanwhile;
    struct mailbox_live *live = &meter.live;
    live->calibrated = 1;
    live->pid = getpid();
    live->u_nominal_v = 230;
    live->live.quality = 0;
    live->live.n_points = 1;
    live->live.point[0].p_w = live->live.point[0].s_va = 1200;
    live->health.disk_free_bytes = 50;
    live->health.disk_total_bytes = 100;
    mailbox_write(&meter.mailbox, live);
    snprintf(mqtt_path, sizeof mqtt_path, "%s/mqtt", meter.run_dir);
    return 0;
}

static int stop(void **state)
{
    unlink(mqtt_path);
    return stop_meter(state);
}

#define DOCTOR(...) VATIO("doctor", "--mqtt-status", mqtt_path, __VA_ARGS__)

static void write_mqtt(const char *text)
{
    FILE *file = fopen(mqtt_path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_well_meter_ends_with_0(void **state)
{
    (void)state;
    assert_int_equal(DOCTOR(NULL), 0);
    assert_string_equal(err, "");
    assert_contains(out, "OK      samples     - 8000 scans in 2.0 s; 0 read errors since the start\n");
    assert_contains(out, "OK      mailbox     - 10 windows in 2.0 s\n");
    assert_contains(out, "SIMULATED");
    assert_contains(out, "SKIPPED broker      - vatio-mqtt was not started: there is no ");
    assert_null(strstr(out, "FAULT"));
}

static void a_fault_has_its_advice_below_and_ends_with_1(void **state)
{
    (void)state;
    meter.live.calibrated = 0;
    assert_int_equal(DOCTOR(NULL), 1);
    assert_contains(out, "FAULT   calibration - none: nominal scales, which may be off by several percent\n"
                         "        Compare this unit with a reference meter");
}

static void json_has_an_object_per_check(void **state)
{
    (void)state;
    meter.live.calibrated = 0;
    assert_int_equal(DOCTOR("--json"), 1);
    json_t *all = json_loads(out, 0, NULL);
    assert_int_equal(json_array_size(all), doctor_checks_n);
    for (size_t i = 0; i < doctor_checks_n; i++) {
        const json_t *one = json_array_get(all, i);
        const char *state_name = json_string_value(json_object_get(one, "state"));
        const bool fault = strcmp(state_name, "FAULT") == 0;
        assert_string_equal(json_string_value(json_object_get(one, "check")), doctor_checks[i].name);
        assert_true(json_string_length(json_object_get(one, "found")) > 0);
        assert_int_equal(fault || strcmp(state_name, "WARN") == 0, json_object_get(one, "advice") != NULL);
        assert_int_equal(fault, strcmp(doctor_checks[i].name, "calibration") == 0);
    }
    json_decref(all);
}

static void no_vatiod_ends_with_3_and_says_what_it_can(void **state)
{
    (void)state;
    fake_stop_control(&meter);
    standing = true;
    assert_int_equal(DOCTOR(NULL), 3);
    assert_contains(out, "FAULT   vatiod      - not running: nobody listens on ");
    assert_contains(out, "SKIPPED samples     - vatiod does not answer\n");
    mailbox_remove(&meter.mailbox, meter.run_dir);
    assert_int_equal(DOCTOR("--json"), 3);
    rmdir(meter.run_dir);
    assert_int_equal(DOCTOR(NULL), 3);
    assert_contains(out, "FAULT   vatiod      - not running: ");
    assert_contains(out, "--run-dir");
}

static void a_heart_that_beats_is_a_vatiod_even_without_socket(void **state)
{
    (void)state;
    fake_stop_control(&meter);
    assert_int_equal(DOCTOR(NULL), 1);
    assert_contains(out, "OK      samples");
}

static void a_writer_that_is_gone_is_seen(void **state)
{
    (void)state;
    standing = true;
    meter.live.pid = INT64_C(1) << 40; /* no process has such a number */
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(DOCTOR(NULL), 1);
    assert_contains(out, "left behind by process 1099511627776");
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    meter.live.pid = child;
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(DOCTOR(NULL), 1);
    assert_contains(out, "left behind by process ");
}

static void a_vatiod_that_refuses_its_status_is_told(void **state)
{
    (void)state;
    meter.deny_status = true;
    assert_int_equal(DOCTOR(NULL), 1);
    assert_contains(out, "FAULT   vatiod ");
}

static void an_interruption_ends_it(void **state)
{
    (void)state;
    interrupted = true;
    assert_int_equal(DOCTOR(NULL), 1);
    assert_string_equal(out, "");
    assert_string_equal(err, "vatio: interrupted\n");
}

static struct doctor_inputs in;

static void collect(void)
{
    struct cli cli = {.pause = pause_now, .settings = {.watch_s = 2}};
    memset(&in, 0xaa, sizeof in);
    snprintf(cli.settings.run_dir, sizeof cli.settings.run_dir, "%s", meter.run_dir);
    assert_true(doctor_collect(&cli, &in));
}

static void the_newest_minutes_of_this_run_are_taken(void **state)
{
    (void)state;
    meter.newest[STREAM_MINUTE] = 100;
    meter.newest[STREAM_QUARTER] = 7;
    collect();
    assert_int_equal(in.minutes, 0); /* of another run */
    assert_int_equal(in.quarters, 7);
    assert_int_equal(in.quarter[0].seq, 1);
    snprintf(meter.live.boot_id, sizeof meter.live.boot_id, "0123456789abcdef0123456789abcdef");
    mailbox_write(&meter.mailbox, &meter.live);
    meter.newest[STREAM_QUARTER] = 200;
    collect();
    assert_int_equal(in.minutes, DOCTOR_MINUTES);
    assert_int_equal(in.minute[0].seq, 41);
    assert_int_equal(in.minute[59].seq, 100);
    assert_int_equal(in.quarters, DOCTOR_QUARTERS);
    assert_int_equal(in.quarter[0].seq, 105);
    meter.repeat = true; /* a stream from elsewhere than was asked for */
    collect();
    assert_true(in.minutes <= DOCTOR_MINUTES);
    meter.flood = true; /* and more of it */
    collect();
    assert_int_equal(in.minutes, DOCTOR_MINUTES);
}

static void the_status_file_is_read(void **state)
{
    (void)state;
    struct doctor_mqtt mqtt;
    doctor_collect_mqtt(mqtt_path, &mqtt);
    assert_int_equal(mqtt.error, -ENOENT);
    write_mqtt("{\"broker\": \"b:1\", \"connected\": true, \"meter_id\": \"m\", \"newest_seq\": {\"minute\": "
               "9, \"day\": 2}, "
               "\"acked_seq\": {\"minute\": 5, \"day\": 2}, \"connects\": 3, \"connects_refused\": 4, "
               "\"losses\": 2}");
    doctor_collect_mqtt(mqtt_path, &mqtt);
    assert_int_equal(mqtt.error, 0);
    assert_true(mqtt.connected);
    assert_string_equal(mqtt.broker, "b:1");
    assert_string_equal(mqtt.meter_id, "m");
    assert_int_equal(mqtt.waiting, 4);
    assert_int_equal(mqtt.connects, 3);
    assert_int_equal(mqtt.refused, 4);
    assert_int_equal(mqtt.losses, 2);
    assert_in_range(mqtt.age_s, 0, 60);
    const struct timespec times[] = {{.tv_sec = time(NULL) - 500}, {.tv_sec = time(NULL) - 500}};
    assert_int_equal(utimensat(AT_FDCWD, mqtt_path, times, 0), 0);
    doctor_collect_mqtt(mqtt_path, &mqtt);
    assert_in_range(mqtt.age_s, 500, 560);
    doctor_collect_mqtt(meter.run_dir, &mqtt); /* a directory opens, but does not read */
    assert_int_equal(mqtt.error, -EIO);
}

static void what_is_no_status_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "3",
                                        "{}",
                                        "{\"connected\": 1, \"broker\": \"b\"}",
                                        "{\"connected\": true}",
                                        "{\"connected\": true, \"broker\": 7}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct doctor_mqtt mqtt;
        write_mqtt(texts[i]);
        doctor_collect_mqtt(mqtt_path, &mqtt);
        assert_int_equal(mqtt.error, -EBADMSG);
    }
    assert_int_equal(DOCTOR(NULL), 1);
    assert_contains(out, "not what vatio-mqtt writes");
    write_mqtt("{\"connected\": false, \"broker\": \"x\\u001b[2J\\u00e9\", \"connects_refused\": 2, "
               "\"newest_seq\": 5, "
               "\"acked_seq\": {\"a\": \"b\"}, \"meter_id\": \"meter-1\"}");
    assert_int_equal(DOCTOR("--json"), 1);
    assert_contains(out, "x?[2J?? cannot be reached: 2 attempts failed");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_well_meter_ends_with_0),
        TEST(a_fault_has_its_advice_below_and_ends_with_1),
        TEST(json_has_an_object_per_check),
        TEST(no_vatiod_ends_with_3_and_says_what_it_can),
        TEST(a_heart_that_beats_is_a_vatiod_even_without_socket),
        TEST(a_writer_that_is_gone_is_seen),
        TEST(a_vatiod_that_refuses_its_status_is_told),
        TEST(an_interruption_ends_it),
        TEST(the_newest_minutes_of_this_run_are_taken),
        TEST(the_status_file_is_read),
        TEST(what_is_no_status_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
