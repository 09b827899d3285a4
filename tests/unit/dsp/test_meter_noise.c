/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left of a current when its noise is taken out: over many windows neither too much nor too little. A bias is told from
 * chance by the windows' own scatter: four standard errors are left to it.
 */
#include "dsp/interval.h"
#include "dsp/signed_root.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Of one value's squares over windows. */
struct scatter {
    int n;
    double sum;
    double sum_of_squares;
};

static void scatter_add(struct scatter *scatter, double value)
{
    scatter->n++;
    scatter->sum += value;
    scatter->sum_of_squares += value * value;
}

static double scatter_mean(const struct scatter *scatter)
{
    return scatter->sum / scatter->n;
}

static double scatter_error(const struct scatter *scatter)
{
    const double mean = scatter_mean(scatter);
    return sqrt((scatter->sum_of_squares / scatter->n - mean * mean) / (scatter->n - 1));
}

/* A clean voltage of 400 LSB peak and a current, 1 A = 1 LSB; its offset drifts by a code every 50 s, so that the quantiser's own
 * error, which depends on it, is that of all offsets. */
static void init(struct rig *rig, double i_rms, double noise, double quantum, uint64_t seed)
{
    rig_init(rig, 50, 50.03, 30);
    rig->config.u_nominal_v = 283;
    rig->channel[0].part[0].rms = 283;
    rig->channel[1].n = i_rms > 0;
    rig->channel[1].part[0].rms = i_rms;
    rig->channel[1].noise = noise;
    rig->channel[1].quantum = quantum;
    rig->random = seed;
}

static void next_window(struct rig *rig, struct meter *meter, struct reading *reading)
{
    rig_read(rig, meter, reading);
    rig->channel[1].dc += 0.004;
}

static void no_current_is_none_in_the_mean(void **state)
{
    (void)state;
    enum { WINDOWS = 400 };
    static const double noise[] = {0.3, 0.5, 2};
    for (size_t k = 0; k < sizeof noise / sizeof noise[0]; k++) {
        struct rig rig;
        static struct reading reading;
        struct scatter i = {0, 0, 0};
        struct scatter s = {0, 0, 0};
        struct scatter sg3 = {0, 0, 0};
        struct scatter ig = {0, 0, 0};
        int below = 0;
        init(&rig, 0, noise[k], 1, 3);
        struct meter *meter = meter_init(&rig.config);
        for (int n = 0; n < WINDOWS; n++) {
            next_window(&rig, meter, &reading);
            const struct point_reading *point = &reading.point[0];
            scatter_add(&i, signed_square(point->i_rms_a));
            scatter_add(&s, signed_square(point->s_va));
            scatter_add(&sg3, signed_square(point->i_sg_a[3]));
            scatter_add(&ig, signed_square(point->i_ig_a[0]));
            below += point->i_rms_a < 0;
            assert_true(isnan(point->thd_i_pct) && isnan(point->i_k_factor));
            assert_true(point->s_va > 0 || isnan(point->pf));
        }
        meter_close(meter);
        printf("%.1f LSB: i^2 %.2g +- %.2g LSB^2, %d of %d windows below zero\n", noise[k], scatter_mean(&i),
               scatter_error(&i), below, WINDOWS);
        assert_true(fabs(scatter_mean(&i)) < 4 * scatter_error(&i));
        assert_true(fabs(scatter_mean(&s)) < 4 * scatter_error(&s));
        assert_true(fabs(scatter_mean(&sg3)) < 4 * scatter_error(&sg3));
        assert_true(fabs(scatter_mean(&ig)) < 4 * scatter_error(&ig));
        /* A square's own scatter: the root of the mean of 400 is a tenth of the noise at most. */
        assert_true(scatter_error(&i) < 0.01 * (noise[k] * noise[k] + 1.0 / 12));
        assert_in_range(below, WINDOWS / 3, WINDOWS - WINDOWS / 3);
    }
}

struct small_case {
    double i_rms;
    double noise;
    double quantum;
};

static const struct small_case small_currents[] = {
    {2, 0.3, 0}, {2, 0.5, 1}, {2, 2, 1}, {2.9, 0.5, 1}, {2.9, 1, 1}, {5, 0.3, 1}, {5, 1, 1}, {5, 2, 1},
};

