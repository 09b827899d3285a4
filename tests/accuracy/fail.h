/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fail.h - the end of a program that cannot go on: not a row that fails, but a rig that does not stand. */
#ifndef VATIO_ACCURACY_FAIL_H
#define VATIO_ACCURACY_FAIL_H

#include <stdnoreturn.h>

enum { FAIL_STATUS = 3 };

noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
