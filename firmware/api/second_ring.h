/* SPDX-License-Identifier: GPL-3.0-or-later */
/* second_ring.h - the live seconds of the last hours, for any local process that may read the file: <run_dir>/seconds.
 *
 * Layout:  struct second_ring_file, then `slots` slots of `slot_words` 64-bit words. Second number n (from 0) stands in slot
 *          n % slots: generation (2 n + 1 while it is written, 2 n + 2 when it stands), then struct second_slot as far as
 *          there are points: quantities in single precision, energies exact.
 * Life:    made under a new name and renamed into place, never truncated, with all its space, so that a full tmpfs is an error
 *          here and no SIGBUS later. It stays when vatiod ends: the next one of the same meter, points and length goes on in it.
 * Order:   as the seconds closed; utc_start_ms jumps where the clock was set or vatiod did not run.
 * Errors:  -errno; -EPROTO when magic, schema or sizes do not fit; -EAGAIN for a second that is not there (any more).
 * Threads: one writer, which never waits; any number of readers, each with its own struct second_ring.
 */
#ifndef VATIO_API_SECOND_RING_H
#define VATIO_API_SECOND_RING_H

#include "firmware/api/record.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { SECOND_RING_SCHEMA = 1, SECOND_RING_DIGITS = 7 /* of a real that are worth printing */ };
#define SECOND_RING_MAGIC     UINT64_C(0x6f697461765f7431) /* "1t_vatio" */
#define SECOND_RING_FILE      "seconds"
#define SECOND_RING_SLOTS_MAX (72 * 3600)

/* What is in the file; does not change while it lives. */
struct second_ring_plan {
    char meter_id[RECORD_ID];
    int64_t n_points;
    int64_t point_id[RECORD_POINTS];
};

struct second_slot_point {
    float u_rms_v, i_rms_a, p_w, q1_var, s_va, pf, thd_u_pct, thd_i_pct; /* NaN = absent */
    int64_t import_uwh, export_uwh;                                      /* registers at the end */
};
struct second_slot {
    int64_t utc_start_ms;
    uint32_t quality; /* flags, dsp/quality.h */
    float f_hz;
    struct second_slot_point point[RECORD_POINTS];
};
enum { SECOND_RING_WORDS_MAX = 1 + sizeof(struct second_slot) / sizeof(uint64_t) }; /* with the generation */

struct second_ring_file {
    _Atomic uint64_t magic; /* written last */
    uint64_t schema;
    uint64_t size; /* of the file */
    uint64_t slots;
    uint64_t slot_words;
    struct second_ring_plan plan;
    _Atomic uint64_t written; /* seconds so far */
    _Atomic uint64_t word[];
};

/* The same as a reader has it, for the tables of fields below: their names are those of a record. */
struct second_point {
    double u_rms_v, i_rms_a, p_w, q1_var, s_va, pf, thd_u_pct, thd_i_pct;
    int64_t import_uwh, export_uwh;
};
struct second {
    int64_t utc_start_ms;
    int64_t quality;
    double f_hz;
    struct second_point point[RECORD_POINTS];
};
extern const struct record_field second_fields[];
extern const size_t second_fields_n;
extern const struct record_field second_point_fields[];
extern const size_t second_point_fields_n;

struct second_ring {
    const struct second_ring_file *file; /* mapped read-only */
    size_t size;
};
int second_ring_open(struct second_ring *ring, const char *run_dir);
/* The numbers that can be read now: from *first on, *end is the next to be written. */
void second_ring_range(const struct second_ring *ring, uint64_t *first, uint64_t *end);
int second_ring_read(const struct second_ring *ring, uint64_t number, struct second *second);
void second_ring_close(struct second_ring *ring);

/* Whether file, of that many bytes, is a whole ring of this schema. */
bool second_ring_fits(const struct second_ring_file *file, size_t size);

/* The writer's side. */
struct second_ring_writer {
    struct second_ring_file *file;
    size_t size;
};
/* Bytes of the file for so many points and slots. */
size_t second_ring_size(int64_t n_points, int64_t slots);
/* Goes on in the file that is there if it has this plan and length, else makes a new one. */
int second_ring_create(struct second_ring_writer *writer, const char *run_dir,
                       const struct second_ring_plan *plan, int64_t slots);
/* A closed live second. Never blocks, allocates nothing. */
void second_ring_write(struct second_ring_writer *writer, const struct record *live);
/* Leaves the file for the next start. */
void second_ring_leave(struct second_ring_writer *writer);
/* Takes away a file that nobody writes. */
void second_ring_discard(const char *run_dir);

#endif
