/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/scan_tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)ADC_CHANNELS == (int)SCAN_RING_CHANNELS, "the ring holds a whole scan");
_Static_assert((int)DSP_CHANNELS == (int)SCAN_RING_CHANNELS, "the ring holds every channel");
_Static_assert((int)CALIBRATION_CODES == (int)SCAN_RING_CODES, "the ring holds every code's value");

/* By what the channel is in the first element that measures with it (a voltage or current that is taken over from the
 * other leg is none); a voltage that none uses is named after its input. */
static void name_channel(struct scan_ring_channel *channel, int k, const struct topology *topology)
{
    static const char *const circuits[] = {[CIRCUIT_GRID] = "grid", [CIRCUIT_SOLAR] = "solar"};
    channel->kind = SCAN_RING_VOLTAGE;
    snprintf(channel->name, sizeof channel->name, "u_in%d", (int)channel->input);
    for (int e = 0; e < topology->n_elements; e++) {
        const struct element *element = &topology->element[e];
        if (element->i_channel == k && element->i_returned == 0) {
            const char *circuit = circuits[element->circuit];
            channel->kind = SCAN_RING_CURRENT;
            channel->leg = element->leg;
            snprintf(channel->circuit, sizeof channel->circuit, "%s", circuit);
            snprintf(channel->name, sizeof channel->name, "i_%s_l%d", circuit, element->leg);
            return;
        }
        if (element->u_channel == k && element->u_assumed == 0) {
            channel->leg = element->leg;
            snprintf(channel->name, sizeof channel->name, "u_l%d", element->leg);
            return;
        }
    }
}

static void fill_channel(struct scan_ring_channel *channel, int k, const struct scan_tap_config *config)
{
    const struct channel_response *response = &config->meter->response[k];
    channel->input = config->plan->input[k];
    name_channel(channel, k, &config->meter->topology);
    channel->nominal =
        channel->kind == SCAN_RING_VOLTAGE ? config->board->u_nominal_v : config->board->i_nominal_a;
    channel->delay_ns = response->delay_s * 1e9;
    channel->high_pass_hz = response->high_pass_hz;
    channel->low_pass_hz = response->low_pass_hz;
    memcpy(channel->value, config->scale->value[k], sizeof channel->value);
    channel->per_value = config->scale->per_value[k];
    channel->offset_lsb = config->scale->offset_lsb[k];
    channel->back = config->scale->back[k];
}

int scan_tap_open(struct scan_tap *tap, const struct scan_tap_config *config)
{
    struct scan_ring_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return -ENOMEM;
    snprintf(plan->boot_id, sizeof plan->boot_id, "%s", config->boot_id);
    snprintf(plan->meter_id, sizeof plan->meter_id, "%s", config->meter_id);
    snprintf(plan->board, sizeof plan->board, "%s", config->board->name);
    plan->simulated = config->simulated;
    plan->physical = config->physical;
    plan->scan_rate_hz = 1e9 / (double)config->plan->period_ns;
    plan->f_nominal_hz = config->meter->f_nominal_hz;
    plan->conversion_spacing_ns = config->plan->conversion_spacing_ns;
    plan->n_channels = config->meter->topology.n_channels;
    for (int k = 0; k < plan->n_channels; k++)
        fill_channel(&plan->channel[k], k, config);
    tap->physical = config->physical;
    const int result = scan_ring_create(&tap->ring, config->run_dir, plan);
    free(plan);
    return result;
}

void scan_tap_write(struct scan_tap *tap, const struct adc_scan *scan)
{
    if (tap->ring.file == NULL || scan->physical != tap->physical)
        return;
    struct scan_ring_scan raw = {.faults = scan->faults};
    memcpy(raw.hold_ns, scan->hold_ns, sizeof raw.hold_ns);
    memcpy(raw.code, scan->code, sizeof raw.code);
    memcpy(raw.value, scan->value, sizeof raw.value);
    scan_ring_write(&tap->ring, &raw);
}

void scan_tap_close(struct scan_tap *tap, const char *run_dir)
{
    scan_ring_remove(&tap->ring, run_dir);
}
