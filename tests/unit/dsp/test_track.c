/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tracking and locking, without the rest of the meter. */
#include "dsp/cycle.h"
#include "dsp/lock.h"
#include "dsp/track.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PI 3.14159265358979323846
enum { CYCLES = 10, POINTS = CYCLES * GRID_POINTS };

/* A cosine that runs ahead of the tracked phase by slope cycles per cycle. */
static void write_grid(double *grid, double amplitude, double slope, double at_start_rad)
{
    for (int k = 0; k < POINTS; k++) {
        double u = (double)k / GRID_POINTS;
        grid[k] = amplitude * cos(2 * PI * (1 + slope) * u + at_start_rad);
    }
}

/* Measures a grid, its lowest bins by their definition. */
static bool measure(const double *grid, struct track_phase *phase)
{
    struct phasor bin[2 * CYCLES];
    for (int k = 0; k < 2 * CYCLES; k++) {
        bin[k] = (struct phasor){0, 0};
        for (int n = 0; n < POINTS; n++) {
            double x = 2 * PI * k * n / POINTS;
            bin[k].re += grid[n] * cos(x) * 2 / POINTS;
            bin[k].im -= grid[n] * sin(x) * 2 / POINTS;
        }
    }
    return track_measure(grid, bin, CYCLES, GRID_POINTS, 1, phase);
}

static void slope_and_mean_phase(void **state)
{
    (void)state;
    static double grid[POINTS];
    struct track_phase phase;
    for (double slope = -0.004; slope <= 0.004; slope += 0.001) {
        for (double start = -3; start < 3; start += 0.7) {
            write_grid(grid, 100, slope, start);
            assert_true(measure(grid, &phase));
            /* Within a cycle the image at the negative frequency turns the phase by up to slope / 2. What is taken off again is a
             * continuous cycle's: half a point of it is left, pi / 256 * slope. */
            assert_true(fabs(phase.slope - slope) < 2e-4 * fabs(slope) + 1e-12);
            /* By the bins, in first order, up to a step of 0.001: 0.0012 of itself, found numerically. */
            assert_true(fabs(phase.level - slope) < 1.2e-3 * fabs(slope) + 1e-12);
            double mean_rad = start + PI * slope * CYCLES;
            assert_true(fabs(remainder(phase.mean_rad - mean_rad, 2 * PI)) < 0.013 * fabs(slope) + 1e-9);
        }
    }
}

/* A tenth of a tone half a harmonic away turns the phase of single cycles, and with it their line; its bin is not among those
 * that the window's length follows. */
static void an_interharmonic_does_not_move_the_level(void **state)
{
    (void)state;
    static double grid[POINTS];
    struct track_phase phase;
    write_grid(grid, 100, 0, 1);
    for (int k = 0; k < POINTS; k++) {
        grid[k] += 10 * cos(2 * PI * 1.5 * k / GRID_POINTS + 0.7);
    }
    assert_true(measure(grid, &phase));
    assert_true(fabs(phase.slope) > 1e-5);
    assert_true(fabs(phase.level) < 1e-12);
}

static void dead_cycles_do_not_count(void **state)
{
    (void)state;
    static double grid[POINTS];
    struct track_phase phase;
    write_grid(grid, 100, 0.001, 1);
    for (int k = 4 * GRID_POINTS; k < 7 * GRID_POINTS; k++) {
        grid[k] = 0;
    }
    assert_true(measure(grid, &phase));
    assert_true(fabs(phase.slope - 0.001) < 1e-4);
    for (int k = 7 * GRID_POINTS; k < 8 * GRID_POINTS; k++) {
        grid[k] = 0;
    }
    assert_false(measure(grid, &phase));
}

/* A voltage that dies or returns within a cycle turns its phase. At the window's very edge less than 5 % of a cycle's amplitude is
 * not noticed, and costs up to 10 mHz. */
static void the_edge_of_a_dip_is_left_out(void **state)
{
    (void)state;
    static double grid[POINTS];
    struct track_phase phase;
    /* The last one takes so little of its cycle that only the dead neighbour tells of it. */
    static const int edges[] = {7 * GRID_POINTS + 20, 7 * GRID_POINTS + 200, 9 * GRID_POINTS + 150,
                                8 * GRID_POINTS - 6};
    enum { EDGES = sizeof edges / sizeof edges[0] };
    for (int k = 0; k < 2 * EDGES; k++) {
        int edge = k < EDGES ? edges[k] : POINTS - edges[k - EDGES];
        write_grid(grid, 100, 0.001, 1);
        for (int n = 0; n < POINTS; n++) {
            bool dead = k < EDGES ? n >= edge : n < edge;
            grid[n] = dead ? 0 : grid[n];
        }
        assert_true(measure(grid, &phase));
        assert_true(fabs(phase.slope - 0.001) < 1e-6);
        assert_true(fabs(remainder(phase.mean_rad - (1 + PI * 0.001 * CYCLES), 2 * PI)) < 2e-5);
    }
}

