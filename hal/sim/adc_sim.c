/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/adc_sim.h"

#include "hal/mcp3008.h"
#include "hal/sim/converter.h"
#include "hal/sim/drift.h"
#include "hal/sim/hall_noise.h"
#include "hal/sim/ledger.h"
#include "hal/sim/pins.h"
#include "hal/sim/timing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double vanished_s = 1;
static const int64_t reopening_ns =
    10000000; /* how long the host needs to find out and open the device again */

struct adc_sim {
    struct adc adc;
    struct adc_plan plan;
    struct sim_config config;
    const struct adc_level *level; /* a recording in place of the installation; NULL = none */
    struct clock *clock;
    double lsb_per_v;
    bool hall_noisy;
    uint8_t tx[ADC_CHANNELS][MCP3008_FRAME];
    struct timing timing;
    struct pins pins;
    struct drift drift;
    struct hall_noise hall[BOARD_CHANNELS];
    struct converter converter;
    struct noise noise;      /* wake-ups, stamps, pins, wire */
    struct noise hall_noise; /* the Hall sensors' */
    struct ledger ledger;
};

/* The level at a pin, without the noise that comes in there. */
static double pin_lsb(struct adc_sim *sim, int number, double t_s)
{
    double level_lsb = sim->level != NULL ? sim->lsb_per_v * adc_level_v(sim->level, number, t_s)
                                          : pins_level_lsb(&sim->pins, number, t_s);
    return drift_level(&sim->drift, number, level_lsb);
}

/* No converter at all: what stands at the pin, in V or A at the terminals. An unused input has no gain. */
static double ideal_value(struct adc_sim *sim, int number, double t_s)
{
    const struct frontend_path *path = &sim->pins.input[number].path;
    double pin_v = pin_lsb(sim, number, t_s) / sim->lsb_per_v;
    return fabs(path->gain) > 0 ? (pin_v - path->offset_v) / path->gain : 0;
}

/* The chip: a request's bytes in, the answer's bytes out. */
static void convert(struct adc_sim *sim, double t_s, const uint8_t tx[MCP3008_FRAME],
                    uint8_t rx[MCP3008_FRAME])
{
    int number = mcp3008_requested(tx);
    double level_lsb = pin_lsb(sim, number, t_s);
    if (sim->hall_noisy && sim->hall[number].rms_lsb > 0) {
        level_lsb += hall_noise_read(&sim->hall[number], &sim->hall_noise, t_s);
    }
    converter_read(&sim->converter, &sim->noise, number, t_s, level_lsb, rx);
}

static void read_one(struct adc_sim *sim, int k, double t_s, struct adc_scan *scan)
{
    if (sim->config.ideal) {
        scan->value[k] = ideal_value(sim, sim->plan.input[k], t_s);
        return;
    }
    uint8_t rx[MCP3008_FRAME];
    convert(sim, t_s, sim->tx[k], rx);
    int code = mcp3008_decode(rx);
    if (code < 0) {
        scan->faults |= ADC_CORRUPT;
        scan->corrupt |= (uint8_t)(1U << k);
        code = 0;
    }
    scan->code[k] = (uint16_t)code;
}

static bool has_ended(const struct adc_sim *sim, int64_t due_ns)
{
    return sim->level != NULL && timing_s(&sim->timing, due_ns) > adc_level_end_s(sim->level);
}

static bool has_vanished(const struct adc_sim *sim, int64_t due_ns)
{
    double t_s = timing_s(&sim->timing, due_ns);
    return sim->config.vanish_s > 0 && t_s >= sim->config.vanish_s && t_s < sim->config.vanish_s + vanished_s;
}

static int wait_until(struct adc_sim *sim, int64_t due_ns)
{
    if (has_ended(sim, due_ns)) {
        return -ENODATA;
    }
    if (has_vanished(sim, due_ns)) {
        /* Simulated time would stand still otherwise: nobody else moves it. */
        int status = clock_sleep_until(sim->clock, due_ns + reopening_ns);
        return status < 0 ? status : -ENODEV;
    }
    return clock_sleep_until(sim->clock, due_ns);
}

