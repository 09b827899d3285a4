/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kept.h - what is kept of the registers through a power cut, and its bytes in the journal.
 *
 * Bytes:   version 3 in KEPT_MAGIC, as long as the points in use and their figures need; the layout is in firmware/README.md.
 *          Versions 1 and 2 are read. Of an open interval the energies are exact, quantities are single precision and those that
 *          the table in kept.c leaves out are absent.
 * Errors:  -EBADMSG for bytes that are no such record: wrong length, points, names or negative registers.
 * Totals:  the circuits' registers alone, for the copy that is written most often.
 * Cell:    how measure gives the newest one to the keeper: it never waits.
 * Threads: kept_give from one thread, kept_take from any.
 */
#ifndef VATIO_FIRMWARE_KEPT_H
#define VATIO_FIRMWARE_KEPT_H

#include "dsp/registers.h"
#include "firmware/api/kept_format.h"
#include "firmware/api/record.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { KEPT_OPEN = 3 /* minute, quarter, day */ };

struct kept {
    char meter_id[RECORD_ID];
    char boot_id[RECORD_ID]; /* of the run of vatiod that wrote it */
    int64_t utc_ms;
    int64_t utc_synced;
    int64_t mono_us;    /* of the newest window's end */
    int64_t clean;      /* 1: the last word of an orderly end */
    int64_t interval_s; /* longest time to the next write */
    int64_t n_points;
    int64_t point_id[RECORD_POINTS];
    struct record_energy energy[RECORD_POINTS];
    int64_t metered_ns;
    int64_t unmetered_ns;
    int64_t dropped_uwh;
    struct registers_rest rest; /* remainders in the order of point_id */
    int64_t newest_seq[STREAMS];
    struct record open[KEPT_OPEN]; /* intervals not yet closed; n_points = 0: none, else that of kept */
};

/* Which stream open[k] is of. */
enum record_stream kept_stream(int k);

/* Returns the number of bytes. */
size_t kept_pack(const struct kept *kept, unsigned char out[KEPT_BYTES_MAX]);

/* magic: KEPT_OLDER..KEPT_MAGIC. */
int kept_unpack(struct kept *kept, uint32_t magic, const unsigned char *in, size_t size);

/* The time that the registers have been counted, metered or not: it only rises, whatever clocks do, so of two records of
 * one meter the one of the greater age is newer. */
int64_t kept_age_ms(const struct kept *kept);

/* What a priority record holds: little enough to be written each second. */
enum { KEPT_TOTALS = 4 /* import and export of grid, of solar */ };
struct kept_totals {
    int64_t utc_ms;
    int64_t age_ms;
    int64_t energy_uwh[KEPT_TOTALS]; /* RECORD_ABSENT where there is no such circuit */
};
void kept_totals(const struct kept *kept, struct kept_totals *totals);

enum { KEPT_WORDS = (sizeof(struct kept) + 7) / 8 };
struct kept_cell {
    _Atomic uint64_t sequence;
    _Atomic uint64_t word[KEPT_WORDS];
    atomic_bool urgent; /* the mains are going: write at once */
};
void kept_give(struct kept_cell *cell, const struct kept *kept);

/* -EAGAIN: nothing was given yet. */
int kept_take(const struct kept_cell *cell, struct kept *kept);

#endif
