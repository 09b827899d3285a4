/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line_in.h - one input line, and when it changes: the supply's power-good. gpiod/ has it on libgpiod 1.6 or 2.x (one file
 * each, chosen by the build); line_in_sim is set by whoever holds it.
 *
 * Level:   active is what the board calls so: with active_low the line is low then.
 * Errors:  0 or -errno.
 * Threads: one thread per line; line_in_sim_set from any.
 */
#ifndef VATIO_HAL_LINE_IN_H
#define VATIO_HAL_LINE_IN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct line_in;
struct line_in_ops {
    const char *name;
    int (*read)(struct line_in *line, bool *active);
    int (*wait)(struct line_in *line, int timeout_ms);
    void (*close)(struct line_in *line);
};
struct line_in {
    const struct line_in_ops *ops; /* first member of every line's own struct */
};

/* The level now. */
static inline int line_in_read(struct line_in *line, bool *active)
{
    return line->ops->read(line, active);
}

/* Waits for an edge, at most timeout_ms. 1: there was one or more since the last call; 0: none. */
static inline int line_in_wait(struct line_in *line, int timeout_ms)
{
    return line->ops->wait(line, timeout_ms);
}

static inline void line_in_close(struct line_in *line)
{
    line->ops->close(line);
}

struct line_in_gpiod {
    struct line_in line;
    void *chip;    /* libgpiod's, by version */
    void *request; /* libgpiod's, by version */
    void *events;  /* libgpiod 2's, by version */
    unsigned offset;
};
/* chip: a path (/dev/gpiochip0) or a label (pinctrl-bcm2711), never a number. */
int line_in_gpiod_init(struct line_in_gpiod *gpiod, const char *chip, unsigned offset, bool active_low,
                       char *error, size_t error_size);

struct line_in_sim {
    struct line_in line;
    atomic_bool active;
    atomic_int edges; /* not yet waited for */
    int error;        /* what each call returns instead, < 0 */
};
void line_in_sim_init(struct line_in_sim *sim, bool active);
void line_in_sim_set(struct line_in_sim *sim, bool active);

#endif
