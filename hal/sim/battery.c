/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/battery.h"

#include <string.h>

static double draw(struct noise *noise, double from, double to)
{
    return from + (to - from) * noise_uniform(noise);
}

void battery_init(struct battery *battery, double limit_w, uint64_t seed)
{
    memset(battery, 0, sizeof *battery);
    noise_init(&battery->noise, seed);
    battery->limit_w = limit_w;
}

static void change(struct battery *battery)
{
    struct noise *noise = &battery->noise;
    battery->from_w = battery->to_w;
    battery->to_w = draw(noise, -battery->limit_w, battery->limit_w);
    battery->start_s = battery->end_s;
    battery->ramp_s = noise_uniform(noise) < 0.5 ? 0 : draw(noise, 0.5, 4);
    battery->end_s = battery->start_s + battery->ramp_s + draw(noise, 0.5, 5);
}

double battery_step(struct battery *battery, double t_s)
{
    while (t_s >= battery->end_s) {
        change(battery);
    }
    double since_s = t_s - battery->start_s;
    if (since_s >= battery->ramp_s) {
        return battery->to_w;
    }
    return battery->from_w + (battery->to_w - battery->from_w) * since_s / battery->ramp_s;
}
