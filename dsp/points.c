/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/points.h"

#include "dsp/absent.h"
#include "dsp/power.h"
#include "dsp/quality.h"

#include <math.h>
#include <stddef.h>

bool points_init(struct points *points, const struct topology *topology, int cycles, int grid_points)
{
    points->topology = *topology;
    return wave_init(&points->sum, cycles, grid_points);
}

void points_close(struct points *points)
{
    wave_close(&points->sum);
}

/* load is made of grid and solar. */
static bool takes_part(const struct element *element, enum circuit circuit)
{
    return element->circuit == circuit || circuit == CIRCUIT_LOAD;
}

/* The next element after the given one on a leg of a circuit; -1 when there is none. Of load grid's come first: its
 * voltage is grid's. */
static int next_element(const struct topology *topology, enum circuit circuit, int leg, int after)
{
    for (int k = after + 1; k < topology->n_elements; k++) {
        if (topology->element[k].leg == leg && topology->element[k].circuit == circuit) {
            return k;
        }
    }
    return -1;
}

/* The element whose voltage is the leg's in this circuit; NULL when the circuit has nothing on that leg. */
static const struct element *leg_element(const struct topology *topology, enum circuit circuit, int leg)
{
    int k = next_element(topology, circuit == CIRCUIT_LOAD ? CIRCUIT_GRID : circuit, leg, -1);
    k = k < 0 && circuit == CIRCUIT_LOAD ? next_element(topology, CIRCUIT_SOLAR, leg, -1) : k;
    return k < 0 ? NULL : &topology->element[k];
}

/* Adds the elements of one circuit to the leg's current. */
static void collect(struct points *points, const struct analysis *analysis, enum circuit circuit, int leg,
                    struct signed_wave *current)
{
    const struct topology *topology = &points->topology;
    for (int k = -1; (k = next_element(topology, circuit, leg, k)) >= 0;) {
        const struct element *element = &topology->element[k];
        const struct signed_wave i = {&analysis->channel[element->i_channel].wave,
                                      element->i_returned ? -1 : 1};
        if (current->wave == NULL) {
            *current = i;
        } else {
            wave_add(&points->sum, *current, i);
            *current = (struct signed_wave){&points->sum, 1};
        }
    }
}

/* False when the circuit has nothing on that leg. */
static bool read_leg(struct points *points, const struct analysis *analysis, enum circuit circuit, int leg)
{
    const struct element *first = leg_element(&points->topology, circuit, leg);
    if (first == NULL) {
        return false;
    }
    struct signed_wave current = {NULL, 1};
    if (circuit == CIRCUIT_LOAD) {
        collect(points, analysis, CIRCUIT_GRID, leg, &current);
        collect(points, analysis, CIRCUIT_SOLAR, leg, &current);
    } else {
        collect(points, analysis, circuit, leg, &current);
    }
    if (current.wave == &points->sum) {
        wave_measure(&points->sum);
    }
    const struct signed_wave voltage = {&analysis->channel[first->u_channel].wave, first->u_assumed ? -1 : 1};
    power_element(voltage, current, &points->leg[leg - 1]);
    return true;
}

/* What compares the legs' voltages, where both were measured. */
static void compare_voltages(const struct points *points, const struct analysis *analysis,
                             enum circuit circuit, struct point_reading *point)
{
    const struct element *l1 = leg_element(&points->topology, circuit, 1);
    const struct element *l2 = leg_element(&points->topology, circuit, 2);
    if (l1->u_assumed || l2->u_assumed || l1->u_channel == l2->u_channel) {
        return;
    }
    const struct wave *const u[2] = {&analysis->channel[l1->u_channel].wave,
                                     &analysis->channel[l2->u_channel].wave};
    const double apart[2] = {1, -1};
    point->u_ll_v = wave_rms_of_sum(u, apart, 2);
    const double l1_v = fmax(0, u[0]->rms); /* a lost leg is 100 %, whatever its noise */
    const double l2_v = fmax(0, u[1]->rms);
    const double sum_v = l1_v + l2_v; /* of two, both lie half their difference from the mean */
    point->u_unbalance_pct = sum_v > 0 ? 100 * fabs(l1_v - l2_v) / sum_v : ABSENT;
}

/* The neutral carries back the sum of the legs' currents. A current that returns by the other leg drops out before
 * anything is squared, noise and all; when nothing else flows, nothing was measured of the neutral. */
static double neutral_a(const struct points *points, const struct analysis *analysis, enum circuit circuit)
{
    const struct topology *topology = &points->topology;
    const struct wave *wave[DSP_CHANNELS];
    double weight[DSP_CHANNELS];
    int n = 0;
    for (int channel = 0; channel < topology->n_channels; channel++) {
        int sum = 0;
        for (int k = 0; k < topology->n_elements; k++) {
            const struct element *element = &topology->element[k];
            bool counts = takes_part(element, circuit) && element->i_channel == channel;
            sum += !counts ? 0 : element->i_returned ? -1 : 1;
        }
        if (sum != 0) {
            wave[n] = &analysis->channel[channel].wave;
            weight[n++] = sum;
        }
    }
    return n > 0 ? wave_rms_of_sum(wave, weight, n) : ABSENT;
}

static void read_circuit(struct points *points, const struct analysis *analysis, enum circuit circuit,
                         struct point_reading *point)
{
    bool has1 = read_leg(points, analysis, circuit, 1);
    bool has2 = read_leg(points, analysis, circuit, 2);
    if (has1 && has2) {
        power_sum(&points->leg[0], &points->leg[1], &point[0]);
        compare_voltages(points, analysis, circuit, &point[0]);
        point[0].i_neutral_a = neutral_a(points, analysis, circuit);
        point[1] = points->leg[0];
        point[2] = points->leg[1];
    } else {
        point[0] = points->leg[has1 ? 0 : 1];
    }
}

static unsigned assumptions(const struct topology *topology)
{
    for (int k = 0; k < topology->n_elements; k++) {
        if (topology->element[k].u_assumed) {
            return QUALITY_ASSUMED;
        }
    }
    return 0;
}

void points_read(struct points *points, const struct analysis *analysis, struct reading *reading)
{
    const struct topology *topology = &points->topology;
    reading->n_points = topology->n_points;
    for (int k = 0; k < DSP_CHANNELS; k++) {
        bool known = analysis != NULL && k < topology->n_channels;
        reading->noise[k] = known ? analysis->channel[k].wave.noise_rms : ABSENT;
    }
    reading->quality |= analysis == NULL ? 0 : assumptions(topology);
    for (int k = 0; k < topology->n_points; k++) {
        if (analysis == NULL) {
            power_absent(&reading->point[k]);
        } else if (topology->point[k].leg == 0) {
            read_circuit(points, analysis, topology->point[k].circuit, &reading->point[k]);
        }
    }
}
