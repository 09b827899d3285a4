/* SPDX-License-Identifier: GPL-3.0-or-later */
/* group_efficiency.c - errors of single windows over the Cramer-Rao bound of the samples that each of them really had.
 *
 * Bounds, N samples of a channel, peak A, rms noise s (0.5 LSB and rounding: s^2 = 0.25 + 1/12), t about its mean:
 *   U, I:   2 s^2 / (N A^2), relative          phase: 2 su^2 / (N U^2) + 2 si^2 / (N I^2), rad^2
 *   P:      as the phase, relative to S        f:     2 s^2 / (A^2 sum (t - mean t)^2) / (2 pi)^2, Hz^2
 * The errors of the stamps are not in the bound.
 * Source:  Rife, Boorstyn 1974; Kay 1993.
 */
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/rig.h"

#include <math.h>
#include <stdio.h>

/* Errors, each in units of the bound's root. */
struct ratios {
    struct errors u, i, p, phase, f;
};

static const double two_pi = 6.283185307179586;
static const double noise_lsb2 = 0.25 + 1.0 / 12;
static const double settle_s = 2, phi_deg = 35;

static void add_window(struct ratios *ratios, const struct rig *rig, const struct reading *reading,
                       const double peak_lsb[2])
{
    const struct steady_config *load = &rig->config.steady;
    const struct point_reading *point = &reading->point[0];
    double n = (double)rig->window.scans;
    double u2 = 2 * noise_lsb2 / (n * peak_lsb[0] * peak_lsb[0]);
    double i2 = 2 * noise_lsb2 / (n * peak_lsb[1] * peak_lsb[1]);
    double f2 = u2 * n / rig->window.spread_s2 / (two_pi * two_pi);
    double s_va = load->u_v * load->i_a;
    double p_w = s_va * cos(load->phi_deg * two_pi / 360);
    errors_add(&ratios->u, (point->u_rms_v / load->u_v - 1) / sqrt(u2));
    errors_add(&ratios->i, (point->i_rms_a / load->i_a - 1) / sqrt(i2));
    errors_add(&ratios->p, (point->p_w - p_w) / s_va / sqrt(u2 + i2));
    errors_add(&ratios->phase,
               angle_difference_deg(load->phi_deg, point->phi_deg) * two_pi / 360 / sqrt(u2 + i2));
    errors_add(&ratios->f, (reading->f_hz - load->f_hz) / sqrt(f2));
}

static void add_rows(struct table *table, const struct ratios *ratios, const double peak_lsb[2], double f_hz)
{
    const struct {
        const char *quantity;
        const struct errors *errors;
    } rows[] = {{"U", &ratios->u},
                {"I", &ratios->i},
                {"P", &ratios->p},
                {"phase", &ratios->phase},
                {"f", &ratios->f}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct row row = {.kind = ROW_RATIO,
                          .n = rows[k].errors->n,
                          .error = errors_rms(rows[k].errors),
                          .limit = 1.15,
                          .unit = "x bound"};
        snprintf(row.quantity, sizeof row.quantity, "%s", rows[k].quantity);
        table_row(table, &row, "%g Hz, U %g LSB, I %g LSB peak", f_hz, peak_lsb[0], peak_lsb[1]);
    }
}

static void measure(const struct run *run, const double peak_lsb[2], double f_nominal_hz, double f_hz)
{
    enum { WINDOWS = 2500 };
    static struct rig rig;
    struct rig_config config;
    struct reading reading;
    struct ratios ratios = {0};
    rig_reference(&config, f_nominal_hz);
    rig_noise(&config, run->seed + (uint64_t)peak_lsb[1]);
    config.steady.f_hz = f_hz;
    config.steady.phi_deg = phi_deg;
    config.steady.u_v = peak_lsb[0] * config.calibration.channel[0].gain / sqrt(2);
    config.steady.i_a = peak_lsb[1] * config.calibration.channel[1].gain / sqrt(2);
    rig_init(&rig, &config);
    rig_skip(&rig, settle_s);
    for (int n = 0; n < WINDOWS; n++) {
        rig_read(&rig, &reading);
        add_window(&ratios, &rig, &reading, peak_lsb);
    }
    rig_close(&rig);
    add_rows(run->table, &ratios, peak_lsb, f_hz);
}

void group_efficiency(const struct run *run)
{
    static const double peak_lsb[][2] = {{400, 400}, {400, 40}, {40, 4}};
    for (size_t k = 0; k < sizeof peak_lsb / sizeof peak_lsb[0]; k++) {
        measure(run, peak_lsb[k], 60, 60.037);
        if (run->full)
            measure(run, peak_lsb[k], 50, 49.91);
    }
}
