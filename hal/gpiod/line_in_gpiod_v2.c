/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 2: lines are requested together, events come in a buffer. */
#include "hal/line_in.h"

#include "hal/gpiod/chip.h"

#include <errno.h>
#include <gpiod.h>

enum { EVENTS = 16 }; /* at a time; the kernel keeps as many */

static int gpiod_read(struct line_in *line, bool *active)
{
    struct line_in_gpiod *gpiod = (struct line_in_gpiod *)line;
    const enum gpiod_line_value value = gpiod_line_request_get_value(gpiod->request, gpiod->offset);
    *active = value == GPIOD_LINE_VALUE_ACTIVE;
    return value == GPIOD_LINE_VALUE_ERROR ? -errno : 0;
}

/* All that have come are taken: the level afterwards says what they led to. */
static int gpiod_wait(struct line_in *line, int timeout_ms)
{
    struct line_in_gpiod *gpiod = (struct line_in_gpiod *)line;
    int64_t most_ns = (int64_t)timeout_ms * 1000000;
    int edges = 0;
    for (;;) {
        const int come = gpiod_line_request_wait_edge_events(gpiod->request, most_ns);
        if (come < 0 ||
            (come > 0 && gpiod_line_request_read_edge_events(gpiod->request, gpiod->events, EVENTS) < 0))
            return -errno;
        if (come == 0)
            return edges > 0;
        edges++;
        most_ns = 0;
    }
}

static void gpiod_close(struct line_in *line)
{
    struct line_in_gpiod *gpiod = (struct line_in_gpiod *)line;
    gpiod_edge_event_buffer_free(gpiod->events);
    gpiod_line_request_release(gpiod->request);
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
    const int status = chip_take(&wanted, &gpiod->chip, &gpiod->request, error, error_size);
    if (status != 0)
        return status;
    gpiod->events = gpiod_edge_event_buffer_new(EVENTS);
    if (gpiod->events)
        return 0;
    gpiod_line_request_release(gpiod->request);
    const int refused = chip_refuse(&wanted, gpiod->chip, "no room for its events", error, error_size);
    *gpiod = (struct line_in_gpiod){0};
    return refused;
}
