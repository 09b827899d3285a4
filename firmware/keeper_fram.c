/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/keeper_fram.h"

#include "firmware/base/log.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const int64_t ns_per_s = 1000000000;

static void tell_fault(struct keeper_fram *keeper, int error)
{
    char text[sizeof((struct record_event *)0)->detail];
    if (error == -EMEDIUMTYPE)
        snprintf(text, sizeof text, "FRAM: it holds another meter's registers");
    else
        fram_describe(&keeper->fram, error, text, sizeof text);
    log_error("%s; metering goes on, trying again every %d s", text, KEEPER_FRAM_RETRY_S);
    recorder_event(keeper->recorder, "fram-fault", text, (double)NAN);
}

/* Counts, and tells each change once. Returns false when the chip began to fail. */
static bool account(struct keeper_fram *keeper, int result, int64_t now_ns)
{
    const bool was_failing = keeper->failing;
    keeper->failing = result < 0;
    if (keeper->failing) {
        health_add(&keeper->health->fram_errors, 1);
        keeper->totals_ns = now_ns + KEEPER_FRAM_RETRY_S * ns_per_s;
    }
    if (keeper->failing && !was_failing)
        tell_fault(keeper, result);
    if (!keeper->failing && was_failing) {
        log_notice("FRAM: it answers again");
        recorder_event(keeper->recorder, "fram-fault-end", "the FRAM answers again", (double)NAN);
    }
    return !keeper->failing || was_failing;
}

int keeper_fram_open(struct keeper_fram *keeper, const struct keeper_fram_config *config,
                     struct fram_found *found, char *error, size_t error_size)
{
    keeper->fitted = true;
    int result = fram_init(&keeper->fram, config->device, config->address, config->calls, error, error_size);
    fram_copy_init(&keeper->copy, &keeper->fram, config->meter_id);
    if (result == 0)
        result = fram_copy_read(&keeper->copy, found, error, error_size);
    if (result == -EMEDIUMTYPE)
        return result;
    if (result < 0)
        memset(found, 0, sizeof *found);
    else if (keeper->copy.damaged > 0)
        log_warning("FRAM: %d damaged record(s), the newest valid ones are used", keeper->copy.damaged);
    error[0] = '\0';
    return 0;
}

bool keeper_fram_due(const struct keeper_fram *keeper, int64_t now_ns)
{
    return keeper->fitted && now_ns >= keeper->totals_ns;
}

bool keeper_fram_write(struct keeper_fram *keeper, const struct kept *kept, int64_t now_ns)
{
    struct kept_totals totals;
    if (!keeper_fram_due(keeper, now_ns) && (!keeper->fitted || keeper->failing))
        return true;
    kept_totals(kept, &totals);
    const int result = fram_copy_write_totals(&keeper->copy, &totals);
    keeper->totals_ns = now_ns + KEEPER_FRAM_TOTALS_S * ns_per_s;
    if (result == 0)
        health_add(&keeper->health->fram_writes, 1);
    if (result == 0 && now_ns >= keeper->whole_ns) {
        fram_copy_begin(&keeper->copy, kept);
        keeper->whole_ns = now_ns + KEEPER_FRAM_WHOLE_S * ns_per_s;
    }
    return account(keeper, result, now_ns);
}

bool keeper_fram_step(struct keeper_fram *keeper, int64_t now_ns)
{
    if (!keeper->fitted || keeper->failing || keeper->copy.size == 0)
        return true;
    const int result = fram_copy_step(&keeper->copy);
    if (result == 0)
        health_add(&keeper->health->fram_writes, 1);
    return account(keeper, result, now_ns);
}

void keeper_fram_close(struct keeper_fram *keeper)
{
    if (keeper->fitted)
        fram_close(&keeper->fram);
}
