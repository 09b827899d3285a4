/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.h - one output line: the pulse LED. gpiod/ has it on libgpiod 1.6 or 2.x (one file each, chosen by the build);
 * line_sim keeps the level and counts the edges.
 *
 * Errors:  0 or -errno.
 * Threads: one thread per line.
 */
#ifndef VATIO_HAL_LINE_H
#define VATIO_HAL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;
struct line_ops {
    const char *name;
    int (*write)(struct line *line, bool high);
    void (*close)(struct line *line);
};
struct line {
    const struct line_ops *ops; /* first member of every line's own struct */
};

static inline int line_write(struct line *line, bool high)
{
    return line->ops->write(line, high);
}
static inline void line_close(struct line *line)
{
    line->ops->close(line);
}

struct line_gpiod {
    struct line line;
    void *chip;    /* libgpiod's, by version */
    void *request; /* libgpiod's, by version */
    unsigned offset;
};
/* chip: a path (/dev/gpiochip0) or a label (pinctrl-bcm2711), never a number. The line starts low. */
int line_gpiod_init(struct line_gpiod *gpiod, const char *chip, unsigned offset, char *error,
                    size_t error_size);

struct line_sim {
    struct line line;
    bool high;
    uint64_t rises;
};
void line_sim_init(struct line_sim *sim);

#endif
