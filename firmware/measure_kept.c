/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/convert.h"
#include "firmware/measure.h"

#include <math.h>
#include <string.h>

static const double collapse =
    0.5; /* of nominal, half-cycle rms: below it the supply lives on what it has stored */

/* All voltages are gone, or so little is left that nothing is metered. */
static bool is_collapsed(const struct measure *measure, const struct reading *reading)
{
    bool known = false;
    if (!reading->metered)
        return true;
    for (int p = 0; p < reading->n_points; p++) {
        const double u_v = reading->point[p].u_half_min_v;
        known = known || !isnan(u_v);
        if (u_v >= collapse * measure->config.meter.u_nominal_v)
            return false;
    }
    return known;
}

static void keep_open(struct measure *measure, int k)
{
    struct record *open = &measure->kept.open[k];
    struct interval interval;
    open->n_points = 0;
    if (interval_peek(&measure->builder[k + 1], &measure->registers, &interval)) /* [0] is the live second */
        convert_interval(&interval, &measure->config.meter.topology, kept_stream(k), open);
}

void measure_keep(struct measure *measure, const struct reading *reading)
{
    struct kept *kept = &measure->kept;
    const struct registers *registers = &measure->registers;
    if (measure->config.cell == NULL)
        return;
    memcpy(kept->boot_id, measure->live.boot_id, sizeof kept->boot_id);
    kept->n_points = convert_points(&measure->config.meter.topology, kept->point_id);
    for (int64_t p = 0; p < kept->n_points; p++)
        convert_energy(&registers->energy[p], &kept->energy[p]);
    kept->metered_ns = registers->metered_ns;
    kept->unmetered_ns = registers->unmetered_ns;
    kept->dropped_uwh = registers->dropped_uwh;
    registers_rest(registers, &kept->rest);
    for (int k = 0; k < KEPT_OPEN; k++)
        keep_open(measure, k);
    if (reading != NULL)
        kept->mono_us = reading->end_ns / 1000;
    else if (kept->mono_us == 0) /* no window has ended yet */
        kept->mono_us = measure->start_ns / 1000;
    kept_give(measure->config.cell, kept);
    if (reading == NULL)
        return;
    const bool collapsed = is_collapsed(measure, reading);
    if (collapsed && !measure->collapsed)
        atomic_store(&measure->config.cell->urgent, true);
    measure->collapsed = collapsed;
}
