/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arguments.h - "--name VALUE" and "--name=VALUE" from an option table; a bool takes no value; "-h" is "--help".
 *
 * Errors: -EINVAL, with one sentence in error.
 */
#ifndef VATIO_TOOLS_ARGUMENTS_H
#define VATIO_TOOLS_ARGUMENTS_H

#include "firmware/base/options.h"

/* Reads options up to the first word that is none. Returns how many words it took. */
int arguments_read(const struct option *table, size_t n, void *target, int argc, char *const argv[],
                   struct options_error *error);

/* One line per option: how it is written, what it does, range, default. */
void arguments_help(FILE *file, const struct option *table, size_t n);

#endif
