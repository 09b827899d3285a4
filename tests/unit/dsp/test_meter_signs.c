/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every sign, at the reading and in the registers, of each element and in total: import, export, generation, load, lagging
 * and leading. */
#include "tests/unit/dsp/house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Float samples of sines: 1e-6 is what tests/unit/dsp/test_meter.c proves; the sums of four have a few of them. */
static const double clean = 1e-5;
enum { WINDOWS = 12 };

struct sign_case {
    const char *name;
    struct house house;
    const char *
        quadrants; /* of the nine points: 1..4, '+' or '-' on the P axis, '0' nothing flows, '*' not looked at */
};

static const struct sign_case signs[] = {
    {"import on both legs", {{120, 118}, {{10, 0}, {4, 0}}}, "+++000+++"},
    {"export on both legs", {{120, 118}, {{10, 180}, {4, 180}}}, "---000---"},
    {"import lagging is quadrant I", {{120, 118}, {{10, 30}, {4, 75}}}, "111000111"},
    {"export leading is quadrant II", {{120, 118}, {{10, 150}, {4, 105}}}, "222000222"},
    {"export lagging is quadrant III", {{120, 118}, {{10, -150}, {4, -105}}}, "333000333"},
    {"import leading is quadrant IV", {{120, 118}, {{10, -30}, {4, -75}}}, "444000444"},
    {"lagging on L1, leading on L2: the total lags", {{120, 118}, {{10, 40}, {4, -40}}}, "114000114"},
    {"lagging on L1, leading on L2: the total leads", {{120, 118}, {{3, 40}, {9, -40}}}, "414000414"},
    {"a balanced 240 V load", {{120, 120}, {{8, 20}, {8, 20}}}, "111000111"},
    {"a load on one leg", {{121, 119}, {{12, 10}, {0, 0}}}, "110000110"},
    {"a load on the other leg", {{121, 119}, {{0, 0}, {12, -10}}}, "404000404"},
    {"import on L1, export on L2: the total imports", {{120, 118}, {{10, 0}, {4, 180}}}, "++-000++-"},
    {"import on L1, export on L2: the total exports", {{120, 118}, {{4, 0}, {10, 180}}}, "-+-000-+-"},
    {"each leg in another quadrant", {{120, 118}, {{10, 30}, {7, 150}}}, "112000112"},
    {"solar generates, all of it is used", {{120, 120}, {{0, 0}, {0, 0}, {9, 0}, {9, 0}}}, "000++++++"},
    {"solar generates more than is used", {{120, 120}, {{6, 180}, {6, 180}, {9, 0}, {9, 0}}}, "---++++++"},
    {"solar generates less than is used", {{120, 118}, {{5, 35}, {3, 20}, {4, 0}, {4, 0}}}, "111+++111"},
    {"solar on L1 alone feeds L2's load through the grid",
     {{120, 120}, {{5, 180}, {5, 0}, {9, 0}, {0, 0}}},
     "*-+++0+++"},
    {"an inverter at night draws and is capacitive",
     {{120, 120}, {{6, 10}, {6, 10}, {0.5, -120}, {0.5, -120}}},
     "111333111"},
    {"an inverter that supplies reactive power",
     {{120, 120}, {{4, -170}, {4, -170}, {9, 25}, {9, 25}}},
     "333111111"},
};

/* Feeds a rig's windows to registers; the last reading stays. */
static void run(struct rig *rig, struct registers *registers, struct reading *reading)
{
    static const struct creep_config everything = {0, 0};
    struct meter *meter = meter_init(&rig->config);
    assert_non_null(meter);
    registers_init(registers, &rig->config.topology, &everything);
    for (int k = 0; k < WINDOWS; k++) {
        rig_read(rig, meter, reading);
        assert_true(reading->metered);
        registers_add(registers, reading);
    }
    meter_close(meter);
}