/* Array by array: compilers turn that into a few stores, and the struct as a whole into a slow loop. */
static void clear(struct adc_scan *scan)
{
    memset(scan->hold_ns, 0, sizeof scan->hold_ns);
    memset(scan->code, 0, sizeof scan->code);
    memset(scan->value, 0, sizeof scan->value);
    scan->corrupt = 0;
}

static int sim_read(struct adc *adc, int64_t due_ns, struct adc_scan *scan)
{
    struct adc_sim *sim = (struct adc_sim *)adc;
    if (sim->timing.lose_share > 0) {
        due_ns = timing_due_ns(&sim->timing, due_ns, clock_mono_ns(sim->clock));
    }
    int status = wait_until(sim, due_ns);
    if (status < 0) {
        return status;
    }
    struct timing_scan timing;
    timing_begin(&sim->timing, &sim->noise, due_ns, clock_mono_ns(sim->clock), &timing);
    clear(scan);
    scan->n = (uint8_t)sim->plan.n;
    scan->physical = sim->config.ideal;
    scan->faults = timing.late ? ADC_LATE : 0;
    drift_step(&sim->drift, timing_s(&sim->timing, timing.first_ns));
    for (int k = 0; k < sim->plan.n; k++) {
        read_one(sim, k, timing_hold_s(&sim->timing, &timing, k), scan);
        scan->hold_ns[k] = timing_stamp_ns(&sim->timing, &sim->noise, &timing, k);
    }
    /* No stamp lies in the reader's future, and the next scan cannot begin before. Nothing is lost if this sleep is
     * interrupted. */
    clock_sleep_until(sim->clock, timing.end_ns);
    return 0;
}

static void sim_close(struct adc *adc)
{
    struct adc_sim *sim = (struct adc_sim *)adc;
    pins_close(&sim->pins);
    ledger_close(&sim->ledger);
    free(sim);
}

static const struct adc_ops sim_ops = {.name = "sim", .read = sim_read, .close = sim_close};

static bool init_plan(struct adc_sim *sim)
{
    const struct adc_plan *plan = &sim->plan;
    if (plan->n < 1 || plan->n > ADC_CHANNELS) {
        return false;
    }
    for (int k = 0; k < plan->n; k++) {
        if (plan->input[k] >= MCP3008_CHANNELS || !pins_use(&sim->pins, plan->input[k])) {
            return false;
        }
        mcp3008_request(plan->input[k], sim->tx[k]);
    }
    return true;
}

static void init_hall_noise(struct adc_sim *sim)
{
    noise_init(&sim->hall_noise, sim->config.seed ^ UINT64_C(0x68616c6c)); /* "hall" */
    sim->hall_noisy = sim->config.hall_noise_ma > 0;
    for (int k = 0; k < BOARD_CHANNELS; k++) {
        const struct pins_input *input = &sim->pins.input[k];
        double sensor_lsb = input->kind == BOARD_CURRENT
                                ? sim->config.hall_noise_ma * 1e-3 * fabs(input->path.gain) * sim->lsb_per_v
                                : 0;
        hall_noise_init(&sim->hall[k], sensor_lsb, input->path.low_pass_hz);
    }
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
    sim->lsb_per_v = MCP3008_CODES / board->converter.reference_v;
    ledger_init(&sim->ledger);
    if (!pins_init(&sim->pins, board, config, &sim->ledger, sim->lsb_per_v) || !init_plan(sim) ||
        !(board->converter.reference_v > 0)) {
        sim_close(&sim->adc);
        return NULL;
    }
    timing_init(&sim->timing, plan, config, clock_mono_ns(clock));
    drift_init(&sim->drift, board, config, sim->lsb_per_v);
    converter_init(&sim->converter, config);
    noise_init(&sim->noise, config->seed);
    init_hall_noise(sim);
    return sim;
}

struct adc_sim *adc_sim_init(const struct board *board, const struct adc_plan *plan,
                             const struct sim_config *config, struct waveform_source *source,
                             struct clock *clock)
{
    struct adc_sim *sim = make(board, plan, config, clock);
    if (sim != NULL) {
        pins_begin(&sim->pins, source);
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
    ledger_net(&sim->ledger, timing_s(&sim->timing, end_ns));
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
