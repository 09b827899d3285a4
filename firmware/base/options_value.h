/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options_value.h - one option's value: from text, to text, and what is expected. Used by options and command lines.
 *
 * Threads: any; no state but what is passed.
 */
#ifndef VATIO_BASE_OPTIONS_VALUE_H
#define VATIO_BASE_OPTIONS_VALUE_H

#include "firmware/base/options.h"

enum { OPTIONS_VALUE_BYTES = 256 };

/* Stores text, already without outer blanks, in the option's field. NULL, or what is wrong ("is not a number"). */
const char *options_value_read(const struct option *option, const char *text, void *target);

/* The text that reads back as the same value. -EINVAL when there is none (a NaN, a text that a file cannot hold). */
int options_value_text(const struct option *option, const void *target, char text[OPTIONS_VALUE_BYTES]);

/* "a number from 0.1 to 10 V". */
void options_value_expected(const struct option *option, char text[OPTIONS_VALUE_BYTES]);

#endif
