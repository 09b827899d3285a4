/* SPDX-License-Identifier: GPL-3.0-or-later */
/* comtrade_write.h - a waveform as the files of a COMTRADE record of 2013: configuration, data, information.
 *
 * Type:    BINARY when every channel's codes lie on a line: the stored number is the code, a and b make V and A of it.
 *          Otherwise FLOAT32 with a = 1, b = 0.
 * Time:    each sample has its stamp (nrates 0), in units of timemult microseconds, as fine as 32 bits allow; skew is
 *          each channel's own.
 * Errors:  those of the file; the caller looks at ferror.
 */
#ifndef VATIO_TOOLS_COMTRADE_WRITE_H
#define VATIO_TOOLS_COMTRADE_WRITE_H

#include "tools/vatio/waveform.h"

struct comtrade_layout {
    bool codes;      /* BINARY, else FLOAT32 */
    int64_t step_ns; /* of a stamp */
    double a[SCAN_RING_CHANNELS];
    double b[SCAN_RING_CHANNELS];
};

/* How this waveform is to be written. */
void comtrade_layout(struct comtrade_layout *layout, const struct waveform *waveform);

void comtrade_write_cfg(const struct comtrade_layout *layout, const struct waveform *waveform, FILE *file);
void comtrade_write_dat(const struct comtrade_layout *layout, const struct waveform *waveform, FILE *file);
/* What the configuration has no place for: the front end's poles. */
void comtrade_write_inf(const struct waveform *waveform, FILE *file);

#endif
