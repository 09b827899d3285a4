/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/keeper_power.h"

#include "firmware/base/log.h"

#include <math.h>
#include <string.h>
#include <time.h>

static const int64_t debounce_ns = KEEPER_POWER_S * INT64_C(1000000000);

/* What cannot be read counts as good: nothing is known of it. */
static bool is_good(struct keeper_power *power)
{
    bool good = true;
    const int result = line_in_read(power->line, &good);
    if (result < 0 && !power->unreadable)
        log_error("power-good line: %s; metering goes on without it", strerror(-result));
    power->unreadable = result < 0;
    return good || result < 0;
}

static void tell_down(struct keeper_power *power)
{
    if (!power->down)
        recorder_event(power->recorder, "power-down", "the power-good line says that the supply fails",
                       (double)NAN);
    power->down = true;
}

static void tell_up(struct keeper_power *power, int64_t now_ns)
{
    if (power->low)
        power->good_ns = now_ns;
    if (!power->down || now_ns - power->good_ns < debounce_ns)
        return;
    power->down = false;
    recorder_event(power->recorder, "power-up", "the power-good line says that the supply is back",
                   (double)NAN);
}

bool keeper_power_turn(struct keeper_power *power, int64_t now_ns)
{
    if (power->line == NULL)
        return false;
    const bool good = is_good(power);
    if (good)
        tell_up(power, now_ns);
    else
        tell_down(power);
    power->asking = !good && (power->asking || !power->low);
    power->low = !good;
    if (!power->asking || (power->written_ns != 0 && now_ns - power->written_ns < debounce_ns))
        return false;
    power->asking = false;
    power->written_ns = now_ns;
    return true;
}

void keeper_power_wait(struct keeper_power *power, int timeout_ms)
{
    if (power->line == NULL || line_in_wait(power->line, timeout_ms) < 0)
        nanosleep(&(struct timespec){.tv_nsec = timeout_ms * 1000000L}, NULL);
}

void keeper_power_close(struct keeper_power *power)
{
    if (power->line != NULL)
        line_in_close(power->line);
}
