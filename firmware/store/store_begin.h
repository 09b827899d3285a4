/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_begin.h - a store's database: opened, given up, and begun anew in place of one that is damaged. */
#ifndef VATIO_STORE_BEGIN_H
#define VATIO_STORE_BEGIN_H

#include "firmware/store/store.h"

#include <stddef.h>

/* Opens store->config.path. A database that cannot be read as one, or was given up as damaged, is put aside first
 * (store_aside.h), and a new one with a new store_id takes its name; numbers go on. -errno and one sentence: nothing
 * stays open then, and the next call tries again. */
int store_begin(struct store *store, char *error, size_t error_size);

/* Closes it as damaged, for the reason in store->error. Its WAL stays as it is, for analysis. */
void store_give_up(struct store *store);

/* Closes it. */
void store_end(struct store *store);

#endif
