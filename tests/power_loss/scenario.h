/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scenario.h - stories of a meter, each told until the power goes, and what the meter does after it.
 *
 * Errors:  world.fault.
 */
#ifndef VATIO_TESTS_POWER_LOSS_SCENARIO_H
#define VATIO_TESTS_POWER_LOSS_SCENARIO_H

#include "tests/power_loss/check.h"

enum scenario_verb { SCENARIO_START, SCENARIO_METER, SCENARIO_FULL, SCENARIO_ROOM, SCENARIO_STOP };

struct scenario_action {
    enum scenario_verb verb;
    int n; /* METER: seconds; FULL: bytes that are left */
};

struct scenario {
    const char *name;
    bool old; /* begins with a database of schema 1, else with an empty disk */
    const struct scenario_action *actions;
    int n;
};

extern const struct scenario scenarios[];
extern const int scenarios_n;

/* The disk as the scenario finds it; no step is counted. */
void scenario_prepare(const struct scenario *scenario, struct world *world);

/* Until it is told, the power goes (disk.off) or something is wrong. The process is left as it is then. */
void scenario_tell(const struct scenario *scenario, struct world *world, struct process *process);

/* What was found at the starts after a cut. */
struct scenario_recovery {
    struct check_loss worst;
    int starts, from_nothing, store_ahead, after_end, torn_slot, endings;
};

/* The power is back: starts, checks, meters on, ends, starts again. second_cut: the power goes again after that many steps of this,
 * 0 = it stays. */
void scenario_recover(struct world *world, struct process *process, uint64_t seed, int64_t second_cut,
                      struct scenario_recovery *recovery);

#endif
