/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of vatiod itself, and what holds of all checks. */
#include "tests/unit/tools/doctor_cases.h"

static void spoil_run_dir_gone(void)
{
    spoil_meter_gone();
    in.run_dir_error = -ENOENT;
}

static void spoil_killed(void)
{
    in.control_error = -ECONNREFUSED;
    in.now.heartbeat = in.before.heartbeat;
    in.writer_lives = false;
}

static void spoil_permission(void)
{
    in.control_error = in.mailbox_error = -EACCES;
}

static void spoil_version(void)
{
    in.control_error = in.mailbox_error = -EPROTO;
}

static void spoil_answer(void)
{
    in.control_error = -ETIMEDOUT;
    in.now.heartbeat = in.before.heartbeat;
}

static void spoil_first_value(void)
{
    in.mailbox_error = -EAGAIN;
}

static void spoil_heart(void)
{
    in.now.heartbeat = in.before.heartbeat;
}

static void spoil_calibration(void)
{
    in.now.calibrated = 0;
}

static void spoil_clock(void)
{
    in.now.live.utc_synced = 0;
}

static void spoil_display(void)
{
    in.now.health.display_errors = 3;
}

static void spoil_display_once(void)
{
    in.now.health.display_errors = in.before.health.display_errors = 3;
}

static void spoil_broker(void)
{
    in.mqtt.connected = false;
    in.mqtt.refused = 9;
    in.mqtt.waiting = 31;
}

static void spoil_broker_beginning(void)
{
    in.mqtt.connected = false;
    in.mqtt.connects = 0;
}

static void spoil_mqtt_absent(void)
{
    in.mqtt.error = -ENOENT;
}

static void spoil_mqtt_killed(void)
{
    in.mqtt.age_s = 600;
}

static void spoil_mqtt_file(void)
{
    in.mqtt.error = -EBADMSG;
}

static void spoil_mqtt_permission(void)
{
    in.mqtt.error = -EACCES;
}

static void spoil_mqtt_other(void)
{
    snprintf(in.mqtt.meter_id, sizeof in.mqtt.meter_id, "m2");
}

static void spoil_simulated(void)
{
    in.now.simulated = 1;
}

