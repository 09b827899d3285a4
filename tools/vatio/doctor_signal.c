/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_signal.c - what comes from converter and sensors: is it whole, in range, alive, calibrated. */
#include "tools/vatio/doctor.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double corrupt_fault_pct = 0.1;            /* of the scans */
static const double dead_ratio = 0.5;                   /* of the nominal voltage: no mains */
static const double low_ratio = 0.85, high_ratio = 1.1; /* of the nominal voltage: usual limits of a supply */
static const double unmetered_fault_pct = 1, unmetered_warn_pct = 0.1;

void doctor_front_end(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_live *now = &inputs->now;
    doctor_find(finding, DOCTOR_OK, "board %s, %.0f V, %.0f Hz, %.0f scans/s%s", now->board, now->u_nominal_v,
                now->f_nominal_hz, now->scan_rate_hz,
                now->simulated != 0 ? ", SIMULATED: no sensor is read" : "");
}

void doctor_sensor(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_health *now = &inputs->now.health;
    const int64_t fresh = now->scans_corrupt - inputs->before.health.scans_corrupt;
    const double share_pct = now->scans > 0 ? 100 * (double)now->scans_corrupt / (double)now->scans : 0;
    const int64_t scans = now->scans - inputs->before.health.scans;
    const double fresh_pct = scans > 0 ? 100 * (double)fresh / (double)scans : 0;
    const bool implausible = now->scans_corrupt == 0 && (inputs->now.live.quality & DOCTOR_SENSOR_FAULT) != 0;
    if (implausible) {
        doctor_find(finding, DOCTOR_FAULT, "readings carry the mark SENSOR_FAULT though no frame is corrupt");
        doctor_advise(finding,
                      "A sensor reads what cannot be: check its supply and its plug, then the readings with "
                      "vatio status.");
        return;
    }
    const bool fault = share_pct > corrupt_fault_pct || fresh_pct > corrupt_fault_pct;
    doctor_find(finding,
                fault                    ? DOCTOR_FAULT
                : now->scans_corrupt > 0 ? DOCTOR_WARN
                                         : DOCTOR_OK,
                "%" PRId64 " scans with corrupt frames since the start (%.3f %%), %.3f %% now",
                now->scans_corrupt, share_pct, fresh_pct);
    if (now->scans_corrupt > 0)
        doctor_advise(
            finding,
            "The converter's answers are disturbed: shorten the SPI wires, check their plugs and the "
            "ground, keep them off the mains side; lower spi_clock_hz in the board file if need be.");
}

/* The names of the channels that clipped: between the two looks where any did, else since the start. */
static void list_clipped(const struct doctor_inputs *inputs, char *text, size_t size)
{
    const struct mailbox_live *now = &inputs->now;
    bool fresh = false;
    for (int k = 0; k < MAILBOX_CHANNELS; k++)
        fresh = fresh || now->clipped_scans[k] > inputs->before.clipped_scans[k];
    text[0] = '\0';
    for (int k = 0; k < MAILBOX_CHANNELS; k++) {
        const size_t used = strlen(text);
        if (now->clipped_scans[k] > (fresh ? inputs->before.clipped_scans[k] : 0))
            snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", now->channel[k]);
    }
    if (text[0] == '\0')
        snprintf(text, size, "a channel");
}

void doctor_clipped(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_health *now = &inputs->now.health;
    char names[128];
    size_t n;
    const size_t minutes = doctor_recent_flagged(inputs, DOCTOR_CLIPPED, &n);
    const bool live = (inputs->now.live.quality & DOCTOR_CLIPPED) != 0;
    if (!live && minutes == 0 && now->windows_clipped == 0) {
        doctor_find(finding, DOCTOR_OK, "none of %" PRId64 " windows", now->windows);
        return;
    }
    list_clipped(inputs, names, sizeof names);
    doctor_find(finding, live || minutes > 0 ? DOCTOR_FAULT : DOCTOR_WARN,
                "%s: %" PRId64 " of %" PRId64 " windows since the start, in %zu of the last %zu minutes%s",
                names, now->windows_clipped, now->windows, minutes, n, live ? ", and now" : "");
    doctor_advise(
        finding,
        "A clipped voltage: turn its potentiometer until vatio status shows no more \"clipped\", check "
        "the transformer. A clipped current: the load is beyond the sensor's range (fit a larger one), "
        "or its 5 V supply or plug is off.");
}

