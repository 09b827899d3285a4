/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/adc_sim.h"

#include "hal/mcp3008.h"
#include "hal/sim/frontend.h"
#include "hal/sim/ledger.h"
#include "hal/sim/noise.h"
#include "hal/sim/truth.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE = 2, AFTER = 3 };

/* One input of the converter. */
struct input {
    enum board_channel_kind kind;
    enum board_circuit circuit;
    int leg; /* 0 or 1 */
    struct frontend_path path;
    /* The level at the pin in LSB over one cycle; the last two points stand before the first and three after the
     * last, for the interpolation. */
    double level_lsb[BEFORE + FRONTEND_POINTS + AFTER];
};

struct adc_sim {
    struct adc adc;
    struct adc_plan plan;
    struct sim_config config;
    struct waveform_source *source;
    const struct adc_level *level; /* a recording in place of the source's segments; NULL = none */
    struct clock *clock;
    double lsb_per_v;
    struct input input[MCP3008_CHANNELS];
    uint8_t tx[ADC_CHANNELS][MCP3008_FRAME];
    struct noise noise;
    struct frontend frontend;
    int64_t origin_ns; /* the clock at second 0 of the simulation */
    int64_t last_hold_ns;
    struct waveform_segment segment[2];
    int now; /* index of the present segment; the other one is the one before */
    struct truth truth;
    struct ledger ledger;
};

static double seconds(const struct adc_sim *sim, int64_t ns)
{
    return (double)(ns - sim->origin_ns) * 1e-9;
}

/* What stands at the sensor of an input; a leg that the installation lacks is dead. */
static const double *input_table(const struct input *input, const struct waveform_segment *segment)
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

static void prepare_input(struct adc_sim *sim, struct input *input, const struct waveform_segment *segment)
{
    double *level = input->level_lsb;
    frontend_pin(&sim->frontend, &input->path, segment->f_hz, input_table(input, segment), level + BEFORE);
    for (int n = BEFORE; n < BEFORE + FRONTEND_POINTS; n++) {
        level[n] *= sim->lsb_per_v;
    }
    memcpy(level, level + FRONTEND_POINTS, BEFORE * sizeof level[0]);
    memcpy(level + BEFORE + FRONTEND_POINTS, level + BEFORE, AFTER * sizeof level[0]);
}

static bool same_waveform(const struct waveform_segment *a, const struct waveform_segment *b)
{
    size_t size = (size_t)a->legs * sizeof a->u_v[0];
    /* Bit for bit: equal frequencies come from equal settings, not from arithmetic. */
    return memcmp(&a->f_hz, &b->f_hz, sizeof a->f_hz) == 0 && a->legs == b->legs &&
           memcmp(&a->rate_hz_s, &b->rate_hz_s, sizeof a->rate_hz_s) == 0 && a->n_tones == b->n_tones &&
           memcmp(a->tone, b->tone, (size_t)a->n_tones * sizeof a->tone[0]) == 0 &&
           memcmp(a->grid_a, b->grid_a, size) == 0 && memcmp(a->u_v, b->u_v, size) == 0 &&
           memcmp(a->solar_a, b->solar_a, size) == 0 && memcmp(a->load_a, b->load_a, size) == 0;
}

static void prepare_segment(struct adc_sim *sim)
{
    const struct waveform_segment *segment = &sim->segment[sim->now];
    for (int k = 0; k < sim->plan.n; k++) {
        prepare_input(sim, &sim->input[sim->plan.input[k]], segment);
    }
    struct ledger_power power[LEDGER_POINTS];
    truth_power(&sim->truth, segment, power);
    ledger_add(&sim->ledger, segment->start_s, power);
}

static void next_segment(struct adc_sim *sim)
{
    const struct waveform_segment *before = &sim->segment[sim->now];
    sim->now = 1 - sim->now;
    waveform_next(sim->source, &sim->segment[sim->now]);
    if (!same_waveform(before, &sim->segment[sim->now])) {
        prepare_segment(sim);
    }
}

/* Lagrange through the points -1, 0, 1, 2 around the instant. */
static double lagrange_4(const double *y, double d)
{
    double outer = d * (d - 1) / 6;
    double inner = (d + 1) * (d - 2) / 2;
    return outer * ((2 - d) * y[0] + (d + 1) * y[3]) + inner * ((d - 1) * y[1] - d * y[2]);
}

