/* SPDX-License-Identifier: GPL-3.0-or-later */
/* house.h - a 120/240 V house on the rig: two voltages, grid's and solar's currents on each leg, and what their phasors
 * amount to at each metering point, by complex arithmetic that shares nothing with the code under test.
 */
#ifndef VATIO_TESTS_UNIT_DSP_HOUSE_H
#define VATIO_TESTS_UNIT_DSP_HOUSE_H

#include "dsp/registers.h"
#include "tests/unit/dsp/rig.h"

#include <complex.h>

enum {
    HOUSE_POINTS = 9,
    HOUSE_U1 = 0,
    HOUSE_U2 = 1,
    HOUSE_I = 2
}; /* channels: u1, u2, grid 1, 2, solar 1, 2 */

/* A current, and by how much it lags its own leg's voltage; 180 is export. */
struct house_current {
    double a;
    double lag_deg;
};

struct house {
    double u_v[2];
    struct house_current current[4]; /* grid L1, L2, solar L1, L2 */
};

static inline void house_init(struct rig *rig, const struct house *house)
{
    rig_init(rig, 60, 60.03, 0);
    rig->config.u_nominal_v = 120;
    rig->config.scan_rate_hz = 4500;
    struct topology *topology = &rig->config.topology;
    topology->n_channels = 6;
    topology->n_elements = 4;
    for (int k = 0; k < 2; k++) {
        rig->channel[k].n = 1;
        rig->channel[k].part[0] = (struct rig_part){1, house->u_v[k], 180.0 * k};
    }
    for (int k = 0; k < 4; k++) {
        int leg = k % 2;
        topology->element[k] =
            (struct element){leg, HOUSE_I + k, k < 2 ? CIRCUIT_GRID : CIRCUIT_SOLAR, leg + 1, 0, 0};
        rig->channel[HOUSE_I + k].n = house->current[k].a > 0;
        rig->channel[HOUSE_I + k].part[0] =
            (struct rig_part){1, house->current[k].a, 180.0 * leg - house->current[k].lag_deg};
    }
    topology_init(topology);
}

static inline double complex house_phasor(double size, double deg)
{
    return size * cos(deg * RIG_PI / 180) + size * sin(deg * RIG_PI / 180) * (double complex)I;
}

/* U I* of an element: P + j Q1. */
static inline double complex house_va(const struct house *house, int k)
{
    const struct house_current *i = &house->current[k];
    return house_phasor(house->u_v[k % 2] * i->a, i->lag_deg);
}

/* P + j Q1 of each point: circuit, L1, L2 of grid, solar and load. */
static inline void house_points(const struct house *house, double complex va[HOUSE_POINTS])
{
    for (int leg = 0; leg < 2; leg++) {
        va[1 + leg] = house_va(house, leg);
        va[4 + leg] = house_va(house, 2 + leg);
        va[7 + leg] = va[1 + leg] + va[4 + leg];
    }
    for (int circuit = 0; circuit < 3; circuit++) {
        va[3 * circuit] = va[3 * circuit + 1] + va[3 * circuit + 2];
    }
}

/* The current of a leg as a phasor, both legs on one reference. */
static inline double complex house_a(const struct house *house, int k)
{
    return house_phasor(house->current[k].a, 180.0 * (k % 2) - house->current[k].lag_deg);
}

#endif
