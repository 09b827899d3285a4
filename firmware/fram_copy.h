/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fram_copy.h - the registers' second home: a priority record of 64 bytes with the totals, written each second, and the
 * whole kept record, written piece by piece. Both in two slots in turn; layout in firmware/README.md, the numbered invariants
 * on top of fram_copy.c.
 *
 * Errors:  -errno of the bus; -EMEDIUMTYPE when a valid record is another meter's: it is never written over. After an error
 *          the next call looks at the chip again before it writes.
 * Threads: one object, one thread. A call but fram_copy_read keeps the bus for one piece at a time.
 */
#ifndef VATIO_FIRMWARE_FRAM_COPY_H
#define VATIO_FIRMWARE_FRAM_COPY_H

#include "firmware/kept.h"
#include "hal/fram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAM_COPY_PRIORITY = 0,  /* two priority records */
    FRAM_COPY_HEADS = 128,   /* two heads of whole records */
    FRAM_COPY_DECIDES = 192, /* bytes from the first: with these set to 0 the chip is empty */
    FRAM_COPY_BODY = 8192,   /* the bodies: here and at twice this */
};

struct fram_copy {
    struct fram *fram; /* the caller's */
    char meter_id[RECORD_ID];
    bool known;                       /* the numbers below are the chip's */
    uint32_t priority_seq, whole_seq; /* of the newest valid ones; 0 = none */
    int damaged;                      /* slots that held something invalid when looked at last */
    uint8_t body[KEPT_BYTES_MAX];     /* of the whole record that is being written */
    size_t size, written;             /* size 0: none is */
};

/* What a chip holds. */
struct fram_found {
    bool has_totals, has_kept;
    struct kept_totals totals;
    struct kept kept;
};

void fram_copy_init(struct fram_copy *copy, struct fram *fram, const char *meter_id);

/* -EMEDIUMTYPE with a sentence that says what an operator can do. */
int fram_copy_read(struct fram_copy *copy, struct fram_found *found, char *error, size_t error_size);

/* The priority record. */
int fram_copy_write_totals(struct fram_copy *copy, const struct kept_totals *totals);

/* Makes a whole record ready to be written; one that was on its way is given up. */
void fram_copy_begin(struct fram_copy *copy, const struct kept *kept);

/* Writes its next piece. 1: there is more; 0: it is whole, or none was on its way. An error gives it up. */
int fram_copy_step(struct fram_copy *copy);

#endif
