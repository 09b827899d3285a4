/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/points.h"

#include "dsp/power.h"

bool points_init(struct points *points, const struct topology *topology, int cycles)
{
    points->topology = *topology;
    return wave_init(&points->sum, cycles);
}

void points_close(struct points *points)
{
    wave_close(&points->sum);
}

/* The next element after the given one of a circuit on a leg, -1 when there is none. grid comes before solar. */
static int next_element(const struct topology *topology, enum circuit circuit, int leg, int after)
{
    for (int k = after + 1; k < topology->n_elements; k++) {
        if (topology->element[k].leg == leg && topology->element[k].circuit == circuit) {
            return k;
        }
    }
    return -1;
}

struct leg_waves {
    const struct wave *u;
    const struct wave *i;
    bool summed;
};

/* Adds the elements of one circuit to the leg's voltage and current. */
static void collect(struct points *points, const struct analysis *analysis, enum circuit circuit, int leg,
                    struct leg_waves *waves)
{
    const struct topology *topology = &points->topology;
    for (int k = -1; (k = next_element(topology, circuit, leg, k)) >= 0;) {
        const struct element *element = &topology->element[k];
        const struct wave *i = &analysis->channel[element->i_channel].wave;
        if (waves->u == NULL) {
            waves->u = &analysis->channel[element->u_channel].wave;
            waves->i = i;
        } else {
            wave_add(&points->sum, waves->i, i);
            waves->i = &points->sum;
            waves->summed = true;
        }
    }
}

/* False when the circuit has nothing on that leg. */
static bool read_leg(struct points *points, const struct analysis *analysis, enum circuit circuit, int leg)
{
    struct leg_waves waves = {NULL, NULL, false};
    if (circuit == CIRCUIT_LOAD) {
        collect(points, analysis, CIRCUIT_GRID, leg, &waves);
        collect(points, analysis, CIRCUIT_SOLAR, leg, &waves);
    } else {
        collect(points, analysis, circuit, leg, &waves);
    }
    if (waves.u == NULL) {
        return false;
    }
    if (waves.summed) {
        wave_measure(&points->sum);
    }
    power_element(waves.u, waves.i, &points->leg[leg - 1]);
    return true;
}

static void read_circuit(struct points *points, const struct analysis *analysis, enum circuit circuit,
                         struct point_reading *point)
{
    bool has1 = read_leg(points, analysis, circuit, 1);
    bool has2 = read_leg(points, analysis, circuit, 2);
    if (has1 && has2) {
        power_sum(&points->leg[0], &points->leg[1], &point[0]);
        point[1] = points->leg[0];
        point[2] = points->leg[1];
    } else {
        point[0] = points->leg[has1 ? 0 : 1];
    }
}

void points_read(struct points *points, const struct analysis *analysis, struct reading *reading)
{
    const struct topology *topology = &points->topology;
    reading->n_points = topology->n_points;
    for (int k = 0; k < topology->n_points; k++) {
        if (analysis == NULL) {
            power_absent(&reading->point[k]);
        } else if (topology->point[k].leg == 0) {
            read_circuit(points, analysis, topology->point[k].circuit, &reading->point[k]);
        }
    }
}
