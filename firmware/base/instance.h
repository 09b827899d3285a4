/* SPDX-License-Identifier: GPL-3.0-or-later */
/* instance.h - one vatiod per data directory: a lock file in it, held for as long as the process lives.
 *
 * The kernel drops the lock with the process, however it ends, so a file left behind never stands in the way.
 * Errors:  -errno; -EALREADY when another process holds the lock; error then names its pid.
 */
#ifndef VATIO_BASE_INSTANCE_H
#define VATIO_BASE_INSTANCE_H

#include <stddef.h>

#define INSTANCE_FILE "vatiod.lock"

struct instance {
    int fd; /* -1 = not held */
};

int instance_lock(struct instance *instance, const char *data_dir, char *error, size_t error_size);
void instance_unlock(struct instance *instance);

#endif
