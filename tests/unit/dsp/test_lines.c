/* SPDX-License-Identifier: GPL-3.0-or-later */
/* White noise through the whole analysis: each bin's mean square is what noise[] says, and the noise of a sample is found.
 *
 * Tolerances: a band of m bins over n windows has a mean square with a relative error of 1 / sqrt(m n); five of these and 1 %.
 */
#include "dsp/analysis.h"
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

enum { BANDS = 12 };

struct floor_case {
    const char *name;
    double f_nominal_hz;
    double f_hz;
    double scan_rate_hz;
    bool pauses;     /* a random one of up to a period after each block */
    double jitter_s; /* of each hold instant, uniform */
    double hole_s;   /* every 137 ms */
};

static const struct floor_case cases[] = {
    {"even, 8000", 60, 60.1, 8000, false, 0, 0},
    {"paused, 2000", 50, 49.7, 2000, true, 0, 0},
    {"paused, 4500", 60, 60.1, 4500, true, 0, 0},
    {"paused, 8000", 60, 60.1, 8000, true, 0, 0},
    {"paused, 8000, 50 Hz", 50, 50, 8000, true, 0, 0},
    {"paused, 15700", 60, 60.1, 15700, true, 0, 0},
    {"paused and jittered, 2000", 50, 49.7, 2000, true, 80e-6, 0},
    {"paused and jittered, 4500", 50, 50.1, 4500, true, 40e-6, 0},
    {"paused and jittered, 8000", 60, 60.1, 8000, true, 60e-6, 0},
    {"paused and jittered, 15700", 50, 50.1, 15700, true, 25e-6, 0},
    {"with holes of 2 ms, 2000", 60, 60.1, 2000, true, 0, 2e-3},
    {"with holes of 2 ms, 4500", 60, 60.1, 4500, true, 0, 2e-3},
    {"with holes of 2 ms, 8000", 60, 60.1, 8000, true, 0, 2e-3},
    {"with holes of 7 ms, jittered, 8000", 50, 49.9, 8000, true, 30e-6, 7e-3},
    {"with holes of 2 ms, 15700", 60, 60.1, 15700, true, 0, 2e-3},
    {"without pauses, jittered, 20000", 50, 50, 20000, false, 10e-6, 0},
};

struct bed {
    const struct floor_case *c;
    struct meter_config config;
    struct analysis analysis;
    struct ring ring;
    struct window window;
    struct schedule schedule;
    int n_windows;
    double ratio[BANDS]; /* sums of |bin|^2 over noise of a sample of variance 1 */
    int n_ratio[BANDS];
    double variance;
    double excess; /* signed: sum of squares less the noise taken out of it, per window */
    double excess_square;
};

/* Scans until the window is full. */
static void fill(struct bed *bed)
{
    double tau_s = -1;
    while (tau_s <= bed->window.duration_s) {
        double t_s =
            schedule_next_s(&bed->schedule) + bed->c->jitter_s * splitmix_uniform(&bed->schedule.random);
        int64_t hold_ns = llround(1e9 * t_s);
        double value = splitmix_gauss(&bed->schedule.random);
        ring_add(&bed->ring, &hold_ns, &value, 0);
        tau_s = window_tau_s(&bed->window, hold_ns, 0);
    }
}

static void count(struct bed *bed)
{
    const struct wave *wave = &bed->analysis.channel[0].wave;
    const double variance = wave->noise_rms * wave->noise_rms;
    double excess = 0;
    for (int k = 2; k < wave->n_bins; k++) {
        int band = (k - 1) * BANDS / wave->n_bins;
        double square = phasor_square(wave->bin[k]);
        bed->ratio[band] += square * variance / wave->noise[k];
        bed->n_ratio[band]++;
        excess += (square - wave->noise[k]) / 2;
    }
    bed->variance += variance;
    bed->excess += excess;
    bed->excess_square += excess * excess;
    bed->n_windows++;
}

static void bed_run(struct bed *bed, const struct floor_case *c, int n_windows)
{
    memset(bed, 0, sizeof(*bed));
    bed->c = c;
    bed->schedule = (struct schedule){.period_s = 1 / c->scan_rate_hz,
                                      .pauses = c->pauses,
                                      .hole_s = c->hole_s,
                                      .hole_every_s = 0.137,
                                      .next_hole_s = 0.05,
                                      .random = 20261};
    bed->config = (struct meter_config){
        .f_nominal_hz = c->f_nominal_hz, .scan_rate_hz = c->scan_rate_hz, .u_nominal_v = 1};
    bed->config.topology.n_channels = 1;
    const int cycles = c->f_nominal_hz < 55 ? 10 : 12;
    int points = GRID_POINTS; /* as the meter chooses them */
    while (points < 1.6 * c->scan_rate_hz / c->f_nominal_hz) {
        points *= 2;
    }
    assert_true(analysis_init(&bed->analysis, &bed->config, cycles, points, 8192));
    assert_true(ring_init(&bed->ring, 1, 8192));
    window_start(&bed->window, 10000000, 0);
    for (int k = 0; k < n_windows; k++) {
        unsigned quality = 0;
        window_set(&bed->window, cycles, c->f_hz, 0);
        fill(bed);
        assert_true(analysis_add(&bed->analysis, &bed->ring, &bed->window, &quality));
        if (k > 1) {
            count(bed);
        }
        window_next(&bed->window);
        while (window_tau_s(&bed->window, ring_hold_ns(&bed->ring, 0, bed->ring.tail + 8), 0) < 0) {
            bed->ring.tail++;
        }
    }
    analysis_close(&bed->analysis);
    ring_close(&bed->ring);
}

static void each_bin_has_the_noise_it_is_said_to_have(void **state)
{
    (void)state;
    const char *more = getenv("LINES_WINDOWS"); /* more windows, tighter figures: for whoever works on it */
    const int n_windows = more != NULL ? atoi(more) : 300;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct bed bed;
        bool good = true;
        bed_run(&bed, &cases[k], n_windows);
        printf("%-36s variance %+.2f %%, bands", cases[k].name, 100 * (bed.variance / bed.n_windows - 1));
        for (int band = 0; band < BANDS; band++) {
            double off = bed.ratio[band] / bed.n_ratio[band] - 1;
            printf(" %+.2f", 100 * off);
            good = good && fabs(off) < 0.01 + 5 / sqrt(bed.n_ratio[band]);
        }
        double mean = bed.excess / bed.n_windows;
        double error = sqrt(bed.excess_square) / bed.n_windows;
        printf(" %%; left of the squares %+.4f +- %.4f\n", mean, error);
        assert_true(good);
        assert_true(fabs(bed.variance / bed.n_windows - 1) < 0.02);
        assert_true(fabs(mean) < 4 * error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bin_has_the_noise_it_is_said_to_have),
    };
    return cmocka_run_group_tests_name("dsp/lines", tests, NULL, NULL);
}
