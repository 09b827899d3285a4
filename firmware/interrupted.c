/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/interrupted.h"

#include "dsp/quality.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const int64_t step_us = 2000000; /* labels follow the clock within less, or step */

static const size_t energies[] = {
    offsetof(struct record_energy, import_uwh),    offsetof(struct record_energy, export_uwh),
    offsetof(struct record_energy, q1_uvarh),      offsetof(struct record_energy, q2_uvarh),
    offsetof(struct record_energy, q3_uvarh),      offsetof(struct record_energy, q4_uvarh),
    offsetof(struct record_energy, apparent_uvah),
};
enum { N_ENERGIES = sizeof energies / sizeof energies[0] };

static int64_t *at(struct record_energy *energy, int k)
{
    return (int64_t *)((char *)energy + energies[k]);
}

static int64_t value_of(const struct record_energy *energy, int k)
{
    return *(const int64_t *)((const char *)energy + energies[k]);
}

static bool same_run(const struct kept *kept, const struct record *stored)
{
    return strncmp(kept->boot_id, stored->boot_id, RECORD_ID) == 0;
}

static const int64_t first_us = 1000000; /* so soon after its start a run's first window begins */

/* The time since the last word that is kept, up to the record's end. What was not metered of it is what the record knows
 * and the open interval did not. */
static void settle_time(struct kept *kept, const struct record *stored)
{
    const struct record *open = &kept->open[stored->stream - kept_stream(0)];
    int64_t further_us = stored->mono_end_us - kept->mono_us;
    int64_t unmetered_us = stored->duration_us - stored->metered_us;
    if (further_us <= 0)
        return;
    if (open->n_points == 0 && llabs(further_us - stored->duration_us) < first_us)
        further_us = stored->duration_us;
    if (open->n_points > 0 && stored->mono_end_us - stored->duration_us < kept->mono_us)
        unmetered_us -= open->duration_us - open->metered_us;
    if (unmetered_us < 0)
        unmetered_us = 0;
    if (unmetered_us > further_us)
        unmetered_us = further_us;
    kept->metered_ns += (further_us - unmetered_us) * 1000;
    kept->unmetered_ns += unmetered_us * 1000;
    kept->mono_us = stored->mono_end_us;
}

void interrupted_settle(struct kept *kept, const struct record *stored)
{
    if (!same_run(kept, stored))
        return;
    settle_time(kept, stored);
    for (int k = 0; k < KEPT_OPEN; k++) {
        struct record *open = &kept->open[k];
        const int64_t further_us = stored->mono_end_us - open->mono_end_us;
        if (open->n_points == 0 || further_us < 0)
            continue;
        if (stored->stream == kept_stream(k)) {
            open->n_points = 0;
            continue;
        }
        open->mono_end_us = stored->mono_end_us;
        open->utc_end_ms = stored->utc_end_ms;
        open->duration_us += further_us;
        open->metered_us += further_us < stored->metered_us ? further_us : stored->metered_us;
    }
}

static const struct record_energy *stored_total(const struct record *stored, int64_t point_id)
{
    for (int64_t p = 0; stored != NULL && p < stored->n_points && p < RECORD_POINTS; p++)
        if (stored->point_id[p] == point_id)
            return &stored->point[p].total;
    return NULL;
}

/* delta from where the stream was left to the kept register. Returns whether an earlier interval's energy is in it. */
static bool set_energy(const struct kept *kept, int64_t p, const struct record *stored, struct record *out)
{
    struct record_point *point = &out->point[p];
    const struct record_energy *before = stored_total(stored, kept->point_id[p]);
    bool earlier = false;
    for (int k = 0; k < N_ENERGIES; k++) {
        const int64_t total = value_of(&kept->energy[p], k);
        const int64_t begun = value_of(&point->total, k) - value_of(&point->delta, k);
        int64_t from = out->n_points > 0 ? begun : total;
        if (before != NULL && value_of(before, k) != RECORD_ABSENT) {
            from = value_of(before, k);
            earlier = earlier || from < (out->n_points > 0 ? begun : total);
        }
        *at(&point->delta, k) = total > from ? total - from : 0;
        *at(&point->total, k) = total;
    }
    return earlier;
}

/* No interval was open: only energy is known. */
static void nothing_but_energy(const struct kept *kept, struct record *out)
{
    out->utc_start_ms = out->utc_end_ms = kept->utc_ms;
    out->mono_end_us = kept->mono_us;
    out->duration_us = out->metered_us = out->windows = out->flagged = out->quality = out->h_max = 0;
    out->f_hz = out->f_min_hz = out->f_max_hz = (double)NAN;
    for (int p = 0; p < RECORD_POINTS; p++)
        for (size_t f = 0; f < record_point_fields_n; f++)
            if (record_point_fields[f].type == FIELD_REAL)
                record_set_real(&record_point_fields[f], &out->point[p], (double)NAN);
}

/* Between the labels of one run the wall clock may have stepped, between those of two it may not have been set. */
static void begin_where_stored_ended(const struct kept *kept, const struct record *stored, struct record *out)
{
    const bool same = same_run(kept, stored);
    const int64_t label_us = (out->utc_end_ms - stored->utc_end_ms) * 1000;
    const int64_t run_us = same ? out->mono_end_us - stored->mono_end_us : label_us;
    const bool stepped =
        same ? llabs(label_us - run_us) > step_us : kept->utc_synced != 1 || stored->utc_synced != 1;
    out->quality |= QUALITY_GAP;
    if (run_us <= out->duration_us || (stepped && !same))
        return;
    out->duration_us = run_us;
    out->utc_start_ms = stepped ? out->utc_end_ms - run_us / 1000 : stored->utc_end_ms;
}

bool interrupted_record(const struct kept *kept, int k, const struct record *stored, struct record *out)
{
    const bool was_open = kept->open[k].n_points > 0;
    bool earlier = false;
    *out = kept->open[k];
    if (!was_open && stored == NULL)
        return false;
    if (!was_open)
        nothing_but_energy(kept, out);
    for (int64_t p = 0; p < kept->n_points; p++)
        earlier = set_energy(kept, p, stored, out) || earlier;
    if (!was_open && !earlier)
        return false;
    if (earlier)
        begin_where_stored_ended(kept, stored, out);
    out->schema = RECORD_SCHEMA;
    out->stream = kept_stream(k);
    out->utc_synced = kept->utc_synced;
    memcpy(out->boot_id, kept->boot_id, sizeof out->boot_id);
    memcpy(out->point_id, kept->point_id, sizeof out->point_id);
    out->n_points = kept->n_points;
    record_demand(out);
    return true;
}
