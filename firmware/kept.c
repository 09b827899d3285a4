/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One description of the layout (walk) serves both directions, so that they cannot differ. */
#include "firmware/kept.h"

#include "firmware/api/shared_file.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LEGS = 3 };
#define KEPT_PLAIN UINT32_C(0x52475602) /* version 2 */

struct strip {
    unsigned char *out;      /* when packing */
    const unsigned char *in; /* when unpacking */
    size_t at, size;
    bool plain;  /* version 2: whole numbers in eight bytes, and each circuit's creep decision */
    bool failed; /* the bytes ended early, or said what cannot be */
};

/* Version 1, as it lay in memory. */
struct older {
    char meter_id[RECORD_ID];
    char boot_id[RECORD_ID];
    int64_t utc_ms;
    int64_t n_points;
    int64_t point_id[RECORD_POINTS];
    struct record_energy energy[RECORD_POINTS];
    int64_t metered_ns;
    int64_t unmetered_ns;
    int64_t dropped_uwh;
    int64_t newest_seq[STREAMS];
};
_Static_assert(sizeof(struct older) == 728, "version 1 stays as it was written");

static const size_t reals[] = {
    offsetof(struct record_point, u_rms_v),   offsetof(struct record_point, u_min_v),
    offsetof(struct record_point, u_max_v),   offsetof(struct record_point, i_rms_a),
    offsetof(struct record_point, i_max_a),   offsetof(struct record_point, p_w),
    offsetof(struct record_point, p_min_w),   offsetof(struct record_point, p_max_w),
    offsetof(struct record_point, q1_var),    offsetof(struct record_point, s_va),
    offsetof(struct record_point, pf),        offsetof(struct record_point, thd_u_pct),
    offsetof(struct record_point, thd_i_pct),
};

static void bytes(struct strip *strip, void *value, size_t size)
{
    if (strip->failed || strip->size - strip->at < size) {
        strip->failed = true;
        return;
    }
    if (strip->out != NULL)
        memcpy(strip->out + strip->at, value, size);
    else
        memcpy(value, strip->in + strip->at, size);
    strip->at += size;
}

enum { SEVEN_BITS = 7, LONGEST = 10 /* bytes of 64 bits, seven each */ };

/* Seven bits a byte from the lowest on, the eighth says that more follow; the sign is the lowest bit. Most are small. */
static void pack_whole(struct strip *strip, int64_t value)
{
    uint64_t left = value < 0 ? ~((uint64_t)value << 1) : (uint64_t)value << 1;
    uint8_t byte;
    do {
        byte = (uint8_t)(left & 0x7f);
        left >>= SEVEN_BITS;
        byte |= left > 0 ? 0x80 : 0;
        bytes(strip, &byte, sizeof byte);
    } while (left > 0);
}

static int64_t unpack_whole(struct strip *strip)
{
    uint64_t value = 0;
    uint8_t byte = 0x80;
    for (int k = 0; k < LONGEST && byte >= 0x80 && !strip->failed; k++) {
        bytes(strip, &byte, sizeof byte);
        value |= (uint64_t)(byte & 0x7f) << SEVEN_BITS * k;
    }
    strip->failed = strip->failed || byte >= 0x80;
    return (int64_t)(value % 2 == 0 ? value >> 1 : ~(value >> 1));
}

static void whole(struct strip *strip, int64_t *value)
{
    if (strip->plain)
        bytes(strip, value, sizeof *value);
    else if (strip->out != NULL)
        pack_whole(strip, *value);
    else
        *value = unpack_whole(strip);
}

static void small(struct strip *strip, int64_t *value, int64_t least, int64_t most)
{
    uint8_t byte = (uint8_t)(*value - least);
    bytes(strip, &byte, sizeof byte);
    *value = byte + least;
    if (*value > most) {
        *value = least;
        strip->failed = true;
    }
}

static void real(struct strip *strip, double *value)
{
    float single = (float)*value;
    bytes(strip, &single, sizeof single);
    *value = (double)single;
}

static void name(struct strip *strip, char text[RECORD_ID])
{
    bytes(strip, text, RECORD_ID);
    if (memchr(text, '\0', RECORD_ID) == NULL) {
        text[0] = '\0';
        strip->failed = true;
    }
}

static void energy(struct strip *strip, struct record_energy *registers)
{
    whole(strip, &registers->import_uwh);
    whole(strip, &registers->export_uwh);
    whole(strip, &registers->q1_uvarh);
    whole(strip, &registers->q2_uvarh);
    whole(strip, &registers->q3_uvarh);
    whole(strip, &registers->q4_uvarh);
    whole(strip, &registers->apparent_uvah);
}

