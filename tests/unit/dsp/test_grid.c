/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ring, strip, template, grid and spectrum, one by one. */
#include "dsp/cycle.h"
#include "dsp/grid.h"
#include "dsp/halfcycle.h"
#include "dsp/lines.h"
#include "dsp/ring.h"
#include "dsp/spectrum.h"
#include "dsp/strip.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const double pi = 3.14159265358979323846;

static void the_ring_forgets_the_oldest(void **state)
{
    (void)state;
    struct ring ring;
    assert_true(ring_init(&ring, 2, 5));
    assert_int_equal(ring_capacity(&ring), 8);
    for (int k = 0; k < 20; k++) {
        int64_t hold_ns[2] = {10 * k, 10 * k + 3};
        double value[2] = {k, -k};
        ring_add(&ring, hold_ns, value, (unsigned)k);
    }
    assert_true(ring.head == 20 && ring.tail == 12);
    assert_int_equal(ring_hold_ns(&ring, 1, 15), 153);
    assert_true(fabs(ring_value(&ring, 1, 12) + 12) < 1e-15);
    assert_int_equal(ring_quality(&ring, 19), 19);
    ring_close(&ring);
}

/* Samples every ms from 0 on; the window is 20 ms from 50.5 ms; u counts ms. */
static void fill_strip(struct strip *strip, int lost_from, int lost_to)
{
    struct ring ring;
    struct window window = {0};
    const struct abscissa abscissa = {.u_first = -100, .scale = 1000, .f_hz = 1, .rate_hz_s = 0, .u_end = 20};
    assert_true(ring_init(&ring, 1, 128));
    for (int k = 0; k < 100; k++) {
        int64_t hold_ns = k * INT64_C(1000000);
        double value = k >= lost_from && k < lost_to ? (double)NAN : k;
        ring_add(&ring, &hold_ns, &value, 0);
    }
    window_start(&window, 50500000, 0);
    strip_read(strip, &ring, 0, 0, &window, &abscissa, 2.5);
    ring_close(&ring);
}

struct strip_case {
    const char *name;
    int lost_from, lost_to;
    int n;
    double first;
    double widest;
    double missing;
};

static void the_strip_has_the_window_and_its_edges(void **state)
{
    (void)state;
    static const struct strip_case cases[] = {
        {"whole: 4 before, 20 in, 1 beyond", 0, 0, 25, 47, 1, 0},
        {"one lost is no hole", 60, 61, 24, 47, 2, 0},
        {"five lost are one", 60, 65, 20, 47, 6, 6},
        {"a hole at the start counts from the start", 40, 55, 17, 55, 4.5, 4.5},
        {"a hole at the end counts to the end", 66, 90, 20, 47, 25, 5.5},
        {"nothing at all", 0, 100, 0, 0, 20, 20},
    };
    struct strip strip;
    assert_true(strip_init(&strip, 64));
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        const struct strip_case *c = &cases[k];
        fill_strip(&strip, c->lost_from, c->lost_to);
        assert_int_equal(strip.n, c->n);
        assert_true(c->n == 0 || fabs(strip.x[0] - c->first) < 1e-12);
        assert_true(fabs(strip.widest - c->widest) < 1e-9);
        assert_true(fabs(strip.missing - c->missing) < 1e-9);
    }
    fill_strip(&strip, 0, 0);
    assert_true(fabs(strip.spacing - 1) < 1e-12);
    strip_close(&strip);
}

static void the_template_follows_its_harmonics(void **state)
{
    (void)state;
    struct cycle cycle;
    struct phasor harmonic[DSP_HARMONICS + 1] = {{0}};
    harmonic[0].re = 2;
    harmonic[1] = (struct phasor){100, -30};
    harmonic[7] = (struct phasor){-3, 4};
    harmonic[50] = (struct phasor){0.1, 1};
    assert_true(cycle_init(&cycle, GRID_POINTS));
    cycle_write(&cycle, harmonic);
    for (double u = -1000; u < 3000; u += 0.73) {
        double x = 2;
        for (int h = 1; h <= DSP_HARMONICS; h++) {
            double angle = 2 * pi * h * u / GRID_POINTS;
            x += harmonic[h].re * cos(angle) - harmonic[h].im * sin(angle);
        }
        /* 2e-4 of h50's amplitude of 1 and 3e-11 of h1's */
        assert_true(fabs(cycle_at(&cycle, u) - x) < 3e-4);
    }
    cycle_close(&cycle);
}

/* A straight line comes out straight, whatever the instants, and a bridge is straight from mean to mean. */
static void the_grid_joins_with_straight_lines(void **state)
{
    (void)state;
    struct strip strip;
    double grid[64 + GRID_SPARE];
    assert_true(strip_init(&strip, 1000));
    strip.hole = 3;
    strip.n = 0;
    for (double u = -1.3; u < 66; u += 0.7 + 0.6 * sin(u)) {
        strip.u[strip.n] = u;
        strip.r[strip.n++] = 5 - 0.25 * u;
    }
    grid_write(&strip, grid, 64);
    for (int k = 0; k < 64; k++) {
        assert_true(fabs(grid[k] - (5 - 0.25 * k)) < 1e-12);
    }
    strip.n = 0;
    for (int k = -2; k < 66; k++) {
        if (k <= 20 || k >= 30) {
            strip.u[strip.n] = k;
            strip.r[strip.n++] = k <= 20 ? (k % 2 == 0 ? 1 : -1) : (k % 2 == 0 ? 3 : 1);
        }
    }
    grid_write(&strip, grid, 64);
    for (int k = 20; k < 30; k++) {
        assert_true(fabs(grid[k] - 2.0 * (k - 20) / 10) < 1e-12); /* from 0 to 2, the means of four */
    }
    assert_true(fabs(grid[30] - 3) < 1e-12 && fabs(grid[19] + 1) < 1e-12);
    strip_close(&strip);
}

