/* SPDX-License-Identifier: GPL-3.0-or-later */
/* group_ieee1459.c - the single-phase example of IEEE 1459: the voltage and current of its annex B in the two forms that are
 * about; what is true of each follows from the definitions, here written down anew.
 */
#include "tests/accuracy/group.h"
#include "tests/accuracy/load.h"
#include "tests/accuracy/rig.h"

#include <math.h>
#include <stdio.h>

static const struct set {
    const char *name;
    const char *i_harmonics;
} sets[] = {{"set A (I5 at 233, I7 at 288 deg)", "3:20:-165,5:15:233,7:10:288"},
            {"set B (I5 and I7 at 234 deg)", "3:20:-165,5:15:234,7:10:234"}};

static const double settle_s = 3;

/* Half a unit of the fifth digit. */
static double fifth_digit(double value)
{
    return 0.5 * pow(10, floor(log10(fabs(value))) - 4);
}

static void add_row(struct table *table, const struct set *set, const char *quantity, const char *unit,
                    double value, double truth)
{
    struct row row = {.kind = ROW_WORST, .error = value - truth, .limit = fifth_digit(truth)};
    snprintf(row.quantity, sizeof row.quantity, "%s", quantity);
    snprintf(row.unit, sizeof row.unit, "%s", unit);
    table_row(table, &row, "%s: %.6g", set->name, truth);
}

static double root_of_difference(double whole, double part)
{
    return sqrt(whole * whole - part * part);
}

static void compare(struct table *table, const struct set *set, const struct point_reading *point,
                    const struct load *load)
{
    double u1_v = load->u_h_v[1], i1_a = load->i_h_a[1], s1_va = u1_v * i1_a;
    double uh_v = root_of_difference(load->u_rms_v, u1_v), ih_a = root_of_difference(load->i_rms_a, i1_a);
    double ph_w = load->p_w - load->p1_w;
    const struct {
        const char *quantity, *unit;
        double value, truth;
    } rows[] = {
        {"V", "V", point->u_rms_v, load->u_rms_v},
        {"I", "A", point->i_rms_a, load->i_rms_a},
        {"V1", "V", point->u1_v, u1_v},
        {"I1", "A", point->i1_a, i1_a},
        {"VH", "V", point->uh_v, uh_v},
        {"IH", "A", point->ih_a, ih_a},
        {"THDV", "%", point->thdh_u_pct, 100 * uh_v / u1_v},
        {"THDI", "%", point->thdh_i_pct, 100 * ih_a / i1_a},
        {"P", "W", point->p_w, load->p_w},
        {"P1", "W", point->p1_w, load->p1_w},
        {"PH", "W", point->ph_w, ph_w},
        {"Q1", "var", point->q1_var, load->q1_var},
        {"S", "VA", point->s_va, load->s_va},
        {"S1", "VA", point->s1_va, s1_va},
        {"SN", "VA", point->sn_va, root_of_difference(load->s_va, s1_va)},
        {"DI", "var", point->di_var, u1_v * ih_a},
        {"DV", "var", point->dv_var, uh_v * i1_a},
        {"SH", "VA", point->sh_va, uh_v * ih_a},
        {"DH", "var", point->dh_var, root_of_difference(uh_v * ih_a, ph_w)},
        {"N", "var", point->n_var, root_of_difference(load->s_va, load->p_w)},
        {"PF", "", point->pf, load->p_w / load->s_va},
        {"PF1", "", point->dpf, load->p1_w / s1_va},
        {"phi", "deg", point->phi_deg, 30},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        add_row(table, set, rows[k].quantity, rows[k].unit, rows[k].value, rows[k].truth);
}

void group_ieee1459(const struct run *run)
{
    static struct rig rig;
    for (size_t k = 0; k < sizeof sets / sizeof sets[0]; k++) {
        struct rig_config config;
        struct reading reading;
        struct load load;
        rig_reference(&config, 60);
        rig_ideal(&config);
        config.pace_seed = run->seed;
        config.steady = (struct steady_config){.f_hz = 60,
                                               .u_v = 100,
                                               .i_a = 100,
                                               .phi_deg = 30,
                                               .u_harmonics = "3:8:-70,5:15:140,7:5:20",
                                               .l2_u_v = -1};
        snprintf(config.steady.i_harmonics, STEADY_HARMONICS, "%s", sets[k].i_harmonics);
        load_of(&load, &config.steady);
        rig_init(&rig, &config);
        rig_skip(&rig, settle_s);
        rig_read(&rig, &reading);
        rig_close(&rig);
        compare(run->table, &sets[k], &reading.point[0], &load);
    }
}
