/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/watch_clock.h"

static const int64_t ns_per_ms = 1000000;

void watch_clock_init(struct watch_clock *clock)
{
    *clock = (struct watch_clock){.known = false};
}

int64_t watch_clock_utc_ms(const struct watch_clock *clock, int64_t mono_ns)
{
    return clock->utc_ms + (mono_ns - clock->mono_ns) / ns_per_ms;
}

static int64_t at_most(int64_t value, int64_t limit)
{
    if (value > limit)
        return limit;
    return value < -limit ? -limit : value;
}

int64_t watch_clock_follow(struct watch_clock *clock, int64_t mono_ns, int64_t utc_ms)
{
    const int64_t passed_ms = (mono_ns - clock->mono_ns) / ns_per_ms;
    const int64_t away_ms = utc_ms - watch_clock_utc_ms(clock, mono_ns);
    const bool near = away_ms >= -WATCH_CLOCK_STEP_MS && away_ms <= WATCH_CLOCK_STEP_MS;
    const bool stepped = clock->known && !near;
    if (clock->known && passed_ms < 0)
        return 0;
    if (clock->known && near)
        utc_ms = watch_clock_utc_ms(clock, mono_ns) + at_most(away_ms, passed_ms / 2);
    clock->utc_ms = utc_ms;
    clock->mono_ns = mono_ns;
    clock->follows = clock->follows && !stepped;
    clock->known = true;
    return stepped ? away_ms : 0;
}

struct watch_label watch_clock_window(struct watch_clock *clock, int64_t start_ns, int64_t end_ns)
{
    struct watch_label label = {.utc_end_ms = watch_clock_utc_ms(clock, end_ns)};
    label.utc_start_ms =
        clock->follows ? clock->window_end_ms : label.utc_end_ms - (end_ns - start_ns) / ns_per_ms;
    if (label.utc_end_ms < label.utc_start_ms)
        label.utc_end_ms = label.utc_start_ms;
    clock->window_end_ms = label.utc_end_ms;
    clock->follows = true;
    return label;
}
