/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/waveform.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 5 };

/* Copies numbers from..end-1; false if the writer was faster. */
static bool copy(struct waveform *waveform, const struct scan_ring *ring, uint64_t from, uint64_t end)
{
    waveform->n_scans = waveform->left_out = 0;
    for (uint64_t number = from; number < end; number++) {
        struct scan_ring_scan *scan = &waveform->scan[waveform->n_scans];
        if (scan_ring_read(ring, number, scan) != 0)
            return false;
        if (scan->faults != 0)
            waveform->left_out++;
        else
            waveform->n_scans++;
    }
    return true;
}

/* Scans older than `seconds` before the newest go. */
static void trim(struct waveform *waveform, double seconds)
{
    const int64_t length_ns = (int64_t)(seconds * 1e9);
    const int64_t last_ns = waveform->scan[waveform->n_scans - 1].hold_ns[0];
    int64_t first = 0;
    while (last_ns - waveform->scan[first].hold_ns[0] > length_ns)
        first++;
    waveform->n_scans -= first;
    memmove(waveform->scan, waveform->scan + first, (size_t)waveform->n_scans * sizeof *waveform->scan);
}

/* One figure per channel holds for the whole recording: the scans of a plan are spaced alike. */
static void set_skews(struct waveform *waveform)
{
    for (int64_t k = 0; k < waveform->plan->n_channels; k++) {
        double sum_ns = 0;
        for (int64_t i = 0; i < waveform->n_scans; i++)
            sum_ns += (double)(waveform->scan[i].hold_ns[k] - waveform->scan[i].hold_ns[0]);
        waveform->skew_ns[k] = sum_ns / (double)waveform->n_scans - waveform->plan->channel[k].delay_ns;
    }
}

/* More scans than the seconds hold at the mean rate: the pace is dithered. */
static uint64_t scans_in(const struct scan_ring_plan *plan, double seconds)
{
    return (uint64_t)(seconds * plan->scan_rate_hz * 1.05) + 32;
}

int waveform_take(struct waveform *waveform, const struct scan_ring *ring, double seconds)
{
    *waveform = (struct waveform){.plan = &ring->file->plan};
    const uint64_t wanted = scans_in(waveform->plan, seconds);
    waveform->scan = calloc(wanted + 1, sizeof *waveform->scan);
    if (waveform->scan == NULL)
        return -ENOMEM;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint64_t first, end;
        scan_ring_range(ring, &first, &end);
        if (!copy(waveform, ring, end - first > wanted ? end - wanted : first, end))
            continue;
        if (waveform->n_scans == 0)
            return -ENODATA;
        trim(waveform, seconds);
        set_skews(waveform);
        return 0;
    }
    return -EAGAIN;
}

void waveform_free(struct waveform *waveform)
{
    free(waveform->scan);
    waveform->scan = NULL;
}

int64_t waveform_ns(const struct waveform *waveform, int64_t scan)
{
    return waveform->scan[scan].hold_ns[0] - waveform->scan[0].hold_ns[0];
}

const char *waveform_unit(const struct scan_ring_channel *channel)
{
    return channel->kind == SCAN_RING_CURRENT ? "A" : "V";
}

enum note { NOTE_SKEW_US, NOTE_HIGH_PASS_HZ, NOTE_LOW_PASS_HZ, NOTES };

static double note_of(const struct waveform *waveform, int64_t k, enum note note)
{
    const struct scan_ring_channel *channel = &waveform->plan->channel[k];
    if (note == NOTE_SKEW_US)
        return waveform->skew_ns[k] / 1e3;
    return note == NOTE_HIGH_PASS_HZ ? channel->high_pass_hz : channel->low_pass_hz;
}

/* What the rows cannot say; a figure per channel where it is the channel's own. */
static void write_comments(const struct waveform *waveform, FILE *file)
{
    static const char *const names[NOTES] = {"skew_us", "high_pass_hz", "low_pass_hz"};
    fprintf(file, "# f_nominal_hz=%.9g\n", waveform->plan->f_nominal_hz);
    if (waveform->utc_start_ms != 0)
        fprintf(file, "# utc_start_ms=%" PRId64 "\n", waveform->utc_start_ms);
    for (int note = 0; note < NOTES; note++) {
        fprintf(file, "# %s=", names[note]);
        for (int64_t k = 0; k < waveform->plan->n_channels; k++)
            fprintf(file, "%s%.9g", k == 0 ? "" : ",", note_of(waveform, k, (enum note)note));
        fputc('\n', file);
    }
}

void waveform_write_csv(const struct waveform *waveform, FILE *file)
{
    const struct scan_ring_plan *plan = waveform->plan;
    write_comments(waveform, file);
    fputs("t_s", file);
    for (int64_t k = 0; k < plan->n_channels; k++)
        fprintf(file, ",%s_%s", plan->channel[k].name,
                plan->channel[k].kind == SCAN_RING_CURRENT ? "a" : "v");
    fputc('\n', file);
    for (int64_t i = 0; i < waveform->n_scans; i++) {
        const int64_t ns = waveform_ns(waveform, i);
        fprintf(file, "%" PRId64 ".%09" PRId64, ns / 1000000000, ns % 1000000000);
        for (int64_t k = 0; k < plan->n_channels; k++)
            fprintf(file, ",%.10g", waveform->scan[i].value[k]);
        fputc('\n', file);
    }
}