static void the_grid_without_samples(void **state)
{
    (void)state;
    struct strip strip;
    double grid[8 + GRID_SPARE];
    memset(grid, 1, sizeof(grid));
    assert_true(strip_init(&strip, 8));
    grid_write(&strip, grid, 8);
    assert_true(fabs(grid[0]) < 1e-15 && fabs(grid[7]) < 1e-15);
    strip.n = 1;
    strip.u[0] = 3;
    strip.r[0] = 7;
    strip.hole = 2;
    grid_write(&strip, grid, 8);
    for (int k = 0; k < 8; k++) {
        assert_true(fabs(grid[k] - 7) < 1e-12);
    }
    strip_close(&strip);
}

/* Evenly sampled sines, joined with straight lines, have their amplitude back after the equaliser, but for what
 * of the lines' images (1 % at most) leaks into the bin. The sampling must not be a simple ratio of the grid: then images
 * fall on the bin itself. */
static void the_equaliser_undoes_the_straight_lines(void **state)
{
    (void)state;
    enum { CYCLES = 10, SAMPLES = 1507, BINS = 750 };
    struct strip strip;
    struct spectrum spectrum;
    struct lines lines;
    static struct phasor bin[BINS];
    const double spacing = (double)CYCLES * GRID_POINTS / 1500.3;
    assert_true(strip_init(&strip, SAMPLES));
    assert_true(spectrum_init(&spectrum, CYCLES, GRID_POINTS));
    assert_true(lines_init(&lines, CYCLES * GRID_POINTS));
    strip.hole = 3 * spacing;
    strip.spacing = spacing;
    for (int k = 1; k < 500; k += 7) {
        strip.n = SAMPLES;
        for (int n = 0; n < strip.n; n++) {
            strip.u[n] = (n - 3.4) * spacing;
            strip.r[n] = 2 * cos(2 * pi * k * strip.u[n] / spectrum.n_grid - 0.5) + 1;
        }
        lines_add(&lines, &strip, spacing, BINS, 50);
        double sinc = sin(pi * k / 1500.3) / (pi * k / 1500.3);
        assert_true(fabs(lines.inverse[k] * sinc * sinc - 1) < 2e-4); /* of the table's steps */
        grid_write(&strip, spectrum.grid, spectrum.n_grid);
        spectrum_read(&spectrum, lines.inverse, BINS, bin);
        assert_true(fabs(bin[k].re - 2 * cos(0.5)) < 0.02);
        assert_true(fabs(bin[k].im + 2 * sin(0.5)) < 0.02);
        assert_true(fabs(bin[0].re - 1) < 0.01);
        if (k % CYCLES == 0) {
            struct phasor harmonic[DSP_HARMONICS + 1] = {{0}};
            spectrum_add_harmonics(&spectrum, lines.inverse, 50, harmonic);
            assert_true(fabs(harmonic[k / CYCLES].re - bin[k].re) < 1e-9);
        }
    }
    strip_close(&strip);
    spectrum_close(&spectrum);
    lines_close(&lines);
}

static void poles_are_undone(void **state)
{
    (void)state;
    for (int k = 1; k < 100; k++) {
        struct phasor bin[100];
        double f = 5.0 * k;
        /* jf/(jf+2) and 1/(1+jf/400) of 1 */
        double gain = 1 / hypot(1, 2 / f) / hypot(1, f / 400);
        double angle = atan(2 / f) - atan(f / 400);
        bin[k] = (struct phasor){gain * cos(angle), gain * sin(angle)};
        for (int n = 1; n < 100; n++) {
            bin[n] = bin[k];
        }
        spectrum_undo_poles(bin, 100, 5, 2, 400);
        assert_true(fabs(bin[k].re - 1) < 1e-12 && fabs(bin[k].im) < 1e-12);
    }
}

static void half_cycles_run_on_across_windows(void **state)
{
    (void)state;
    enum { POINTS = 10 * GRID_POINTS };
    static double grid[POINTS];
    struct halfcycle half;
    halfcycle_reset(&half);
    assert_true(half.step);
    for (int k = 0; k < POINTS; k++) {
        grid[k] = 100 * sqrt(2) * sin(2 * pi * k / GRID_POINTS) + 3;
    }
    halfcycle_add(&half, grid, 10, GRID_POINTS, 3, 1.5);
    assert_true(fabs(half.min - 150) < 1e-9 && fabs(half.max - 150) < 1e-9);
    assert_false(half.step);
    for (int k = 0; k < POINTS; k++) {
        grid[k] = 3; /* dead: the first value still has the half cycle before */
    }
    halfcycle_add(&half, grid, 10, GRID_POINTS, 3, 1.5);
    assert_true(fabs(half.max - 150 / sqrt(2)) < 1e-9 && half.min < 1e-9);
    assert_true(half.step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ring_forgets_the_oldest),
        cmocka_unit_test(the_strip_has_the_window_and_its_edges),
        cmocka_unit_test(the_template_follows_its_harmonics),
        cmocka_unit_test(the_grid_joins_with_straight_lines),
        cmocka_unit_test(the_grid_without_samples),
        cmocka_unit_test(the_equaliser_undoes_the_straight_lines),
        cmocka_unit_test(poles_are_undone),
        cmocka_unit_test(half_cycles_run_on_across_windows),
    };
    return cmocka_run_group_tests_name("dsp/grid", tests, NULL, NULL);
}
