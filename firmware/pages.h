/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pages.h - what the 16x4 display says: one function per page, newest values in, four rows out.
 *
 * A value that is absent is drawn as dashes; a value too wide for its field as well, never cut.
 * Threads: pure.
 */
#ifndef VATIO_FIRMWARE_PAGES_H
#define VATIO_FIRMWARE_PAGES_H

#include "firmware/api/mailbox.h"
#include "hal/display.h"

/* now, power, energy, quality */
int pages_count(void);
const char *pages_name(int page);

/* page: 0..pages_count() - 1. */
void pages_render(int page, const struct mailbox_live *live, struct display_text *text);

/* What stands there before there is a reading: the meter's name and version. */
void pages_render_start(const char *meter_id, const char *version, struct display_text *text);

#endif
