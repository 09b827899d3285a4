/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How close each window comes to what its samples allow: rms errors of V, I, P and phase against the Cramer-Rao bound.
 *
 * A sine of peak A in white noise of variance s^2, n samples: either component of its phasor has the variance 2 s^2 / n at least. Noise
 * is 0.5 LSB and the quantiser's 1 / sqrt(12). Samples are those between the window's ends that the converter delivered. The
 * limit of 1.15 is widened by three times the scatter of an rms value of so many figures, 1 / sqrt(2 figures); that of all V, I and
 * phases of a case together is the sharper one.
 */
#include "dsp/meter.h"
#include "tests/unit/dsp/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SETTLE = 6, RING = 1 << 16 };
static const double pi = 3.14159265358979323846;
static const double f_hz = 60.037;
static const double noise_lsb = 0.5;
static const double phi_rad = 1.0;

struct fault_case {
    const char *name;
    double scan_rate_hz;
    double hole_s; /* 0 = none */
    double hole_every_s;
    double jitter_s; /* rms of each scan's instant */
    double slow;     /* the scans' period against the nominal one */
    bool steps;      /* the conversions' spacing changes 1.6 times each second */
};

static const struct fault_case cases[] = {
    {"undisturbed, 8000", 8000, 0, 1, 0, 1, false},
    {"undisturbed, back to back", 15700, 0, 1, 0, 1, false},
    {"holes of 2 ms", 8000, 2e-3, 0.137, 0, 1, false},
    {"holes of 2 ms in each cycle", 8000, 2e-3, 0.0171, 0, 1, false},
    {"holes of 0.2 ms", 8000, 0.2e-3, 0.137, 0, 1, false},
    {"jitter 5 us", 8000, 0, 1, 5e-6, 1, false},
    {"jitter 20 us", 8000, 0, 1, 20e-6, 1, false},
    {"clock 1 % off", 8000, 0, 1, 0, 1.01, false},
    {"spacing x 1.6", 8000, 0, 1, 0, 1, true},
    {"all of them", 8000, 2e-3, 0.137, 20e-6, 1.01, true},
};
static const double peaks_lsb[] = {400, 40, 4};

struct bed {
    const struct fault_case *c;
    double peak;
    struct schedule schedule;
    int64_t scan;
    int64_t hold_ns[RING]; /* of the voltage */
    int64_t counted;
    double error[4]; /* sums of squares, in bounds */
    int n_windows;
};

/* The converter's code of a channel's sine, the offset between codes unknown to it. */
static double code(struct bed *bed, double t_s, double lag_rad)
{
    double x =
        bed->peak * sin(2 * pi * f_hz * t_s - lag_rad) + noise_lsb * splitmix_gauss(&bed->schedule.random);
    return round(x + 0.3) - 0.3;
}

static void next_scan(struct bed *bed, struct meter_scan *scan)
{
    double t_s =
        schedule_next_s(&bed->schedule) + bed->c->jitter_s * fabs(splitmix_gauss(&bed->schedule.random));
    double spacing_s = bed->c->steps && (int64_t)t_s % 2 == 1 ? 1.6 * 25e-6 : 25e-6;
    memset(scan, 0, sizeof(*scan));
    for (int k = 0; k < 2; k++) {
        double at_s = t_s + k * spacing_s;
        scan->hold_ns[k] = llround(1e9 * at_s);
        scan->value[k] = code(bed, 1e-9 * (double)scan->hold_ns[k], k * phi_rad);
    }
    bed->hold_ns[bed->scan++ % RING] = scan->hold_ns[0];
}

/* Scans within the window. */
static int count_scans(struct bed *bed, const struct reading *reading)
{
    int n = 0;
    for (; bed->hold_ns[bed->counted % RING] < reading->end_ns; bed->counted++) {
        n += bed->hold_ns[bed->counted % RING] >= reading->start_ns;
    }
    return n;
}

static void add_error(struct bed *bed, int which, double off, double bound)
{
    bed->error[which] += off * off / (bound * bound);
}

