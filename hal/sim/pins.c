/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/pins.h"

#include <math.h>
#include <string.h>

static const double two_pi = 6.283185307179586;

/* A voltage input hangs on the leg of the current channels that use it; on leg 1 when none does. */
static int voltage_element(const struct board *board, int channel)
{
    for (int other = 0; other < BOARD_CHANNELS; other++) {
        const struct board_channel *current = &board->channel[other];
        if (current->kind == BOARD_CURRENT && current->voltage_channel == channel &&
            !current->voltage_assumed) {
            return current->element;
        }
    }
    return 1;
}

static void connect_input(struct pins_input *input, const struct board *board,
                          const struct sim_config *config, int channel)
{
    const struct board_channel *wiring = &board->channel[channel];
    int element = wiring->kind == BOARD_CURRENT ? wiring->element : voltage_element(board, channel);
    *input = (struct pins_input){
        .kind = wiring->kind,
        .circuit = wiring->circuit,
        .leg = element - 1,
        .path = frontend_path(wiring),
        .sensor = sensor_of(board, channel, config),
    };
    if (wiring->kind == BOARD_VOLTAGE) {
        input->path.leakage_hz = config->transformer_low_pass_hz;
        input->path.bandwidth_hz = config->amplifier_bandwidth_hz;
        input->path.rail_low_v = config->amplifier_low_v;
        input->path.rail_high_v = config->amplifier_high_v;
    }
}

bool pins_init(struct pins *pins, const struct board *board, const struct sim_config *config,
               struct ledger *ledger, double lsb_per_v)
{
    pins->ledger = ledger;
    pins->lsb_per_v = lsb_per_v;
    pins->fine = config->ideal;
    for (int k = 0; k < BOARD_CHANNELS; k++) {
        connect_input(&pins->input[k], board, config, k);
    }
    truth_init(&pins->truth);
    return frontend_init(&pins->frontend);
}

bool pins_use(struct pins *pins, int number)
{
    struct pins_input *input = &pins->input[number];
    input->used = true;
    return input->leg >= 0 && input->leg < WAVEFORM_LEGS;
}

void pins_close(struct pins *pins)
{
    frontend_close(&pins->frontend);
}

/* What stands at the sensor of an input; a leg that the installation lacks is dead. */
static const double *input_table(const struct pins_input *input, const struct waveform_segment *segment)
{
    static const double dead[WAVEFORM_POINTS];
    if (input->kind == BOARD_UNUSED || input->leg >= segment->legs) {
        return dead;
    }
    if (input->kind == BOARD_VOLTAGE) {
        return segment->u_v[input->leg];
    }
    return input->circuit == BOARD_SOLAR ? segment->solar_a[input->leg] : segment->grid_a[input->leg];
}

static void prepare_table(struct pins *pins, const struct pins_input *input, double f_hz,
                          const double table[WAVEFORM_POINTS], double level_lsb[PINS_POINTS])
{
    double distorted[WAVEFORM_POINTS];
    if (sensor_is_distorting(&input->sensor)) {
        sensor_distort(&input->sensor, f_hz, table, distorted);
        table = distorted;
    }
    frontend_pin(&pins->frontend, &input->path, f_hz, table, level_lsb + PINS_BEFORE);
    for (int n = PINS_BEFORE; n < PINS_BEFORE + FRONTEND_POINTS; n++) {
        level_lsb[n] *= pins->lsb_per_v;
    }
    memcpy(level_lsb, level_lsb + FRONTEND_POINTS, PINS_BEFORE * sizeof level_lsb[0]);
    memcpy(level_lsb + PINS_BEFORE + FRONTEND_POINTS, level_lsb + PINS_BEFORE,
           PINS_AFTER * sizeof level_lsb[0]);
}

static bool is_ramp(const struct waveform_segment *segment)
{
    return fabs(segment->rate_hz_s) > 0;
}

static void prepare_ramp(struct pins *pins, struct pins_input *input, const struct waveform_segment *segment)
{
    double end_hz = segment->f_hz + segment->rate_hz_s * (segment->end_s - segment->start_s);
    prepare_table(pins, input, end_hz, input_table(input, segment), input->ramp_lsb);
    for (int n = 0; n < PINS_POINTS; n++) {
        input->ramp_lsb[n] -= input->level_lsb[n];
    }
}

/* A tone at the pin of an input; the solar circuit has none. */
static struct pins_tone tone_at_pin(const struct pins *pins, const struct pins_input *input, int legs,
                                    const struct waveform_tone *tone)
{
    bool current = input->kind == BOARD_CURRENT;
    if (input->kind == BOARD_UNUSED || input->leg >= legs || (current && input->circuit == BOARD_SOLAR)) {
        return (struct pins_tone){0};
    }
    double peak = current ? tone->grid_a : tone->u_v, rad = current ? tone->grid_rad : tone->u_rad;
    peak = input->leg == 0 ? peak : -peak;
    fftw_complex phasor = {peak * cos(rad), peak * sin(rad)};
    frontend_filter(&input->path, tone->f_hz, pins->lsb_per_v, phasor, phasor);
    return (struct pins_tone){
        .rad_s = two_pi * tone->f_hz,
        .level_lsb = hypot(phasor[0], phasor[1]),
        .rad = atan2(phasor[1], phasor[0]),
    };
}

