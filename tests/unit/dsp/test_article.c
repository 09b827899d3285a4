/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worked example of the article that this meter comes from: 10 kHz, half a second,
 *     x  =  10 sin(2 pi 60 t + 30 deg) + 0.33 sin(2 pi 120 t) + 0.11 sin(2 pi 180 t)      the current, in peak values
 *     x2 = 220 sin(2 pi 60 t + 30 deg)                                                    the voltage
 * once by the article's own method (a rectangular DFT of the 5,000 points, largest bin, its multiples), with what that method
 * cannot do, and once by the meter. The article prints magnitudes as |DFT| / n, half the peak; the meter has rms values.
 */
#include "dsp/meter.h"

#include <fftw3.h>
#include <math.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double pi = 3.14159265358979323846;
enum { RATE_HZ = 10000, POINTS = 5000, BINS = POINTS / 2, RUNS = 400, WINDOWS = 400 };

/* Noise of signal power / 10, as in the article: SNR 10 dB. */
static const double snr = 10;
static const double x_rms = 7.07534451, x2_rms = 155.56349186;

struct example {
    double f_hz;
    double delay_deg; /* of x, in degrees of its fundamental: all of x is late */
    bool noisy;
    uint64_t random;
};

static double uniform(struct example *example)
{
    example->random = example->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(example->random >> 11) + 0.5) / 9007199254740992.0;
}

static double gauss(struct example *example)
{
    double size = sqrt(-2 * log(uniform(example)));
    return size * cos(2 * pi * uniform(example));
}

static double current(struct example *example, double t)
{
    double turn = 2 * pi * example->f_hz * t - example->delay_deg * pi / 180;
    double x = 10 * sin(turn + pi / 6) + 0.33 * sin(2 * turn) + 0.11 * sin(3 * turn);
    return x + (example->noisy ? x_rms / sqrt(snr) * gauss(example) : 0);
}

static double voltage(struct example *example, double t)
{
    double x = 220 * sin(2 * pi * example->f_hz * t + pi / 6);
    return x + (example->noisy ? x2_rms / sqrt(snr) * gauss(example) : 0);
}

static void assert_near(const char *name, double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%s: %.9g is not within %.2g of %.9g", name, value, tolerance, expected);
}

/* --- the article's method ------------------------------------------------------------------------------------- */

struct article {
    int bin; /* of the fundamental, from 0 */
    double f_hz;
    double mag;
    double second, third;
    double thd_pct;    /* harmonics 2 to 4, as the listing shows them */
    double phase_deg;  /* of x, against a cosine */
    double phase2_deg; /* of x2 */
    double p, s, pf;   /* of the means of x x2, x^2, x2^2 */
    double rms, rms2;
};

static double magnitude(fftw_complex *bin)
{
    return hypot((*bin)[0], (*bin)[1]) / POINTS;
}

static int largest(fftw_complex *y)
{
    int at = 0;
    for (int k = 1; k < BINS; k++)
        at = magnitude(&y[k]) > magnitude(&y[at]) ? k : at;
    return at;
}

static void read_spectra(fftw_complex *y, fftw_complex *y2, struct article *result)
{
    int k = largest(y);
    result->bin = k;
    result->f_hz = (double)k * RATE_HZ / POINTS;
    result->mag = magnitude(&y[k]);
    result->second = magnitude(&y[2 * k]);
    result->third = magnitude(&y[3 * k]);
    result->thd_pct = 100 * hypot(hypot(result->second, result->third), magnitude(&y[4 * k])) / result->mag;
    result->phase_deg = 180 / pi * atan2(y[k][1], y[k][0]);
    result->phase2_deg = 180 / pi * atan2(y2[k][1], y2[k][0]);
}

static void read_article(struct example *example, struct article *result)
{
    static double x[POINTS], x2[POINTS];
    static fftw_complex y[BINS + 1], y2[BINS + 1];
    double xx = 0, x2x2 = 0, xx2 = 0;
    for (int n = 0; n < POINTS; n++) {
        x[n] = current(example, (double)n / RATE_HZ);
        x2[n] = voltage(example, (double)n / RATE_HZ);
        xx += x[n] * x[n] / POINTS;
        x2x2 += x2[n] * x2[n] / POINTS;
        xx2 += x[n] * x2[n] / POINTS;
    }
    fftw_plan plan = fftw_plan_dft_r2c_1d(POINTS, x, y, FFTW_ESTIMATE);
    fftw_plan plan2 = fftw_plan_dft_r2c_1d(POINTS, x2, y2, FFTW_ESTIMATE);
    fftw_execute(plan);
    fftw_execute(plan2);
    fftw_destroy_plan(plan);
    fftw_destroy_plan(plan2);
    read_spectra(y, y2, result);
    result->rms = sqrt(xx);
    result->rms2 = sqrt(x2x2);
    result->p = xx2;
    result->s = result->rms * result->rms2;
    result->pf = result->p / result->s;
}