/* Windows as the meter makes them, from a mains of a known frequency. The phase handed over is the exact mean over the
 * window. */
struct mains {
    double f_hz;
    double rate_hz_s;
};

static double mean_ahead(const struct mains *mains, const struct window *window)
{
    double t0 = 1e-9 * ((double)window->start_ns + window->start_rest_ns);
    double sum = 0;
    for (int k = 0; k < 1000; k++) {
        double tau = (k + 0.5) / 1000 * window->duration_s;
        double t = t0 + tau;
        double turns = mains->f_hz * t + mains->rate_hz_s * t * t / 2;
        double tracked = window->f0_hz * tau + window->rate_hz_s * tau * tau / 2;
        sum += turns - tracked;
    }
    return sum / 1000;
}

static double turns_at(const struct mains *mains, double t)
{
    return mains->f_hz * t + mains->rate_hz_s * t * t / 2;
}

static void steady_ramps_are_followed_without_lag(void **state)
{
    (void)state;
    static const double rates[] = {0, 0.1, -0.5, 1, -1};
    for (size_t n = 0; n < sizeof(rates) / sizeof(rates[0]); n++) {
        struct mains mains = {50.01, rates[n]};
        struct track track;
        struct window window = {0};
        track_init(&track, 50);
        track_lock(&track, 50.02);
        window_set(&window, CYCLES, track.f_hz, 0);
        double counted = 0, turned = 0;
        for (int k = 0; k < 12; k++) {
            double middle_s = 1e-9 * (double)window.start_ns + window.duration_s / 2;
            double truth_hz = mains.f_hz + mains.rate_hz_s * middle_s;
            struct track_phase phase = {truth_hz / window.f_hz - 1, truth_hz / window.f_hz - 1,
                                        2 * PI * mean_ahead(&mains, &window)};
            double f_hz = track_add(&track, &phase, 0, &window);
            assert_true(track.locked);
            /* also while the tracked rate changes; windows shrink by 1e-3 a window, which is 2e-5 of a cycle */
            double turns = turns_at(&mains, middle_s);
            assert_true(k == 0 || fabs(track.cycles - counted - (turns - turned)) < 3e-5);
            counted = track.cycles;
            turned = turns;
            if (k >= 5) {
                assert_true(fabs(f_hz - truth_hz) < 1e-4);
                assert_true(fabs(track.rate_hz_s - rates[n]) < 0.01);
            }
            window_next(&window);
            window_set(&window, CYCLES, track.f_hz * (1 + track.pull), track.rate_hz_s);
            assert_true(fabs(track.pull) <= PULL_MOST);
        }
    }
}

/* Frequencies of successive windows, and no rate predicted from any of them. */
static void neither_a_step_nor_noise_is_taken_for_a_ramp(void **state)
{
    (void)state;
    static const double f_hz[] = {50, 50, 50.1, 50.1, 50.09, 50.11, 50.08, 50.12};
    struct track track;
    struct window window = {0};
    track_init(&track, 50);
    track_lock(&track, 50);
    for (size_t k = 0; k < sizeof f_hz / sizeof f_hz[0]; k++) {
        window_set(&window, CYCLES, track.f_hz, 0);
        struct track_phase phase = {f_hz[k] / window.f_hz - 1, f_hz[k] / window.f_hz - 1, 0};
        track_add(&track, &phase, 0, &window);
        assert_true(fabs(track.rate_hz_s) < 1e-9);
        assert_true(fabs(track.f_hz - f_hz[k]) < 1e-9);
        window_next(&window);
    }
}

/* Another voltage, far away in phase: the count goes on by the frequencies. */
static void the_count_goes_on_when_another_voltage_is_followed(void **state)
{
    (void)state;
    struct track track;
    struct window window = {0};
    struct track_phase phase = {0, 0, 0.3};
    track_init(&track, 50);
    track_lock(&track, 50);
    window_set(&window, CYCLES, 50, 0);
    track_add(&track, &phase, 0, &window);
    const double before = track.cycles;
    window_next(&window);
    window_set(&window, CYCLES, 50, 0);
    phase.mean_rad = 2.3;
    track_add(&track, &phase, 1, &window);
    assert_true(fabs(track.cycles - before - CYCLES) < 1e-9);
}

