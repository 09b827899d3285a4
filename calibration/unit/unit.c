/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/unit/unit.h"

#include "calibration/unit/unit_file.h"

#include <stdio.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* The ideal converter answers floor(v / LSB): code c stands for c..c+1 steps, best taken as c + 1/2. So the mean code
 * at a voltage is half a step below v / LSB. */
static const double half_step_lsb = 0.5;

/* The input that measures a leg's voltage, of the circuit's own if there is one; -1 when none does. */
static int voltage_input(const struct board *board, enum board_circuit circuit, int leg)
{
    int found = -1;
    for (int input = 0; input < BOARD_CHANNELS; input++) {
        const struct board_channel *channel = &board->channel[input];
        if (channel->kind == BOARD_CURRENT && channel->element == leg && !channel->voltage_assumed &&
            (found < 0 || channel->circuit == circuit))
            found = channel->voltage_channel;
    }
    return found;
}

/* The second element of a current that comes back on the other leg. */
static struct element returned(const struct board *board, const struct board_channel *channel,
                               const struct element *element, const int position[BOARD_CHANNELS])
{
    struct element other = *element;
    other.leg = 3 - element->leg;
    other.i_returned = 1;
    int input = voltage_input(board, channel->circuit, other.leg);
    other.u_assumed = input < 0 && !element->u_assumed; /* else it is what this leg's was assumed from */
    other.u_channel = input < 0 ? element->u_channel : position[input];
    return other;
}

static void add_element(struct topology *topology, const struct element *element)
{
    if (topology->n_elements < DSP_ELEMENTS)
        topology->element[topology->n_elements++] = *element;
}

int unit_topology(const struct board *board, struct topology *topology, int converter_input[DSP_CHANNELS])
{
    memset(topology, 0, sizeof *topology);
    int position[BOARD_CHANNELS] = {0};
    for (int input = 0; input < BOARD_CHANNELS; input++) {
        if (board->channel[input].kind == BOARD_UNUSED)
            continue;
        position[input] = topology->n_channels;
        converter_input[topology->n_channels++] = input;
    }
    for (int input = 0; input < BOARD_CHANNELS; input++) {
        const struct board_channel *channel = &board->channel[input];
        if (channel->kind != BOARD_CURRENT)
            continue;
        const struct element element = {
            .u_channel = position[channel->voltage_channel],
            .i_channel = position[input],
            .circuit = channel->circuit == BOARD_SOLAR ? CIRCUIT_SOLAR : CIRCUIT_GRID,
            .leg = channel->element,
            .u_assumed = channel->voltage_assumed,
        };
        add_element(topology, &element);
        if (channel->both_legs) {
            const struct element other = returned(board, channel, &element, position);
            add_element(topology, &other);
        }
    }
    topology_init(topology);
    return topology->n_channels;
}

static double divider_ratio(double top_ohm, double bottom_ohm)
{
    return bottom_ohm / (top_ohm + bottom_ohm);
}

static double parallel_ohm(double a_ohm, double b_ohm)
{
    return a_ohm * b_ohm / (a_ohm + b_ohm);
}

static double rc_pole_hz(double r_ohm, double c_f)
{
    return r_ohm > 0 && c_f > 0 ? 1.0 / (2.0 * pi * r_ohm * c_f) : 0;
}

/* The amplifier's output drives the RC: its source resistance is that of an operational amplifier, nil. */
static void nominal_voltage(const struct board_channel *board, double lsb_v,
                            struct calibration_channel *channel)
{
    const struct board_voltage_path *path = &board->voltage;
    double pin_v_per_v = path->amplifier_gain *
                         divider_ratio(path->divider_top_ohm, path->divider_bottom_ohm) /
                         path->transformer_ratio;
    channel->gain = lsb_v / pin_v_per_v;
    channel->offset_lsb = path->amplifier_offset_v / lsb_v - half_step_lsb;
    channel->high_pass_hz = path->transformer_high_pass_hz;
    channel->low_pass_hz = rc_pole_hz(board->filter_ohm, board->filter_f);
}

/* The divider drives the RC itself, so its Thevenin resistance is part of it. */
static void nominal_current(const struct board_channel *board, double lsb_v,
                            struct calibration_channel *channel)
{
    const struct board_current_path *path = &board->current;
    double ratio = divider_ratio(path->divider_top_ohm, path->divider_bottom_ohm);
    double source_ohm = parallel_ohm(path->divider_top_ohm, path->divider_bottom_ohm);
    channel->gain = lsb_v / (path->sensitivity_v_per_a * ratio);
    channel->offset_lsb = path->zero_v * ratio / lsb_v - half_step_lsb;
    channel->low_pass_hz = rc_pole_hz(board->filter_ohm + source_ohm, board->filter_f);
}

void unit_nominal(const struct board *board, struct calibration *calibration)
{
    memset(calibration, 0, sizeof *calibration);
    calibration->schema = UNIT_SCHEMA;
    snprintf(calibration->board, sizeof calibration->board, "%s", board->name);
    double lsb_v = board->converter.reference_v / CALIBRATION_CODES;
    for (int input = 0; input < BOARD_CHANNELS; input++) {
        const struct board_channel *channel = &board->channel[input];
        if (channel->kind == BOARD_UNUSED)
            continue;
        int k = calibration->n_channels++;
        calibration->input[k] = input;
        if (channel->kind == BOARD_VOLTAGE)
            nominal_voltage(channel, lsb_v, &calibration->channel[k]);
        else
            nominal_current(channel, lsb_v, &calibration->channel[k]);
    }
}
