/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan_tap.h - the raw scans as measure sees them, into the scan ring (api/scan_ring.h): who the channels are, and one
 * scan after the other.
 *
 * Errors:  -errno; a meter without the ring meters all the same.
 * Threads: open and close from main, write from measure only: it never waits and allocates nothing.
 */
#ifndef VATIO_FIRMWARE_SCAN_TAP_H
#define VATIO_FIRMWARE_SCAN_TAP_H

#include "board/board.h"
#include "calibration/model.h"
#include "dsp/meter.h"
#include "firmware/api/scan_ring.h"
#include "hal/adc.h"

struct scan_tap {
    struct scan_ring_writer ring;
    bool physical;
};

struct scan_tap_config {
    const char *run_dir;
    const char *boot_id, *meter_id;
    const struct board *board;
    const struct adc_plan *plan;
    const struct meter_config *meter;
    const struct calibration_scale *scale;
    bool simulated;
    bool physical; /* scans carry values, not codes */
};

int scan_tap_open(struct scan_tap *tap, const struct scan_tap_config *config);
void scan_tap_write(struct scan_tap *tap, const struct adc_scan *scan);
void scan_tap_close(struct scan_tap *tap, const char *run_dir);

#endif
