/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_wiring.c - which way round: legs in phase, current sensors that are turned or exchanged.
 *
 * Generation cannot be negative and consumption cannot either, so a clearly negative power in either is a sensor turned
 * round. Where no channel measures generation, the grid itself stands for consumption, and negative power there is
 * believed only from a meter that has imported and exported in earnest before.
 * Two legs that turn negative together: one exchange of two plugs is likelier than two sensors turned round. What tells
 * them apart is that a leg's voltage falls when its own current rises.
 */
#include "tools/vatio/doctor.h"

#include <inttypes.h>
#include <math.h>

static const double power_min_w = 50;     /* less is an inverter at night */
static const double pf_min = 0.5;         /* less is reactive current with noise around it */
static const double history_ratio = 0.01; /* of the energies: less does not count as "has done so" */
static const double legs_min_ratio =
    1.5; /* leg to leg / leg voltage: 2 split phase, 1.73 two of three phases, 0 in phase */
static const double correlation_min = 0.5, unlike_min_a = 1;
enum { LEGS = 3, GRID = 0, SOLAR = 1, LOAD = 2, MINUTES_ENOUGH = 10 };

static const struct record_point *point_of(const struct record *record, int64_t id)
{
    for (int64_t p = 0; p < record->n_points; p++)
        if (record->point_id[p] == id)
            return &record->point[p];
    return NULL;
}

static bool is_negative(double p_w, double s_va)
{
    return p_w < -power_min_w && -p_w > pf_min * s_va;
}

/* The mean power of the last minutes; of the last second where there is no minute yet. */
static double recent_p_w(const struct doctor_inputs *inputs, int64_t id, double *s_va)
{
    double p_w = 0;
    int64_t n = 0;
    *s_va = 0;
    for (size_t i = inputs->minutes - (inputs->minutes < DOCTOR_RECENT ? inputs->minutes : DOCTOR_RECENT);
         i < inputs->minutes; i++) {
        const struct record_point *point = point_of(&inputs->minute[i], id);
        if (point == NULL || isnan(point->p_w) || isnan(point->s_va))
            continue;
        p_w += point->p_w;
        *s_va += point->s_va;
        n++;
    }
    const struct record_point *live = point_of(&inputs->now.live, id);
    if (n > 0) {
        *s_va /= (double)n;
        return p_w / (double)n;
    }
    *s_va = live->s_va;
    return live->p_w;
}

/* In the last minutes, and still. */
static bool stands_negative(const struct doctor_inputs *inputs, int64_t id, double *p_w)
{
    double s_va;
    const struct record_point *live = point_of(&inputs->now.live, id);
    *p_w = 0;
    if (live == NULL || !is_negative(live->p_w, live->s_va))
        return false;
    *p_w = recent_p_w(inputs, id, &s_va);
    return is_negative(*p_w, s_va);
}

/* True if the quarter has import worth the name beside its export. */
static bool imports(const struct record_point *quarter)
{
    return (double)quarter->delta.import_uwh > history_ratio * (double)quarter->delta.export_uwh;
}

/* Whether export is this point's habit: it has exported in earnest before the present stretch of quarters without
 * import, and imported too. The quarter in which the stretch began counts as part of it. A day without any import is no
 * generator's: the sun sets. */
static bool has_exported_before(const struct doctor_inputs *inputs, int64_t id)
{
    const struct record_energy *total = &point_of(&inputs->now.live, id)->total;
    const double import_uwh = (double)total->import_uwh, export_uwh = (double)total->export_uwh;
    double before_uwh = 0; /* a meter without a quarter's history has done nothing before */
    bool began = false;
    for (size_t i = inputs->quarters; i-- > 0 && !began;) {
        const struct record_point *quarter = point_of(&inputs->quarter[i], id);
        if (quarter == NULL)
            continue;
        began = imports(quarter);
        before_uwh = (double)(quarter->total.export_uwh - quarter->delta.export_uwh);
    }
    if (!began && inputs->quarters == DOCTOR_QUARTERS)
        return false;
    return import_uwh > history_ratio * export_uwh && before_uwh > history_ratio * import_uwh;
}

