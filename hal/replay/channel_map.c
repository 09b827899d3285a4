/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/channel_map.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_BYTES = 160, ALIASES = 4 };

/* What a role is called, and what else a column that feeds it may be called. */
static const struct {
    const char *name;
    const char *alias[ALIASES];
} roles[CHANNEL_ROLES] = {
    [CHANNEL_U_L1] = {"u_l1", {"u1", "u", "v_l1"}},
    [CHANNEL_U_L2] = {"u_l2", {"u2", "v_l2"}},
    [CHANNEL_GRID_L1] = {"grid_l1", {"i_l1", "i1", "i", "i_grid_l1"}},
    [CHANNEL_GRID_L2] = {"grid_l2", {"i_l2", "i2", "i_grid_l2"}},
    [CHANNEL_SOLAR_L1] = {"solar_l1", {"i_solar_l1", "solar", "i_solar"}},
    [CHANNEL_SOLAR_L2] = {"solar_l2", {"i_solar_l2"}},
};

static const char *const unit_names[] = {
    [RECORDING_OTHER] = "another unit", [RECORDING_VOLT] = "V", [RECORDING_AMPERE] = "A"};

const char *channel_role_name(enum channel_role role)
{
    return roles[role].name;
}

static enum recording_unit role_unit(enum channel_role role)
{
    return channel_role_is_voltage(role) ? RECORDING_VOLT : RECORDING_AMPERE;
}

/* Ratio that takes the values of a channel to the side that is asked for. */
static double side_factor(const struct recording_channel *channel, enum channel_side side)
{
    if (!(channel->primary > 0 && channel->secondary > 0))
        return 1;
    if (side == CHANNEL_PRIMARY && !channel->in_primary)
        return channel->primary / channel->secondary;
    if (side == CHANNEL_SECONDARY && channel->in_primary)
        return channel->secondary / channel->primary;
    return 1;
}

static void feed(struct channel_map *map, enum channel_role role, const struct recording *recording,
                 int channel, double factor, enum channel_side side)
{
    map->feed[role] =
        (struct channel_feed){channel, factor * side_factor(&recording->channel[channel], side)};
}

static int first_of_unit(const struct recording *recording, enum recording_unit unit)
{
    for (int c = 0; c < recording->n_channels; c++)
        if (recording->channel[c].unit == unit)
            return c;
    return -1;
}

/* The channel of the role's unit that bears one of its names. */
static int find_by_name(const struct recording *recording, enum channel_role role)
{
    int channel = recording_find(recording, roles[role].name);
    for (int k = 0; k < ALIASES && channel < 0 && roles[role].alias[k] != NULL; k++)
        channel = recording_find(recording, roles[role].alias[k]);
    return channel >= 0 && recording->channel[channel].unit == role_unit(role) ? channel : -1;
}

static bool is_fed(const struct channel_map *map, bool voltage)
{
    for (enum channel_role role = 0; role < CHANNEL_ROLES; role++)
        if (channel_role_is_voltage(role) == voltage && map->feed[role].channel >= 0)
            return true;
    return false;
}

static void find_all(struct channel_map *map, const struct recording *recording, enum channel_side side)
{
    for (enum channel_role role = 0; role < CHANNEL_ROLES; role++) {
        int channel = find_by_name(recording, role);
        if (channel >= 0)
            feed(map, role, recording, channel, 1, side);
    }
    int u = first_of_unit(recording, RECORDING_VOLT);
    int i = first_of_unit(recording, RECORDING_AMPERE);
    if (!is_fed(map, true) && u >= 0)
        feed(map, CHANNEL_U_L1, recording, u, 1, side);
    if (!is_fed(map, false) && i >= 0)
        feed(map, CHANNEL_GRID_L1, recording, i, 1, side);
}

/* "#1 F1-IA (A), #2 F2-IB (A)", as many as there is room for. */
static void list_channels(const struct recording *recording, char *text, size_t size)
{
    enum { REST_BYTES = 24 };
    size_t used = 0;
    text[0] = '\0';
    for (int c = 0; c < recording->n_channels; c++) {
        char one[RECORDING_NAME + 48];
        const struct recording_channel *channel = &recording->channel[c];
        int length = snprintf(one, sizeof one, "%s#%d %s (%s)", c > 0 ? ", " : "", c + 1, channel->name,
                              unit_names[channel->unit]);
        if (used + (size_t)length + REST_BYTES > size) {
            snprintf(text + used, size - used, " and %d more", recording->n_channels - c);
            return;
        }
        memcpy(text + used, one, (size_t)length + 1);
        used += (size_t)length;
    }
}

