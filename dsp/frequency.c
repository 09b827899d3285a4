/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/frequency.h"

#include "dsp/absent.h"

#include <string.h>

void frequency_init(struct frequency_builder *builder, int64_t period_ms)
{
    memset(builder, 0, sizeof(*builder));
    builder->period_ms = period_ms;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static double between_s(const struct frequency_mark *from, const struct frequency_mark *to)
{
    return 1e-9 * ((double)(to->ns - from->ns) + (to->rest_ns - from->rest_ns));
}

static struct frequency_mark moved(const struct frequency_mark *from, double by_s, double cycles, double f_hz)
{
    return (struct frequency_mark){from->ns, from->rest_ns + 1e9 * by_s, cycles, f_hz};
}

static struct frequency_mark middle(const struct reading *reading)
{
    return (struct frequency_mark){reading->start_ns, 0.5e9 * reading->duration_s, reading->mains_cycles,
                                   reading->f_hz};
}

/* The count at share (0..1) of the way between two middles: the cubic that has their counts and their frequencies. */
static struct frequency_mark on_the_way(const struct frequency_mark *a, const struct frequency_mark *b,
                                        double share)
{
    const double length_s = between_s(a, b);
    const double mean_hz = (b->cycles - a->cycles) / length_s;
    const double left = a->f_hz - mean_hz;
    const double right = b->f_hz - mean_hz;
    const double x = share;
    double bow = x * (1 - x) * ((1 - x) * left - x * right);
    double slope = (1 - x) * (1 - 3 * x) * left + x * (3 * x - 2) * right;
    return moved(a, x * length_s, a->cycles + length_s * (x * mean_hz + bow), mean_hz + slope);
}

/* The rising zero crossing with the given number, less than a cycle from the mark. */
static struct frequency_mark crossing(const struct frequency_mark *mark, double number)
{
    return moved(mark, (number - mark->cycles) / mark->f_hz, number, mark->f_hz);
}

static void open_interval(struct frequency_builder *builder, int64_t utc_start_ms,
                          const struct frequency_mark *mark)
{
    memset(&builder->now, 0, sizeof(builder->now));
    builder->now.utc_start_ms = utc_start_ms;
    builder->start = crossing(mark, ceil(mark->cycles));
    builder->open = true;
}

/* mark: where the mains is at the end. */
static void close_interval(struct frequency_builder *builder, int64_t utc_end_ms,
                           const struct frequency_mark *mark, struct frequency *closed)
{
    struct frequency_mark end = crossing(mark, floor(mark->cycles));
    struct frequency *now = &builder->now;
    now->utc_end_ms = utc_end_ms;
    now->mono_end_ns = mark->ns + (int64_t)mark->rest_ns;
    now->cycles = end.cycles - builder->start.cycles;
    now->duration_s = isnan(now->cycles) ? ABSENT : between_s(&builder->start, &end);
    now->f_hz = now->cycles / now->duration_s;
    *closed = *now;
    builder->open = false;
}

/* Where the mains was at the label utc_ms, which lies between the last window's middle and this one's. */
static struct frequency_mark mark_at(const struct frequency_builder *builder, int64_t utc_ms,
                                     const struct frequency_mark *now, int64_t middle_ms)
{
    double length_s = between_s(&builder->last, now);
    double share = 1 - 1e-3 * (double)(middle_ms - utc_ms) / length_s;
    return on_the_way(&builder->last, now, fmax(0, share)); /* labels are rounded to 1 ms */
}

/* The labels no longer tell where the boundaries are: what is open has no value. */
static bool give_up(struct frequency_builder *builder, const struct reading *reading,
                    struct frequency *closed)
{
    const struct frequency_mark lost = {reading->start_ns, 0, ABSENT, ABSENT};
    bool ended = builder->open;
    if (ended) {
        close_interval(builder, builder->utc_end_ms, &lost, closed);
    }
    return ended;
}

/* The boundary at utc_ms lies between the middles of the last window and of this one, which make both intervals. */
static bool cut(struct frequency_builder *builder, int64_t utc_ms, const struct frequency_mark *mark,
                unsigned quality, struct frequency *closed)
{
    bool ended = builder->open;
    if (ended) {
        builder->now.quality |= quality;
        close_interval(builder, utc_ms, mark, closed);
    }
    open_interval(builder, utc_ms, mark);
    builder->now.quality = builder->quality;
    return ended;
}

bool frequency_add(struct frequency_builder *builder, const struct reading *reading, int64_t utc_start_ms,
                   int64_t utc_end_ms, struct frequency *closed)
{
    const int64_t middle_ms = utc_start_ms + (utc_end_ms - utc_start_ms) / 2;
    const int64_t step_ms = utc_start_ms - builder->utc_end_ms;
    const int64_t period = floor_divide(middle_ms, builder->period_ms);
    const struct frequency_mark now = middle(reading);
    bool ended = false;
    if (builder->following && (step_ms >= FREQUENCY_STEP_MS || step_ms <= -FREQUENCY_STEP_MS)) {
        ended = give_up(builder, reading, closed);
    } else if (builder->following && period > floor_divide(builder->middle_ms, builder->period_ms)) {
        const int64_t utc_ms = period * builder->period_ms;
        const struct frequency_mark mark = mark_at(builder, utc_ms, &now, middle_ms);
        ended = cut(builder, utc_ms, &mark, reading->quality, closed);
    }
    if (isnan(now.cycles)) {
        builder->start.cycles = ABSENT;
    }
    builder->now.quality |= reading->quality;
    builder->last = now;
    builder->middle_ms = middle_ms;
    builder->utc_end_ms = utc_end_ms;
    builder->quality = reading->quality;
    builder->following = true;
    return ended;
}