enum { RUNNING = 1, NOTHING = 2 /* sums and what waits are zero: a circuit that the board lacks */ };

static bool is_nothing(const struct creep *state)
{
    static const struct creep zero;
    return memcmp(state->block, zero.block, sizeof zero.block) == 0 &&
           memcmp(state->pending, zero.pending, sizeof zero.pending) == 0;
}

static void creep(struct strip *strip, struct creep *state)
{
    int64_t what = (state->running ? RUNNING : 0) | (is_nothing(state) ? NOTHING : 0);
    small(strip, &what, 0, strip->plain ? RUNNING : RUNNING | NOTHING);
    state->running = (what & RUNNING) != 0;
    if ((what & NOTHING) != 0)
        return;
    bytes(strip, state->block, sizeof state->block);
    bytes(strip, state->pending, sizeof state->pending);
}

static void open_head(struct strip *strip, struct record *open)
{
    int64_t *const wholes[] = {&open->utc_start_ms, &open->utc_end_ms, &open->mono_end_us,
                               &open->duration_us,  &open->metered_us, &open->windows,
                               &open->flagged,      &open->quality,    &open->h_max};
    for (size_t k = 0; k < sizeof wholes / sizeof wholes[0]; k++)
        whole(strip, wholes[k]);
    real(strip, &open->f_hz);
    real(strip, &open->f_min_hz);
    real(strip, &open->f_max_hz);
}

static void open_interval(struct strip *strip, struct record *open, int64_t n_points)
{
    int64_t is_open = open->n_points > 0;
    small(strip, &is_open, 0, 1);
    open->n_points = is_open ? n_points : 0;
    if (!is_open)
        return;
    open_head(strip, open);
    for (int64_t p = 0; p < n_points; p++) {
        for (size_t k = 0; k < sizeof reals / sizeof reals[0]; k++)
            real(strip, (double *)((char *)&open->point[p] + reals[k]));
        energy(strip, &open->point[p].delta);
    }
}

static void walk(struct strip *strip, struct kept *kept)
{
    int64_t *const wholes[] = {&kept->utc_ms,     &kept->mono_us,      &kept->interval_s,
                               &kept->metered_ns, &kept->unmetered_ns, &kept->dropped_uwh};
    name(strip, kept->meter_id);
    name(strip, kept->boot_id);
    small(strip, &kept->utc_synced, 0, 1);
    small(strip, &kept->clean, 0, 1);
    small(strip, &kept->n_points, 0, RECORD_POINTS);
    for (size_t k = 0; k < sizeof wholes / sizeof wholes[0]; k++)
        whole(strip, wholes[k]);
    for (int stream = 0; stream < STREAMS; stream++)
        whole(strip, &kept->newest_seq[stream]);
    for (int64_t p = 0; p < kept->n_points; p++) {
        small(strip, &kept->point_id[p], 0, RECORD_POINTS - 1);
        energy(strip, &kept->energy[p]);
        bytes(strip, kept->rest.remainder[p], sizeof kept->rest.remainder[p]);
    }
    bytes(strip, &kept->rest.dropped_rest, sizeof kept->rest.dropped_rest);
    bytes(strip, &kept->rest.block_s, sizeof kept->rest.block_s);
    for (int c = 0; c < CIRCUITS; c++)
        creep(strip, &kept->rest.creep[c]);
    for (int k = 0; k < KEPT_OPEN; k++)
        open_interval(strip, &kept->open[k], kept->n_points);
}

enum record_stream kept_stream(int k)
{
    static const enum record_stream streams[KEPT_OPEN] = {STREAM_MINUTE, STREAM_QUARTER, STREAM_DAY};
    return streams[k];
}

size_t kept_pack(const struct kept *kept, unsigned char out[KEPT_BYTES_MAX])
{
    struct kept copy = *kept;
    struct strip strip = {.out = out, .size = KEPT_BYTES_MAX};
    walk(&strip, &copy);
    return strip.at;
}

static bool is_sound_energy(const struct record_energy *registers)
{
    return registers->import_uwh >= 0 && registers->export_uwh >= 0 && registers->q1_uvarh >= 0 &&
           registers->q2_uvarh >= 0 && registers->q3_uvarh >= 0 && registers->q4_uvarh >= 0 &&
           registers->apparent_uvah >= 0;
}

