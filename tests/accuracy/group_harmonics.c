/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/aggregate.h"
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/rig.h"

#include <math.h>
#include <stdio.h>

/* IEC 61000-4-7 class I. U: from 1 % of nominal 5 % of the value (SEEN), below 0.05 % of nominal (SEEN); I: from 3 % and
 * 0.15 % of nominal, UNVERIFIED. Here nominal is the fundamental. */
static const double u_bend_pct = 1, u_floor_pct = 0.05, i_bend_pct = 3, i_floor_pct = 0.15, of_value_pct = 5;
static const double settle_s = 0.9;

/* Of one mains frequency and level, over all orders. */
struct found {
    struct errors u, i;     /* percent of the value, or of nominal below the bend */
    struct errors u_others; /* what other harmonics show, percent of nominal */
    int h_max;
};

static void add_u(struct found *found, const struct reading *reading, const struct steady_config *load,
                  int order, double level_pct)
{
    for (int h = 2; h <= reading->h_max; h++) {
        double pct = 100 * reading->point[0].u_h_v[h] / load->u_v;
        if (h == order)
            errors_add(&found->u, level_pct < u_bend_pct ? pct - level_pct : 100 * (pct / level_pct - 1));
        else
            errors_add(&found->u_others, pct);
    }
}

static void add_i(struct found *found, const struct reading *reading, const struct steady_config *load,
                  int order, double level_pct)
{
    double pct = 100 * reading->point[0].i_h_a[order] / load->i_a;
    errors_add(&found->i, level_pct < i_bend_pct ? pct - level_pct : 100 * (pct / level_pct - 1));
}

static void measure(struct found *found, struct rig_config *config, int order, double level_pct)
{
    static struct rig rig;
    static struct aggregate_builder builder;
    static struct aggregate aggregate;
    struct reading reading;
    snprintf(config->steady.u_harmonics, STEADY_HARMONICS, "%d:%g:%d", order, level_pct, order * 137 % 360);
    snprintf(config->steady.i_harmonics, STEADY_HARMONICS, "%d:%g:%d", order, level_pct, order * 211 % 360);
    rig_init(&rig, config);
    rig_skip(&rig, settle_s);
    aggregate_init(&builder, AGGREGATE_WINDOWS);
    bool closed;
    do {
        rig_read(&rig, &reading);
        add_u(found, &reading, &config->steady, order, level_pct);
        closed = aggregate_add(&builder, &reading, &aggregate);
    } while (!closed);
    add_i(found, &aggregate.reading, &config->steady, order, level_pct);
    found->h_max = reading.h_max;
    rig_close(&rig);
}

static void add_row(struct table *table, const struct row *kind, const struct errors *errors, double f_hz,
                    double level_pct, int h_max)
{
    struct row row = *kind;
    row.n = errors->n;
    row.error = errors_worst(errors);
    table_row(table, &row, "%g Hz, h2..h%d, %g %% each alone", f_hz, h_max, level_pct);
}

static struct row limit_row(const char *quantity, bool of_value, double floor_pct, enum row_mark mark)
{
    struct row row = {.kind = ROW_WORST, .mark = mark, .limit = of_value ? of_value_pct : floor_pct};
    snprintf(row.quantity, sizeof row.quantity, "%s", quantity);
    snprintf(row.unit, sizeof row.unit, "%s", of_value ? "% of value" : "% of nom");
    return row;
}

static void add_rows(struct table *table, const struct found *found, double f_hz, double level_pct)
{
    const struct row u = limit_row("U, window", level_pct >= u_bend_pct, u_floor_pct, ROW_SEEN);
    const struct row i = limit_row("I, 3 s", level_pct >= i_bend_pct, i_floor_pct, ROW_RECALLED);
    const struct row others = {.quantity = "U, the others", .unit = "% of nom", .kind = ROW_FIGURE};
    add_row(table, &u, &found->u, f_hz, level_pct, found->h_max);
    add_row(table, &i, &found->i, f_hz, level_pct, found->h_max);
    add_row(table, &others, &found->u_others, f_hz, level_pct, found->h_max);
}

void group_harmonics(const struct run *run)
{
    static const struct {
        double f_hz, f_nominal_hz;
        bool reduced;
    } mains[] = {{42.5, 50, false}, {49.7, 50, true}, {57.5, 50, false}, {60.1, 60, false}, {69, 60, true}};
    static const struct {
        double pct;
        bool reduced;
    } level[] = {{0.1, true}, {0.5, false}, {1, true}, {3, false}, {5, false}, {10, false}, {20, true}};
    for (size_t m = 0; m < sizeof mains / sizeof mains[0]; m++)
        for (size_t l = 0; l < sizeof level / sizeof level[0]; l++) {
            if (!run->full && !(mains[m].reduced && level[l].reduced))
                continue;
            struct found found = {0};
            struct rig_config config;
            rig_reference(&config, mains[m].f_nominal_hz);
            config.steady.f_hz = mains[m].f_hz;
            config.steady.phi_deg = 20;
            int h_max = meter_h_max(config.board.converter.scan_rate_hz, mains[m].f_hz);
            for (int h = 2; h <= h_max; h += run->full ? 1 : 3) {
                rig_noise(&config, run->seed + (uint64_t)h + 100 * l);
                measure(&found, &config, h, level[l].pct);
            }
            add_rows(run->table, &found, mains[m].f_hz, level[l].pct);
        }
}