static void by_the_articles_method_without_noise(void **state)
{
    (void)state;
    struct example example = {.f_hz = 60};
    struct article a;
    read_article(&example, &a);
    assert_int_equal(a.bin + 1, 31); /* counted from 1 there */
    assert_near("f", a.f_hz, 60, 0);
    /* 30 whole cycles: nothing leaks, and what is left is rounding */
    assert_near("magnitude", a.mag, 5, 1e-9);
    assert_near("2nd", a.second, 0.165, 1e-9);
    assert_near("3rd", a.third, 0.055, 1e-9);
    assert_near("THD", a.thd_pct, 100 * hypot(0.33, 0.11) / 10, 1e-9);
    assert_near("THD as printed", a.thd_pct, 3.47850543, 5e-9);
    assert_near("phase of x", a.phase_deg, -60, 1e-9);
    assert_near("phase of x2", a.phase2_deg, -60, 1e-9);
    assert_near("rms of x", a.rms, x_rms, 5e-9);
    assert_near("rms of x2", a.rms2, x2_rms, 5e-9);
    assert_near("P", a.p, 1100, 1e-9 * 1100);
    assert_near("S", a.s, 1100.665299, 5e-7);
    assert_near("PF", a.pf, 0.99939555, 5e-9);
}

/* abs(phase - phase2) of the listing: the direction is gone, and beyond 120 degrees it is no angle any more. */
static void the_articles_abs_loses_sign_and_wraps(void **state)
{
    (void)state;
    static const struct {
        double delay_deg, printed_deg;
    } cases[] = {{30, 30}, {-30, 30}, {90, 90}, {150, 210}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct example example = {.f_hz = 60, .delay_deg = cases[k].delay_deg};
        struct article a;
        read_article(&example, &a);
        assert_near("the article's shift", fabs(a.phase_deg - a.phase2_deg), cases[k].printed_deg, 1e-9);
    }
}

/* Half a second holds no whole number of cycles: power leaks into neighbouring bins. Figures of the article's method computed
 * apart from this file, in numpy. */
static const struct off_nominal {
    double f_nominal_hz, f_hz, mag, thd_pct;
} off_nominal[] = {{60, 59.9, 5 * 0.99648, 3.6353},
                   {60, 59.5, 5 * 0.90339, 2.7173},
                   {50, 50.0, 5, 3.4785},
                   {50, 50.1, 5 * 0.99577, 3.1779}};

static void the_article_is_wrong_beside_its_bins(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof off_nominal / sizeof off_nominal[0]; k++) {
        struct example example = {.f_hz = off_nominal[k].f_hz};
        struct article a;
        read_article(&example, &a);
        assert_near("magnitude", a.mag, off_nominal[k].mag, 5e-5);
        assert_near("THD", a.thd_pct, off_nominal[k].thd_pct, 1e-4);
    }
}

/* A bin of n points holds noise of variance sigma^2 / n around it: sigma_mag = sqrt(5.006 / 5000 / 2) = 0.0224, and so on.
 * Each mean of 400 runs lies within 4.5 of its own standard errors, beside half a last digit of what was given. */
static void by_the_articles_method_with_noise(void **state)
{
    (void)state;
    struct example example = {.f_hz = 60, .noisy = true, .random = 1};
    double mag = 0, thd = 0, shift = 0, pf = 0;
    int outside = 0;
    for (int run = 0; run < RUNS; run++) {
        struct article a;
        read_article(&example, &a);
        double shift_deg = fabs(a.phase_deg - a.phase2_deg);
        assert_near("f", a.f_hz, 60, 0);
        assert_near("magnitude of a run", a.mag, 5, 5 * 0.022);
        assert_true(shift_deg < 5 * 0.363); /* two angles of 0.0224 / 5 rad each */
        outside += a.thd_pct < 2.59 || a.thd_pct > 4.62;
        mag += a.mag / RUNS;
        thd += a.thd_pct / RUNS;
        shift += shift_deg / RUNS;
        pf += a.pf / RUNS;
    }
    const double errors = 4.5 / sqrt(RUNS);
    assert_near("magnitude", mag, 5.000, 0.0005 + errors * 0.022);
    assert_near("THD", thd, 3.62, 0.005 + errors * 0.44);
    assert_near("shift", shift, 0.29, 0.005 + errors * 0.22);
    assert_near("PF", pf, 0.9086, 0.00005 + errors * 0.0018);
    assert_in_range(outside, 1, 20); /* 2 % of 400 are 8 +- 2.8 */
}

