/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/gpiod/chip.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <string.h>

int chip_take(const struct chip_line *line, void **chip, void **request, char *error, size_t error_size)
{
    const char *what = line->output ? "cannot make it an output (gpioinfo shows who holds it)"
                                    : "cannot watch it (gpioinfo shows who holds it)";
    errno = 0;
    *request = NULL;
    *chip = chip_open(line->chip);
    if (!*chip)
        what = "cannot open the chip (gpiodetect lists those present)";
    else
        *request = chip_request(*chip, line, &what);
    if (*request)
        return 0;
    const int status = chip_refuse(line, *chip, what, error, error_size);
    *chip = NULL;
    return status;
}

int chip_refuse(const struct chip_line *line, struct gpiod_chip *chip, const char *what, char *error,
                size_t error_size)
{
    const int code = errno ? errno : EIO;
    if (chip)
        gpiod_chip_close(chip);
    snprintf(error, error_size, "%s on line %u of GPIO chip %s: %s: %s", line->use, line->offset, line->chip,
             what, strerror(code));
    return -code;
}
