/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chip.h - one line of a GPIO chip, for output and input lines alike; with either libgpiod, of which chip_v1.c and chip_v2.c
 * have one each.
 *
 * Errors: -errno (-EIO where the library gives none) and one sentence for the user.
 */
#ifndef VATIO_HAL_GPIOD_CHIP_H
#define VATIO_HAL_GPIOD_CHIP_H

#include <stdbool.h>
#include <stddef.h>

struct gpiod_chip;

struct chip_line {
    const char *use;      /* as the user knows it */
    const char *consumer; /* as gpioinfo shows its holder */
    const char *chip;     /* path or label */
    unsigned offset;
    bool output;     /* low at first; else an input whose edges are watched */
    bool active_low; /* of an input */
};

/* The chip and the line's request, both libgpiod's by version and the caller's; NULL after an error. */
int chip_take(const struct chip_line *line, void **chip, void **request, char *error, size_t error_size);
/* Ends a start that failed with errno: closes the chip, where there is one, and says what did not go. */
int chip_refuse(const struct chip_line *line, struct gpiod_chip *chip, const char *what, char *error,
                size_t error_size);

/* By version. NULL and errno when there is none. A label is looked for; a bare number, which means another chip on another
 * kernel, is a label that no chip has. */
struct gpiod_chip *chip_open(const char *chip);
/* NULL and errno; what: changed if it is not the request that is refused. */
void *chip_request(struct gpiod_chip *chip, const struct chip_line *line, const char **what);

#endif
