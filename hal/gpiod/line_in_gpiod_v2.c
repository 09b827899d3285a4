/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 2: lines are requested together, events come in a buffer. */
#include "hal/line_in.h"

#include "hal/gpiod/chip.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <string.h>

enum { EVENTS = 16 }; /* at a time; the kernel keeps as many */

static const char consumer[] = "vatio power-good";

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

static struct gpiod_line_request *request_edges(struct gpiod_chip *chip, unsigned offset, bool active_low)
{
    struct gpiod_line_request *request = NULL;
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *config = gpiod_request_config_new();
    if (settings && lines && config) {
        gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
        gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
        gpiod_line_settings_set_active_low(settings, active_low);
        gpiod_request_config_set_consumer(config, consumer);
        if (gpiod_line_config_add_line_settings(lines, &offset, 1, settings) == 0)
            request = gpiod_chip_request_lines(chip, config, lines);
    }
    int code = errno; /* kept through the frees */
    gpiod_request_config_free(config);
    gpiod_line_config_free(lines);
    gpiod_line_settings_free(settings);
    errno = code;
    return request;
}

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
    *gpiod = (struct line_in_gpiod){.line = {&gpiod_ops}, .offset = offset};
    errno = 0;
    gpiod->chip = chip_open(chip);
    if (!gpiod->chip)
        return fail(gpiod, chip, "cannot open the chip (gpiodetect lists those present)", error, error_size);
    gpiod->request = request_edges(gpiod->chip, offset, active_low);
    if (!gpiod->request)
        return fail(gpiod, chip, "cannot watch it (gpioinfo shows who holds it)", error, error_size);
    gpiod->events = gpiod_edge_event_buffer_new(EVENTS);
    if (gpiod->events)
        return 0;
    gpiod_line_request_release(gpiod->request);
    return fail(gpiod, chip, "no room for its events", error, error_size);
}
