/* SPDX-License-Identifier: GPL-3.0-or-later */
/* group.h - rows that belong together: one file, one function, one line in the table of groups. */
#ifndef VATIO_ACCURACY_GROUP_H
#define VATIO_ACCURACY_GROUP_H

#include "tests/accuracy/row.h"
#include "tests/accuracy/table.h"

#include <stdbool.h>
#include <stdint.h>

struct run {
    bool full;
    uint64_t seed;
    struct table *table;
};

struct group {
    const char *name;       /* --only takes it */
    const char *title;      /* what is tested */
    const char *conditions; /* on what, for how long, with what marks */
    void (*run)(const struct run *run);
    bool full_only;
    bool is_long; /* begins before the others */
};

extern const struct group groups[];
extern const int groups_n;

void group_ideal(const struct run *run);
void group_class(const struct run *run);
void group_boards(const struct run *run);
void group_efficiency(const struct run *run);
void group_timing(const struct run *run);
void group_harmonics(const struct run *run);
void group_ramp(const struct run *run);
void group_influence(const struct run *run);
void group_ieee1459(const struct run *run);
void group_start(const struct run *run);
void group_battery(const struct run *run);
void group_day(const struct run *run);
void group_ideal_day(const struct run *run);
void group_states(const struct run *run);

#endif