/* Without the noise taken out 2 A would read 74 % high with 2 A of noise, 4 % with 0.5. */
static void small_currents_have_no_bias(void **state)
{
    (void)state;
    enum { WINDOWS = 500 };
    for (size_t k = 0; k < sizeof small_currents / sizeof small_currents[0]; k++) {
        const struct small_case *c = &small_currents[k];
        struct rig rig;
        static struct reading reading;
        struct scatter i = {0, 0, 0};
        struct scatter i1 = {0, 0, 0};
        init(&rig, c->i_rms, c->noise, c->quantum, 5 + k);
        struct meter *meter = meter_init(&rig.config);
        for (int n = 0; n < WINDOWS; n++) {
            next_window(&rig, meter, &reading);
            scatter_add(&i, signed_square(reading.point[0].i_rms_a));
            scatter_add(&i1, signed_square(reading.point[0].i1_a));
        }
        meter_close(meter);
        const double square = c->i_rms * c->i_rms;
        const double bias_pct = 50 * (scatter_mean(&i) / square - 1);
        const double error_pct = 50 * scatter_error(&i) / square;
        const double bias1_pct = 50 * (scatter_mean(&i1) / square - 1);
        const double error1_pct = 50 * scatter_error(&i1) / square;
        printf("%.1f LSB with %.1f LSB of noise: Irms %+.3f +- %.3f %%, I1 %+.3f +- %.3f %%\n", c->i_rms,
               c->noise, bias_pct, error_pct, bias1_pct, error1_pct);
        assert_true(fabs(bias_pct) < fmax(0.1, 4 * error_pct));
        assert_true(fabs(bias1_pct) < fmax(0.1, 4 * error1_pct));
    }
}

/* A record's mean of windows that noise made positive and negative is the root of their mean square with its sign. */
static void intervals_average_squares_with_their_sign(void **state)
{
    (void)state;
    static const struct {
        double a, b, mean;
    } cases[] = {
        {3, 4, 3.5355339059327378}, {3, -4, -1.8708286933869707}, {-3, 4, 1.8708286933869707}, {-2, 2, 0}};
    static const struct creep_config everything = {0, 0};
    static struct reading reading;
    static struct interval_builder builder;
    static struct interval closed;
    struct registers registers;
    struct topology topology = {.n_points = 1};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        registers_init(&registers, &topology, &everything);
        interval_init(&builder, 60000, 0);
        for (int n = 0; n < 2; n++) {
            const double value = n == 0 ? cases[k].a : cases[k].b;
            reading.metered = true;
            reading.n_points = 1;
            reading.duration_s = 0.2;
            reading.start_ns = 200000000 * n;
            reading.end_ns = 200000000 * (n + 1);
            reading.point[0] = (struct point_reading){
                .i_rms_a = value, .thd_i_pct = value, .s_va = 1000 * value, .p_w = 10, .i_neutral_a = value};
            registers_add(&registers, &reading);
            interval_add(&builder, &reading, &registers, 200 * n, 200 * (n + 1), &closed);
        }
        assert_true(interval_close(&builder, &registers, &closed));
        const struct interval_point *point = &closed.point[0];
        assert_true(fabs(point->i_rms_a - cases[k].mean) < 1e-12);
        assert_true(fabs(point->thd_i_pct - cases[k].mean) < 1e-12);
        assert_true(fabs(point->i_neutral_a - cases[k].mean) < 1e-12);
        assert_true(fabs(point->s_va - 500 * (cases[k].a + cases[k].b)) < 1e-9);
        assert_int_equal(isnan(point->pf) != 0, cases[k].a + cases[k].b <= 0);
        /* Apparent energy only rises: it takes the windows above zero. 1 VA for 0.2 s are 55.5 uVAh. */
        const double up = fmax(0, cases[k].a) + fmax(0, cases[k].b);
        assert_true(fabs((double)closed.point[0].energy.apparent_uvah - up * 1000 * 0.2 / 3600 * 1e6) <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_current_is_none_in_the_mean),
        cmocka_unit_test(small_currents_have_no_bias),
        cmocka_unit_test(intervals_average_squares_with_their_sign),
    };
    return cmocka_run_group_tests_name("dsp/meter_noise", tests, NULL, NULL);
}