/* Through -2 .. 3: good to 4e-6 of the 50th harmonic's own size. */
static double lagrange_6(const double *y, double d)
{
    double near = d * (d - 1), middle = (d + 1) * (d - 2), far = (d + 2) * (d - 3);
    return near * middle * ((d + 2) * y[5] - (d - 3) * y[0]) / 120 +
           near * far * ((d - 2) * y[1] - (d + 1) * y[4]) / 24 +
           middle * far * (d * y[3] - (d - 1) * y[2]) / 12;
}

/* The level at the pin at an instant of the present segment, from the cycle's table. */
static double level_at(const struct adc_sim *sim, const struct input *input, double t_s)
{
    const struct waveform_segment *segment = &sim->segment[sim->now];
    double tau_s = t_s - segment->start_s;
    double cycles = tau_s * (segment->f_hz + 0.5 * segment->rate_hz_s * tau_s);
    assert(cycles >= 0);
    double position = (cycles - (double)(int64_t)cycles) * FRONTEND_POINTS;
    int n = (int)position;
    double d = position - n;
    const double *y = input->level_lsb + n; /* from point -2 */
    return sim->config.ideal ? lagrange_6(y, d) : lagrange_4(y + 1, d);
}

/* What stands at an input in LSB. */
static double input_lsb(struct adc_sim *sim, int number, double t_s)
{
    if (sim->level != NULL) {
        return sim->lsb_per_v * adc_level_v(sim->level, number, t_s);
    }
    while (t_s >= sim->segment[sim->now].end_s) {
        next_segment(sim);
    }
    return level_at(sim, &sim->input[number], t_s);
}

static unsigned quantise(double level_lsb)
{
    if (!(level_lsb > 0)) {
        return 0;
    }
    return level_lsb < MCP3008_CODES - 1 ? (unsigned)level_lsb : MCP3008_CODES - 1;
}

