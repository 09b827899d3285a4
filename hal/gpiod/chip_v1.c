/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 1.6. */
#include "hal/gpiod/chip.h"

#include <gpiod.h>

/* The library's own lookup would also take a bare number. */
struct gpiod_chip *chip_open(const char *chip)
{
    return chip[0] == '/' ? gpiod_chip_open(chip) : gpiod_chip_open_by_label(chip);
}
