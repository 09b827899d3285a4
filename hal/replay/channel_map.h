/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channel_map.h - which channel of a recording feeds which voltage or current of the meter.
 *
 * Text:    "u_l1=F5-VA, grid_l1=-F1-IA*2.5": roles (below) separated by commas; a channel by its name or as #number
 *          (counted from 1; the only way to a name with a comma in it); '-' in front turns it round, "*factor" scales
 *          it. A channel whose whole name is as written comes before any reading of '-' and '*'.
 * Empty:   by name (u_l1, u_l2, grid_l1 or i_l1, ...); else the first voltage with the first current.
 * Side:    of the instrument transformer, by the ratio in the file; a channel without a ratio stays as it is.
 * Errors:  -EINVAL with one sentence.
 * Threads: pure.
 */
#ifndef VATIO_HAL_REPLAY_CHANNEL_MAP_H
#define VATIO_HAL_REPLAY_CHANNEL_MAP_H

#include "hal/replay/recording.h"

#include <stdbool.h>
#include <stddef.h>

enum channel_role {
    CHANNEL_U_L1,
    CHANNEL_U_L2,
    CHANNEL_GRID_L1,
    CHANNEL_GRID_L2,
    CHANNEL_SOLAR_L1,
    CHANNEL_SOLAR_L2,
    CHANNEL_ROLES
};

enum channel_side { CHANNEL_RECORDED, CHANNEL_PRIMARY, CHANNEL_SECONDARY };

struct channel_feed {
    int channel;   /* of the recording; -1 = the role is not fed */
    double factor; /* the meter sees the recorded value times this */
};

struct channel_map {
    struct channel_feed feed[CHANNEL_ROLES];
};

/* At least one voltage and one current are fed when it returns 0. */
int channel_map_read(struct channel_map *map, const struct recording *recording, const char *text,
                     enum channel_side side, char *error, size_t error_size);

/* The roles that are fed, voltages first: the order of a scan. Returns their number. */
int channel_map_order(const struct channel_map *map, enum channel_role order[CHANNEL_ROLES]);

/* The map as text for people, with the factors that side and ratio make: "u_l1=F5-VA*3300". */
void channel_map_write(const struct channel_map *map, const struct recording *recording, char *text,
                       size_t size);

const char *channel_role_name(enum channel_role role);

static inline bool channel_role_is_voltage(enum channel_role role)
{
    return role <= CHANNEL_U_L2;
}

/* 1 or 2. */
static inline int channel_role_leg(enum channel_role role)
{
    return 1 + (int)role % 2;
}

#endif
