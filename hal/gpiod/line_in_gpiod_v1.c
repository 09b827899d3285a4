/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 1.6: a line is requested by itself, its events come one by one. */
#include "hal/line_in.h"

#include "hal/gpiod/chip.h"

#include <errno.h>
#include <gpiod.h>
#include <time.h>

static int gpiod_read(struct line_in *line, bool *active)
{
    struct line_in_gpiod *gpiod = (struct line_in_gpiod *)line;
    const int value = gpiod_line_get_value(gpiod->request);
    *active = value == 1;
    return value < 0 ? -errno : 0;
}

/* All that have come are taken: the level afterwards says what they led to. */
static int gpiod_wait(struct line_in *line, int timeout_ms)
{
    struct line_in_gpiod *gpiod = (struct line_in_gpiod *)line;
    struct timespec most = {.tv_sec = timeout_ms / 1000, .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
    int edges = 0;
    for (;;) {
        struct gpiod_line_event event;
        const int come = gpiod_line_event_wait(gpiod->request, &most);
        if (come < 0 || (come > 0 && gpiod_line_event_read(gpiod->request, &event) != 0))
            return -errno;
        if (come == 0)
            return edges > 0;
        edges++;
        most = (struct timespec){0};
    }
}

static void gpiod_close(struct line_in *line)
{
    struct line_in_gpiod *gpiod = (struct line_in_gpiod *)line;
    gpiod_line_release(gpiod->request);
    gpiod_chip_close(gpiod->chip);
}

static const struct line_in_ops gpiod_ops = {"gpiod", gpiod_read, gpiod_wait, gpiod_close};

int line_in_gpiod_init(struct line_in_gpiod *gpiod, const char *chip, unsigned offset, bool active_low,
                       char *error, size_t error_size)
{
    const struct chip_line wanted = {.use = "power-good",
                                     .consumer = "vatio power-good",
                                     .chip = chip,
                                     .offset = offset,
                                     .active_low = active_low};
    *gpiod = (struct line_in_gpiod){.line = {&gpiod_ops}, .offset = offset};
    return chip_take(&wanted, &gpiod->chip, &gpiod->request, error, error_size);
}
