/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_process.c - vatiod itself: is it there, does it keep up, does it know the time. */
#include "tools/vatio/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const double late_fault_pct = 1, late_warn_pct = 0.1; /* of the scans */
static const double lost_fault_pct = 0.01;
enum { SCANS_ENOUGH = 1000 }; /* for a share */

static void no_socket(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    if (inputs->run_dir_error != 0) {
        doctor_find(finding, DOCTOR_FAULT, "not running: %s: %s", inputs->run_dir,
                    strerror(-inputs->run_dir_error));
        doctor_advise(finding,
                      "Start it: systemctl start vatiod; if it ends at once, journalctl -u vatiod says why. "
                      "If it keeps its files elsewhere, name the place with --run-dir.");
        return;
    }
    doctor_find(finding, DOCTOR_FAULT, "not running: nobody listens on %s/control%s", inputs->run_dir,
                inputs->control_error == -ECONNREFUSED ? ", which a killed vatiod left behind" : "");
    doctor_advise(finding,
                  "Start it: systemctl start vatiod; if it ends at once, journalctl -u vatiod says why.");
}

void doctor_vatiod(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const int error = inputs->control_error;
    const struct control_status *status = &inputs->status;
    if (error == 0) {
        doctor_find(finding, DOCTOR_OK, "version %s, process %" PRId64 ", up %" PRId64 " s", status->version,
                    status->pid, status->uptime_ms / 1000);
    } else if (error == -ENOENT || error == -ECONNREFUSED || error == -ENOTDIR) {
        no_socket(inputs, finding);
    } else if (error == -EACCES || error == -EPERM) {
        doctor_find(finding, DOCTOR_FAULT, "%s/control may not be opened by this user", inputs->run_dir);
        doctor_advise(finding, "Run this as root (sudo vatio doctor), or add your user to the group vatio.");
    } else if (error == -EPROTO) {
        doctor_find(finding, DOCTOR_FAULT, "it answers in another version's way");
        doctor_advise(finding,
                      "Install vatio and vatiod of one version, then restart: systemctl restart vatiod.");
    } else {
        doctor_find(finding, DOCTOR_FAULT, "connected, but no answer: %s", strerror(-error));
        doctor_advise(finding, "It is stuck or starved: look at top and journalctl -u vatiod, then systemctl "
                               "restart vatiod.");
    }
}

static void unreadable(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const int error = inputs->mailbox_error;
    const bool gone = error == -ENOENT || error == -ENOTDIR;
    if (gone && inputs->control_error != 0) {
        doctor_find(finding, DOCTOR_SKIPPED, "no vatiod, no mailbox");
        return;
    }
    doctor_find(finding, DOCTOR_FAULT, "%s/live: %s", inputs->run_dir, strerror(-error));
    if (error == -EPROTO)
        doctor_advise(finding,
                      "Install vatio and vatiod of one version, then restart: systemctl restart vatiod.");
    else if (error == -EACCES)
        doctor_advise(finding, "Run this as root (sudo vatio doctor), or add your user to the group vatio.");
    else
        doctor_advise(finding,
                      "vatiod has shown no value yet: wait a minute; if it stays, systemctl restart vatiod.");
}

void doctor_mailbox(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    if (inputs->mailbox_error != 0) {
        unreadable(inputs, finding);
        return;
    }
    const int64_t beats = inputs->now.heartbeat - inputs->before.heartbeat;
    const double watch_s = (double)inputs->watch_ms / 1e3;
    if (beats != 0) {
        doctor_find(finding, DOCTOR_OK, "%" PRId64 " windows in %.1f s", beats, watch_s);
    } else if (!inputs->writer_lives) {
        doctor_find(finding, DOCTOR_FAULT, "stale: left behind by process %" PRId64 ", which is gone",
                    inputs->now.pid);
        doctor_advise(finding, "These values are old. vatiod was killed: journalctl -u vatiod says when; "
                               "systemctl start vatiod makes a new one.");
    } else {
        doctor_find(finding, DOCTOR_FAULT, "stale: no new window in %.1f s, though process %" PRId64 " lives",
                    watch_s, inputs->now.pid);
        doctor_advise(finding, "Look at \"samples\" below first. If samples come, measuring is stuck: "
                               "systemctl restart vatiod, and keep journalctl -u vatiod.");
    }
}