static void assert_close(const char *name, int point, const char *what, double value, double expected,
                         double most)
{
    if (!(fabs(value - expected) <= most)) {
        fail_msg("%s, point %d: %s is %.9g, not %.9g", name, point, what, value, expected);
    }
}

static void check_reading(const struct sign_case *c, int p, const struct point_reading *point,
                          double complex va, double s_va)
{
    assert_close(c->name, p, "p_w", point->p_w, creal(va), clean * 2400);
    assert_close(c->name, p, "q1_var", point->q1_var, cimag(va), clean * 2400);
    assert_close(c->name, p, "s_va", point->s_va, s_va, clean * 2400);
    if (s_va > 0) {
        assert_close(c->name, p, "pf", point->pf, creal(va) / s_va, 1e-4);
    }
    if (cabs(va) > 1) {
        assert_close(c->name, p, "dpf", point->dpf, creal(va) / cabs(va), 1e-4);
        double off_deg = remainder(point->phi_deg - carg(va) * 180 / RIG_PI, 360);
        assert_close(c->name, p, "phi_deg", off_deg, 0, 0.01);
    }
}

/* The quadrant that a complex power lies in, as the table writes it. */
static char quadrant(double complex va)
{
    const double least = 1e-9;
    if (cabs(va) < least) {
        return '0';
    }
    if (fabs(cimag(va)) < least) {
        return creal(va) > 0 ? '+' : '-';
    }
    return cimag(va) > 0 ? (creal(va) > 0 ? '1' : '2') : (creal(va) > 0 ? '4' : '3');
}

static void check_energy(const struct sign_case *c, int p, const struct energy *energy, double complex va,
                         double s_va, double hours)
{
    const double to_micro = 1e6 * hours;
    const double most = clean * 2400 * to_micro + 1;
    const char place = c->quadrants[p];
    const bool exports = strchr("-23", place) != NULL;
    const double q = fabs(cimag(va)) * to_micro;
    assert_close(c->name, p, "import", (double)energy->import_uwh, exports ? 0 : creal(va) * to_micro, most);
    assert_close(c->name, p, "export", (double)energy->export_uwh, exports ? -creal(va) * to_micro : 0, most);
    assert_close(c->name, p, "q1", (double)energy->q1_uvarh, place == '1' ? q : 0, most);
    assert_close(c->name, p, "q2", (double)energy->q2_uvarh, place == '2' ? q : 0, most);
    assert_close(c->name, p, "q3", (double)energy->q3_uvarh, place == '3' ? q : 0, most);
    assert_close(c->name, p, "q4", (double)energy->q4_uvarh, place == '4' ? q : 0, most);
    assert_close(c->name, p, "apparent", (double)energy->apparent_uvah, s_va * to_micro, most);
    if (place == '+' || place == '1' || place == '4') {
        assert_true(energy->export_uwh == 0); /* stands still, to the last digit */
    }
    if (place == '-' || place == '2' || place == '3') {
        assert_true(energy->import_uwh == 0);
    }
}

static void check_signs(const struct sign_case *c)
{
    struct rig rig;
    static struct reading reading;
    static struct registers registers;
    double complex va[HOUSE_POINTS];
    double s_va[HOUSE_POINTS];
    house_init(&rig, &c->house);
    house_points(&c->house, va);
    run(&rig, &registers, &reading);
    assert_int_equal(reading.n_points, HOUSE_POINTS);
    const double hours = 1e-9 * (double)registers.metered_ns / 3600;
    for (int leg = 0; leg < 2; leg++) {
        s_va[1 + leg] = cabs(va[1 + leg]);
        s_va[4 + leg] = cabs(va[4 + leg]);
        s_va[7 + leg] = cabs(va[7 + leg]);
    }
    for (int p = 0; p < HOUSE_POINTS; p += 3) {
        s_va[p] = s_va[p + 1] + s_va[p + 2];
    }
    for (int p = 0; p < HOUSE_POINTS; p++) {
        assert_true(c->quadrants[p] == '*' || c->quadrants[p] == quadrant(va[p])); /* the table itself */
        check_reading(c, p, &reading.point[p], va[p], s_va[p]);
        if (c->quadrants[p] != '*') {
            check_energy(c, p, &registers.energy[p], va[p], s_va[p], hours);
        }
    }
}