struct suspect {
    bool two_legs;
    int negative; /* legs, or 1 of a circuit of one */
    int64_t id;   /* the first of them */
    double p_w;   /* their sum */
    bool history; /* believed: it has exported before */
};

/* The circuit's elements with power the wrong way round. */
static struct suspect look_at(const struct doctor_inputs *inputs, int circuit, bool may_export)
{
    struct suspect suspect = {0};
    suspect.two_legs = point_of(&inputs->now.live, circuit * LEGS + 2) != NULL;
    for (int leg = suspect.two_legs ? 1 : 0; leg <= (suspect.two_legs ? 2 : 0); leg++) {
        double p_w;
        const int64_t id = circuit * LEGS + leg;
        if (!stands_negative(inputs, id, &p_w))
            continue;
        if (may_export && has_exported_before(inputs, id)) {
            suspect.history = true;
            continue;
        }
        if (suspect.negative++ == 0)
            suspect.id = id;
        suspect.p_w += p_w;
    }
    return suspect;
}

/* Generation first: when it is wrong, so is consumption, which is made from it. */
static struct suspect find_suspect(const struct doctor_inputs *inputs)
{
    const struct record *live = &inputs->now.live;
    const bool has_solar = point_of(live, SOLAR * LEGS) != NULL;
    const bool has_load = has_solar && point_of(live, LOAD * LEGS) != NULL;
    struct suspect suspect = {0};
    if (has_solar)
        suspect = look_at(inputs, SOLAR, false);
    if (suspect.negative == 0 && !inputs->generation)
        suspect = look_at(inputs, has_load ? LOAD : GRID, !has_solar);
    return suspect;
}

/* Of the legs' differences in voltage and current over the minutes: below zero where each current is with its own
 * voltage, above where they are exchanged; NaN where the minutes do not tell. */
static double correlation(const struct doctor_inputs *inputs, int circuit)
{
    double sum_u = 0, sum_i = 0, uu = 0, ii = 0, ui = 0;
    double n = 0;
    for (size_t k = 0; k < inputs->minutes; k++) {
        const struct record_point *one = point_of(&inputs->minute[k], circuit * LEGS + 1);
        const struct record_point *two = point_of(&inputs->minute[k], circuit * LEGS + 2);
        if (one == NULL || two == NULL || (inputs->minute[k].quality & DOCTOR_ASSUMED) != 0)
            continue;
        const double u = one->u_rms_v - two->u_rms_v, i = one->i_rms_a - two->i_rms_a;
        if (isnan(u) || isnan(i))
            continue;
        sum_u += u;
        sum_i += i;
        uu += u * u;
        ii += i * i;
        ui += u * i;
        n++;
    }
    const double var_u = uu - sum_u * sum_u / n, var_i = ii - sum_i * sum_i / n;
    if (n < MINUTES_ENOUGH || !(var_i > unlike_min_a * unlike_min_a * n) || !(var_u > 0))
        return (double)NAN;
    return (ui - sum_u * sum_i / n) / sqrt(var_u * var_i);
}

/* The meter's two voltages do not stand against each other. */
static bool legs_in_phase(const struct doctor_inputs *inputs, double *u_ll_v, double *u_v)
{
    const struct record_point *grid = point_of(&inputs->now.live, GRID * LEGS);
    const struct record_point *one = point_of(&inputs->now.live, GRID * LEGS + 1);
    const struct record_point *two = point_of(&inputs->now.live, GRID * LEGS + 2);
    *u_ll_v = *u_v = (double)NAN;
    if (grid == NULL || one == NULL || two == NULL || isnan(grid->u_ll_v))
        return false;
    *u_ll_v = grid->u_ll_v;
    *u_v = (one->u_rms_v + two->u_rms_v) / 2;
    return *u_ll_v < legs_min_ratio * *u_v;
}

