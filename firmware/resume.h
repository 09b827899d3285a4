/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resume.h - what the start makes of what was kept and what is stored: the registers to go on from, the records that end
 * what was interrupted, and above which number new records are counted.
 *
 * Newest:  of journal and copy the one of the greater age (kept_age_ms), of equals the journal. What is in neither but in the
 *          priority record or the store raises registers. Where the priority record is as new as the newest of both, it
 *          was written until the end: then RESUME_TOTALS_S is what may be lost, not the journal's interval.
 * Rule:    no register falls below what was kept or stored, and none rises above the highest of these: nothing is invented.
 * Errors:  none; the copies are this meter's and whole, their readers have seen to it.
 * Threads: pure.
 */
#ifndef VATIO_FIRMWARE_RESUME_H
#define VATIO_FIRMWARE_RESUME_H

#include "dsp/registers.h"
#include "firmware/api/record.h"
#include "firmware/kept.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESUME_TOTALS_S = 1 /* between two priority records */ };

/* A replaced store's records may be younger than the newest seq that was kept: numbering goes on so far above it. No more
 * records are stored between two writes of the journal. */
enum { RESUME_SEQ_GAP = 512 };

/* What there is; NULL = none. The caller's, read only during the call. */
struct resume_sources {
    const struct kept *journal;             /* the newest valid record of the register journal */
    const struct kept *copy;                /* the whole record of the FRAM */
    const struct kept_totals *totals;       /* the priority record of the FRAM */
    const struct record *stored[KEPT_OPEN]; /* the newest stored minute, quarter, day */
    bool store_replaced;                    /* a damaged store was put aside: nobody knows its newest seq */
};

struct resume {
    bool found;               /* something was kept: this is a restart */
    struct kept kept;         /* raised and settled; n_points = 0: registers begin at zero */
    int64_t totals_ahead_uwh; /* import and export that the priority record had and the whole ones had not */
    int64_t stored_ahead_uwh; /* import and export that the store had and what was kept had not */
    struct record
        ending[KEPT_OPEN]; /* of minute, quarter, day, in this order: to be stored before any other */
    int n_ending;
    int64_t seq_floor[STREAMS]; /* new records of a stream are numbered above it; 0 = from 1 */
};

void resume_init(struct resume *resume, const struct resume_sources *sources);

/* Raises the kept registers to those of a stored record where these are higher: after a kill or a power cut the newest
 * minute may be younger than the journal, and a register that was shown must not fall. Points that the journal lacks
 * are added. Returns by how many micro-units the import and export registers rose. */
int64_t resume_raise(struct kept *kept, const struct record *stored);

/* Puts the kept registers and what lies below them in place, point by point. */
void resume_registers(const struct kept *kept, struct registers *registers);

/* One line for the event "restart": down-time and the largest energy in Wh that may have been lost, which is returned.
 * most_va: the largest apparent power that the board can measure; utc_ms and synced: of now. */
double resume_text(const struct kept *kept, double most_va, int64_t utc_ms, bool synced, char *text,
                   size_t size);

#endif