/* The chip: a request's bytes at the hold instant in, the answer's bytes out. */
static void convert(struct adc_sim *sim, int64_t hold_ns, const uint8_t tx[MCP3008_FRAME],
                    uint8_t rx[MCP3008_FRAME])
{
    double level_lsb = input_lsb(sim, mcp3008_requested(tx), seconds(sim, hold_ns));
    if (sim->config.noise_lsb > 0) {
        level_lsb += sim->config.noise_lsb * noise_gaussian(&sim->noise);
    }
    mcp3008_respond(quantise(level_lsb), rx);
    if (sim->config.corrupt_share > 0 && noise_uniform(&sim->noise) < sim->config.corrupt_share) {
        unsigned bit = (unsigned)(noise_bits(&sim->noise) % MCP3008_CLOCKS);
        rx[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

/* No converter at all: what stands at the pin, in V or A at the terminals. An unused input has no gain. */
static double ideal_value(struct adc_sim *sim, int64_t hold_ns, int number)
{
    const struct frontend_path *path = &sim->input[number].path;
    double pin_v = input_lsb(sim, number, seconds(sim, hold_ns)) / sim->lsb_per_v;
    return path->gain != 0 ? (pin_v - path->offset_v) / path->gain : 0;
}

static void convert_one(struct adc_sim *sim, int k, int64_t hold_ns, struct adc_scan *scan)
{
    if (sim->config.ideal) {
        scan->value[k] = ideal_value(sim, hold_ns, sim->plan.input[k]);
        return;
    }
    uint8_t rx[MCP3008_FRAME];
    convert(sim, hold_ns, sim->tx[k], rx);
    int code = mcp3008_decode(rx);
    if (code < 0) {
        scan->faults |= ADC_CORRUPT;
        scan->corrupt |= (uint8_t)(1U << k);
        code = 0;
    }
    scan->code[k] = (uint16_t)code;
}

static int64_t wake_up_ns(struct adc_sim *sim)
{
    int64_t start_ns = clock_mono_ns(sim->clock);
    if (sim->config.jitter_ns > 0) {
        start_ns += (int64_t)(sim->config.jitter_ns * fabs(noise_gaussian(&sim->noise)));
    }
    return start_ns;
}

static bool has_ended(const struct adc_sim *sim, int64_t due_ns)
{
    return sim->level != NULL && seconds(sim, due_ns) > adc_level_end_s(sim->level);
}

static int sim_read(struct adc *adc, int64_t due_ns, struct adc_scan *scan)
{
    struct adc_sim *sim = (struct adc_sim *)adc;
    if (has_ended(sim, due_ns)) {
        return -ENODATA;
    }
    int status = clock_sleep_until(sim->clock, due_ns);
    if (status < 0) {
        return status;
    }
    *scan = (struct adc_scan){.n = (uint8_t)sim->plan.n, .physical = sim->config.ideal};
    int64_t hold_ns = wake_up_ns(sim) + sim->plan.hold_offset_ns;
    for (int k = 0; k < sim->plan.n; k++, hold_ns += sim->plan.conversion_spacing_ns) {
        convert_one(sim, k, hold_ns, scan);
        scan->hold_ns[k] = hold_ns;
        if (sim->config.stamp_ns > 0) {
            scan->hold_ns[k] += llround(sim->config.stamp_ns * noise_gaussian(&sim->noise));
        }
        sim->last_hold_ns = hold_ns;
    }
    /* The transfer ends one spacing after the last hold: no stamp lies in the reader's future, and the next scan
     * cannot begin before. Nothing is lost if this sleep is interrupted. */
    clock_sleep_until(sim->clock, hold_ns);
    return 0;
}

static void sim_close(struct adc *adc)
{
    struct adc_sim *sim = (struct adc_sim *)adc;
    frontend_close(&sim->frontend);
    ledger_close(&sim->ledger);
    free(sim);
}

static const struct adc_ops sim_ops = {.name = "sim", .read = sim_read, .close = sim_close};

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

static bool init_input(struct input *input, const struct board *board, int channel)
{
    const struct board_channel *wiring = &board->channel[channel];
    int element = wiring->kind == BOARD_CURRENT ? wiring->element : voltage_element(board, channel);
    *input = (struct input){
        .kind = wiring->kind, .circuit = wiring->circuit, .leg = element - 1, .path = frontend_path(wiring)};
    return element >= 1 && element <= WAVEFORM_LEGS;
}

static bool init_inputs(struct adc_sim *sim, const struct board *board)
{
    if (sim->plan.n < 1 || sim->plan.n > ADC_CHANNELS || !(board->converter.reference_v > 0)) {
        return false;
    }
    for (int k = 0; k < sim->plan.n; k++) {
        int channel = sim->plan.input[k];
        if (channel >= MCP3008_CHANNELS || !init_input(&sim->input[channel], board, channel)) {
            return false;
        }
        mcp3008_request((unsigned)channel, sim->tx[k]);
    }
    return true;
}

/* Everything but where the waveforms come from. */
static struct adc_sim *make(const struct board *board, const struct adc_plan *plan,
                            const struct sim_config *config, struct clock *clock)
{
    struct adc_sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL) {
        return NULL;
    }
    sim->adc.ops = &sim_ops;
    sim->plan = *plan;
    sim->config = *config;
    sim->clock = clock;
    ledger_init(&sim->ledger);
    if (!init_inputs(sim, board) || !frontend_init(&sim->frontend)) {
        sim_close(&sim->adc);
        return NULL;
    }
    sim->lsb_per_v = MCP3008_CODES / board->converter.reference_v;
    sim->origin_ns = clock_mono_ns(clock);
    sim->last_hold_ns = sim->origin_ns;
    noise_init(&sim->noise, config->seed);
    truth_init(&sim->truth);
    return sim;
}

struct adc_sim *adc_sim_init(const struct board *board, const struct adc_plan *plan,
                             const struct sim_config *config, struct waveform_source *source,
                             struct clock *clock)
{
    struct adc_sim *sim = make(board, plan, config, clock);
    if (sim != NULL) {
        sim->source = source;
        waveform_next(source, &sim->segment[sim->now]);
        prepare_segment(sim);
    }
    return sim;
}

struct adc_sim *adc_sim_init_level(const struct board *board, const struct adc_plan *plan,
                                   const struct sim_config *config, const struct adc_level *level,
                                   struct clock *clock)
{
    struct adc_sim *sim = make(board, plan, config, clock);
    if (sim != NULL) {
        sim->level = level;
    }
    return sim;
}

struct adc *adc_sim_adc(struct adc_sim *sim)
{
    return &sim->adc;
}

void adc_sim_net(struct adc_sim *sim, int64_t end_ns)
{
    ledger_net(&sim->ledger, seconds(sim, end_ns));
}

bool adc_sim_truth(struct adc_sim *sim, struct sim_truth *truth)
{
    double energy[LEDGER_POINTS][LEDGER_ENERGIES];
    bool good = ledger_read(&sim->ledger, &truth->duration_s, energy);
    for (int circuit = 0; circuit < 3; circuit++) {
        memcpy(truth->energy[circuit], energy[ledger_point(circuit, 0)], sizeof truth->energy[circuit]);
        memcpy(truth->leg[circuit], &energy[ledger_point(circuit, 1)], sizeof truth->leg[circuit]);
    }
    return good;
}
