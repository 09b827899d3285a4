/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_retain.h - which rows go: those beyond the retention, and the oldest minutes while the disk is full. Not more than
 * STORE_RETAIN_STEP rows of a stream go with a batch, in its transaction, so that it costs no sync of its own. Pages that
 * become free are used again: the file keeps its size and does not grow.
 *
 * Age:     counted in records and not by the clock: one that is wrong by years deletes nothing.
 * Errors:  -errno and one sentence in store->error.
 */
#ifndef VATIO_STORE_RETAIN_H
#define VATIO_STORE_RETAIN_H

#include "firmware/store/store.h"

enum { STORE_RETAIN_STEP = 256 };

/* Prepares table[].remove. */
int store_retain_open(struct store *store, const struct store_config *config);

/* Within the batch's transaction and before its rows, which then find the free pages. */
int store_retain_step(struct store *store);

#endif
