/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backoff.h - how long to wait before the next attempt: full jitter under a ceiling that doubles.
 *
 * Each delay is uniform in 0..ceiling; the ceiling starts at min_ms, doubles with each delay taken and stops at max_ms.
 * A fleet that lost its broker at one instant therefore comes back spread over the whole ceiling, not in waves.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_NET_BACKOFF_H
#define VATIO_NET_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t min_ms;     /* > 0 */
    int64_t max_ms;     /* >= min_ms */
    int64_t ceiling_ms; /* of the next delay */
    uint64_t state;     /* of the generator */
};

/* The seed must differ between meters: it comes from the kernel. */
void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms, uint64_t seed);

/* The next delay in ms, 0..ceiling; doubles the ceiling. */
int64_t backoff_get(struct backoff *backoff);

/* After success: the ceiling is min_ms again. */
void backoff_reset(struct backoff *backoff);

#endif
