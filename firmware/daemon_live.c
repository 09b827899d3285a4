/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/daemon_parts.h"

#include "firmware/convert.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What stands at each place of a scan, for whoever has to find a wire. */
static void name_channels(const struct daemon *daemon, struct mailbox_live *live)
{
    static const char *const circuit[BOARD_CIRCUITS] = {"grid", "solar"};
    const struct adc_plan *plan = &daemon->source.plan;
    enum channel_role order[CHANNEL_ROLES] = {CHANNEL_U_L1};
    if (daemon_is_physical(daemon))
        channel_map_order(&daemon->replay.map, order);
    for (int k = 0; k < plan->n && k < MAILBOX_CHANNELS; k++) {
        if (daemon_is_physical(daemon)) {
            snprintf(live->channel[k], sizeof live->channel[k], "recorded %s", channel_role_name(order[k]));
            continue;
        }
        const struct board_channel *channel = &daemon->board.channel[plan->input[k]];
        if (channel->kind == BOARD_CURRENT)
            snprintf(live->channel[k], sizeof live->channel[k], "CH%u current %s L%d", plan->input[k],
                     circuit[channel->circuit], channel->element);
        else
            snprintf(live->channel[k], sizeof live->channel[k], "CH%u voltage", plan->input[k]);
    }
}

/* The same in the detail file. */
static void fill_detail(struct daemon *daemon)
{
    const struct mailbox_live *live = &daemon->measure.live;
    struct detail *detail = &daemon->measure.detail;
    memcpy(detail->boot_id, live->boot_id, sizeof detail->boot_id);
    memcpy(detail->meter_id, live->meter_id, sizeof detail->meter_id);
    detail->n_channels = daemon->source.plan.n;
    for (int k = 0; k < DETAIL_CHANNELS; k++)
        memcpy(detail->channel[k].name, live->channel[k], sizeof detail->channel[k].name);
    detail->n_points = live->live.n_points;
    memcpy(detail->point_id, live->live.point_id, sizeof detail->point_id);
    detail_absent(&detail->window);
    detail_absent(&detail->aggregate);
}

/* Who the meter is, and absent values until there are some. */
void daemon_fill_live(struct daemon *daemon)
{
    struct mailbox_live *live = &daemon->measure.live;
    memcpy(live->boot_id, daemon->boot_id, sizeof live->boot_id);
    memcpy(live->meter_id, daemon->meter_id, sizeof live->meter_id);
    memcpy(live->store_id, daemon->store.store_id, sizeof live->store_id);
    snprintf(live->serial, sizeof live->serial, "%s", daemon->calibration.serial);
    snprintf(live->version, sizeof live->version, "%s", VATIO_VERSION);
    snprintf(live->board, sizeof live->board, "%s", daemon->board.name);
    snprintf(live->calibration_date, sizeof live->calibration_date, "%s", daemon->calibration.date);
    live->pid = getpid();
    live->calibrated = daemon->calibration.calibrated;
    live->simulated = daemon->source.simulated;
    live->f_nominal_hz = daemon->board.f_nominal_hz;
    live->u_nominal_v = daemon->board.u_nominal_v;
    live->scan_rate_hz = daemon->measure.config.meter.scan_rate_hz;
    live->imp_per_kwh = daemon->board.pulse.imp_per_kwh;
    name_channels(daemon, live);
    live->live.schema = RECORD_SCHEMA;
    live->live.n_points = convert_points(&daemon->measure.registers.topology, live->live.point_id);
    convert_absent(live);
    for (int64_t p = 0; p < live->live.n_points; p++) {
        convert_energy(&daemon->measure.registers.energy[p], &live->energy[p]);
        live->live.point[p].total = live->energy[p];
    }
    live->metered_ns = daemon->measure.registers.metered_ns;
    live->unmetered_ns = daemon->measure.registers.unmetered_ns;
    live->dropped_uwh = daemon->measure.registers.dropped_uwh;
    fill_detail(daemon);
}
