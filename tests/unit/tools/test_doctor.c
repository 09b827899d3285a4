/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each check on inputs in which one thing was spoilt: that check, and no other of those named here, says so. */
#include "tools/vatio/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools/doctor_bench.h"

#include <errno.h>

static struct doctor_inputs in; /* 180 kB */

static struct doctor_finding find(const char *name)
{
    struct doctor_finding finding = {0};
    for (size_t i = 0; i < doctor_checks_n; i++) {
        if (strcmp(doctor_checks[i].name, name) != 0)
            continue;
        doctor_run(&doctor_checks[i], &in, &finding);
        return finding;
    }
    fail_msg("there is no check %s", name);
    return finding;
}

static void spoil_nothing(void)
{
}

static void spoil_meter_gone(void)
{
    in.control_error = in.mailbox_error = -ENOENT;
}

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

static void spoil_samples(void)
{
    in.now.health.scans = in.before.health.scans;
    in.now.heartbeat = in.before.heartbeat;
    in.now.health.scans_failed = 12;
}

static void spoil_device(void)
{
    in.now.health.scans_failed = 3;
}

static void spoil_late(void)
{
    in.now.health.scans_late = in.now.health.scans / 50;
    in.before.health.scans_late = in.now.health.scans_late;
}

static void spoil_late_now(void)
{
    in.now.health.scans_late = 400; /* of the last 16,000: 2.5 % */
}

static void spoil_late_little(void)
{
    in.now.health.scans_late = in.before.health.scans_late = in.now.health.scans / 500;
}

static void spoil_ring(void)
{
    in.now.health.ring_lost = 5;
}

static void spoil_ring_once(void)
{
    in.now.health.ring_lost = in.before.health.ring_lost = 5;
}

static void spoil_frames(void)
{
    in.now.health.scans_corrupt = in.before.health.scans_corrupt = in.now.health.scans / 100;
}

static void spoil_frames_now(void)
{
    in.now.health.scans_corrupt = 32; /* of the last 16,000: 0.2 % */
}

static void spoil_one_frame(void)
{
    in.now.health.scans_corrupt = in.before.health.scans_corrupt = 1;
}

static void spoil_plausibility(void)
{
    in.now.live.quality |= DOCTOR_SENSOR_FAULT;
}

static void spoil_range(void)
{
    in.now.live.quality |= DOCTOR_CLIPPED;
    in.now.health.windows_clipped = 300;
    in.now.clipped_scans[1] = 9000;
}

static void spoil_range_before(void)
{
    in.minute[8].quality = in.minute[3].quality = DOCTOR_CLIPPED;
    in.now.health.windows_clipped = in.before.health.windows_clipped = 2;
    in.now.clipped_scans[0] = in.before.clipped_scans[0] = 2;
    in.now.clipped_scans[1] = in.before.clipped_scans[1] = 3;
}

static void spoil_range_long_ago(void)
{
    in.now.health.windows_clipped = in.before.health.windows_clipped = 1;
}

/* Eleven minutes ago: no longer recent. */
static void spoil_range_too_long_ago(void)
{
    spoil_range_long_ago();
    in.minutes = 30;
    in.minute[19].quality = DOCTOR_CLIPPED;
}

static void spoil_dither(void)
{
    in.now.noise[1] = DETAIL_NOISE_QUIET;
    in.now.noise_lsb[1] = 0.11;
}

static void spoil_noise(void)
{
    in.now.noise[0] = in.now.noise[1] = DETAIL_NOISE_NOISY;
    in.now.noise_lsb[0] = 3.04;
    in.now.noise_lsb[1] = 2.2;
}

static void spoil_codes(void)
{
    in.now.noise[0] = in.now.noise[1] = DETAIL_NOISE_UNKNOWN;
    in.now.noise_lsb[0] = in.now.noise_lsb[1] = (double)NAN;
}

/* Clipped throughout: the state is of before, the value is not known now. */
static void spoil_one_channel(void)
{
    in.now.noise[1] = DETAIL_NOISE_QUIET;
    in.now.noise_lsb[1] = (double)NAN;
}

