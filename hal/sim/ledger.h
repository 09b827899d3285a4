/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ledger.h - the model's signed power over time, netted over the intervals of whoever compares with it.
 *
 * Registers net import against export, and one quadrant against another, within a window. A model that netted over
 * other intervals would disagree with a perfect meter wherever power changes its sign inside a window; so the model's
 * signed integrals are kept for a while and netted over the very windows that the meter reports. A circuit's legs are
 * netted by themselves as well: while one imports and the other exports, the circuit as a whole has only the difference.
 * Apparent energy is U I T of each window and leg, from the squares over the window, and a circuit's the sum of its legs':
 * while a current flows half of the time, that is more than half of what it would be.
 * Units:   s since the start of the simulation; W, var, VA; energies in micro-units.
 * Threads: ledger_add from the thread that simulates, the others from any; a lock between them.
 */
#ifndef VATIO_HAL_SIM_LEDGER_H
#define VATIO_HAL_SIM_LEDGER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { LEDGER_CIRCUITS = 3, LEDGER_LEGS = 2, LEDGER_POINTS = 9, LEDGER_ENERGIES = 7, LEDGER_SPANS = 1024 };

/* The index of grid, solar or load (circuit 0..2) as a whole (leg 0), or of one leg (1, 2). */
static inline int ledger_point(int circuit, int leg)
{
    return circuit * 3 + leg;
}

struct ledger_power { /* signed: p_w > 0 import, q1_var > 0 current lags on import */
    double p_w, q1_var;
    double s_va;         /* U I; what is netted comes from the squares */
    double u2_v2, i2_a2; /* squares of the rms values; of legs only */
};

struct ledger_span {
    double start_s;
    struct ledger_power power[LEDGER_POINTS];    /* from start_s to the next span's */
    struct ledger_power integral[LEDGER_POINTS]; /* from 0 to start_s; s_va is left 0 */
};

struct ledger {
    pthread_mutex_t lock;
    struct ledger_span span[LEDGER_SPANS]; /* the newest ones */
    uint64_t spans;                        /* begun so far */
    double netted_s;
    struct ledger_power netted[LEDGER_POINTS]; /* integrals at netted_s */
    double energy[LEDGER_POINTS][LEDGER_ENERGIES];
    bool overrun; /* a span was needed that had been overwritten */
};

void ledger_init(struct ledger *ledger);
void ledger_close(struct ledger *ledger);

/* From start_s on the power is this. start_s never falls. */
void ledger_add(struct ledger *ledger, double start_s, const struct ledger_power power[LEDGER_POINTS]);

/* Nets the integrals between the last call's instant (0 at first) and end_s into the energies. */
void ledger_net(struct ledger *ledger, double end_s);

/* What has been netted: [point][import, export, q1..q4, apparent]. False if the ledger was overrun:
 * worthless. */
bool ledger_read(struct ledger *ledger, double *netted_s, double energy[LEDGER_POINTS][LEDGER_ENERGIES]);

#endif
