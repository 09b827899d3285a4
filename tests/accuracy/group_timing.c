/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/quality.h"
#include "tests/accuracy/calibrate.h"
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/rig.h"

#include <math.h>
#include <stdio.h>

static const struct fault {
    const char *name;
    double gap_ms, gap_every_ms, jitter_ns, clock_ppm, spi_factor;
    bool reduced;
} faults[] = {
    {"none", 0, 0, 0, 0, 0, false},
    {"2 ms gap each 137 ms", 2, 137, 0, 0, 0, false},
    {"2 ms gap each 1.37 s", 2, 1370, 0, 0, 0, true},
    {"0.2 ms gap each 137 ms", 0.2, 137, 0, 0, 0, false},
    {"jitter 5 us rms", 0, 0, 5000, 0, 0, false},
    {"jitter 20 us rms", 0, 0, 20000, 0, 0, false},
    {"clock +1 %", 0, 0, 0, 10000, 0, false},
    {"clock -1 %", 0, 0, 0, -10000, 0, false},
    {"SPI clock x1.6 each second", 0, 0, 0, 0, 1.6, false},
    {"all together", 2, 137, 20000, 10000, 1.6, true},
};

/* The widest distance that is no fault (dsp/README.md): deliberate pauses and jitter. */
static const double widest_periods = 3.05;
static const double settle_s = 3, phi_deg = 60, calibrate_s = 300;
static const unsigned marks =
    QUALITY_CLIPPED | QUALITY_GAP | QUALITY_UNLOCKED | QUALITY_EVENT | QUALITY_SENSOR_FAULT;

struct found {
    struct errors p, thd, f;
    int windows, withheld, marked, unmarked;
};

static void add_window(struct found *found, const struct rig *rig, const struct reading *reading)
{
    const struct steady_config *load = &rig->config.steady;
    const struct point_reading *point = &reading->point[0];
    double s_va = load->u_v * load->i_a;
    double p_w = s_va * cos(load->phi_deg * 6.283185307179586 / 360);
    double f_hz = load->f_hz / (1 + rig->config.sim.clock_ppm * 1e-6); /* as the clock of the stamps has it */
    bool faulty = rig->window.widest_periods > widest_periods;
    found->windows++;
    found->marked += !faulty && (reading->quality & marks) != 0;
    found->unmarked += faulty && (reading->quality & QUALITY_GAP) == 0;
    if (!reading->metered || isnan(point->p_w) || isnan(point->thd_u_pct) || isnan(reading->f_hz)) {
        found->withheld++;
        return;
    }
    errors_add(&found->p, 100 * (point->p_w - p_w) / s_va);
    errors_add(&found->thd, point->thd_u_pct);
    errors_add(&found->f, 1e3 * (reading->f_hz - f_hz));
}

static void add_rows(struct table *table, const struct found *found, const char *fault)
{
    const struct {
        const char *quantity, *unit;
        double error, limit;
        enum row_kind kind;
    } rows[] = {
        {"P", "% of S", errors_worst(&found->p), 0.05, ROW_WORST},
        {"THD of U", "points", errors_worst(&found->thd), 0.1, ROW_WORST},
        {"f", "mHz", errors_worst(&found->f), 1, ROW_WORST},
        {"withheld", "% windows", 100.0 * found->withheld / found->windows, 1, ROW_COUNT},
        {"wrongly marked", "windows", found->marked, 0, ROW_COUNT},
        {"gap unmarked", "windows", found->unmarked, 0, ROW_COUNT},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct row row = {
            .kind = rows[k].kind, .n = found->windows, .error = rows[k].error, .limit = rows[k].limit};
        snprintf(row.quantity, sizeof row.quantity, "%s", rows[k].quantity);
        snprintf(row.unit, sizeof row.unit, "%s", rows[k].unit);
        table_row(table, &row, "%s", fault);
    }
}

static void measure(const struct run *run, const struct fault *fault, uint64_t seed)
{
    enum { WINDOWS = 999 };
    static struct rig rig;
    struct rig_config config;
    struct reading reading;
    struct found found = {0};
    rig_reference(&config, 60);
    rig_noise(&config, seed);
    config.sim.gap_ms = fault->gap_ms;
    config.sim.gap_every_ms = fault->gap_every_ms;
    config.sim.jitter_ns = fault->jitter_ns;
    config.sim.clock_ppm = fault->clock_ppm;
    config.sim.spi_factor = fault->spi_factor;
    config.steady = (struct steady_config){.f_hz = 60.1, .phi_deg = phi_deg, .l2_u_v = -1};
    config.steady.u_v = 400 * config.calibration.channel[0].gain / sqrt(2);
    config.steady.i_a = 200 * config.calibration.channel[1].gain / sqrt(2);
    if (fault->clock_ppm != 0) { /* a user's calibration is made on the unit's own clock */
        struct rig_config bench = config;
        bench.sim.gap_ms = bench.sim.jitter_ns = bench.sim.spi_factor = 0;
        calibrate(&bench, phi_deg, calibrate_s);
        config.calibration = bench.calibration;
    }
    rig_init(&rig, &config);
    rig_skip(&rig, settle_s);
    for (int n = 0; n < WINDOWS; n++) {
        rig_read(&rig, &reading);
        add_window(&found, &rig, &reading);
    }
    rig_close(&rig);
    add_rows(run->table, &found, fault->name);
}

void group_timing(const struct run *run)
{
    for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++)
        if (run->full || faults[k].reduced)
            measure(run, &faults[k], run->seed + k);
}