static void each_sign_in_readings_and_registers(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++) {
        printf("%s\n", signs[k].name);
        check_signs(&signs[k]);
    }
}

static void assert_mirrored(const struct energy *a, const struct energy *b)
{
    assert_int_equal(a->import_uwh, b->export_uwh);
    assert_int_equal(a->export_uwh, b->import_uwh);
    assert_int_equal(a->q1_uvarh, b->q3_uvarh);
    assert_int_equal(a->q2_uvarh, b->q4_uvarh);
    assert_int_equal(a->q3_uvarh, b->q1_uvarh);
    assert_int_equal(a->q4_uvarh, b->q2_uvarh);
    assert_int_equal(a->apparent_uvah, b->apparent_uvah);
}

/* All current sensors turned round: each register has its mirror image's content to the last digit, whatever the waves. */
static void reversal_swaps_import_and_export_to_the_last_digit(void **state)
{
    (void)state;
    static const struct house house = {{120, 118}, {{10, 30}, {4, 160}, {6, 5}, {7, -2}}};
    struct rig rig;
    static struct reading reading;
    static struct registers forward;
    static struct registers reverse;
    house_init(&rig, &house);
    rig.jitter_s = 15e-6;
    for (int h = 2; h <= 20; h++) {
        for (int k = 0; k < 6; k++) {
            rig_part(&rig, k, h, k < 2 ? 1.2 : 0.2, 37 * h + 11 * k);
        }
    }
    struct rig turned = rig;
    for (int k = HOUSE_I; k < HOUSE_I + 4; k++) {
        turned.channel[k].scale = -1;
    }
    run(&rig, &forward, &reading);
    run(&turned, &reverse, &reading);
    for (int p = 0; p < HOUSE_POINTS; p++) {
        assert_mirrored(&forward.energy[p], &reverse.energy[p]);
    }
    assert_true(forward.energy[1].import_uwh > 0 && forward.energy[2].export_uwh > 0);
}

/* The total nets within each window, the elements do not: L1 imports and L2 exports by turns, and the registers of all
 * three have what they had. */
static void totals_net_per_window(void **state)
{
    (void)state;
    static const struct house now = {{120, 118}, {{10, 0}, {4, 180}}};
    static const struct house then = {{120, 118}, {{4, 0}, {10, 180}}};
    struct rig rig;
    static struct reading reading;
    static struct registers first;
    static struct registers second;
    house_init(&rig, &now);
    run(&rig, &first, &reading);
    house_init(&rig, &then);
    run(&rig, &second, &reading);
    const double hours = 1e-9 * (double)first.metered_ns / 3600;
    const double most = clean * 2400 * 1e6 * hours + 1;
    assert_close("net import", 0, "import", (double)first.energy[0].import_uwh, 728e6 * hours, most);
    assert_close("net import", 0, "export", (double)first.energy[0].export_uwh, 0, 0);
    assert_close("net import", 2, "export", (double)first.energy[2].export_uwh, 472e6 * hours, most);
    assert_close("net export", 0, "export", (double)second.energy[0].export_uwh, 700e6 * hours, most);
    assert_close("net export", 0, "import", (double)second.energy[0].import_uwh, 0, 0);
    assert_close("net export", 1, "import", (double)second.energy[1].import_uwh, 480e6 * hours, most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sign_in_readings_and_registers),
        cmocka_unit_test(reversal_swaps_import_and_export_to_the_last_digit),
        cmocka_unit_test(totals_net_per_window),
    };
    return cmocka_run_group_tests_name("dsp/meter_signs", tests, NULL, NULL);
}
