/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/registers.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum energy_index { IMPORT, EXPORT, QUADRANT_1, QUADRANT_2, QUADRANT_3, QUADRANT_4, APPARENT };

const char *const energy_name[ENERGIES] = {
    "import_uwh", "export_uwh", "q1_uvarh", "q2_uvarh", "q3_uvarh", "q4_uvarh", "apparent_uvah",
};

static const size_t energy_offset[ENERGIES] = {
    offsetof(struct energy, import_uwh),    offsetof(struct energy, export_uwh),
    offsetof(struct energy, q1_uvarh),      offsetof(struct energy, q2_uvarh),
    offsetof(struct energy, q3_uvarh),      offsetof(struct energy, q4_uvarh),
    offsetof(struct energy, apparent_uvah),
};

static const double block_length_s = 20.0;
static const double block_slack_s = 1e-6; /* 100 windows of 0.2 s are a block, however their sum is rounded */
static const double at_once = 10.0;       /* times start_va in one window */
static const double most_micro = 1e15;    /* 1 GWh */

static int64_t *energy_at(struct energy *energy, int k)
{
    return (int64_t *)((char *)energy + energy_offset[k]);
}

struct energy energy_difference(const struct energy *later, const struct energy *earlier)
{
    return (struct energy){
        .import_uwh = later->import_uwh - earlier->import_uwh,
        .export_uwh = later->export_uwh - earlier->export_uwh,
        .q1_uvarh = later->q1_uvarh - earlier->q1_uvarh,
        .q2_uvarh = later->q2_uvarh - earlier->q2_uvarh,
        .q3_uvarh = later->q3_uvarh - earlier->q3_uvarh,
        .q4_uvarh = later->q4_uvarh - earlier->q4_uvarh,
        .apparent_uvah = later->apparent_uvah - earlier->apparent_uvah,
    };
}

void registers_init(struct registers *registers, const struct topology *topology,
                    const struct creep_config *config)
{
    memset(registers, 0, sizeof *registers);
    registers->topology = *topology;
    registers->config = *config;
    for (int c = 0; c < CIRCUITS; c++)
        registers->creep[c].running = config->start_va <= 0;
}

static int64_t not_negative(int64_t value)
{
    return value < 0 ? 0 : value;
}

void registers_restore(struct registers *registers, const struct energy energy[DSP_POINTS],
                       int64_t dropped_uwh, int64_t metered_ns, int64_t unmetered_ns)
{
    for (int i = 0; i < DSP_POINTS; i++) {
        registers->energy[i] = energy[i];
        for (int k = 0; k < ENERGIES; k++) {
            int64_t *value = energy_at(&registers->energy[i], k);
            *value = not_negative(*value);
        }
        registers->before[i] = registers->energy[i];
    }
    registers->dropped_uwh = not_negative(dropped_uwh);
    registers->metered_ns = not_negative(metered_ns);
    registers->unmetered_ns = not_negative(unmetered_ns);
}

/* Counts whole units and carries the rest. Whole part and fraction of micro are taken apart before anything
 * is added, so the only rounding is that of two fractions, 1e-16 of a unit. */
static void count(int64_t *whole, double *rest, double micro)
{
    double floor_micro = floor(micro);
    *rest += micro - floor_micro;
    *whole += (int64_t)floor_micro;
    if (*rest >= 1.0) {
        *rest -= 1.0;
        *whole += 1;
    }
}

static double micro_hours(double value, double duration_s)
{
    double micro = fabs(value) * duration_s / 3600.0 * 1e6;
    return micro >= 0 && micro < most_micro ? micro : 0; /* NaN is neither */
}

/* What one window adds to the registers of one point. Signs are taken off first: the reversed signal gives
 * the same figures in the mirrored registers, to the last bit. */
