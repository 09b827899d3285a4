/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/clock_steps.h"

#include "hal/sim/list.h"

#include <math.h>

enum { FIELDS = 2 };

/* 4e9 s reach from 1970 to 2096. */
static const struct list_format format = {.option = "sim.clock_steps",
                                          .rows = CLOCK_STEPS,
                                          .fields = FIELDS,
                                          .needed = FIELDS,
                                          .field = {{"at_s", 0, 1e9}, {"step_s", -4e9, 4e9}}};

int clock_steps_read(struct clock_sim *sim, const char *text, char *error, size_t error_size)
{
    double value[CLOCK_STEPS * FIELDS];
    const int64_t start_ns = clock_mono_ns(&sim->clock);
    const int rows = list_read(&format, text, value, error, error_size);
    if (rows < 0)
        return rows;
    sim->steps = rows;
    for (int k = 0; k < rows; k++)
        sim->step[k] = (struct clock_step){
            .at_ns = start_ns + llround(value[(size_t)(k * FIELDS)] * 1e9),
            .by_ms = llround(value[(size_t)(k * FIELDS) + 1] * 1e3),
        };
    return 0;
}