void doctor_legs(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    double u_ll_v, u_v;
    const bool wrong = legs_in_phase(inputs, &u_ll_v, &u_v);
    if (isnan(u_ll_v)) {
        doctor_find(finding, DOCTOR_SKIPPED, "this board measures one voltage");
        return;
    }
    doctor_find(finding, wrong ? DOCTOR_FAULT : DOCTOR_OK, "%.1f V between the legs, %.1f V each", u_ll_v,
                u_v);
    if (wrong)
        doctor_advise(
            finding,
            "The two voltages are in phase: one transformer's wires are turned round, or both hang on "
            "the same leg. Switch off, then turn one transformer's secondary, or put it on the other leg.");
}

/* Why the wiring cannot be judged. */
static bool cannot_judge(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    double u_ll_v, u_v;
    if (inputs->now.live.n_points == 0 || (inputs->now.live.quality & DOCTOR_UNLOCKED) != 0)
        doctor_find(finding, DOCTOR_SKIPPED, "no reading to judge by");
    else if (legs_in_phase(inputs, &u_ll_v, &u_v))
        doctor_find(finding, DOCTOR_SKIPPED, "the legs' voltages come first");
    else
        return false;
    return true;
}

void doctor_swapped(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    if (cannot_judge(inputs, finding))
        return;
    const struct suspect suspect = find_suspect(inputs);
    if (point_of(&inputs->now.live, GRID * LEGS + 2) == NULL) {
        doctor_find(finding, DOCTOR_SKIPPED, "this board has one element");
        return;
    }
    const int circuit = (int)(suspect.id / LEGS);
    const double r =
        suspect.negative == 2 ? correlation(inputs, circuit == LOAD ? GRID : circuit) : (double)NAN;
    if (suspect.negative < 2 || r < -correlation_min) {
        doctor_find(finding, DOCTOR_OK, "the legs' powers have the signs that they must have together");
        return;
    }
    doctor_find(finding, DOCTOR_FAULT, "both legs of %s are negative together, %.0f W; %s",
                record_point_name(circuit * LEGS), suspect.p_w,
                r > correlation_min ? "each current moves with the other leg's voltage"
                                    : "exchanged, unless both are turned round");
    doctor_advise(finding,
                  "Exchange the two current sensors' plugs (L1 with L2)%s, then run vatio doctor again. If "
                  "this house generates and no channel measures it: vatio doctor --generation.",
                  circuit == LOAD ? " of the grid" : "");
}

void doctor_reversed(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    if (cannot_judge(inputs, finding))
        return;
    const struct suspect suspect = find_suspect(inputs);
    const int circuit = (int)(suspect.id / LEGS);
    const bool both = suspect.negative == 2;
    if (suspect.negative == 0) {
        doctor_find(finding, DOCTOR_OK, "%s",
                    inputs->generation ? "negative power is expected here (--generation)"
                    : suspect.history  ? "exports, as it has done before"
                                       : "no power flows where none can");
        return;
    }
    if (both && !(correlation(inputs, circuit == LOAD ? GRID : circuit) < -correlation_min)) {
        doctor_find(finding, DOCTOR_SKIPPED, "the legs come first: see swapped");
        return;
    }
    doctor_find(finding, DOCTOR_FAULT, "%s%s%s: %.0f W where nothing can flow back",
                record_point_name(suspect.id), both ? " and " : "",
                both ? record_point_name(circuit * LEGS + 2) : "", suspect.p_w);
    doctor_advise(
        finding,
        "Turn the current sensor of %s%s round on its conductor (or exchange its two wires)%s. If this "
        "house generates and no channel measures it: vatio doctor --generation.",
        circuit == SOLAR ? "the inverter" : "the grid",
        both || !suspect.two_legs ? ""
        : suspect.id % LEGS == 1  ? ", leg L1,"
                                  : ", leg L2,",
        suspect.two_legs && !both
            ? "; if the other leg carries no load now, it may be exchanged with that leg's"
            : "");
}