static const struct doctor_case cases[] = {
    {"a running vatiod", spoil_nothing, "vatiod", DOCTOR_OK, "version 0.1.0", NULL},
    {"nobody listens", spoil_meter_gone, "vatiod", DOCTOR_FAULT, "nobody listens on /run/vatio/control",
     "systemctl start"},
    {"no run directory", spoil_run_dir_gone, "vatiod", DOCTOR_FAULT, "/run/vatio: No such file", "--run-dir"},
    {"a killed vatiod's socket", spoil_killed, "vatiod", DOCTOR_FAULT, "a killed vatiod left behind",
     "systemctl start"},
    {"no permission", spoil_permission, "vatiod", DOCTOR_FAULT, "may not be opened", "sudo vatio doctor"},
    {"another version", spoil_version, "vatiod", DOCTOR_FAULT, "another version", "one version"},
    {"a vatiod that does not answer", spoil_answer, "vatiod", DOCTOR_FAULT, "no answer", "restart"},
    {"a mailbox that moves", spoil_nothing, "mailbox", DOCTOR_OK, "10 windows in 2.0 s", NULL},
    {"no mailbox without vatiod", spoil_meter_gone, "mailbox", DOCTOR_SKIPPED, "no mailbox", NULL},
    {"a mailbox of another version", spoil_version, "mailbox", DOCTOR_FAULT, "/run/vatio/live",
     "one version"},
    {"a mailbox without permission", spoil_permission, "mailbox", DOCTOR_FAULT, "/run/vatio/live", "sudo"},
    {"a mailbox that holds nothing yet", spoil_first_value, "mailbox", DOCTOR_FAULT, "/run/vatio/live",
     "wait a minute"},
    {"a dead vatiod's mailbox", spoil_killed, "mailbox", DOCTOR_FAULT, "stale: left behind by process 42",
     "killed"},
    {"a mailbox that stands still", spoil_heart, "mailbox", DOCTOR_FAULT, "stale: no new window in 2.0 s",
     "samples"},
    {"a real front end", spoil_nothing, "front-end", DOCTOR_OK, "120 V, 60 Hz, 8000 scans/s", NULL},
    {"a simulated front end", spoil_simulated, "front-end", DOCTOR_OK, "SIMULATED", NULL},
    {"a calibrated unit", spoil_nothing, "calibration", DOCTOR_OK, "serial", NULL},
    {"no calibration", spoil_calibration, "calibration", DOCTOR_FAULT, "nominal scales", "calibration file"},
    {"a synchronised clock", spoil_nothing, "clock", DOCTOR_OK, "UTC is synchronised", NULL},
    {"a simulated clock", spoil_simulated, "clock", DOCTOR_OK, "(simulated time)", NULL},
    {"an unsynchronised clock", spoil_clock, "clock", DOCTOR_FAULT, "not synchronised", "timedatectl"},
    {"a display that works", spoil_nothing, "display", DOCTOR_OK, "0 errors", NULL},
    {"a display with errors", spoil_display, "display", DOCTOR_FAULT, "3 of them now", "i2cdetect"},
    {"a display that had errors", spoil_display_once, "display", DOCTOR_WARN, "3 errors", "i2cdetect"},
    {"a reachable broker", spoil_nothing, "broker", DOCTOR_OK, "connected to broker:1883", NULL},
    {"an unreachable broker", spoil_broker, "broker", DOCTOR_FAULT,
     "broker:1883 cannot be reached: 9 attempts failed, 0", "ping"},
    {"a first connection", spoil_broker_beginning, "broker", DOCTOR_WARN, "for the first time", "ping"},
    {"no vatio-mqtt", spoil_mqtt_absent, "broker", DOCTOR_SKIPPED, "was not started", NULL},
    {"a killed vatio-mqtt", spoil_mqtt_killed, "broker", DOCTOR_FAULT, "no status for 600 s",
     "systemctl start vatio-mqtt"},
    {"a status file of something else", spoil_mqtt_file, "broker", DOCTOR_FAULT, "not what vatio-mqtt writes",
     "--mqtt-status"},
    {"an unreadable status file", spoil_mqtt_permission, "broker", DOCTOR_FAULT, "Permission denied",
     "--mqtt-status"},
    {"another meter's vatio-mqtt", spoil_mqtt_other, "broker", DOCTOR_SKIPPED, "of meter m2, this is m1",
     NULL},
};

static void each_fault_is_named_and_advised(void **state)
{
    (void)state;
    assert_cases(cases, sizeof cases / sizeof cases[0]);
}

static void a_good_meter_has_no_fault(void **state)
{
    (void)state;
    for (int legs = 1; legs <= 2; legs++) {
        bench_init(&in, legs);
        for (size_t i = 0; i < doctor_checks_n; i++) {
            const struct doctor_finding finding = find(doctor_checks[i].name);
            const bool of_two =
                strcmp(doctor_checks[i].name, "legs") == 0 || strcmp(doctor_checks[i].name, "swapped") == 0;
            if (finding.state != (legs == 1 && of_two ? DOCTOR_SKIPPED : DOCTOR_OK))
                fail_msg("%d legs: %s: %s", legs, doctor_checks[i].name, finding.found);
            assert_string_equal(finding.advice, "");
        }
    }
}

static void what_is_not_plain_text_is_made_so(void **state)
{
    (void)state;
    bench_init(&in, 1);
    snprintf(in.now.board, sizeof in.now.board, "a\033[2J\xc3");
    assert_non_null(strstr(find("front-end").found, "board a?[2J?,"));
}

static void a_meter_lives_that_answers_or_beats(void **state)
{
    (void)state;
    bench_init(&in, 1);
    assert_true(doctor_meter_lives(&in));
    in.control_error = -EACCES;
    assert_true(doctor_meter_lives(&in));
    assert_int_equal(find("samples").state, DOCTOR_OK);
    in.now.heartbeat = in.before.heartbeat;
    assert_false(doctor_meter_lives(&in));
    in.control_error = 0;
    assert_true(doctor_meter_lives(&in));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_named_and_advised),
        cmocka_unit_test(a_good_meter_has_no_fault),
        cmocka_unit_test(what_is_not_plain_text_is_made_so),
        cmocka_unit_test(a_meter_lives_that_answers_or_beats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
