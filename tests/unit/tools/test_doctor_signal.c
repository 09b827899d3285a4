/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of what is sampled: scans, frames, range, noise, mains, unmetered time. */
#include "tests/unit/tools/doctor_cases.h"

static void spoil_first_value(void)
{
    in.mailbox_error = -EAGAIN;
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

static const struct doctor_case cases[] = {
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
    {"too much noise is not too little", spoil_noise, "quiet", DOCTOR_OK, "2.20 to 3.04 LSB", NULL},
    {"values without a converter, quiet", spoil_codes, "quiet", DOCTOR_SKIPPED, "not known", NULL},
    {"noise that is not known now", spoil_one_channel, "quiet", DOCTOR_OK, "0.50 to 0.50 LSB", NULL},
    {"too little noise is not too much", spoil_dither, "noisy", DOCTOR_OK, "0.11 to 0.50 LSB", NULL},
    {"channels with too much noise", spoil_noise, "noisy", DOCTOR_FAULT,
     "CH0 voltage 3.04 LSB, CH1 current grid L1 2.20 LSB, usual are below 2", "twisted"},
    {"values without a converter, noisy", spoil_codes, "noisy", DOCTOR_SKIPPED, "not known", NULL},
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
};

static void each_fault_is_named_and_advised(void **state)
{
    (void)state;
    assert_cases(cases, sizeof cases / sizeof cases[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_named_and_advised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
