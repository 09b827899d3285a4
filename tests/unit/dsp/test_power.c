/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Powers of waves made by hand: what the meter's own waveforms never hit exactly. */
#include "dsp/power.h"
#include "tests/unit/near.h"

enum { BINS = 3, FUNDAMENTAL = 1 };

struct hand {
    struct wave wave;
    struct phasor bin[BINS];
};

/* A sine of so many V or A, peak. */
static void make(struct hand *hand, double re, double im)
{
    *hand = (struct hand){.bin = {[FUNDAMENTAL] = {re, im}}};
    const double rms = sqrt((re * re + im * im) / 2);
    hand->wave.cycles = FUNDAMENTAL;
    hand->wave.n_bins = BINS;
    hand->wave.bin = hand->bin;
    hand->wave.rms = rms;
    hand->wave.groups.harmonic[1] = rms;
}

static void measure(double u_re, double u_im, double i_re, double i_im, struct point_reading *point)
{
    struct hand u, i;
    make(&u, u_re, u_im);
    make(&i, i_re, i_im);
    power_element((struct signed_wave){&u.wave, 1}, (struct signed_wave){&i.wave, 1}, point);
}

/* For a voltage of 1 V along the real axis. */
static const struct {
    const char *name;
    double i_re, i_im;
    double p_w, q1_var, phi_deg;
} angles[] = {
    {"in phase", 2, 0.0, 1, 0, 0},
    {"lagging by a quarter", 0, -2, 0, 1, 90},
    {"leading by a quarter", 0, 2, 0, -1, -90},
    {"export is 180 degrees", -2, 0.0, -1, 0, 180},
    {"export from the other side of zero, too", -2, -0.0, -1, 0, 180},
};

static void the_angle_is_above_minus_180_and_at_most_180(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof angles / sizeof angles[0]; k++) {
        struct point_reading point;
        print_message("  %s\n", angles[k].name);
        measure(1, 0, angles[k].i_re, angles[k].i_im, &point);
        assert_near(point.p_w, angles[k].p_w, 1e-15);
        assert_near(point.q1_var, angles[k].q1_var, 1e-15);
        assert_near(point.phi_deg, angles[k].phi_deg, 1e-12);
    }
}

/* Leg 1: 1 W; leg 2: 1 var. Apparent powers of the legs add; what is not active is the rest of their sum. */
static void two_legs_powers_add(void **state)
{
    (void)state;
    struct point_reading l1, l2, sum;
    measure(1, 0, 2, 0, &l1);
    measure(1, 0, 0, -2, &l2);
    power_sum(&l1, &l2, &sum);
    assert_near(sum.p_w, 1, 1e-15);
    assert_near(sum.p1_w, 1, 1e-15);
    assert_near(sum.q1_var, 1, 1e-15);
    assert_near(sum.s_va, 2, 1e-15);
    assert_near(sum.s1_va, 2, 1e-15);
    assert_near(sum.sn_va, 0, 1e-7);
    assert_near(sum.n_var, sqrt(3), 1e-15);
    assert_near(sum.pf, 0.5, 1e-15);
    assert_near(sum.phi_deg, 45, 1e-12);
    assert_true(isnan(sum.u_rms_v) && isnan(sum.i_rms_a) && isnan(sum.di_var));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_angle_is_above_minus_180_and_at_most_180),
        cmocka_unit_test(two_legs_powers_add),
    };
    return cmocka_run_group_tests_name("dsp/power", tests, NULL, NULL);
}
