/* SPDX-License-Identifier: GPL-3.0-or-later */
/* allowance.h - how often something may be done: most times at once, then once in every_ms.
 *
 * Units:   ms of any clock that does not run backwards.
 * Threads: one object, one thread.
 */
#ifndef VATIO_FIRMWARE_ALLOWANCE_H
#define VATIO_FIRMWARE_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

struct allowance {
    int64_t most;
    int64_t every_ms;
    int64_t used;   /* of most, now */
    int64_t due_ms; /* when one of them comes back */
};

/* True: it may be done, and counts. */
bool allowance_take(struct allowance *allowance, int64_t now_ms);

#endif