static void window_energy(const struct point_reading *point, double duration_s, double micro[ENERGIES])
{
    memset(micro, 0, ENERGIES * sizeof micro[0]);
    bool exporting = point->p_w < 0;
    micro[exporting ? EXPORT : IMPORT] = micro_hours(point->p_w, duration_s);
    micro[APPARENT] = point->s_va > 0 ? micro_hours(point->s_va, duration_s) : 0;
    if (isnan(point->p_w))
        return; /* no quadrant without the sign of p */
    static const enum energy_index quadrant[2][2] = {{QUADRANT_1, QUADRANT_4}, {QUADRANT_2, QUADRANT_3}};
    micro[quadrant[exporting][point->q1_var < 0]] = micro_hours(point->q1_var, duration_s);
}

static void register_point(struct registers *registers, int i, const double micro[ENERGIES])
{
    for (int k = 0; k < ENERGIES; k++)
        count(energy_at(&registers->energy[i], k), &registers->remainder[i][k], micro[k]);
}

static void release_pending(struct registers *registers, enum circuit circuit)
{
    struct creep *creep = &registers->creep[circuit];
    for (int i = 0; i < registers->topology.n_points; i++)
        if (registers->topology.point[i].circuit == circuit)
            register_point(registers, i, creep->pending[registers->topology.point[i].leg]);
    memset(creep->pending, 0, sizeof creep->pending);
}

/* load is the sum of the other two: counting what it drops would count the same energy twice. */
static void drop_pending(struct registers *registers, enum circuit circuit)
{
    struct creep *creep = &registers->creep[circuit];
    if (circuit != CIRCUIT_LOAD)
        count(&registers->dropped_uwh, &registers->dropped_rest,
              creep->pending[0][IMPORT] + creep->pending[0][EXPORT]);
    memset(creep->pending, 0, sizeof creep->pending);
}

/* The window's energy waits with the rest of its block, or goes into the registers. */
static void add_energy(struct registers *registers, int i, const double micro[ENERGIES])
{
    const struct point *point = &registers->topology.point[i];
    struct creep *creep = &registers->creep[point->circuit];
    if (creep->running) {
        register_point(registers, i, micro);
        return;
    }
    for (int k = 0; k < ENERGIES; k++)
        creep->pending[point->leg][k] += micro[k];
}

/* A circuit that begins to run takes along what waited. */
static void set_running(struct registers *registers, enum circuit circuit, bool running)
{
    bool starts = running && !registers->creep[circuit].running;
    registers->creep[circuit].running = running;
    if (starts)
        release_pending(registers, circuit);
}

static void set_load_running(struct registers *registers)
{
    const struct creep *creep = registers->creep;
    set_running(registers, CIRCUIT_LOAD, creep[CIRCUIT_GRID].running || creep[CIRCUIT_SOLAR].running);
}

static bool is_point_of(const struct registers *registers, int i, enum circuit circuit,
                        const struct reading *reading)
{
    return registers->topology.point[i].circuit == circuit && !isnan(reading->point[i].p_w);
}

/* A missing q1_var counts as none. */
static double reactive_var(const struct point_reading *point)
{
    return isnan(point->q1_var) ? 0 : point->q1_var;
}

/* A window strong enough on the circuit or one of its legs starts the circuit at once, and its blocks anew, so that the
 * idle time before does not stop it again. */
static void start_at_once(struct registers *registers, enum circuit circuit, const struct reading *reading)
{
    struct creep *creep = &registers->creep[circuit];
    for (int i = 0; i < registers->topology.n_points && !creep->running; i++) {
        const struct point_reading *point = &reading->point[i];
        if (is_point_of(registers, i, circuit, reading) &&
            hypot(point->p_w, reactive_var(point)) >= at_once * registers->config.start_va) {
            set_running(registers, circuit, true);
            memset(creep->block, 0, sizeof creep->block);
        }
    }
}

/* Takes the window of a circuit and its legs into their blocks. */
static void creep_add(struct registers *registers, enum circuit circuit, const struct reading *reading)
{
    start_at_once(registers, circuit, reading);
    for (int i = 0; i < registers->topology.n_points; i++) {
        if (!is_point_of(registers, i, circuit, reading))
            continue;
        struct creep_block *block = &registers->creep[circuit].block[registers->topology.point[i].leg];
        block->s += reading->duration_s;
        block->p_ws += reading->point[i].p_w * reading->duration_s;
        block->q_vars += reactive_var(&reading->point[i]) * reading->duration_s;
    }
}

