/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registers.h - windows in, energy registers out. They only ever rise.
 *
 * Units:   micro-watt-hours and their reactive and apparent kin, int64 (9.2e12 Wh); what is below one unit is
 *          carried.
 * Signs:   import for p_w > 0, export for p_w < 0; the netting interval is the window, summed over a circuit's
 *          elements for the circuit's own register. Quadrants by the signs of p_w and q1_var (IEC 62053-23): I +P
 *          +Q, II -P +Q, III -P -Q, IV +P -Q.
 * Creep:   one decision per circuit: stopped until the mean complex power of a 20 s block reaches start_va (or one
 *          window reaches ten times that), running until a block's mean falls below stop_va; the mean is the circuit's or
 *          the strongest of its legs', so that what passes from leg to leg is not taken for nothing. While stopped the
 *          energy waits in a pending block; it is then released or dropped, and what was dropped is counted. load
 *          runs while grid or solar does. Blocks are of metered time and common to all circuits.
 * Absent:  a NaN adds nothing to its register, nor does an apparent power that noise left below zero; so does a value beyond 1 GWh in one window, which is no
 *          measurement.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_DSP_REGISTERS_H
#define VATIO_DSP_REGISTERS_H

#include "dsp/reading.h"
#include "dsp/topology.h"

#include <stdbool.h>
#include <stdint.h>

/* In the order of storage, JSON and CSV. */
struct energy {
    int64_t import_uwh;
    int64_t export_uwh;
    int64_t q1_uvarh;
    int64_t q2_uvarh;
    int64_t q3_uvarh;
    int64_t q4_uvarh;
    int64_t apparent_uvah;
};
enum { ENERGIES = 7 };

struct creep_config {
    double start_va; /* 0 = no creep suppression */
    double stop_va;  /* <= start_va */
};

struct creep_block {
    double s;    /* time that the sums below cover: the present block, or since the start within it */
    double p_ws; /* integral of p_w and q1_var */
    double q_vars;
};

struct creep {
    bool running;
    struct creep_block block[3]; /* circuit, L1, L2 */
    double pending[3][ENERGIES]; /* while stopped: circuit, L1, L2, in micro-units */
};

struct registers {
    struct topology topology;
    struct creep_config config;
    struct energy energy[DSP_POINTS];
    double remainder[DSP_POINTS][ENERGIES]; /* 0..1 micro-unit, not yet counted */
    struct energy before[DSP_POINTS];       /* as they stood before the last window */
    double block_s;                         /* metered time in the present creep block */
    struct creep creep[CIRCUITS];
    int64_t dropped_uwh; /* energy (import + export) of grid and solar that creep suppression dropped */
    double dropped_rest;
    int64_t metered_ns;
    int64_t unmetered_ns;
};

void registers_init(struct registers *registers, const struct topology *topology,
                    const struct creep_config *config);

/* Continues from kept values: the registers of each point, the counters. The caller has checked that they are
 * of this meter. Negative values are taken as 0. */
void registers_restore(struct registers *registers, const struct energy energy[DSP_POINTS],
                       int64_t dropped_uwh, int64_t metered_ns, int64_t unmetered_ns);

/* What lies below the registers: fractions of a unit, and the creep decision with what waits for it. */
struct registers_rest {
    double remainder[DSP_POINTS][ENERGIES];
    double dropped_rest;
    double block_s;
    struct creep creep[CIRCUITS];
};

void registers_rest(const struct registers *registers, struct registers_rest *rest);

/* After registers_restore, of the same points: the block goes on where it was. A value that cannot be (not finite, a
 * fraction outside 0..1, a block of more than 20 s, energy below zero or beyond 1 GWh) is taken as 0. Without creep
 * suppression what waited is counted at once. */
void registers_resume(struct registers *registers, const struct registers_rest *rest);

void registers_add(struct registers *registers, const struct reading *reading);

/* later - earlier, field by field. */
struct energy energy_difference(const struct energy *later, const struct energy *earlier);

/* The names of struct energy's fields in order: "import_uwh" ... */
extern const char *const energy_name[ENERGIES];

#endif
