/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/line_in.h"

#include <time.h>

static int sim_read(struct line_in *line, bool *active)
{
    struct line_in_sim *sim = (struct line_in_sim *)line;
    *active = atomic_load(&sim->active);
    return sim->error;
}

static int sim_wait(struct line_in *line, int timeout_ms)
{
    struct line_in_sim *sim = (struct line_in_sim *)line;
    const struct timespec ms = {.tv_nsec = 1000000};
    while (atomic_load(&sim->edges) == 0 && sim->error == 0 && timeout_ms-- > 0)
        nanosleep(&ms, NULL);
    return sim->error != 0 ? sim->error : atomic_exchange(&sim->edges, 0) > 0;
}

static void sim_close(struct line_in *line)
{
    (void)line;
}

static const struct line_in_ops sim_ops = {"sim", sim_read, sim_wait, sim_close};

void line_in_sim_init(struct line_in_sim *sim, bool active)
{
    sim->line.ops = &sim_ops;
    sim->error = 0;
    atomic_store(&sim->active, active);
    atomic_store(&sim->edges, 0);
}

void line_in_sim_set(struct line_in_sim *sim, bool active)
{
    if (atomic_exchange(&sim->active, active) != active)
        atomic_fetch_add(&sim->edges, 1);
}
