/* SPDX-License-Identifier: GPL-3.0-or-later */
/* calibrate.h - what a user does to a unit before it is trusted: draw the unit, and calibrate it against a reference.
 *
 * Unit:    unit_draw moves the component values of a board by their tolerances; the meter still believes the nominal
 *          ones.
 * Method:  calibrate connects the unit to a steady load that a reference instrument knows, reads it for a while, and sets
 *          gains, offsets and the current channel's delay so that the mean readings are right. Nothing else is
 *          known to it.
 * Threads: as the rig's.
 */
#ifndef VATIO_ACCURACY_CALIBRATE_H
#define VATIO_ACCURACY_CALIBRATE_H

#include "calibration/linearity.h"
#include "tests/accuracy/rig.h"

/* Transformer ratio and Hall sensitivity 1 %, dividers 0.1 %, RC 5 %, zero points 10 mV, transformer's pole 30 %: uniform. */
void unit_draw(struct rig_config *config, uint64_t seed);

/* At the nominal voltage and current and frequency, current lagging by phi_deg. */
void calibrate(struct rig_config *config, double phi_deg, double seconds);

/* The share that the converter keeps of the voltage's conversion: voltage applied, conductor open. */
void calibrate_crosstalk(struct rig_config *config, double seconds);

/* The converter's table, for all channels, from a source at the voltage input; they keep the one they have unless the
 * result is good. */
void calibrate_linearity(struct rig_config *config, const struct steady_config *source, double seconds,
                         struct linearity_result *result);

#endif
