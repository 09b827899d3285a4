/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 1.6: a line is requested by itself. */
#include "hal/line.h"

#include "hal/gpiod/chip.h"

#include <errno.h>
#include <gpiod.h>

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

int line_gpiod_init(struct line_gpiod *gpiod, const char *chip, unsigned offset, char *error,
                    size_t error_size)
{
    const struct chip_line wanted = {
        .use = "pulse LED", .consumer = "vatio pulse", .chip = chip, .offset = offset, .output = true};
    *gpiod = (struct line_gpiod){.line = {&gpiod_ops}, .offset = offset};
    return chip_take(&wanted, &gpiod->chip, &gpiod->request, error, error_size);
}
