/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch_scans.h - what the converter's answers of one second look like: how many, how many corrupt, which inputs stand still.
 *
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_FIRMWARE_WATCH_SCANS_H
#define VATIO_FIRMWARE_WATCH_SCANS_H

#include "hal/adc.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_scans {
    int64_t start_ns; /* of the second; 0 = no scan and no failure yet */
    int64_t scans, corrupt;
    int64_t failed; /* of the meter's counter, up to the second's start */
    int n;          /* channels with codes; 0 = none came */
    uint16_t least[ADC_CHANNELS], most[ADC_CHANNELS];
};

struct watch_second {
    int64_t start_ns, end_ns;
    bool missing;       /* no answer, or one that the driver reported as failed */
    double corrupt_pct; /* of the scans */
    int n;              /* channels with codes; 0 = none came */
    bool still[ADC_CHANNELS];
    uint16_t code[ADC_CHANNELS]; /* at which it stood, where still */
};

void watch_scans_init(struct watch_scans *scans);
void watch_scans_add(struct watch_scans *scans, const struct adc_scan *scan);

/* True when a second or more is over at now_ns; failed: the meter's counter of failed scans. */
bool watch_scans_read(struct watch_scans *scans, int64_t now_ns, int64_t failed, struct watch_second *second);

#endif
