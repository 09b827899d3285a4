/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 1.6: a line is requested by itself. */
#include "hal/line.h"

#include "hal/gpiod/chip.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <string.h>

static const char consumer[] = "vatio pulse";

static int gpiod_write(struct line *line, bool high)
{
    struct line_gpiod *gpiod = (struct line_gpiod *)line;
    return gpiod_line_set_value(gpiod->request, high) == 0 ? 0 : -errno;
}

/* Low before it is released: some controllers turn the line into an input, others keep the level. */
static void gpiod_close(struct line *line)
{
    struct line_gpiod *gpiod = (struct line_gpiod *)line;
    gpiod_write(line, false);
    gpiod_line_release(gpiod->request);
    gpiod_chip_close(gpiod->chip);
}

static const struct line_ops gpiod_ops = {"gpiod", gpiod_write, gpiod_close};

static int fail(struct line_gpiod *gpiod, const char *chip, const char *what, char *error, size_t error_size)
{
    int code = errno ? errno : EIO;
    if (gpiod->chip)
        gpiod_chip_close(gpiod->chip);
    snprintf(error, error_size, "pulse LED on line %u of GPIO chip %s: %s: %s", gpiod->offset, chip, what,
             strerror(code));
    *gpiod = (struct line_gpiod){0};
    return -code;
}

int line_gpiod_init(struct line_gpiod *gpiod, const char *chip, unsigned offset, char *error,
                    size_t error_size)
{
    *gpiod = (struct line_gpiod){.line = {&gpiod_ops}, .offset = offset};
    errno = 0;
    gpiod->chip = chip_open(chip);
    if (!gpiod->chip)
        return fail(gpiod, chip, "cannot open the chip (gpiodetect lists those present)", error, error_size);
    gpiod->request = gpiod_chip_get_line(gpiod->chip, offset);
    if (!gpiod->request)
        return fail(gpiod, chip, "the chip has no such line", error, error_size);
    if (gpiod_line_request_output(gpiod->request, consumer, 0) != 0)
        return fail(gpiod, chip, "cannot make it an output (gpioinfo shows who holds it)", error, error_size);
    return 0;
}