/* Points in range and each once, registers that only ever rose from 0. */
static bool is_sound(const struct kept *kept)
{
    unsigned seen = 0;
    if (kept->n_points < 0 || kept->n_points > RECORD_POINTS)
        return false;
    for (int64_t p = 0; p < kept->n_points; p++) {
        const int64_t id = kept->point_id[p];
        if (id < 0 || id >= RECORD_POINTS || (seen & 1u << id) != 0 || !is_sound_energy(&kept->energy[p]))
            return false;
        seen |= 1u << id;
        for (int k = 0; k < KEPT_OPEN; k++)
            if (!is_sound_energy(&kept->open[k].point[p].delta))
                return false;
    }
    return memchr(kept->meter_id, '\0', RECORD_ID) != NULL && memchr(kept->boot_id, '\0', RECORD_ID) != NULL;
}

/* What the bytes do not hold: labels, the totals, and what is absent. */
static void complete(struct kept *kept, int k)
{
    struct record *open = &kept->open[k];
    open->schema = RECORD_SCHEMA;
    open->stream = kept_stream(k);
    open->utc_synced = kept->utc_synced;
    memcpy(open->boot_id, kept->boot_id, sizeof open->boot_id);
    memcpy(open->point_id, kept->point_id, sizeof open->point_id);
    for (int64_t p = 0; p < open->n_points; p++)
        open->point[p].total = kept->energy[p];
}

static void begin(struct kept *kept)
{
    memset(kept, 0, sizeof *kept);
    for (int k = 0; k < KEPT_OPEN; k++)
        for (int p = 0; p < RECORD_POINTS; p++)
            for (size_t f = 0; f < record_point_fields_n; f++)
                if (record_point_fields[f].type == FIELD_REAL)
                    record_set_real(&record_point_fields[f], &kept->open[k].point[p], (double)NAN);
}

static int unpack_older(struct kept *kept, const unsigned char *in, size_t size)
{
    struct older older;
    if (size != sizeof older)
        return -EBADMSG;
    memcpy(&older, in, sizeof older);
    memcpy(kept->meter_id, older.meter_id, sizeof kept->meter_id);
    memcpy(kept->boot_id, older.boot_id, sizeof kept->boot_id);
    memcpy(kept->point_id, older.point_id, sizeof kept->point_id);
    memcpy(kept->energy, older.energy, sizeof kept->energy);
    memcpy(kept->newest_seq, older.newest_seq, sizeof kept->newest_seq);
    kept->utc_ms = older.utc_ms;
    kept->n_points = older.n_points;
    kept->metered_ns = older.metered_ns;
    kept->unmetered_ns = older.unmetered_ns;
    kept->dropped_uwh = older.dropped_uwh;
    return is_sound(kept) ? 0 : -EBADMSG;
}

int kept_unpack(struct kept *kept, uint32_t magic, const unsigned char *in, size_t size)
{
    struct strip strip = {.in = in, .size = size};
    begin(kept);
    if (magic == KEPT_OLDER)
        return unpack_older(kept, in, size);
    if (magic < KEPT_OLDER || magic > KEPT_MAGIC)
        return -EBADMSG;
    strip.plain = magic == KEPT_PLAIN;
    walk(&strip, kept);
    if (strip.failed || strip.at != size || !is_sound(kept))
        return -EBADMSG;
    for (int k = 0; k < KEPT_OPEN; k++)
        complete(kept, k);
    return 0;
}

int64_t kept_age_ms(const struct kept *kept)
{
    return (kept->metered_ns + kept->unmetered_ns) / 1000000;
}

void kept_totals(const struct kept *kept, struct kept_totals *totals)
{
    *totals = (struct kept_totals){.utc_ms = kept->utc_ms, .age_ms = kept_age_ms(kept)};
    for (int k = 0; k < KEPT_TOTALS; k++)
        totals->energy_uwh[k] = RECORD_ABSENT;
    for (int64_t p = 0; p < kept->n_points; p++)
        if (kept->point_id[p] == CIRCUIT_GRID * LEGS || kept->point_id[p] == CIRCUIT_SOLAR * LEGS) {
            int64_t *energy_uwh = &totals->energy_uwh[kept->point_id[p] == CIRCUIT_GRID * LEGS ? 0 : 2];
            energy_uwh[0] = kept->energy[p].import_uwh;
            energy_uwh[1] = kept->energy[p].export_uwh;
        }
}

void kept_give(struct kept_cell *cell, const struct kept *kept)
{
    shared_write(&cell->sequence, cell->word, kept, sizeof *kept);
}

int kept_take(const struct kept_cell *cell, struct kept *kept)
{
    return shared_read(&cell->sequence, cell->word, kept, sizeof *kept);
}
