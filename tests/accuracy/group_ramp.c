/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/load.h"
#include "tests/accuracy/rig.h"

#include <math.h>

static const double settle_s = 2, measure_s = 10;

static void measure(const struct run *run, double f_nominal_hz, double start_hz, double rate_hz_s)
{
    static struct rig rig;
    struct rig_config config;
    struct reading reading;
    struct load load;
    struct errors h25 = {0}, p = {0}, f = {0};
    rig_reference(&config, f_nominal_hz);
    rig_ideal(&config);
    config.pace_seed = run->seed;
    config.steady = (struct steady_config){.f_hz = start_hz,
                                           .f_rate_hz_s = rate_hz_s,
                                           .u_v = 120,
                                           .i_a = 5,
                                           .phi_deg = 60,
                                           .u_harmonics = "5:5:30,25:2:77",
                                           .i_harmonics = "5:10:80,25:5:200",
                                           .l2_u_v = -1};
    load_of(&load, &config.steady);
    rig_init(&rig, &config);
    rig_skip(&rig, settle_s);
    do {
        rig_read(&rig, &reading);
        double middle_s = rig_seconds(&rig, reading.start_ns) + reading.duration_s / 2;
        errors_add(&h25, 100 * (reading.point[0].u_h_v[25] / load.u_h_v[25] - 1));
        errors_add(&h25, 100 * (reading.point[0].i_h_a[25] / load.i_h_a[25] - 1));
        errors_add(&p, 100 * (reading.point[0].p_w - load.p_w) / load.s_va);
        /* The mean over a window is, to (rate T)^2 / 12 f, the frequency at its middle. */
        errors_add(&f, 1e3 * (reading.f_hz - start_hz - rate_hz_s * middle_s));
    } while (rig_seconds(&rig, reading.end_ns) < settle_s + measure_s);
    rig_close(&rig);
    const struct row rows[] = {
        {.quantity = "U, I h25", .unit = "% of h25", .n = h25.n, .error = errors_worst(&h25), .limit = 0.05},
        {.quantity = "P", .unit = "% of S", .n = p.n, .error = errors_worst(&p), .limit = 0.001},
        {.quantity = "f, window", .unit = "mHz", .n = f.n, .error = errors_worst(&f), .kind = ROW_FIGURE}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct row row = rows[k];
        row.kind = row.kind == ROW_FIGURE ? ROW_FIGURE : ROW_WORST;
        table_row(run->table, &row, "from %g Hz with %+g Hz/s", start_hz, rate_hz_s);
    }
}

void group_ramp(const struct run *run)
{
    measure(run, 60, 54, 1);
    measure(run, 50, 56, -1);
    if (run->full) {
        measure(run, 60, 67, -1);
        measure(run, 50, 44, 1);
        measure(run, 60, 58, 0.2);
    }
}