static void creep_add_window(struct registers *registers, const struct reading *reading)
{
    creep_add(registers, CIRCUIT_GRID, reading);
    creep_add(registers, CIRCUIT_SOLAR, reading);
    set_load_running(registers);
}

/* The strongest mean of the circuit and its legs; NaN when nothing is known. */
static double block_mean_va(const struct creep *creep)
{
    double strongest_va = (double)NAN;
    for (int leg = 0; leg < 3; leg++) {
        const struct creep_block *block = &creep->block[leg];
        if (block->s > 0)
            strongest_va = fmax(strongest_va, hypot(block->p_ws, block->q_vars) / block->s);
    }
    return strongest_va;
}

static void creep_decide(struct registers *registers, enum circuit circuit)
{
    struct creep *creep = &registers->creep[circuit];
    const double mean_va = block_mean_va(creep);
    const double limit_va = creep->running ? registers->config.stop_va : registers->config.start_va;
    if (!isnan(mean_va)) /* else as it was */
        set_running(registers, circuit, mean_va >= limit_va);
    memset(creep->block, 0, sizeof creep->block);
}

static void end_block(struct registers *registers)
{
    registers->block_s = 0;
    creep_decide(registers, CIRCUIT_GRID);
    creep_decide(registers, CIRCUIT_SOLAR);
    set_load_running(registers);
    for (int c = 0; c < CIRCUITS; c++)
        drop_pending(registers, (enum circuit)c); /* nothing is left of what was released */
}

void registers_add(struct registers *registers, const struct reading *reading)
{
    memcpy(registers->before, registers->energy, sizeof registers->before);
    int64_t window_ns = reading->end_ns - reading->start_ns;
    if (!reading->metered) {
        registers->unmetered_ns += window_ns;
        return;
    }
    registers->metered_ns += window_ns;
    bool suppress = registers->config.start_va > 0;
    if (suppress)
        creep_add_window(registers, reading);
    for (int i = 0; i < registers->topology.n_points; i++) {
        double micro[ENERGIES];
        window_energy(&reading->point[i], reading->duration_s, micro);
        add_energy(registers, i, micro);
    }
    registers->block_s += reading->duration_s;
    if (suppress && registers->block_s >= block_length_s - block_slack_s)
        end_block(registers);
}

void registers_rest(const struct registers *registers, struct registers_rest *rest)
{
    memcpy(rest->remainder, registers->remainder, sizeof rest->remainder);
    rest->dropped_rest = registers->dropped_rest;
    rest->block_s = registers->block_s;
    memcpy(rest->creep, registers->creep, sizeof rest->creep);
}

static double within(double value, double end)
{
    return value >= 0 && value < end ? value : 0; /* NaN is neither */
}

static void resume_circuit(struct registers *registers, enum circuit circuit, const struct creep *from)
{
    struct creep *creep = &registers->creep[circuit];
    const bool suppress = registers->config.start_va > 0;
    for (int leg = 0; leg < 3; leg++) {
        const struct creep_block *block = &from->block[leg];
        const bool sound =
            block->s >= 0 && block->s <= block_length_s && isfinite(block->p_ws) && isfinite(block->q_vars);
        creep->block[leg] = suppress && sound ? *block : (struct creep_block){0};
        for (int k = 0; k < ENERGIES; k++)
            creep->pending[leg][k] = within(from->pending[leg][k], most_micro);
    }
    creep->running = !suppress || from->running;
    if (creep->running)
        release_pending(registers, circuit);
}

void registers_resume(struct registers *registers, const struct registers_rest *rest)
{
    for (int i = 0; i < DSP_POINTS; i++)
        for (int k = 0; k < ENERGIES; k++)
            registers->remainder[i][k] = within(rest->remainder[i][k], 1.0);
    registers->dropped_rest = within(rest->dropped_rest, 1.0);
    registers->block_s = within(rest->block_s, block_length_s);
    for (int c = 0; c < CIRCUITS; c++)
        resume_circuit(registers, (enum circuit)c, &rest->creep[c]);
    memcpy(registers->before, registers->energy, sizeof registers->before);
}
