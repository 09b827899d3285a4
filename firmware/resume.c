/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/resume.h"

#include "firmware/convert.h"
#include "firmware/interrupted.h"

#include <stdio.h>
#include <string.h>

enum { LEGS = 3 };

/* Where a point's kept registers stand; a new place for one that the journal lacks; -1 when there is none left. */
static int64_t place_of(struct kept *kept, int64_t point_id)
{
    for (int64_t k = 0; k < kept->n_points; k++)
        if (kept->point_id[k] == point_id)
            return k;
    if (kept->n_points >= RECORD_POINTS)
        return -1;
    kept->point_id[kept->n_points] = point_id;
    return kept->n_points++;
}

static int64_t raise_to(int64_t *kept_value, int64_t newer)
{
    if (newer == RECORD_ABSENT || newer <= *kept_value)
        return 0;
    int64_t by = newer - *kept_value;
    *kept_value = newer;
    return by;
}

static int64_t raise_energy(struct record_energy *energy, const struct record_energy *newer, bool *rose)
{
    const int64_t raised_uwh =
        raise_to(&energy->import_uwh, newer->import_uwh) + raise_to(&energy->export_uwh, newer->export_uwh);
    const int64_t others =
        raise_to(&energy->q1_uvarh, newer->q1_uvarh) + raise_to(&energy->q2_uvarh, newer->q2_uvarh) +
        raise_to(&energy->q3_uvarh, newer->q3_uvarh) + raise_to(&energy->q4_uvarh, newer->q4_uvarh) +
        raise_to(&energy->apparent_uvah, newer->apparent_uvah);
    *rose = raised_uwh > 0 || others > 0;
    return raised_uwh;
}

/* A register that rose since has taken what waited below it: creep suppression releases all of it or nothing. */
static int64_t raise_point(struct kept *kept, int64_t point_id, const struct record_energy *newer)
{
    const int64_t place = place_of(kept, point_id);
    bool rose;
    if (place < 0)
        return 0;
    const int64_t raised_uwh = raise_energy(&kept->energy[place], newer, &rose);
    double *pending = kept->rest.creep[point_id / LEGS].pending[point_id % LEGS];
    if (rose)
        memset(pending, 0, ENERGIES * sizeof *pending);
    return raised_uwh;
}

int64_t resume_raise(struct kept *kept, const struct record *stored)
{
    int64_t raised_uwh = 0;
    for (int64_t p = 0; p < stored->n_points && p < RECORD_POINTS; p++)
        raised_uwh += raise_point(kept, stored->point_id[p], &stored->point[p].total);
    return raised_uwh;
}

void resume_registers(const struct kept *kept, struct registers *registers)
{
    int64_t point_id[RECORD_POINTS];
    struct energy energy[DSP_POINTS] = {0};
    struct registers_rest rest = kept->rest;
    memset(rest.remainder, 0, sizeof rest.remainder);
    int n = convert_points(&registers->topology, point_id);
    for (int p = 0; p < n; p++)
        for (int64_t k = 0; k < kept->n_points && k < RECORD_POINTS; k++)
            if (kept->point_id[k] == point_id[p]) {
                convert_energy_back(&kept->energy[k], &energy[p]);
                memcpy(rest.remainder[p], kept->rest.remainder[k], sizeof rest.remainder[p]);
            }
    registers_restore(registers, energy, kept->dropped_uwh, kept->metered_ns, kept->unmetered_ns);
    registers_resume(registers, &rest);
}

double resume_text(const struct kept *kept, double most_va, int64_t utc_ms, bool synced, char *text,
                   size_t size)
{
    const bool clean = kept->clean == 1;
    const double lost_wh = clean ? 0 : most_va * (double)kept->interval_s / 3600.0;
    char down[48] = "down for an unknown time";
    if (synced && kept->utc_synced && utc_ms >= kept->utc_ms)
        snprintf(down, sizeof down, "down for %lld s", (long long)((utc_ms - kept->utc_ms) / 1000));
    if (clean)
        snprintf(text, size, "%s after an orderly end, nothing lost", down);
    else
        snprintf(text, size, "%s after a cut, at most %.1f Wh lost: %lld s at %.0f VA", down, lost_wh,
                 (long long)kept->interval_s, most_va);
    return lost_wh;
}

/* The records that end what was open when the last word was kept. */
static void end_intervals(struct resume *resume, const struct resume_sources *sources)
{
    for (int k = 0; k < KEPT_OPEN; k++)
        resume->n_ending +=
            interrupted_record(&resume->kept, k, sources->stored[k], &resume->ending[resume->n_ending]);
}

static void take_kept(struct resume *resume, const struct kept *kept)
{
    if (kept == NULL)
        return;
    for (int stream = 0; stream < STREAMS; stream++)
        if (kept->newest_seq[stream] > resume->seq_floor[stream])
            resume->seq_floor[stream] = kept->newest_seq[stream];
    if (!resume->found || kept_age_ms(kept) > kept_age_ms(&resume->kept))
        resume->kept = *kept;
    resume->found = true;
}

/* The older of two has lower registers, unless an age was lost with a journal in between. */
static void raise_to_kept(struct resume *resume, const struct kept *kept)
{
    for (int64_t p = 0; kept != NULL && p < kept->n_points; p++)
        raise_point(&resume->kept, kept->point_id[p], &kept->energy[p]);
}

/* A run that went on after its last whole record did not end in an orderly way. */
static void take_totals(struct resume *resume, const struct kept_totals *totals)
{
    struct kept *kept = &resume->kept;
    if (totals == NULL)
        return;
    for (int k = 0; k < KEPT_TOTALS; k += 2) {
        struct record_energy energy = {.import_uwh = totals->energy_uwh[k],
                                       .export_uwh = totals->energy_uwh[k + 1]};
        if (energy.import_uwh != RECORD_ABSENT)
            resume->totals_ahead_uwh +=
                raise_point(kept, k == 0 ? CIRCUIT_GRID * LEGS : CIRCUIT_SOLAR * LEGS, &energy);
    }
    if (totals->age_ms > kept_age_ms(kept)) {
        kept->clean = 0;
        kept->utc_ms = totals->utc_ms;
    }
    if (totals->age_ms >= kept_age_ms(kept))
        kept->interval_s = RESUME_TOTALS_S;
    resume->found = true;
}

void resume_init(struct resume *resume, const struct resume_sources *sources)
{
    memset(resume, 0, sizeof *resume);
    take_kept(resume, sources->journal);
    take_kept(resume, sources->copy);
    raise_to_kept(resume, sources->journal);
    raise_to_kept(resume, sources->copy);
    take_totals(resume, sources->totals);
    for (int k = 0; k < KEPT_OPEN; k++) {
        const struct record *stored = sources->stored[k];
        if (stored == NULL)
            continue;
        interrupted_settle(&resume->kept, stored);
        resume->stored_ahead_uwh += resume_raise(&resume->kept, stored);
        if (stored->seq > resume->seq_floor[kept_stream(k)])
            resume->seq_floor[kept_stream(k)] = stored->seq;
    }
    for (int stream = STREAM_MINUTE; sources->store_replaced && stream < STREAMS; stream++)
        resume->seq_floor[stream] += RESUME_SEQ_GAP;
    if (resume->found)
        end_intervals(resume, sources);
}
