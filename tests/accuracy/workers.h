/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workers.h - the selected groups, each in a process of its own, so many at a time. */
#ifndef VATIO_ACCURACY_WORKERS_H
#define VATIO_ACCURACY_WORKERS_H

#include "tests/accuracy/arguments.h"
#include "tests/accuracy/output.h"

/* result[i] is of groups[i]. Progress goes to stderr. */
void workers_run(const struct arguments *arguments, struct result result[]);

#endif
