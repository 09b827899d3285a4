/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/replay.h"

#include "dsp/meter.h"
#include "firmware/base/log.h"
#include "firmware/replay_survey.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double nearest_nominal(double f_hz)
{
    return f_hz > 40 && f_hz < 72 ? (f_hz < 55 ? 50 : 60) : 0;
}

static double two_digits(double u_v)
{
    double unit = pow(10, floor(log10(u_v)) - 1);
    return unit * round(u_v / unit);
}

/* Where the file's own word and its waveform differ, the file's word counts and the log says so. */
static double find_f(const struct replay *replay, const struct config *config, const struct board *board,
                     int u)
{
    double seen_hz = survey_f_hz(&replay->recording, u);
    double said_hz = config->replay_f_nominal_hz > 0 ? config->replay_f_nominal_hz
                                                     : nearest_nominal(replay->recording.f_nominal_hz);
    double nearest_hz = nearest_nominal(seen_hz);
    if (said_hz > 0 && nearest_hz > 0 && fabs(said_hz - nearest_hz) > 1)
        log_warning(
            "replay: nominally %g Hz, but the recording looks like %.2f Hz; replay.f_nominal_hz sets it",
            said_hz, seen_hz);
    if (said_hz > 0)
        return said_hz;
    return nearest_hz > 0 ? nearest_hz : board->f_nominal_hz;
}

static double find_u(const struct replay *replay, const struct config *config, const struct board *board,
                     int u, double factor)
{
    if (config->replay_u_nominal_v > 0)
        return config->replay_u_nominal_v;
    double u_v = fabs(factor) * survey_u_v(&replay->recording, u, replay->f_nominal_hz);
    return u_v > 0 ? two_digits(u_v) : board->u_nominal_v;
}

static int survey(struct replay *replay, const struct config *config, const struct board *board, char *error,
                  size_t error_size)
{
    const struct recording *recording = &replay->recording;
    enum channel_role order[CHANNEL_ROLES];
    channel_map_order(&replay->map, order);
    const struct channel_feed *u = &replay->map.feed[order[0]];
    survey_rates(recording, &replay->rate_hz, &replay->rate_most_hz);
    if (!(replay->rate_hz >= RATE_LEAST_HZ && replay->rate_most_hz <= RATE_MOST_HZ)) {
        snprintf(error, error_size, "%s: %g to %g samples per second; %g to %g can be metered",
                 config->replay_file, replay->rate_hz, replay->rate_most_hz, RATE_LEAST_HZ, RATE_MOST_HZ);
        return -EINVAL;
    }
    replay->f_nominal_hz = find_f(replay, config, board, u->channel);
    replay->u_nominal_v = find_u(replay, config, board, u->channel, u->factor);
    char text[512];
    channel_map_write(&replay->map, recording, text, sizeof text);
    log_info("replay: %s, %lld samples at %g Hz, %s; nominally %g V %g Hz", config->replay_file,
             (long long)recording->n_samples, recording->rate_hz, text, replay->u_nominal_v,
             replay->f_nominal_hz);
    return 0;
}

int replay_init(struct replay *replay, const struct config *config, const struct board *board, char *error,
                size_t error_size)
{
    int result = recording_read(&replay->recording, config->replay_file, error, error_size);
    if (result < 0)
        return result;
    result = channel_map_read(&replay->map, &replay->recording, config->replay_map,
                              (enum channel_side)config->replay_side, error, error_size);
    if (result == 0)
        result = survey(replay, config, board, error, error_size);
    if (result < 0)
        replay_close(replay);
    return result;
}

void replay_close(struct replay *replay)
{
    recording_close(&replay->recording);
}

void replay_topology(const struct channel_map *map, struct topology *topology)
{
    static const enum circuit circuit_of[CHANNEL_ROLES] = {
        [CHANNEL_SOLAR_L1] = CIRCUIT_SOLAR, [CHANNEL_SOLAR_L2] = CIRCUIT_SOLAR};
    enum channel_role order[CHANNEL_ROLES];
    int voltage_at[2] = {-1, -1};
    *topology = (struct topology){.n_channels = channel_map_order(map, order)};
    for (int k = 0; k < topology->n_channels; k++) {
        int leg = channel_role_leg(order[k]);
        if (channel_role_is_voltage(order[k])) {
            voltage_at[leg - 1] = k;
            continue;
        }
        int assumed = voltage_at[leg - 1] < 0;
        topology->element[topology->n_elements++] = (struct element){
            .u_channel = voltage_at[assumed ? 2 - leg : leg - 1],
            .i_channel = k,
            .circuit = circuit_of[order[k]],
            .leg = leg,
            .u_assumed = assumed,
        };
    }
    topology_init(topology);
}

void replay_response(const struct replay *replay, struct channel_response response[DSP_CHANNELS])
{
    enum channel_role order[CHANNEL_ROLES];
    const int n = channel_map_order(&replay->map, order);
    memset(response, 0, DSP_CHANNELS * sizeof *response);
    for (int k = 0; k < n; k++) {
        const struct recording_channel *channel =
            &replay->recording.channel[replay->map.feed[order[k]].channel];
        response[k].high_pass_hz = channel->high_pass_hz;
        response[k].low_pass_hz = channel->low_pass_hz;
    }
}