/* The lowest and the highest voltage of the points; false if there is none. */
static bool voltage_range(const struct record *record, double *lowest_v, double *highest_v)
{
    *lowest_v = *highest_v = (double)NAN;
    for (int64_t p = 0; p < record->n_points; p++) {
        const double u_v = record->point[p].u_rms_v;
        *lowest_v = fmin(*lowest_v, u_v); /* of a number and NaN: the number */
        *highest_v = fmax(*highest_v, u_v);
    }
    return !isnan(*lowest_v);
}

void doctor_mains(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_live *now = &inputs->now;
    double lowest_v, highest_v;
    const bool has_voltage = voltage_range(&now->live, &lowest_v, &highest_v);
    if (!has_voltage || lowest_v < dead_ratio * now->u_nominal_v) {
        doctor_find(finding, DOCTOR_FAULT, "no mains: %.1f V where %.0f V are nominal",
                    has_voltage ? lowest_v : 0.0, now->u_nominal_v);
        doctor_advise(finding,
                      "Is the supply on? Check the fuse and the primary of the voltage transformer, then its "
                      "secondary and its plug on the board.");
    } else if (isnan(now->live.f_hz) || (now->live.quality & DOCTOR_UNLOCKED) != 0) {
        doctor_find(finding, DOCTOR_FAULT, "the frequency is not tracked, at %.1f V", lowest_v);
        doctor_advise(finding,
                      "The voltage is no steady sine of %.0f Hz: on a generator wait until it runs smoothly; "
                      "else check f_nominal_hz in the board file and the transformer's plug.",
                      now->f_nominal_hz);
    } else {
        const bool usual =
            lowest_v >= low_ratio * now->u_nominal_v && highest_v <= high_ratio * now->u_nominal_v;
        doctor_find(finding, usual ? DOCTOR_OK : DOCTOR_WARN, "%.4f Hz, %.1f to %.1f V, nominal %.0f V",
                    now->live.f_hz, lowest_v, highest_v, now->u_nominal_v);
        if (!usual)
            doctor_advise(finding,
                          "Compare with a voltmeter. It agrees: call the utility. It does not: wrong "
                          "u_nominal_v or transformer_ratio in the board file, or a wrong calibration.");
    }
}

void doctor_calibration(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_live *now = &inputs->now;
    if (now->calibrated != 0) {
        doctor_find(finding, DOCTOR_OK, "of %s, serial %s", now->calibration_date, now->serial);
        return;
    }
    doctor_find(finding, DOCTOR_FAULT, "none: nominal scales, which may be off by several percent");
    doctor_advise(finding,
                  "Compare this unit with a reference meter and write its calibration file (the format is in "
                  "calibration/README.md), name it as paths.calibration_file in /etc/vatio/vatiod.ini, then "
                  "systemctl restart vatiod.");
}

void doctor_unmetered(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_live *now = &inputs->now;
    const int64_t ms = now->health.unmetered_ms;
    const int64_t fresh_ms = ms - inputs->before.health.unmetered_ms;
    const double share_pct = now->uptime_ms > 0 ? 100 * (double)ms / (double)now->uptime_ms : 0;
    const enum doctor_state state = fresh_ms > 0 || share_pct > unmetered_fault_pct ? DOCTOR_FAULT
                                    : share_pct > unmetered_warn_pct                ? DOCTOR_WARN
                                                                                    : DOCTOR_OK;
    doctor_find(finding, state, "%.1f s since the start (%.3f %%), %.1f s of them now", (double)ms / 1e3,
                share_pct, (double)fresh_ms / 1e3);
    if (state != DOCTOR_OK)
        doctor_advise(
            finding,
            "No energy is counted in this time. Look at samples, sensor, ring and mains above: one of "
            "them is the cause; vatio export --stream event says when.");
}
