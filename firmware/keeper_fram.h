/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keeper_fram.h - when the FRAM is written: the totals each second and with each write of the journal, the whole record
 * every KEEPER_FRAM_WHOLE_S, one piece a turn, so that the display has most of the bus.
 *
 * Fault:   counted, told once in the log and as event fram-fault, tried again after KEEPER_FRAM_RETRY_S; then fram-fault-end.
 * Threads: the keeper's.
 */
#ifndef VATIO_FIRMWARE_KEEPER_FRAM_H
#define VATIO_FIRMWARE_KEEPER_FRAM_H

#include "firmware/fram_copy.h"
#include "firmware/health.h"
#include "firmware/recorder.h"

#include <stdbool.h>
#include <stdint.h>

enum { KEEPER_FRAM_TOTALS_S = 1, KEEPER_FRAM_WHOLE_S = 5, KEEPER_FRAM_RETRY_S = 10 };

struct keeper_fram {
    bool fitted; /* false: nothing below is used */
    struct fram fram;
    struct fram_copy copy;
    struct health *health;
    struct recorder *recorder;
    bool failing;
    int64_t totals_ns; /* monotonic: when the next of each is due */
    int64_t whole_ns;
};

struct keeper_fram_config {
    const char *device; /* of the bus */
    int address;
    const char *meter_id;
    const struct fram_calls *calls;
};

/* Opens the chip and reads it. 0 also when it does not answer: found is then empty, and the first write tells.
 * -EMEDIUMTYPE with a sentence when its registers are another meter's. */
int keeper_fram_open(struct keeper_fram *keeper, const struct keeper_fram_config *config,
                     struct fram_found *found, char *error, size_t error_size);

/* Whether a record is due now. */
bool keeper_fram_due(const struct keeper_fram *keeper, int64_t now_ns);

/* The totals, and from time to time the beginning of a whole record. False when the chip began to fail in this call: until
 * now it was the newest copy, so the caller writes another. */
bool keeper_fram_write(struct keeper_fram *keeper, const struct kept *kept, int64_t now_ns);

/* The next piece of the whole record, if one is on its way. */
bool keeper_fram_step(struct keeper_fram *keeper, int64_t now_ns);

void keeper_fram_close(struct keeper_fram *keeper);

#endif
