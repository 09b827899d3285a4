/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topology.h - which channels form which element, circuit and metering point.
 *
 * An element is one voltage channel with one current channel. A circuit is the elements of one metering point:
 * grid, solar, and load = grid + solar where solar is fitted. A point is what carries quantities and registers:
 * each circuit, and each of its elements where it has more than one.
 * Signs:   p_w > 0 flows from the circuit into the customer's node (grid import, solar generation).
 * Legs:    L1 and L2 have opposite voltages against the neutral (120/240 V). A current that goes out on one leg and comes
 *          back on the other, as an inverter's between the legs, is two elements: one on each leg with the same i_channel,
 *          the second with i_returned. Their powers add up to u_l1_l2 * i.
 * Threads: pure.
 */
#ifndef VATIO_DSP_TOPOLOGY_H
#define VATIO_DSP_TOPOLOGY_H

enum {
    DSP_CHANNELS = 8,
    DSP_ELEMENTS = 6,
    DSP_POINTS = 9 /* 3 circuits x (total, L1, L2) */
};

enum circuit { CIRCUIT_GRID, CIRCUIT_SOLAR, CIRCUIT_LOAD, CIRCUITS };

struct element {
    int u_channel;        /* index into the scan */
    int i_channel;        /* index into the scan */
    enum circuit circuit; /* CIRCUIT_GRID or CIRCUIT_SOLAR */
    int leg;              /* 1 or 2 */
    int u_assumed;        /* 1: u_channel is the other leg's; this leg's voltage is taken as its negative */
    int i_returned; /* 1: this leg's current is the negative of i_channel's, which goes out on the other leg */
};

struct point {
    enum circuit circuit;
    int leg; /* 0: the circuit as a whole */
};

struct topology {
    int n_channels; /* channels of a scan */
    int n_elements;
    struct element element[DSP_ELEMENTS];
    int n_points; /* set by topology_init */
    struct point point[DSP_POINTS];
};

/* Fills the points from channels and elements: circuits in the order of enum circuit, each followed by its
 * elements if it has more than one. load is present when both grid and solar are. */
void topology_init(struct topology *topology);

#endif
