/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 1.6. */
#include "hal/gpiod/chip.h"

#include <gpiod.h>

/* The library's own lookup would also take a bare number. */
struct gpiod_chip *chip_open(const char *chip)
{
    return chip[0] == '/' ? gpiod_chip_open(chip) : gpiod_chip_open_by_label(chip);
}

void *chip_request(struct gpiod_chip *chip, const struct chip_line *line, const char **what)
{
    const int flags = line->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
    struct gpiod_line *request = gpiod_chip_get_line(chip, line->offset);
    if (!request) {
        *what = "the chip has no such line";
        return NULL;
    }
    const int status = line->output
                           ? gpiod_line_request_output(request, line->consumer, 0)
                           : gpiod_line_request_both_edges_events_flags(request, line->consumer, flags);
    return status == 0 ? request : NULL;
}
