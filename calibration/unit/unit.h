/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unit.h - one physical unit: nominal values from its board, adjusted values from its calibration file.
 *
 * The file is INI (schema 1; format in calibration/README.md): [calibration] schema, board, serial, date, reference;
 * [channel0].. gain, offset_lsb, delay_ns, high_pass_hz, low_pass_hz, crosstalk; [linearity0].. optional correction table.
 * Scan order: the used channels of the board in ascending order of the converter's input.
 * Errors:  -errno for what the system said; -EINVAL for a wrong file, with one sentence (file, line, what was
 *          expected) in error.
 */
#ifndef VATIO_CALIBRATION_UNIT_H
#define VATIO_CALIBRATION_UNIT_H

#include "board/board.h"
#include "calibration/model.h"
#include "dsp/topology.h"

#include <stddef.h>

/* Channels and elements of the board in scan order. Returns the number of channels of a scan; converter_input[k]
 * receives the MCP3008 input of scan position k. */
int unit_topology(const struct board *board, struct topology *topology, int converter_input[DSP_CHANNELS]);

/* Nominal values from the board's component values; calibrated is false. */
void unit_nominal(const struct board *board, struct calibration *calibration);

/* calibration must hold the nominal values: keys that the file leaves out keep them. */
int unit_read(const char *path, const struct board *board, struct calibration *calibration, char *error,
              size_t error_size);

/* Writes under a temporary name, syncs, renames. */
int unit_write(const char *path, const struct calibration *calibration, char *error, size_t error_size);

#endif