static void prepare_input(struct pins *pins, struct pins_input *input, const struct waveform_segment *segment)
{
    prepare_table(pins, input, segment->f_hz, input_table(input, segment), input->level_lsb);
    if (is_ramp(segment)) {
        prepare_ramp(pins, input, segment);
    }
    for (int k = 0; k < segment->n_tones; k++) {
        input->tone[k] = tone_at_pin(pins, input, segment->legs, &segment->tone[k]);
    }
}

/* What every conversion needs, close together. */
static void take_times(struct pins *pins)
{
    const struct waveform_segment *segment = &pins->segment[pins->now];
    pins->start_s = segment->start_s;
    pins->end_s = segment->end_s;
    pins->f_hz = segment->f_hz;
    pins->half_rate_hz_s = segment->rate_hz_s / 2;
    pins->steady = !pins->fine && !is_ramp(segment) && segment->n_tones == 0;
}

static void prepare_segment(struct pins *pins)
{
    const struct waveform_segment *segment = &pins->segment[pins->now];
    for (int k = 0; k < BOARD_CHANNELS; k++) {
        if (pins->input[k].used) {
            prepare_input(pins, &pins->input[k], segment);
        }
    }
    struct ledger_power power[LEDGER_POINTS];
    truth_power(&pins->truth, segment, power);
    ledger_add(pins->ledger, segment->start_s, power);
}

void pins_begin(struct pins *pins, struct waveform_source *source)
{
    pins->source = source;
    waveform_next(source, &pins->segment[pins->now]);
    take_times(pins);
    prepare_segment(pins);
}

/* Bit for bit: equal frequencies come from equal settings, not from arithmetic. */
static bool same_waveform(const struct waveform_segment *a, const struct waveform_segment *b)
{
    size_t size = (size_t)a->legs * sizeof a->u_v[0];
    return !is_ramp(a) && !is_ramp(b) && memcmp(&a->f_hz, &b->f_hz, sizeof a->f_hz) == 0 &&
           a->legs == b->legs && a->n_tones == b->n_tones &&
           memcmp(a->tone, b->tone, (size_t)a->n_tones * sizeof a->tone[0]) == 0 &&
           memcmp(a->grid_a, b->grid_a, size) == 0 && memcmp(a->u_v, b->u_v, size) == 0 &&
           memcmp(a->solar_a, b->solar_a, size) == 0 && memcmp(a->load_a, b->load_a, size) == 0;
}

static void next_segment(struct pins *pins)
{
    const struct waveform_segment *before = &pins->segment[pins->now];
    pins->now = 1 - pins->now;
    waveform_next(pins->source, &pins->segment[pins->now]);
    take_times(pins);
    if (!same_waveform(before, &pins->segment[pins->now])) {
        prepare_segment(pins);
    }
}

/* Through the points -1, 0, 1, 2 around the instant. */
static inline double lagrange_4(const double *y, double d)
{
    double outer = d * (d - 1) / 6;
    double inner = (d + 1) * (d - 2) / 2;
    return outer * ((2 - d) * y[0] + (d + 1) * y[3]) + inner * ((d - 1) * y[1] - d * y[2]);
}

/* Through -2 .. 3. */
static double lagrange_6(const double *y, double d)
{
    double near = d * (d - 1), middle = (d + 1) * (d - 2), far = (d + 2) * (d - 3);
    return near * middle * ((d + 2) * y[5] - (d - 3) * y[0]) / 120 +
           near * far * ((d - 2) * y[1] - (d + 1) * y[4]) / 24 +
           middle * far * (d * y[3] - (d - 1) * y[2]) / 12;
}

static double between(const struct pins *pins, const double level_lsb[PINS_POINTS], int n, double d)
{
    const double *y = level_lsb + n; /* from point -2 */
    return pins->fine ? lagrange_6(y, d) : lagrange_4(y + 1, d);
}

static double tones_lsb(const struct pins_input *input, int n_tones, double t_s)
{
    double sum = 0;
    for (int k = 0; k < n_tones; k++) {
        sum += input->tone[k].level_lsb * sin(input->tone[k].rad_s * t_s + input->tone[k].rad);
    }
    return sum;
}

/* What is more than one cycle that repeats. */
static double unsteady_lsb(const struct pins *pins, const struct pins_input *input, int n, double d,
                           double t_s)
{
    const struct waveform_segment *segment = &pins->segment[pins->now];
    double level_lsb = between(pins, input->level_lsb, n, d);
    if (is_ramp(segment)) {
        double share = (t_s - segment->start_s) / (segment->end_s - segment->start_s);
        level_lsb += share * between(pins, input->ramp_lsb, n, d);
    }
    return level_lsb + tones_lsb(input, segment->n_tones, t_s);
}

double pins_level_lsb(struct pins *pins, int number, double t_s)
{
    while (t_s >= pins->end_s) {
        next_segment(pins);
    }
    const struct pins_input *input = &pins->input[number];
    double tau_s = t_s - pins->start_s;
    double cycles = tau_s * (pins->f_hz + pins->half_rate_hz_s * tau_s);
    double whole = (double)(int64_t)cycles;
    if (tau_s < 0) {
        whole -= 1; /* true instants may lie a little before the segment: aperture_ns */
    }
    double position = (cycles - whole) * FRONTEND_POINTS;
    int n = (int)position;
    double d = position - n;
    return pins->steady ? lagrange_4(input->level_lsb + n + 1, d) : unsteady_lsb(pins, input, n, d, t_s);
}
