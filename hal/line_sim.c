/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/line.h"

static int sim_write(struct line *line, bool high)
{
    struct line_sim *sim = (struct line_sim *)line;
    sim->rises += high && !sim->high;
    sim->high = high;
    return 0;
}

static void sim_close(struct line *line)
{
    sim_write(line, false);
}

static const struct line_ops sim_ops = {"sim", sim_write, sim_close};

void line_sim_init(struct line_sim *sim)
{
    *sim = (struct line_sim){.line = {&sim_ops}};
}
