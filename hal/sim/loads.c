/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/loads.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

static const double start_s = 1; /* how long start_peak_a is reckoned with */
static const double retry_s = 5; /* after the fuse said no */

static double draw(struct noise *noise, double from, double to)
{
    return from + (to - from) * noise_uniform(noise);
}

/* One stream of numbers for each load and day; day -1 is the one for cycles and settings. */
static void init_stream(struct noise *noise, uint64_t seed, int64_t day, int load)
{
    noise_init(noise, seed * UINT64_C(0xd1342543de82ef95) +
                          (uint64_t)(day + 1) * UINT64_C(0xaf251af3b0f025b5) +
                          (uint64_t)load * UINT64_C(0xb564ef22ec7aece5));
}

static void plan_load(struct load *load, const struct load_kind *kind, double midnight_s, struct noise *noise)
{
    load->sessions = 0;
    for (int i = 0; i < LOAD_HABITS; i++) {
        const struct load_habit *habit = &kind->habit[i];
        /* Drawn whether or not the session takes place, so that one habit does not shift the next. */
        double chance = noise_uniform(noise);
        double session_s = midnight_s + HOUR_S * draw(noise, habit->from_h, habit->to_h);
        double length_s = HOUR_S * draw(noise, habit->shortest_h, habit->longest_h);
        if (chance < habit->chance) {
            load->session[load->sessions++] =
                (struct load_session){session_s, fmin(session_s + length_s, midnight_s + DAY_S)};
        }
    }
}

int loads_count(const struct loads *loads)
{
    return loads->legs == 1 ? LOADS_ONE_LEG : LOADS;
}

enum supply_kind loads_supply(const struct loads *loads, int load)
{
    return loads->legs == 1 ? SUPPLY_L1 : load_kinds[load].supply;
}

static void plan_day(struct loads *loads, int64_t day)
{
    loads->day = day;
    for (int i = 0; i < loads_count(loads); i++) {
        struct noise noise;
        init_stream(&noise, loads->seed, day, i);
        plan_load(&loads->load[i], &load_kinds[i], (double)day * DAY_S, &noise);
    }
}

static bool has_cycles(const struct load_kind *kind)
{
    return kind->on_max_s > 0;
}

static int64_t day_of(double now_s)
{
    return (int64_t)floor(now_s / DAY_S);
}

void loads_init(struct loads *loads, double u_nominal_v, int legs, double now_s, uint64_t seed)
{
    memset(loads, 0, sizeof *loads);
    loads->seed = seed;
    loads->legs = legs;
    loads->u_ratio = u_nominal_v / MAINS_RATED_V;
    plan_day(loads, day_of(now_s));
    for (int i = 0; i < loads_count(loads); i++) {
        struct load *load = &loads->load[i];
        init_stream(&load->noise, seed, -1, i);
        /* Thermostats are found somewhere in their pause. */
        load->change_s = now_s + draw(&load->noise, 0, load_kinds[i].off_max_s);
    }
}

static bool in_session(const struct load *load, double now_s)
{
    for (int i = 0; i < load->sessions; i++) {
        if (now_s >= load->session[i].start_s && now_s < load->session[i].end_s) {
            return true;
        }
    }
    return false;
}

/* Current on a leg for each ampere of the plate: at 240 V half of it, through both legs. */
static double leg_share(const struct loads *loads, int i, int leg)
{
    const enum supply_kind supply = loads_supply(loads, i);
    if (supply == SUPPLY_BOTH) {
        return 0.5;
    }
    return leg == (supply == SUPPLY_L1 ? 0 : 1) ? 1 : 0;
}

static double reserved_a(const struct loads *loads, int leg, double now_s)
{
    double sum_a = 0;
    for (int i = 0; i < loads_count(loads); i++) {
        const struct load *load = &loads->load[i];
        if (load->on) {
            bool starts = now_s < load->since_s + start_s;
            sum_a += leg_share(loads, i, leg) * (starts ? load_kinds[i].start_peak_a : load_kinds[i].peak_a);
        }
    }
    return sum_a;
}