static void judge(struct bed *bed, const struct reading *reading, int n)
{
    const struct point_reading *point = &reading->point[0];
    const double bound = sqrt(2 * (noise_lsb * noise_lsb + 1.0 / 12) / n); /* of either component, peak */
    const double rms = bed->peak / sqrt(2);
    add_error(bed, 0, point->u_rms_v - rms, bound / sqrt(2));
    add_error(bed, 1, point->i_rms_a - rms, bound / sqrt(2));
    add_error(bed, 2, point->p_w - rms * rms * cos(phi_rad), bound * bed->peak / sqrt(2));
    add_error(bed, 3, point->phi_deg * pi / 180 - phi_rad, bound / bed->peak * sqrt(2));
    bed->n_windows++;
}

static void run(struct bed *bed, int n_windows)
{
    struct meter_config config = {
        .f_nominal_hz = 60, .scan_rate_hz = bed->c->scan_rate_hz, .u_nominal_v = bed->peak / sqrt(2)};
    config.topology.n_channels = 2;
    config.topology.n_elements = 1;
    config.topology.element[0] = (struct element){0, 1, CIRCUIT_GRID, 1, 0, 0};
    topology_init(&config.topology);
    struct meter *meter = meter_init(&config);
    static struct reading reading;
    assert_non_null(meter);
    while (bed->n_windows < n_windows) {
        struct meter_scan scan;
        next_scan(bed, &scan);
        meter_add(meter, &scan);
        while (meter_read(meter, &reading)) {
            int n = count_scans(bed, &reading);
            assert_true(reading.metered);
            if (reading.seq >= SETTLE) {
                judge(bed, &reading, n);
            }
        }
    }
    meter_close(meter);
}

static double limit(int n_figures)
{
    return 1.15 + 3 / sqrt(2.0 * n_figures);
}

/* The four quantities of one case at one peak, printed; adds V, I and phase, which are independent, to *sum. */
static bool stays(const struct fault_case *c, double peak, uint64_t seed, int n_windows, double *sum)
{
    static struct bed bed;
    bool good = true;
    bed = (struct bed){.c = c,
                       .peak = peak,
                       .schedule = {.period_s = c->slow / c->scan_rate_hz,
                                    .pauses = true,
                                    .hole_s = c->hole_s,
                                    .hole_every_s = c->hole_every_s,
                                    .next_hole_s = 0.05,
                                    .random = seed}};
    run(&bed, n_windows);
    printf("%-28s %3.0f LSB:", c->name, bed.peak);
    for (int which = 0; which < 4; which++) {
        double ratio = sqrt(bed.error[which] / bed.n_windows);
        printf(" %.2f", ratio);
        good = good && ratio < limit(n_windows);
        *sum += which != 2 ? bed.error[which] / bed.n_windows : 0;
    }
    printf("\n");
    return good;
}

static void errors_stay_at_the_bound(void **state)
{
    (void)state;
    const char *more = getenv("EFFICIENCY_WINDOWS"); /* 2,000 for figures */
    const int n_windows = more != NULL ? atoi(more) : 150;
    const size_t n_peaks = sizeof(peaks_lsb) / sizeof(peaks_lsb[0]);
    const int n_pooled = 3 * (int)n_peaks;
    bool good = true;
    printf("rms error over its bound, %d windows; limit %.2f, of a case's pooled figures %.2f:   V    I    P "
           "   phase\n",
           n_windows, limit(n_windows), limit(n_windows * n_pooled));
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        double sum = 0;
        for (size_t p = 0; p < n_peaks; p++) {
            good = stays(&cases[k], peaks_lsb[p], 17 + k + 100 * p, n_windows, &sum) && good;
        }
        double pooled = sqrt(sum / n_pooled);
        printf("%-28s  pooled: %.2f\n", cases[k].name, pooled);
        good = good && pooled < limit(n_windows * n_pooled);
    }
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stay_at_the_bound),
    };
    return cmocka_run_group_tests_name("dsp/efficiency", tests, NULL, NULL);
}
