/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What watch.h calls a condition, of a window, of the noise and of the converter's answers. */
#include "firmware/watch.h"

#include <math.h>

/* Of nominal. Half of it no supply has for seconds while the installation draws its current. */
static const double lost_begin = 0.5, lost_end = 0.6;
/* Of the nominal current: 0.5 A of 5 A, eight times what half an LSB of noise is on the reference board. */
static const double flows_begin = 0.1, flows_end = 0.05;
/* More than an idle inverter draws (some 20 W, recalled), less than anything that is worth generating. */
static const double reversed_begin_w = 50, reversed_end_w = 25;
/* By how much two legs may differ that carry one current: of complex power and of current. */
static const double alike_begin = 0.05, alike_end = 0.1;
static const double corrupt_begin_pct = 1, corrupt_end_pct = 0.5;
/* With so much noise a code in the middle of its step is left by more than one scan in a hundred. */
static const double moving_lsb = 0.2;

static bool is_element(const struct topology *topology, int p)
{
    const struct point *point = &topology->point[p];
    const bool has_legs =
        p + 1 < topology->n_points && point->leg == 0 && topology->point[p + 1].circuit == point->circuit;
    return point->circuit != CIRCUIT_LOAD && !has_legs;
}

static bool is_lost(const struct watch *watch, const struct point_reading *point, int p)
{
    const bool on = watch_is_on(watch, WATCH_VOLTAGE_LOST, p);
    return point->u_rms_v < (on ? lost_end : lost_begin) * watch->config.u_nominal_v &&
           point->i_rms_a > (on ? flows_end : flows_begin) * watch->config.i_nominal_a;
}

/* Two legs carry one current, but one of them against its voltage: a load between the legs, seen by a sensor that is
 * clamped on backwards. A generator that is not metered exports on both, or on its leg hardly the other's load in P, Q and
 * harmonics alike. */
static bool is_against_the_other(const struct watch *watch, const struct reading *reading, int p, bool on)
{
    const struct topology *topology = &watch->topology;
    if (topology->point[p].leg == 0)
        return false;
    const double share = on ? alike_end : alike_begin;
    const struct point_reading *this = &reading->point[p];
    const struct point_reading *other = &reading->point[topology->point[p].leg == 1 ? p + 1 : p - 1];
    return hypot(this->p_w + other->p_w, this->q1_var + other->q1_var) <
               share * hypot(this->p_w - other->p_w, this->q1_var - other->q1_var) &&
           fabs(this->i_rms_a - other->i_rms_a) < share * other->i_rms_a;
}

static bool is_reversed(const struct watch *watch, const struct reading *reading, int p)
{
    const bool on = watch_is_on(watch, WATCH_REVERSED, p);
    if (!(reading->point[p].p_w < (on ? -reversed_end_w : -reversed_begin_w)))
        return false;
    return watch->topology.point[p].circuit == CIRCUIT_SOLAR || watch->config.export_unexpected ||
           (!watch->has_solar && is_against_the_other(watch, reading, p, on));
}

void watch_reading(struct watch *watch, const struct reading *reading)
{
    const struct watch_span span = {reading->start_ns, reading->duration_s};
    watch_see(watch, WATCH_UNMETERED, 0, !reading->metered, (double)NAN, &span);
    for (int p = 0; p < reading->n_points && reading->metered; p++) {
        const struct point_reading *point = &reading->point[p];
        if (!is_element(&watch->topology, p))
            continue;
        watch_see(watch, WATCH_VOLTAGE_LOST, p, is_lost(watch, point, p), point->u_rms_v, &span);
        watch_see(watch, WATCH_REVERSED, p, is_reversed(watch, reading, p), point->p_w, &span);
    }
}

void watch_silence(struct watch *watch, int64_t from_ns)
{
    const struct watch_span span = {from_ns, 0}; /* the window that ends the silence has its duration */
    watch_see(watch, WATCH_UNMETERED, 0, true, (double)NAN, &span);
}

void watch_noise(struct watch *watch, const struct noise_watch *noise, const struct reading *reading)
{
    const struct watch_span span = {reading->end_ns, 0};
    for (int k = 0; k < noise->n; k++) {
        const double lsb = noise->noise_lsb[k];
        watch_see(watch, WATCH_QUIET, k, noise->state[k] == DETAIL_NOISE_QUIET, lsb, &span);
        watch_see(watch, WATCH_NOISY, k, noise->state[k] == DETAIL_NOISE_NOISY, lsb, &span);
        if (!isnan(lsb))
            watch->moves[k] = lsb >= moving_lsb;
    }
}

void watch_answers(struct watch *watch, const struct watch_second *second)
{
    const struct watch_span span = {second->start_ns, 1e-9 * (double)(second->end_ns - second->start_ns)};
    const bool corrupt = watch_is_on(watch, WATCH_CORRUPT, 0);
    watch_see(watch, WATCH_MISSING, 0, second->missing, (double)NAN, &span);
    watch_see(watch, WATCH_CORRUPT, 0, second->corrupt_pct >= (corrupt ? corrupt_end_pct : corrupt_begin_pct),
              second->corrupt_pct, &span);
    for (int k = 0; k < second->n && k < watch->topology.n_channels; k++) {
        const bool known = watch->moves[k] || watch_is_on(watch, WATCH_STUCK, k);
        watch_see(watch, WATCH_STUCK, k, known && second->still[k], second->code[k], &span);
    }
}