/* Windows that begin a little beside a zero crossing, of either slope, end up on it. */
static void edges_are_pulled_to_zero_crossings(void **state)
{
    (void)state;
    static const double beside_rad[] = {0.01, -0.01, PI - 0.01};
    for (size_t n = 0; n < 3; n++) {
        struct mains mains = {50.01, 0};
        struct track track;
        struct window window = {0};
        double end_rad = 0;
        track_init(&track, 50);
        track_lock(&track, 50.01);
        window_set(&window, CYCLES, track.f_hz, 0);
        for (int k = 0; k < 100; k++) {
            double mean_rad = 2 * PI * mean_ahead(&mains, &window) - PI / 2 + beside_rad[n];
            struct track_phase phase = {50.01 / window.f_hz - 1, 50.01 / window.f_hz - 1, mean_rad};
            track_add(&track, &phase, 0, &window);
            end_rad = mean_rad + PI * phase.slope * CYCLES;
            window_next(&window);
            window_set(&window, CYCLES, track.f_hz * (1 + track.pull), track.rate_hz_s);
        }
        assert_true(fabs(remainder(end_rad - PI / 2, PI)) < 1e-6);
    }
}

static void a_surprise_loses_the_lock(void **state)
{
    (void)state;
    struct track track;
    struct window window = {0};
    struct track_phase phase = {0.02, 0.02, 0};
    track_init(&track, 50);
    assert_false(track.locked);
    track_lock(&track, 50);
    window_set(&window, CYCLES, 50, 0);
    assert_true(isnan(track_add(&track, &phase, 0, &window)));
    assert_false(track.locked);
    assert_true(fabs(track.f_hz - 50) < 1e-12);
}

/* ---- lock ---- */

enum { SAMPLES = 4000 };

static void sample(struct strip *strip, int n, double spacing_s, double f_hz, double from_s, double harmonics)
{
    strip->n = n;
    for (int k = 0; k < n; k++) {
        double t = (k + 0.3 * sin(1.7 * k)) * spacing_s;
        double w = 2 * PI * f_hz * t;
        double x = 325 * sin(w + 0.7) + harmonics * (sin(3 * w) + sin(5 * w + 1) + sin(7 * w + 2)) + 20;
        strip->u[k] = t;
        strip->x[k] = t < from_s ? 20 : x;
    }
}

static void locks_anywhere_in_the_range(void **state)
{
    (void)state;
    struct strip strip;
    struct tone tone;
    assert_true(strip_init(&strip, SAMPLES));
    for (double f_hz = 42.6; f_hz < 57.5; f_hz += 1.3) {
        sample(&strip, 3200, 125e-6, f_hz, 0, 20);
        assert_true(lock_find(&strip, 0.4, 42.5, 57.5, 5, &tone));
        /* Harmonics of 6 % through the Hann window's side lobes: less than a mHz over 0.4 s. */
        assert_true(fabs(tone.f_hz - f_hz) < 2e-3);
        assert_true(fabs(hypot(tone.phasor.re, tone.phasor.im) - 325) < 1);
        double rad = atan2(tone.phasor.im, tone.phasor.re) - (0.7 - PI / 2);
        assert_true(fabs(remainder(rad, 2 * PI)) < 0.01);
    }
    strip_close(&strip);
}

static void does_not_lock_on_what_is_no_mains(void **state)
{
    (void)state;
    struct strip strip;
    struct tone tone;
    assert_true(strip_init(&strip, SAMPLES));
    strip.n = 0;
    assert_false(lock_find(&strip, 0.2, 42.5, 57.5, 5, &tone));
    sample(&strip, 1600, 125e-6, 50, 1, 0); /* dead */
    assert_false(lock_find(&strip, 0.2, 42.5, 57.5, 5, &tone));
    sample(&strip, 1600, 125e-6, 50, 0.1, 0); /* dead at first */
    assert_false(lock_find(&strip, 0.2, 42.5, 57.5, 5, &tone));
    sample(&strip, 1600, 125e-6, 60.5, 0, 0); /* out of range */
    assert_false(lock_find(&strip, 0.2, 42.5, 57.5, 5, &tone));
    sample(&strip, 1600, 125e-6, 50, 0, 0);
    assert_false(lock_find(&strip, 0.2, 42.5, 57.5, 400, &tone)); /* too small */
    assert_true(lock_find(&strip, 0.2, 42.5, 57.5, 5, &tone));
    strip_close(&strip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slope_and_mean_phase),
        cmocka_unit_test(an_interharmonic_does_not_move_the_level),
        cmocka_unit_test(dead_cycles_do_not_count),
        cmocka_unit_test(the_edge_of_a_dip_is_left_out),
        cmocka_unit_test(steady_ramps_are_followed_without_lag),
        cmocka_unit_test(neither_a_step_nor_noise_is_taken_for_a_ramp),
        cmocka_unit_test(the_count_goes_on_when_another_voltage_is_followed),
        cmocka_unit_test(edges_are_pulled_to_zero_crossings),
        cmocka_unit_test(a_surprise_loses_the_lock),
        cmocka_unit_test(locks_anywhere_in_the_range),
        cmocka_unit_test(does_not_lock_on_what_is_no_mains),
    };
    return cmocka_run_group_tests_name("dsp/track", tests, NULL, NULL);
}
