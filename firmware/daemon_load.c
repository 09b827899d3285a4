/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/daemon_parts.h"

#include "calibration/unit/unit.h"
#include "firmware/base/log.h"
#include "firmware/board_file.h"

#include <string.h>

/* What the recording says takes the place of what the board says. */
static int load_replay(struct daemon *daemon, char *error, size_t error_size)
{
    struct meter_config *meter = &daemon->measure.config.meter;
    int result = replay_init(&daemon->replay, &daemon->config, &daemon->board, error, error_size);
    if (result < 0)
        return result;
    daemon->opened |= PART_REPLAY;
    meter->f_nominal_hz = daemon->board.f_nominal_hz = daemon->replay.f_nominal_hz;
    meter->u_nominal_v = daemon->board.u_nominal_v = daemon->replay.u_nominal_v;
    meter->signal_rate_hz = daemon->replay.rate_hz;
    if (!daemon_is_physical(daemon))
        return 0;
    replay_topology(&daemon->replay.map, &meter->topology);
    replay_response(&daemon->replay, meter->response);
    meter->scan_rate_hz = daemon->replay.rate_most_hz;
    if (daemon->calibration.calibrated)
        log_notice("the calibration does not apply to a recording that does not go through the converter");
    daemon->calibration.calibrated = false;
    return 0;
}

int daemon_load(struct daemon *daemon, const struct arguments *arguments, const struct config *config,
                char *error, size_t error_size)
{
    memset(daemon, 0, sizeof *daemon);
    daemon->arguments = arguments;
    daemon->config = *config;
    pthread_mutex_init(&daemon->config_lock, NULL);

    const char *board_path = config->board_file;
    int result = 0;
    if (board_path[0] != '\0')
        result = board_file_read(board_path, &daemon->board, error, error_size);
    else
        board_file_default(&daemon->board);
    if (result < 0)
        return result;
    unit_nominal(&daemon->board, &daemon->calibration);
    if (config->calibration_file[0] != '\0')
        result = unit_read(config->calibration_file, &daemon->board, &daemon->calibration, error, error_size);

    struct meter_config *meter = &daemon->measure.config.meter;
    int input[DSP_CHANNELS];
    int n = unit_topology(&daemon->board, &meter->topology, input);
    meter->f_nominal_hz = daemon->board.f_nominal_hz;
    meter->u_nominal_v = daemon->board.u_nominal_v;
    meter->scan_rate_hz =
        config->scan_rate_hz > 0 ? config->scan_rate_hz : daemon->board.converter.scan_rate_hz;
    for (int k = 0; k < n; k++)
        meter->response[k] = calibration_response(&daemon->calibration.channel[k]);
    if (result == 0 && daemon_is_replay(daemon))
        result = load_replay(daemon, error, error_size);
    return result;
}
