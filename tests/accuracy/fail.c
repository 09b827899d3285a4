/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("vatio-accuracy: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(FAIL_STATUS);
}