/* --- the meter ------------------------------------------------------------------------------------------------ */

static struct meter *open_meter(double f_nominal_hz)
{
    struct meter_config config = {
        .f_nominal_hz = f_nominal_hz,
        .scan_rate_hz = RATE_HZ,
        .u_nominal_v = 155,
        .topology = {.n_channels = 2, .n_elements = 1, .element = {{0, 1, CIRCUIT_GRID, 1, 0, 0}}},
    };
    topology_init(&config.topology);
    struct meter *meter = meter_init(&config);
    assert_non_null(meter);
    return meter;
}

/* The next window; *n is the number of the next sample. */
static void read_window(struct meter *meter, struct example *example, int64_t *n, struct reading *reading)
{
    while (!meter_read(meter, reading)) {
        double t = (double)*n / RATE_HZ;
        int64_t ns = *n * (1000000000 / RATE_HZ);
        struct meter_scan scan = {.hold_ns = {ns, ns}, .value = {voltage(example, t), current(example, t)}};
        meter_add(meter, &scan);
        (*n)++;
    }
}

static void read_settled(double f_nominal_hz, struct example *example, struct reading *reading)
{
    struct meter *meter = open_meter(f_nominal_hz);
    int64_t n = 0;
    for (int k = 0; k < 8; k++)
        read_window(meter, example, &n, reading);
    meter_close(meter);
}

/* The meter holds 1e-6 of U, I and S on sines (dsp/README.md). */
static void by_the_meter_without_noise(void **state)
{
    (void)state;
    static struct reading reading;
    struct example example = {.f_hz = 60};
    read_settled(60, &example, &reading);
    const struct point_reading *point = &reading.point[0];
    assert_near("f", reading.f_hz, 60, 1e-6);
    assert_near("U", point->u_rms_v, x2_rms, 1e-6 * x2_rms);
    assert_near("I", point->i_rms_a, x_rms, 1e-6 * x_rms);
    assert_near("I1", point->i_h_a[1], 10 / sqrt(2), 1e-5);
    assert_near("I2", point->i_h_a[2], 0.33 / sqrt(2), 1e-5);
    assert_near("I3", point->i_h_a[3], 0.11 / sqrt(2), 1e-5);
    assert_near("THD of I", point->thd_i_pct, 3.47850543, 1e-4);
    assert_near("THD of U", point->thd_u_pct, 0, 1e-3);
    assert_near("P", point->p_w, 1100, 1.1e-3);
    assert_near("S", point->s_va, 1100.665299, 1.1e-3);
    assert_near("PF", point->pf, 0.99939555, 1e-6);
    assert_near("N", point->n_var, 38.2636,
                0.03);                           /* sqrt(S^2 - P^2): an error of S counts S / N = 29 times */
    assert_near("phi", point->phi_deg, 0, 1e-4); /* and not acos(PF) = 1.9922 degrees */
}

static void the_meters_phase_has_its_sign_and_is_not_wrapped(void **state)
{
    (void)state;
    static const struct {
        double delay_deg, p_w, q1_var;
    } cases[] = {{0, 1100, 0},         {30, 952.628, 550}, {60, 550, 952.628},  {90, 0, 1100},
                 {150, -952.628, 550}, {180, -1100, 0},    {-30, 952.628, -550}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        static struct reading reading;
        struct example example = {.f_hz = 60, .delay_deg = cases[k].delay_deg};
        read_settled(60, &example, &reading);
        const struct point_reading *point = &reading.point[0];
        assert_near("P", point->p_w, cases[k].p_w, 0.0015); /* printed to 0.001 */
        assert_near("Q1", point->q1_var, cases[k].q1_var, 0.0015);
        assert_near("phi", remainder(point->phi_deg - cases[k].delay_deg, 360), 0, 1e-4);
        assert_true(point->phi_deg > -180 && point->phi_deg <= 180);
    }
}

