/* SPDX-License-Identifier: GPL-3.0-or-later */
/* convert.h - what dsp computed, as the records that other processes know. Names are the same on both sides.
 *
 * Signs:   values that noise left below zero in the square (dsp/reading.h) are 0 here: records and pages are for people.
 * Threads: pure. */
#ifndef VATIO_FIRMWARE_CONVERT_H
#define VATIO_FIRMWARE_CONVERT_H

#include "dsp/interval.h"
#include "dsp/registers.h"
#include "firmware/api/mailbox.h"
#include "firmware/api/record.h"

/* The point ids of a topology in order; returns their number. */
int convert_points(const struct topology *topology, int64_t point_id[RECORD_POINTS]);

/* Fills everything but seq, utc_synced and boot_id. */
void convert_interval(const struct interval *interval, const struct topology *topology,
                      enum record_stream stream, struct record *record);

void convert_energy(const struct energy *energy, struct record_energy *record);
void convert_energy_back(const struct record_energy *record, struct energy *energy);

/* Makes every measured value of the live record and the harmonics absent; registers and labels stay. */
void convert_absent(struct mailbox_live *live);

/* Harmonics of the window into the mailbox's arrays; [0] is DC. */
void convert_harmonics(const struct reading *reading, struct mailbox_live *live);

#endif