static int refuse_channel(const struct recording *recording, const char *entry, char *error,
                          size_t error_size)
{
    char list[720];
    list_channels(recording, list, sizeof list);
    snprintf(error, error_size, "replay.map: \"%s\": no such channel; there are %s", entry, list);
    return -EINVAL;
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* "-F1-IA*2.5": the channel and its factor; -1 when there is no such channel. text is cut to pieces. */
static int read_channel(const struct recording *recording, char *text, double *factor)
{
    *factor = 1;
    int channel = recording_find(recording, text);
    if (channel >= 0)
        return channel;
    char *star = strrchr(text, '*');
    if (star != NULL) {
        char *end;
        double scale = strtod(star + 1, &end);
        if (end != star + 1 && *end == '\0' && isfinite(scale) && fabs(scale) > 0) {
            *factor = scale;
            *star = '\0';
            text = trim(text);
        }
    }
    channel = recording_find(recording, text);
    if (channel < 0 && text[0] == '-') {
        *factor = -*factor;
        channel = recording_find(recording, trim(text + 1));
    }
    return channel;
}

static int find_role(const char *name)
{
    for (int role = 0; role < CHANNEL_ROLES; role++)
        if (strcmp(roles[role].name, name) == 0)
            return role;
    return -1;
}

/* One "role=channel". */
static int read_entry(struct channel_map *map, const struct recording *recording, char *entry,
                      enum channel_side side, char *error, size_t error_size)
{
    char whole[ENTRY_BYTES];
    snprintf(whole, sizeof whole, "%s", entry);
    char *equals = strchr(entry, '=');
    if (equals != NULL)
        *equals = '\0';
    int role = equals != NULL ? find_role(trim(entry)) : -1;
    if (role < 0) {
        snprintf(error, error_size,
                 "replay.map: \"%s\": expected u_l1, u_l2, grid_l1, grid_l2, solar_l1 or solar_l2, then = "
                 "and a channel",
                 whole);
        return -EINVAL;
    }
    if (map->feed[role].channel >= 0) {
        snprintf(error, error_size, "replay.map: %s is given twice", roles[role].name);
        return -EINVAL;
    }
    double factor;
    int channel = read_channel(recording, trim(equals + 1), &factor);
    if (channel < 0)
        return refuse_channel(recording, whole, error, error_size);
    enum recording_unit unit = recording->channel[channel].unit;
    if (unit != RECORDING_OTHER && unit != role_unit((enum channel_role)role)) {
        snprintf(error, error_size, "replay.map: \"%s\": the channel is in %s; one in %s was expected", whole,
                 unit_names[unit], unit_names[role_unit((enum channel_role)role)]);
        return -EINVAL;
    }
    feed(map, (enum channel_role)role, recording, channel, factor, side);
    return 0;
}

static int read_entries(struct channel_map *map, const struct recording *recording, const char *text,
                        enum channel_side side, char *error, size_t error_size)
{
    int result = 0;
    while (result == 0 && text != NULL) {
        const char *comma = strchr(text, ',');
        size_t length = comma != NULL ? (size_t)(comma - text) : strlen(text);
        char entry[ENTRY_BYTES];
        snprintf(entry, sizeof entry, "%.*s", (int)(length < sizeof entry ? length : sizeof entry - 1), text);
        result = read_entry(map, recording, trim(entry), side, error, error_size);
        text = comma != NULL ? comma + 1 : NULL;
    }
    return result;
}

int channel_map_read(struct channel_map *map, const struct recording *recording, const char *text,
                     enum channel_side side, char *error, size_t error_size)
{
    int result = 0;
    for (int role = 0; role < CHANNEL_ROLES; role++)
        map->feed[role] = (struct channel_feed){-1, 1};
    if (text[strspn(text, " \t")] == '\0')
        find_all(map, recording, side);
    else
        result = read_entries(map, recording, text, side, error, error_size);
    if (result == 0 && !(is_fed(map, true) && is_fed(map, false))) {
        char list[720];
        list_channels(recording, list, sizeof list);
        snprintf(error, error_size,
                 "replay.map: a voltage and a current are needed, no %s is fed; there are %s",
                 is_fed(map, true) ? "current" : "voltage", list);
        result = -EINVAL;
    }
    return result;
}

int channel_map_order(const struct channel_map *map, enum channel_role order[CHANNEL_ROLES])
{
    int n = 0;
    for (enum channel_role role = 0; role < CHANNEL_ROLES; role++)
        if (map->feed[role].channel >= 0)
            order[n++] = role;
    return n;
}

void channel_map_write(const struct channel_map *map, const struct recording *recording, char *text,
                       size_t size)
{
    enum channel_role order[CHANNEL_ROLES];
    int n = channel_map_order(map, order);
    size_t used = 0;
    text[0] = '\0';
    for (int k = 0; k < n && used < size; k++) {
        const struct channel_feed *one = &map->feed[order[k]];
        char factor[32] = "";
        if (fabs(one->factor - 1) > 0)
            snprintf(factor, sizeof factor, "*%.6g", one->factor);
        used += (size_t)snprintf(text + used, size - used, "%s%s=%s%s", k > 0 ? ", " : "",
                                 roles[order[k]].name, recording->channel[one->channel].name, factor);
    }
}
