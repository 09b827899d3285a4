/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan_ring.h - the raw scans of the last ten seconds, for any local process that may read the file: <run_dir>/scans.
 *
 * Layout:  struct scan_ring_file, then `slots` slots of `slot_words` 64-bit words. Scan number n (from 0) stands in slot
 *          n % slots: generation (2 n + 1 while it is written, 2 n + 2 when it stands), instant of the first channel,
 *          faults, a word per channel (code and distance from the first channel's instant), and in a ring of recorded
 *          values a further word per channel (a double's bits).
 * Life:    as the mailbox: made under a new name and renamed into place, never truncated; a reader that sees another
 *          boot_id or no progress opens it again.
 * Units:   ns of the meter's monotonic clock; V and A at the meter's terminals with the front end's poles left in.
 * Errors:  -errno; -EPROTO when magic, schema or sizes do not fit; -EAGAIN for a scan that is not there (any more).
 * Threads: one writer, which never waits; any number of readers, each with its own struct scan_ring.
 */
#ifndef VATIO_API_SCAN_RING_H
#define VATIO_API_SCAN_RING_H

#include "firmware/api/record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCAN_RING_SCHEMA = 2,
    SCAN_RING_CHANNELS = 8,
    SCAN_RING_CODES = 1024,
    SCAN_RING_NAME = 16,
    SCAN_RING_HEAD_WORDS = 3, /* of a slot: generation, instant, faults */
    SCAN_RING_WORDS_MAX = SCAN_RING_HEAD_WORDS + 2 * SCAN_RING_CHANNELS,
};
#define SCAN_RING_MAGIC UINT64_C(0x6f697461765f7331) /* "1s_vatio" */
#define SCAN_RING_FILE  "scans"

enum scan_ring_kind { SCAN_RING_VOLTAGE, SCAN_RING_CURRENT };

struct scan_ring_channel {
    char name[SCAN_RING_NAME];    /* u_l1, i_grid_l1, ... */
    char circuit[SCAN_RING_NAME]; /* of a current: grid, solar; "" of a voltage */
    int64_t kind;                 /* enum scan_ring_kind */
    int64_t leg;                  /* 1 or 2; 0 = belongs to none */
    int64_t input;                /* of the converter */
    double nominal;               /* V or A */
    double delay_ns;              /* what was sampled at t entered the terminals at t - delay */
    double high_pass_hz;          /* single poles of the front end, which value leaves in; 0 = none */
    double low_pass_hz;
    double value[SCAN_RING_CODES]; /* V or A of each code, as if nothing were kept of the conversion before */
    double per_value;              /* LSB per V or A: linearised code = value * per_value + offset_lsb */
    double offset_lsb;
    double back; /* V or A to add per LSB that this conversion lies above the one before; 0 = no crosstalk */
};

/* What a scan is; does not change while the ring lives. */
struct scan_ring_plan {
    char boot_id[RECORD_ID];
    char meter_id[RECORD_ID];
    char board[RECORD_ID];
    int64_t simulated;
    int64_t physical; /* slots carry values, codes mean nothing: a recording is metered */
    double scan_rate_hz;
    double f_nominal_hz;
    int64_t conversion_spacing_ns; /* nominal, from channel to channel */
    int64_t n_channels;
    struct scan_ring_channel channel[SCAN_RING_CHANNELS];
};

struct scan_ring_file {
    _Atomic uint64_t magic; /* written last */
    uint64_t schema;
    uint64_t size; /* of the file */
    uint64_t slots;
    uint64_t slot_words;
    struct scan_ring_plan plan;
    _Atomic uint64_t written; /* scans so far */
    _Atomic uint64_t word[];
};

struct scan_ring_scan {
    int64_t hold_ns[SCAN_RING_CHANNELS];
    uint16_t code[SCAN_RING_CHANNELS];
    double value[SCAN_RING_CHANNELS]; /* V or A, crosstalk taken off */
    uint8_t faults;                   /* not 0: late or corrupt (hal/adc.h); such a scan is not metered */
};

struct scan_ring {
    const struct scan_ring_file *file; /* mapped read-only */
    size_t size;
};
int scan_ring_open(struct scan_ring *ring, const char *run_dir);
/* The numbers that can be read now: from *first on, *end is the next to be written. */
void scan_ring_range(const struct scan_ring *ring, uint64_t *first, uint64_t *end);
int scan_ring_read(const struct scan_ring *ring, uint64_t number, struct scan_ring_scan *scan);
void scan_ring_close(struct scan_ring *ring);

/* The writer's side. */
struct scan_ring_writer {
    struct scan_ring_file *file;
    size_t size;
};
/* Slots for at least ten seconds at the plan's rate, SCAN_RING_SLOTS_MAX at most. */
int scan_ring_create(struct scan_ring_writer *writer, const char *run_dir, const struct scan_ring_plan *plan);
/* hold_ns and code, or value in a ring of values, of the plan's channels. Never blocks, allocates nothing. */
void scan_ring_write(struct scan_ring_writer *writer, const struct scan_ring_scan *scan);
void scan_ring_remove(struct scan_ring_writer *writer, const char *run_dir);

/* Bytes of the file for this plan. */
size_t scan_ring_size(const struct scan_ring_plan *plan);

#define SCAN_RING_SECONDS   10
#define SCAN_RING_SLOTS_MAX (UINT64_C(1) << 19)

#endif