static void the_meter_follows_the_frequency(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof off_nominal / sizeof off_nominal[0]; k++) {
        static struct reading reading;
        struct example example = {.f_hz = off_nominal[k].f_hz};
        read_settled(off_nominal[k].f_nominal_hz, &example, &reading);
        assert_near("f", reading.f_hz, off_nominal[k].f_hz, 1e-4);
        assert_near("I1", reading.point[0].i_h_a[1], 10 / sqrt(2), 1e-5);
        assert_near("THD of I", reading.point[0].thd_i_pct, 3.47850543, 1e-3);
    }
}

/* The bands of the meter are its own: windows of 2,000 points, 3 bins per harmonic up to h = 50, and the noise, as it
 * is found between harmonics above h = 50 (about 295 bins), taken out. With sigma = 2.237 A and N = 2,000, per window:
 *
 *     noise of a bin                  sigma^2 2 / N = 0.0050 A^2 (square of the rms)
 *     I1                              7.071 A,     sd sigma / sqrt(N) = 0.050 A       (article: 0.022 x 2 / sqrt 2 x sqrt 2.5)
 *     phi                             0,           sd sqrt(2) 0.050 / 7.071 rad = 0.57 deg
 *     P                               1,100 W,     sd 11.3 W  (each one's noise with the other's signal, and both)
 *     sum of h = 2..50                0.0605 A^2,  sd 0.078: bins 0.0050 sqrt(147) = 0.061, floor 0.736 / sqrt(295) = 0.043,
 *                                     signal with noise 0.025. A window's square may be below zero, and then so is its
 *                                     THD: their mean square with sign is that of 3.48 %; of one window
 *                                     100 sqrt((0.0605 +- 4.5 x 0.078) / 50) = -7.6 or 9.1 % at most. Without the floor it would be 12.6 %.
 *     PF                              0.9994,      sd 0.5 %: U and I 0.29 % each from the floor, 0.16 % from the noise's
 *                                     own scatter, P 0.22 %. The article's own figure is 0.9086: noise is part of its S.
 */
static void by_the_meter_with_noise(void **state)
{
    (void)state;
    static struct reading reading;
    struct example example = {.f_hz = 60, .noisy = true, .random = 7};
    struct meter *meter = open_meter(60);
    double i1 = 0, p = 0, thd_square = 0, pf = 0, f = 0;
    int64_t n = 0;
    for (int k = 0; k < WINDOWS; k++) {
        read_window(meter, &example, &n, &reading);
        const struct point_reading *point = &reading.point[0];
        assert_near("f of a window", reading.f_hz, 60, 0.1);
        assert_near("I1 of a window", point->i_h_a[1], 10 / sqrt(2), 4.5 * 0.050);
        assert_near("phi of a window", point->phi_deg, 0, 4.5 * 0.57);
        assert_near("P of a window", point->p_w, 1100, 4.5 * 11.3);
        assert_true(point->thd_i_pct > -7.6 && point->thd_i_pct < 9.1);
        assert_near("PF of a window", point->pf, 0.9994, 4.5 * 0.005);
        f += reading.f_hz / WINDOWS;
        i1 += point->i_h_a[1] / WINDOWS;
        p += point->p_w / WINDOWS;
        pf += point->pf / WINDOWS;
        thd_square += point->thd_i_pct * fabs(point->thd_i_pct) / WINDOWS;
    }
    meter_close(meter);
    const double errors = 4.5 / sqrt(WINDOWS);
    assert_near("f", f, 60,
                1e-3); /* the windows' errors cancel: what counts is the phase at both ends of 80 s */
    /* Its square has no bias; the root's mean is half the noise's square along it lower: 0.050^2 / 2 / 7.071 */
    assert_near("I1", i1, 10 / sqrt(2) - 0.00018, errors * 0.050);
    assert_near("P", p, 1100, errors * 11.3);
    /* sd of THD's square: 1e4 / 50 times 0.078; PF never above 1 lowers its mean */
    assert_near("square of THD", thd_square, 1e4 * 0.0605 / 50, errors * 1e4 * 0.078 / 50);
    assert_true(pf > 0.994 && pf <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_articles_method_without_noise),
        cmocka_unit_test(the_articles_abs_loses_sign_and_wraps),
        cmocka_unit_test(the_article_is_wrong_beside_its_bins),
        cmocka_unit_test(by_the_articles_method_with_noise),
        cmocka_unit_test(by_the_meter_without_noise),
        cmocka_unit_test(the_meters_phase_has_its_sign_and_is_not_wrapped),
        cmocka_unit_test(the_meter_follows_the_frequency),
        cmocka_unit_test(by_the_meter_with_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