static void spoil_mains(void)
{
    in.now.live.point[0].u_rms_v = 0.3;
    in.now.live.f_hz = (double)NAN;
}

static void spoil_voltage_absent(void)
{
    in.now.live.point[0].u_rms_v = (double)NAN;
}

static void spoil_lock(void)
{
    in.now.live.quality |= DOCTOR_UNLOCKED;
}

static void spoil_voltage(void)
{
    in.now.live.point[0].u_rms_v = 139;
}

static void spoil_brownout(void)
{
    in.now.live.point[0].u_rms_v = 100;
}

static void spoil_unmetered(void)
{
    in.now.health.unmetered_ms = in.before.health.unmetered_ms = 12000; /* of 600 s: 2 % */
}

static void spoil_unmetered_now(void)
{
    in.now.health.unmetered_ms = 400;
}

static void spoil_unmetered_little(void)
{
    in.now.health.unmetered_ms = in.before.health.unmetered_ms = 1200;
}

static void spoil_calibration(void)
{
    in.now.calibrated = 0;
}

static void spoil_clock(void)
{
    in.now.live.utc_synced = 0;
}

static void spoil_journal(void)
{
    in.now.health.journal_damaged = 2;
}

static void spoil_journal_writes(void)
{
    in.now.health.journal_errors = 1;
}

static void spoil_journal_writes_once(void)
{
    in.now.health.journal_errors = in.before.health.journal_errors = 1;
}

static void spoil_database(void)
{
    in.now.health.database_error = EROFS;
    in.now.health.store_errors = 4;
}

static void spoil_file_system(void)
{
    in.now.health.disk_read_only = 1;
}

static void spoil_database_full(void)
{
    in.now.health.database_error = ENOSPC;
}

static void spoil_database_once(void)
{
    in.now.health.store_errors = 1;
}

static void spoil_records(void)
{
    in.now.health.records_lost = 7;
}

static void spoil_disk(void)
{
    in.now.health.disk_free_bytes = in.now.health.disk_total_bytes / 50;
}

static void spoil_disk_nearly(void)
{
    in.now.health.disk_free_bytes = in.now.health.disk_total_bytes / 100 * 8;
}

