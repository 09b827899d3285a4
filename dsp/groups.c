/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/groups.h"

#include "dsp/absent.h"
#include "dsp/signed_root.h"

/* Squares between two harmonics: the bin beside each, the one halfway, the rest of either half. */
struct span {
    double first;
    double lower;
    double middle;
    double upper;
    double last;
};

/* Sums over h = 2..h_max, and the fundamental's. */
struct sums {
    double one;
    double more;
};

static inline struct span read_span(const double *square, int cycles)
{
    const int half = cycles / 2;
    struct span span = {square[1], 0, square[half], 0, square[cycles - 1]};
    for (int k = 2; k < half; k++) {
        span.lower += square[k];
        span.upper += square[cycles - k];
    }
    return span;
}

static void write_span(const struct span *span, int h, struct groups *groups)
{
    const double centred = span->lower + span->middle + span->upper;
    groups->centred[h] = signed_root(centred);
    groups->between[h] = signed_root(span->first + centred + span->last);
}

static void count(struct sums *sums, int h, double square)
{
    sums->one = h == 1 ? square : sums->one;
    sums->more += h == 1 ? 0 : square;
}

static double distortion_pct(const struct sums *sums)
{
    return sums->one > 0 ? 100 * signed_root(sums->more / sums->one) : ABSENT;
}

static void clear_above(struct groups *groups, int h_max)
{
    groups->harmonic[0] = groups->subgroup[0] = groups->group[0] = ABSENT;
    for (int h = h_max + 1; h <= DSP_HARMONICS; h++) {
        groups->harmonic[h] = groups->subgroup[h] = groups->group[h] = ABSENT;
        groups->centred[h] = groups->between[h] = ABSENT;
    }
}

void groups_measure(const double square[], int cycles, int h_max, bool fundamental, struct groups *groups)
{
    struct sums harmonics = {0, 0};
    struct sums subgroups = {0, 0};
    struct sums all = {0, 0};
    double heating = 0;
    struct span below = read_span(square, cycles);
    clear_above(groups, h_max);
    write_span(&below, 0, groups);
    for (int h = 1; h <= h_max; h++) {
        const struct span above = read_span(&square[h * cycles], cycles);
        const double one = square[h * cycles];
        const double three = below.last + one + above.first;
        const double group = below.middle / 2 + below.upper + three + above.lower + above.middle / 2;
        groups->harmonic[h] = signed_root(one);
        groups->subgroup[h] = signed_root(three);
        groups->group[h] = signed_root(group);
        write_span(&above, h, groups);
        count(&harmonics, h, one);
        count(&subgroups, h, three);
        count(&all, h, group);
        heating += h * h * one;
        below = above;
    }
    const bool known = fundamental && h_max >= 2;
    groups->thdh_pct = known ? distortion_pct(&harmonics) : ABSENT;
    groups->thds_pct = known ? distortion_pct(&subgroups) : ABSENT;
    groups->thdg_pct = known ? distortion_pct(&all) : ABSENT;
    groups->k_factor = known ? heating / (harmonics.one + harmonics.more) : ABSENT;
}
