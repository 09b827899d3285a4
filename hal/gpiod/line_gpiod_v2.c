/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 2: lines are requested together, through a chip that may be closed afterwards. */
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
    enum gpiod_line_value value = high ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
    return gpiod_line_request_set_value(gpiod->request, gpiod->offset, value) == 0 ? 0 : -errno;
}

/* Low before it is released: some controllers turn the line into an input, others keep the level. */
static void gpiod_close(struct line *line)
{
    struct line_gpiod *gpiod = (struct line_gpiod *)line;
    gpiod_write(line, false);
    gpiod_line_request_release(gpiod->request);
    gpiod_chip_close(gpiod->chip);
}

static const struct line_ops gpiod_ops = {"gpiod", gpiod_write, gpiod_close};

static struct gpiod_line_request *request_output(struct gpiod_chip *chip, unsigned offset)
{
    struct gpiod_line_request *request = NULL;
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *config = gpiod_request_config_new();
    if (settings && lines && config) {
        gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
        gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE);
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
    gpiod->request = request_output(gpiod->chip, offset);
    if (!gpiod->request)
        return fail(gpiod, chip, "cannot make it an output (gpioinfo shows who holds it)", error, error_size);
    return 0;
}
