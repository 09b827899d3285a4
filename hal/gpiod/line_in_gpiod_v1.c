/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 1.6: a line is requested by itself, its events come one by one. */
#include "hal/line_in.h"

#include "hal/gpiod/chip.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char consumer[] = "vatio power-good";

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

static int fail(struct line_in_gpiod *gpiod, const char *chip, const char *what, char *error,
                size_t error_size)
{
    int code = errno ? errno : EIO;
    if (gpiod->chip)
        gpiod_chip_close(gpiod->chip);
    snprintf(error, error_size, "power-good on line %u of GPIO chip %s: %s: %s", gpiod->offset, chip, what,
             strerror(code));
    *gpiod = (struct line_in_gpiod){0};
    return -code;
}

int line_in_gpiod_init(struct line_in_gpiod *gpiod, const char *chip, unsigned offset, bool active_low,
                       char *error, size_t error_size)
{
    const int flags = active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
    *gpiod = (struct line_in_gpiod){.line = {&gpiod_ops}, .offset = offset};
    errno = 0;
    gpiod->chip = chip_open(chip);
    if (!gpiod->chip)
        return fail(gpiod, chip, "cannot open the chip (gpiodetect lists those present)", error, error_size);
    gpiod->request = gpiod_chip_get_line(gpiod->chip, offset);
    if (!gpiod->request)
        return fail(gpiod, chip, "the chip has no such line", error, error_size);
    if (gpiod_line_request_both_edges_events_flags(gpiod->request, consumer, flags) != 0)
        return fail(gpiod, chip, "cannot watch it (gpioinfo shows who holds it)", error, error_size);
    return 0;
}
