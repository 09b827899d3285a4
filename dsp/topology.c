/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/topology.h"

#include <stdbool.h>

static bool has_leg(const struct topology *topology, enum circuit circuit, int leg)
{
    for (int k = 0; k < topology->n_elements; k++) {
        const struct element *element = &topology->element[k];
        if (element->circuit == circuit && element->leg == leg) {
            return true;
        }
    }
    return false;
}

static bool has_circuit(const struct topology *topology, enum circuit circuit)
{
    return has_leg(topology, circuit, 1) || has_leg(topology, circuit, 2);
}

static bool load_has_leg(const struct topology *topology, int leg)
{
    return has_leg(topology, CIRCUIT_GRID, leg) || has_leg(topology, CIRCUIT_SOLAR, leg);
}

static void add_points(struct topology *topology, enum circuit circuit, bool leg1, bool leg2)
{
    topology->point[topology->n_points++] = (struct point){circuit, 0};
    if (leg1 && leg2) {
        topology->point[topology->n_points++] = (struct point){circuit, 1};
        topology->point[topology->n_points++] = (struct point){circuit, 2};
    }
}

void topology_init(struct topology *topology)
{
    topology->n_points = 0;
    for (enum circuit circuit = CIRCUIT_GRID; circuit <= CIRCUIT_SOLAR; circuit++) {
        if (has_circuit(topology, circuit)) {
            add_points(topology, circuit, has_leg(topology, circuit, 1), has_leg(topology, circuit, 2));
        }
    }
    if (has_circuit(topology, CIRCUIT_GRID) && has_circuit(topology, CIRCUIT_SOLAR)) {
        add_points(topology, CIRCUIT_LOAD, load_has_leg(topology, 1), load_has_leg(topology, 2));
    }
}