static bool fuse_holds(const struct loads *loads, int i, double now_s)
{
    for (int leg = 0; leg < loads->legs; leg++) {
        double more_a = leg_share(loads, i, leg) * load_kinds[i].start_peak_a;
        if (more_a > 0 && reserved_a(loads, leg, now_s) + more_a > LOADS_PEAK_A) {
            return false;
        }
    }
    return true;
}

static void switch_on(struct load *load, const struct load_kind *kind, double now_s)
{
    load->on = true;
    load->solved = false;
    load->since_s = now_s;
    load->state = (struct law_state){.setting = noise_uniform(&load->noise)};
    load->change_s = has_cycles(kind) ? now_s + draw(&load->noise, kind->on_min_s, kind->on_max_s) : HUGE_VAL;
}

static void switch_off(struct load *load, const struct load_kind *kind, double now_s)
{
    load->on = false;
    load->change_s = now_s + draw(&load->noise, kind->off_min_s, kind->off_max_s);
    memset(load->current_a, 0, sizeof load->current_a);
}

/* True if the load went on or off. */
static bool switch_load(struct loads *loads, int i, double now_s)
{
    struct load *load = &loads->load[i];
    const struct load_kind *kind = &load_kinds[i];
    bool wanted = in_session(load, now_s);
    if (load->on) {
        if (wanted && now_s < load->change_s) {
            return false;
        }
        switch_off(load, kind, now_s);
        return true;
    }
    if (!wanted || now_s < load->change_s) {
        return false;
    }
    if (!fuse_holds(loads, i, now_s)) {
        load->change_s = now_s + retry_s;
        return false;
    }
    switch_on(load, kind, now_s);
    return true;
}

/* True if the current was computed anew. */
static bool update_load(struct load *load, const struct load_kind *kind, const struct supply *supply,
                        double volts_ratio, double now_s, double duration_s)
{
    if (!load->on || load->solved) {
        return false;
    }
    load->state.on_s = now_s + duration_s / 2 - load->since_s;
    kind->law(&kind->plate, &load->state, supply, load->current_a);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        load->current_a[n] /= volts_ratio;
    }
    load->solved = load->state.on_s > kind->settle_s;
    return true;
}

/* Leg 2 is leg 1 turned round, and so are its loads' currents; what goes in at leg 1 across both comes out at leg 2. */
static void add_up(struct loads *loads)
{
    memset(loads->current_a, 0, sizeof loads->current_a);
    for (int i = 0; i < loads_count(loads); i++) {
        const struct load *load = &loads->load[i];
        enum supply_kind supply = loads_supply(loads, i);
        for (int n = 0; load->on && supply != SUPPLY_L2 && n < WAVEFORM_POINTS; n++) {
            loads->current_a[0][n] += load->current_a[n];
        }
        for (int n = 0; load->on && supply != SUPPLY_L1 && n < WAVEFORM_POINTS; n++) {
            loads->current_a[1][n] -= load->current_a[n];
        }
    }
}

void loads_step(struct loads *loads, const struct mains *mains, bool mains_changed, double now_s,
                double duration_s)
{
    bool changed = false;
    if (day_of(now_s) != loads->day) {
        plan_day(loads, day_of(now_s));
    }
    for (int i = 0; i < loads_count(loads); i++) {
        struct load *load = &loads->load[i];
        enum supply_kind supply = loads_supply(loads, i);
        double volts_ratio = loads->u_ratio * (supply == SUPPLY_BOTH ? 2 : 1);
        changed |= switch_load(loads, i, now_s);
        load->solved &= !mains_changed;
        changed |= update_load(load, &load_kinds[i], &mains->supply[supply], volts_ratio, now_s, duration_s);
    }
    if (changed) {
        add_up(loads);
    }
}
