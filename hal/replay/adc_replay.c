/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/adc_replay.h"

#include <errno.h>
#include <math.h>

static const int64_t slice_ns = 100000000;

double adc_replay_period_s(const struct recording *recording)
{
    return (double)recording->n_samples / recording->rate_hz;
}

/* Waits in slices, so that whoever stops the meter within a long gap of a recording need not wait for its end. */
static int wait_until(struct clock *clock, int64_t until_ns)
{
    int64_t slice_end_ns = clock_mono_ns(clock) + slice_ns;
    if (until_ns <= slice_end_ns)
        return clock_sleep_until(clock, until_ns);
    int result = clock_sleep_until(clock, slice_end_ns);
    return result < 0 ? result : -EINTR;
}

static int replay_read(struct adc *adc, int64_t due_ns, struct adc_scan *scan)
{
    struct adc_replay *replay = (struct adc_replay *)adc;
    const struct recording *recording = replay->recording;
    (void)due_ns;
    if (replay->next == recording->n_samples) {
        if (!replay->loop)
            return -ENODATA;
        replay->next = 0;
        replay->turn++;
    }
    /* Each instant from the start anew: rounding does not add up over the turns. */
    double time_s = (double)replay->turn * adc_replay_period_s(recording) + recording->time_s[replay->next];
    int64_t sample_ns = replay->start_ns + llround(1e9 * time_s);
    *scan = (struct adc_scan){.n = (uint8_t)replay->n, .physical = true};
    int64_t last_ns = sample_ns;
    for (int k = 0; k < replay->n; k++) {
        scan->hold_ns[k] = sample_ns + replay->skew_ns[k];
        scan->value[k] = replay->factor[k] * replay->value[k][replay->next];
        last_ns = scan->hold_ns[k] > last_ns ? scan->hold_ns[k] : last_ns;
    }
    int result = wait_until(replay->clock, last_ns);
    replay->next += result == 0;
    return result;
}

static void replay_close(struct adc *adc)
{
    (void)adc;
}

static const struct adc_ops replay_ops = {
    .name = "replay", .own_pace = true, .read = replay_read, .close = replay_close};

void adc_replay_init(struct adc_replay *replay, const struct recording *recording,
                     const struct channel_map *map, struct clock *clock, bool loop)
{
    *replay = (struct adc_replay){.adc = {&replay_ops},
                                  .recording = recording,
                                  .clock = clock,
                                  .loop = loop,
                                  .start_ns = clock_mono_ns(clock)};
    enum channel_role order[CHANNEL_ROLES];
    replay->n = channel_map_order(map, order);
    for (int k = 0; k < replay->n; k++) {
        const struct channel_feed *feed = &map->feed[order[k]];
        const struct recording_channel *channel = &recording->channel[feed->channel];
        replay->value[k] = channel->value;
        replay->factor[k] = feed->factor;
        replay->skew_ns[k] = llround(1e9 * channel->skew_s);
    }
}
