/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pages.h - what the 16x4 display says: one function per page, newest values in, four rows out.
 *
 * A value that is absent is drawn as dashes; a value too wide for its field as well, never cut. A current carries the
 * sign of its power: what flows out is negative.
 * Threads: pure.
 */
#ifndef VATIO_FIRMWARE_PAGES_H
#define VATIO_FIRMWARE_PAGES_H

#include "firmware/api/mailbox.h"
#include "hal/display.h"

enum { PAGES_MAX = 12, PAGE_NAME = 16 };

/* Which pages a meter with these points has: now, power, energy and quality of the grid; one for each further circuit;
 * one for the two legs of each circuit that has them. */
struct pages {
    int n;
    struct page {
        char name[PAGE_NAME];
        void (*render)(const struct page *page, const struct mailbox_live *live, struct display_text *text);
        char title[PAGE_NAME]; /* GRID, SOLAR, LOAD */
        int point;             /* index into the record's points */
        int legs[2];           /* of a page of legs */
    } page[PAGES_MAX];
};

void pages_init(struct pages *pages, int64_t n_points, const int64_t point_id[RECORD_POINTS]);

/* page: 0..pages->n - 1. */
void pages_render(const struct pages *pages, int page, const struct mailbox_live *live,
                  struct display_text *text);

/* What stands there before there is a reading: the meter's name and version. */
void pages_render_start(const char *meter_id, const char *version, struct display_text *text);

#endif