static void spoil_disk_unseen(void)
{
    in.now.health.disk_free_bytes = in.now.health.disk_total_bytes = RECORD_ABSENT;
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

static const struct {
    const char *name;
    void (*spoil)(void);
    const char *check;
    enum doctor_state state;
    const char *found, *advice; /* parts; NULL: no advice */
} cases[] = {
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
    {"samples come", spoil_nothing, "samples", DOCTOR_OK, "16000 scans in 2.0 s", NULL},
    {"no samples", spoil_samples, "samples", DOCTOR_FAULT, "0 scans in 2.0 s", "/dev/spidev"},
    {"a converter with read errors", spoil_device, "samples", DOCTOR_FAULT, "3 read errors", "ribbon cable"},
    {"no sample without vatiod", spoil_meter_gone, "samples", DOCTOR_SKIPPED, "vatiod does not answer", NULL},
    {"no sample without mailbox", spoil_first_value, "samples", DOCTOR_SKIPPED, "mailbox cannot be read",
     NULL},
    {"scans in time", spoil_nothing, "late-scans", DOCTOR_OK, "0.000 %", NULL},
    {"late scans", spoil_late, "late-scans", DOCTOR_FAULT, "2.000 % of the scans since the start",
     "get_throttled"},
    {"scans late just now", spoil_late_now, "late-scans", DOCTOR_FAULT, "2.500 % now", "top"},
    {"a few late scans", spoil_late_little, "late-scans", DOCTOR_WARN, "0.200 %", "top"},
    {"no scan lost", spoil_nothing, "ring", DOCTOR_OK, "0 scans lost", NULL},
    {"the ring loses scans", spoil_ring, "ring", DOCTOR_FAULT, "5 scans lost since the start, 5 of them now",
     "scan_rate_hz"},
    {"the ring has lost scans", spoil_ring_once, "ring", DOCTOR_WARN,
     "5 scans lost since the start, 0 of them", "top"},
    {"whole frames", spoil_nothing, "sensor", DOCTOR_OK, "0 scans with corrupt frames", NULL},
    {"corrupt frames", spoil_frames, "sensor", DOCTOR_FAULT, "(1.000 %)", "SPI wires"},
    {"corrupt frames just now", spoil_frames_now, "sensor", DOCTOR_FAULT, "0.200 % now", "SPI wires"},
    {"one corrupt frame", spoil_one_frame, "sensor", DOCTOR_WARN, "1 scans", "SPI wires"},
    {"an implausible sensor", spoil_plausibility, "sensor", DOCTOR_FAULT, "SENSOR_FAULT", "plug"},
    {"codes within the range", spoil_nothing, "clipped", DOCTOR_OK, "none of 3010 windows", NULL},
    {"a clipped channel", spoil_range, "clipped", DOCTOR_FAULT, "CH1 current grid L1: 300 of 3010 windows",
     "range"},
    {"a channel clipped minutes ago", spoil_range_before, "clipped", DOCTOR_FAULT,
     "CH0 voltage, CH1 current grid L1: 2 of 3010 windows since the start, in 2 of the last 10 minutes",
     "potentiometer"},
    {"a channel clipped long ago", spoil_range_long_ago, "clipped", DOCTOR_WARN, "a channel: 1 of 3010",
     "sensor"},
    {"a channel clipped eleven minutes ago", spoil_range_too_long_ago, "clipped", DOCTOR_WARN,
     "in 0 of the last 10 minutes", "sensor"},
    {"currents with dither", spoil_nothing, "quiet", DOCTOR_OK, "0.50 to 0.60 LSB", NULL},
    {"a current without dither", spoil_dither, "quiet", DOCTOR_FAULT,
     "CH1 current grid L1 0.11 LSB, needed are 0.4", "dither missing"},
    {"too little noise is not too much", spoil_dither, "noisy", DOCTOR_OK, "0.11 to 0.50 LSB", NULL},
    {"channels with too much noise", spoil_noise, "noisy", DOCTOR_FAULT,
     "CH0 voltage 3.04 LSB, CH1 current grid L1 2.20 LSB, usual are below 2", "twisted"},
    {"too much noise is not too little", spoil_noise, "quiet", DOCTOR_OK, "2.20 to 3.04 LSB", NULL},
    {"values without a converter, quiet", spoil_codes, "quiet", DOCTOR_SKIPPED, "not known", NULL},
    {"values without a converter, noisy", spoil_codes, "noisy", DOCTOR_SKIPPED, "not known", NULL},
    {"noise that is not known now", spoil_one_channel, "quiet", DOCTOR_OK, "0.50 to 0.50 LSB", NULL},
    {"a good supply", spoil_nothing, "mains", DOCTOR_OK, "60.0000 Hz, 120.0 to 120.0 V", NULL},
    {"no mains", spoil_mains, "mains", DOCTOR_FAULT, "no mains: 0.3 V where 120 V", "fuse"},
    {"no voltage at all", spoil_voltage_absent, "mains", DOCTOR_FAULT, "no mains: 0.0 V", "fuse"},
    {"an unlocked frequency", spoil_lock, "mains", DOCTOR_FAULT, "not tracked, at 120.0 V", "f_nominal_hz"},
    {"too high a voltage", spoil_voltage, "mains", DOCTOR_WARN, "139.0 V", "voltmeter"},
    {"a low voltage", spoil_brownout, "mains", DOCTOR_WARN, "100.0 to", "voltmeter"},
    {"all time metered", spoil_nothing, "unmetered", DOCTOR_OK, "0.0 s", NULL},
    {"unmetered time", spoil_unmetered, "unmetered", DOCTOR_FAULT, "12.0 s since the start (2.000 %)",
     "samples"},
    {"unmetered time now", spoil_unmetered_now, "unmetered", DOCTOR_FAULT, "0.4 s of them now", "samples"},
    {"a little unmetered time", spoil_unmetered_little, "unmetered", DOCTOR_WARN, "(0.200 %)", "samples"},
    {"a calibrated unit", spoil_nothing, "calibration", DOCTOR_OK, "serial", NULL},
    {"no calibration", spoil_calibration, "calibration", DOCTOR_FAULT, "nominal scales", "calibration file"},
    {"a synchronised clock", spoil_nothing, "clock", DOCTOR_OK, "UTC is synchronised", NULL},
    {"a simulated clock", spoil_simulated, "clock", DOCTOR_OK, "(simulated time)", NULL},
    {"an unsynchronised clock", spoil_clock, "clock", DOCTOR_FAULT, "not synchronised", "timedatectl"},
    {"a whole journal", spoil_nothing, "journal", DOCTOR_OK, "no damaged slot", NULL},
    {"a damaged journal", spoil_journal, "journal", DOCTOR_FAULT, "2 damaged slots", "SD card"},
    {"journal writes", spoil_nothing, "registers", DOCTOR_OK, "60 writes", NULL},
    {"journal writes that fail", spoil_journal_writes, "registers", DOCTOR_FAULT, "1 failed, 1 of them now",
     "dmesg"},
    {"a journal write that failed", spoil_journal_writes_once, "registers", DOCTOR_WARN, "1 failed, 0 of",
     "dmesg"},
    {"a database that is written", spoil_nothing, "database", DOCTOR_OK, "10 records written to /var/lib",
     NULL},
    {"a read-only database", spoil_database, "database", DOCTOR_FAULT,
     "vatio.db is read-only (Read-only file system); 4", "dmesg"},
    {"a read-only file system", spoil_file_system, "database", DOCTOR_FAULT, "its file system is", "dmesg"},
    {"a database without room", spoil_database_full, "database", DOCTOR_FAULT, "No space left", "journalctl"},
    {"a database that failed once", spoil_database_once, "database", DOCTOR_WARN, "1 writes failed",
     "writes again"},
    {"no record lost", spoil_nothing, "records", DOCTOR_OK, "0 lost", NULL},
    {"lost records", spoil_records, "records", DOCTOR_FAULT, "7 lost", "registers have the energy"},
    {"room on the disk", spoil_nothing, "disk", DOCTOR_OK, "50.0 % free, 8192 of 16384 MiB", NULL},
    {"a disk nearly full", spoil_disk, "disk", DOCTOR_FAULT, "2.0 % free", "vacuum"},
    {"a disk that fills up", spoil_disk_nearly, "disk", DOCTOR_WARN, "8.0 % free", "vacuum"},
    {"a disk not looked at", spoil_disk_unseen, "disk", DOCTOR_SKIPPED, "has not looked", NULL},
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
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        bench_init(&in, 1);
        cases[i].spoil();
        const struct doctor_finding finding = find(cases[i].check);
        if (finding.state != cases[i].state || strstr(finding.found, cases[i].found) == NULL)
            fail_msg("%s: %s", doctor_state_name[finding.state], finding.found);
        if (cases[i].advice == NULL)
            assert_string_equal(finding.advice, "");
        else if (strstr(finding.advice, cases[i].advice) == NULL)
            fail_msg("advice: %s", finding.advice);
    }
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

static void every_fault_and_warning_has_advice_that_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench_init(&in, 1);
        cases[i].spoil();
        for (size_t k = 0; k < doctor_checks_n; k++) {
            struct doctor_finding finding;
            doctor_run(&doctor_checks[k], &in, &finding);
            const bool bad = finding.state == DOCTOR_FAULT || finding.state == DOCTOR_WARN;
            assert_int_equal(finding.advice[0] != '\0', bad);
            assert_true(finding.found[0] != '\0');
            assert_true(strlen(finding.found) < sizeof finding.found - 1); /* nothing was cut */
            assert_true(strlen(finding.advice) < sizeof finding.advice - 1);
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
        cmocka_unit_test(every_fault_and_warning_has_advice_that_fits),
        cmocka_unit_test(what_is_not_plain_text_is_made_so),
        cmocka_unit_test(a_meter_lives_that_answers_or_beats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