static double share_pct(int64_t part, int64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

void doctor_samples(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_health *now = &inputs->now.health;
    const int64_t scans = now->scans - inputs->before.health.scans;
    const int64_t failed = now->scans_failed - inputs->before.health.scans_failed;
    const int64_t beats = inputs->now.heartbeat - inputs->before.heartbeat;
    const double watch_s = (double)inputs->watch_ms / 1e3;
    /* The counters are published with a window; without scans there is none. */
    if (scans > 0 && beats > 0 && failed == 0) {
        doctor_find(finding, DOCTOR_OK,
                    "%" PRId64 " scans in %.1f s; %" PRId64 " read errors since the start", scans, watch_s,
                    now->scans_failed);
        return;
    }
    doctor_find(finding, DOCTOR_FAULT,
                "%" PRId64 " scans in %.1f s, %" PRId64 " since the start; %" PRId64 " read errors", scans,
                watch_s, now->scans, now->scans_failed);
    doctor_advise(
        finding, "The converter gives nothing: check that ls /dev/spidev* shows the device of the board file "
                 "(dtparam=spi=on in config.txt), the ribbon cable, and the converter's 3.3 V; "
                 "journalctl -u vatiod has the error.");
}

void doctor_late(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_health *now = &inputs->now.health, *before = &inputs->before.health;
    const int64_t scans = now->scans - before->scans;
    const double since_start = share_pct(now->scans_late, now->scans);
    const double watched =
        scans >= SCANS_ENOUGH ? share_pct(now->scans_late - before->scans_late, scans) : since_start;
    const double worst = since_start > watched ? since_start : watched;
    const enum doctor_state state = worst > late_fault_pct  ? DOCTOR_FAULT
                                    : worst > late_warn_pct ? DOCTOR_WARN
                                                            : DOCTOR_OK;
    doctor_find(finding, state, "%.3f %% of the scans since the start, %.3f %% now (limit %.0f %%)",
                since_start, watched, late_fault_pct);
    if (state != DOCTOR_OK)
        doctor_advise(finding,
                      "Something keeps the processor from sampling in time: look at top for another busy "
                      "program, at vcgencmd get_throttled for a weak power supply, and that adc.priority "
                      "in vatiod.ini is 60.");
}

void doctor_ring(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_health *now = &inputs->now.health;
    const int64_t lost = now->ring_lost - inputs->before.health.ring_lost;
    const bool much = lost > 0 || share_pct(now->ring_lost, now->scans) > lost_fault_pct;
    doctor_find(finding,
                much                 ? DOCTOR_FAULT
                : now->ring_lost > 0 ? DOCTOR_WARN
                                     : DOCTOR_OK,
                "%" PRId64 " scans lost since the start, %" PRId64 " of them now; %" PRId64 " waited at most",
                now->ring_lost, lost, now->ring_peak);
    if (now->ring_lost > 0)
        doctor_advise(
            finding, "The processor is too slow or too busy to measure: look at top, stop what else runs, or "
                     "lower adc.scan_rate_hz in vatiod.ini.");
}

void doctor_display(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const int64_t errors = inputs->now.health.display_errors;
    const int64_t fresh = errors - inputs->before.health.display_errors;
    doctor_find(finding,
                fresh > 0    ? DOCTOR_FAULT
                : errors > 0 ? DOCTOR_WARN
                             : DOCTOR_OK,
                "%" PRId64 " errors since the start, %" PRId64 " of them now", errors, fresh);
    if (errors > 0)
        doctor_advise(
            finding,
            "Check the display's four wires and its 5 V; i2cdetect -y 1 must show the address of the "
            "board file (27). Metering is not touched by this.");
}

void doctor_clock(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    if (inputs->now.live.utc_synced == 1) {
        doctor_find(finding, DOCTOR_OK, "UTC is synchronised%s",
                    inputs->now.simulated != 0 ? " (simulated time)" : "");
        return;
    }
    doctor_find(finding, DOCTOR_FAULT,
                "UTC is not synchronised: times and the ends of days may be wrong, energy is not");
    doctor_advise(
        finding, "See timedatectl. Without network: fit a clock module (RTC) and set it; with network: check "
                 "that UDP port 123 gets out and that chrony or systemd-timesyncd runs.");
}
