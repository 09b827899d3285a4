/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chip.h - the GPIO chip of a path or a label, for input and output lines alike; with either libgpiod. */
#ifndef VATIO_HAL_GPIOD_CHIP_H
#define VATIO_HAL_GPIOD_CHIP_H

struct gpiod_chip;

/* NULL and errno when there is none. A label is looked for; a bare number, which means another chip on another kernel, is a
 * label that no chip has. */
struct gpiod_chip *chip_open(const char *chip);

#endif
