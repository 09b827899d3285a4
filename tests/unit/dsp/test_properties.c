/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold whatever is metered: random boards, mains, loads and timing, each with one change whose effect is known.
 *
 * VATIO_SEED=n runs the cases from seed n; every seed is printed with what failed.
 */
#include "dsp/registers.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CASES = 12, SCANS = 8000, WINDOWS = 16 };

static struct meter_scan scans[SCANS];
static struct meter_scan changed[SCANS];

/* What a meter makes of the scans. */
struct outcome {
    int n;
    struct reading reading[WINDOWS];
    struct registers registers;
};
static struct outcome before;
static struct outcome after;

static uint64_t first_seed(void)
{
    const char *text = getenv("VATIO_SEED");
    return text != NULL ? strtoull(text, NULL, 10) : 1;
}

static double between(struct rig *rig, double low, double high)
{
    return low + (high - low) * rig_uniform(rig);
}

/* Two legs of anything: PF, direction, harmonics, DC, noise, holes, jitter; some seconds. */
static void make_case(struct rig *rig, uint64_t seed)
{
    rig_init(rig, 50, 50, 0);
    rig->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (int k = 0; k < 8; k++) {
        rig_uniform(rig);
    }
    bool sixty = rig_uniform(rig) < 0.5;
    rig->config.f_nominal_hz = sixty ? 60 : 50;
    rig->f_hz = rig->config.f_nominal_hz * between(rig, 0.86, 1.14);
    rig->rate_hz_s = between(rig, -0.2, 0.2);
    rig->config.scan_rate_hz = floor(between(rig, 1500, 4000));
    rig->spacing_s = between(rig, 20e-6, 60e-6);
    rig->jitter_s = between(rig, 0, 30e-6);
    rig->stop_every_s = rig_uniform(rig) < 0.5 ? 0.137 : 0;
    rig->stop_s = between(rig, 0, 5e-3);
    struct topology *topology = &rig->config.topology;
    topology->n_channels = 4;
    topology->n_elements = 2;
    for (int k = 0; k < 2; k++) {
        topology->element[k] = (struct element){2 * k, 2 * k + 1, CIRCUIT_GRID, k + 1, 0, 0};
        rig->channel[2 * k].n = rig->channel[2 * k + 1].n = 0;
        rig_part(rig, 2 * k, 1, 230 * between(rig, 0.8, 1.2), 180.0 * k);
        rig_part(rig, 2 * k + 1, 1, exp(between(rig, -5, 3)), between(rig, -180, 180));
        for (int h = 2; h < 12; h++) {
            rig_part(rig, 2 * k, h, between(rig, 0, 5), between(rig, -180, 180));
            rig_part(rig, 2 * k + 1, h, between(rig, 0, 0.5), between(rig, -180, 180));
        }
    }
    topology_init(topology);
    for (int k = 0; k < 4; k++) {
        rig->channel[k].noise = between(rig, 0, 0.1);
        rig->channel[k].quantum = k % 2 == 0 ? 0.6 : 0.08;
        rig->channel[k].dc = between(rig, -1, 1);
    }
}

/* Meters the scans; `block` of them are added before readings are asked for. */
static void meter_all(const struct meter_config *config, const struct meter_scan from[], int block,
                      struct outcome *outcome)
{
    memset(outcome, 0, sizeof(*outcome));
    const struct creep_config limits = {0, 0};
    registers_init(&outcome->registers, &config->topology, &limits);
    struct meter *meter = meter_init(config);
    assert_non_null(meter);
    for (int k = 0; k < SCANS && outcome->n < WINDOWS; k++) {
        meter_add(meter, &from[k]);
        bool ask = (k + 1) % block == 0;
        while (ask && outcome->n < WINDOWS && meter_read(meter, &outcome->reading[outcome->n])) {
            registers_add(&outcome->registers, &outcome->reading[outcome->n++]);
        }
    }
    meter_close(meter);
}

/* Makes the scans of a case, and meters them. */
static void meter_case(struct rig *rig, uint64_t seed)
{
    make_case(rig, seed);
    for (int k = 0; k < SCANS; k++) {
        rig_scan(rig, &scans[k]);
    }
    meter_all(&rig->config, scans, 1, &before);
    assert_true(before.n > 5);
    memcpy(changed, scans, sizeof(scans));
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

/* To the last digit, sign of zero and all, but for seq and time. */
static void assert_same_points(uint64_t seed)
{
    assert_int_equal(before.n, after.n);
    for (int n = 0; n < before.n; n++) {
        const struct reading *a = &before.reading[n];
        const struct reading *b = &after.reading[n];
        bool alike = same(a->f_hz, b->f_hz) && same(a->duration_s, b->duration_s) &&
                     same(a->mains_cycles, b->mains_cycles) && a->quality == b->quality &&
                     a->metered == b->metered && a->h_max == b->h_max;
        for (int p = 0; p < a->n_points; p++) {
            const double *x = (const double *)&a->point[p];
            const double *y = (const double *)&b->point[p];
            for (size_t k = 0; k < sizeof(a->point[p]) / sizeof(double); k++) {
                alike = alike && same(x[k], y[k]);
            }
        }
        if (!alike) {
            fail_msg("seed %llu, window %d", (unsigned long long)seed, n);
        }
    }
}

typedef void property(uint64_t seed);

static void check(property *holds)
{
    uint64_t first = first_seed();
    printf("seeds %llu..%llu\n", (unsigned long long)first, (unsigned long long)(first + CASES - 1));
    for (uint64_t seed = first; seed < first + CASES; seed++) {
        holds(seed);
    }
}

/* Any block that the ring holds beside a window, here up to 0.4 s. */
static void same_in_blocks(uint64_t seed)
{
    struct rig rig;
    meter_case(&rig, seed);
    const int blocks[] = {2, 7, 64, (int)(0.1 * rig.config.scan_rate_hz),
                          (int)(0.4 * rig.config.scan_rate_hz)};
    for (size_t k = 0; k < sizeof(blocks) / sizeof(blocks[0]); k++) {
        meter_all(&rig.config, changed, blocks[k], &after);
        after.n = after.n < before.n ? after.n : before.n;
        before.n = after.n; /* what is in the last block comes later */
        assert_true(after.n > 4);
        assert_same_points(seed);
        assert_memory_equal(&after.reading[0].start_ns, &before.reading[0].start_ns, sizeof(int64_t));
    }
}

static void any_block_gives_the_same_digits(void **state)
{
    (void)state;
    check(same_in_blocks);
}

/* The same with stops of more than a cycle, up to several windows, one in the first second. */
static void same_in_blocks_with_stops(uint64_t seed)
{
    struct rig rig;
    make_case(&rig, seed);
    rig.stop_every_s = 0;
    for (int k = 0; k < SCANS; k++) {
        bool stop = k == 300 || rig_uniform(&rig) < 0.0005;
        rig.scan += stop ? (int64_t)(rig.config.scan_rate_hz * between(&rig, 0.025, 0.7)) : 0;
        rig_scan(&rig, &scans[k]);
    }
    memcpy(changed, scans, sizeof(scans));
    meter_all(&rig.config, scans, 1, &before);
    const int blocks[] = {3, 200, (int)(0.4 * rig.config.scan_rate_hz)};
    for (size_t k = 0; k < sizeof(blocks) / sizeof(blocks[0]); k++) {
        meter_all(&rig.config, changed, blocks[k], &after);
        before.n = after.n = after.n < before.n ? after.n : before.n;
        assert_true(after.n > 4);
        assert_same_points(seed);
    }
}

static void any_block_gives_the_same_digits_with_stops(void **state)
{
    (void)state;
    check(same_in_blocks_with_stops);
}

/* A shift of all stamps by whole nanoseconds, up to years: instants are only ever subtracted. */
static void same_at_any_time(uint64_t seed)
{
    struct rig rig;
    meter_case(&rig, seed);
    static const int64_t shifts_ns[] = {
        1, -1, 999999937, INT64_C(86400000000001), INT64_C(1) << 58, -(INT64_C(1) << 58)};
    for (size_t n = 0; n < sizeof(shifts_ns) / sizeof(shifts_ns[0]); n++) {
        for (int k = 0; k < SCANS; k++) {
            for (int c = 0; c < 4; c++) {
                changed[k].hold_ns[c] = scans[k].hold_ns[c] + shifts_ns[n];
            }
        }
        meter_all(&rig.config, changed, 1, &after);
        assert_same_points(seed);
        for (int k = 0; k < before.n; k++) {
            assert_true(after.reading[k].start_ns - before.reading[k].start_ns == shifts_ns[n]);
        }
        assert_memory_equal(after.registers.energy, before.registers.energy, sizeof(before.registers.energy));
    }
}

static void a_shift_in_time_changes_no_digit(void **state)
{
    (void)state;
    check(same_at_any_time);
}

/* Inputs trade places, each with its stamps, and the topology says so. */
static void same_on_other_channels(uint64_t seed)
{
    static const int places[][4] = {{1, 0, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}, {1, 2, 3, 0}};
    struct rig rig;
    meter_case(&rig, seed);
    for (size_t n = 0; n < sizeof(places) / sizeof(places[0]); n++) {
        struct meter_config config = rig.config;
        for (int k = 0; k < SCANS; k++) {
            for (int c = 0; c < 4; c++) {
                changed[k].hold_ns[places[n][c]] = scans[k].hold_ns[c];
                changed[k].value[places[n][c]] = scans[k].value[c];
            }
        }
        for (int e = 0; e < 2; e++) {
            config.topology.element[e].u_channel = places[n][rig.config.topology.element[e].u_channel];
            config.topology.element[e].i_channel = places[n][rig.config.topology.element[e].i_channel];
        }
        meter_all(&config, changed, 1, &after);
        assert_same_points(seed);
    }
}

static void channels_may_be_permuted(void **state)
{
    (void)state;
    check(same_on_other_channels);
}

/* The current's way of a value under a change of the current's scale: 1 as the current, 0 not at all. */
static int power_of_current(size_t at)
{
#define OF(name)                                                                                             \
    (at >= offsetof(struct point_reading, name) &&                                                           \
     at < offsetof(struct point_reading, name) + sizeof(((struct point_reading *)0)->name))
    if (OF(i_rms_a) || OF(i_dc_a) || OF(p_w) || OF(q1_var) || OF(s_va) || OF(n_var) || OF(i1_a) || OF(p1_w) ||
        OF(ph_w) || OF(ih_a) || OF(s1_va) || OF(sn_va) || OF(di_var) || OF(dv_var) || OF(sh_va) ||
        OF(dh_var) || OF(i_neutral_a) || OF(i_h_a) || OF(i_sg_a) || OF(i_g_a) || OF(i_isg_a) || OF(i_ig_a)) {
        return 1;
    }
    return 0;
}

static void scale_currents(double factor)
{
    for (int k = 0; k < SCANS; k++) {
        changed[k].value[1] = factor * scans[k].value[1];
        changed[k].value[3] = factor * scans[k].value[3];
    }
}

/* Powers of two scale every digit; other factors round, by 1e-12 of the largest value of its kind. */
static void scales(uint64_t seed, double factor, double tolerance)
{
    for (int n = 0; n < before.n; n++) {
        for (int p = 0; p < before.reading[n].n_points; p++) {
            const struct point_reading *point = &before.reading[n].point[p];
            const double *x = (const double *)point;
            const double *y = (const double *)&after.reading[n].point[p];
            for (size_t k = 0; k < sizeof(*point) / sizeof(double); k++) {
                double expected = x[k] * (power_of_current(k * sizeof(double)) == 1 ? factor : 1);
                double of =
                    fmax(fabs(expected),
                         tolerance > 0 ? factor * fmax(fabs(point->s_va), fabs(point->i_rms_a)) + 360 : 0);
                if (!same(expected, y[k]) && !(fabs(expected - y[k]) <= tolerance * of)) {
                    fail_msg("seed %llu, window %d, point %d, value %d: %.17g, not %.17g",
                             (unsigned long long)seed, n, p, (int)k, y[k], expected);
                }
            }
        }
    }
}

static void scaled_currents(uint64_t seed)
{
    static const double factors[] = {2, 0.125, 3.7};
    struct rig rig;
    meter_case(&rig, seed);
    for (int k = 0; k < 3; k++) {
        scale_currents(factors[k]);
        meter_all(&rig.config, changed, 1, &after);
        assert_int_equal(after.n, before.n);
        scales(seed, factors[k], k < 2 ? 0 : 1e-12);
    }
}

static void scaled_currents_scale(void **state)
{
    (void)state;
    check(scaled_currents);
}

static void assert_mirrored(const struct registers *a, const struct registers *b, int p)
{
    const struct energy *x = &a->energy[p];
    const struct energy *y = &b->energy[p];
    assert_true(x->import_uwh == y->export_uwh && x->export_uwh == y->import_uwh);
    assert_true(x->q1_uvarh == y->q3_uvarh && x->q2_uvarh == y->q4_uvarh);
    assert_true(x->q3_uvarh == y->q1_uvarh && x->q4_uvarh == y->q2_uvarh);
    assert_true(x->apparent_uvah == y->apparent_uvah);
    assert_true(same(a->remainder[p][0], b->remainder[p][1]) && same(a->remainder[p][2], b->remainder[p][4]));
}

/* Current sensors turned round: powers change their sign, nothing else a digit; import and export trade places, quadrants too. */
static void reversed(uint64_t seed)
{
    struct rig rig;
    meter_case(&rig, seed);
    scale_currents(-1);
    meter_all(&rig.config, changed, 1, &after);
    for (int n = 0; n < before.n; n++) {
        for (int p = 0; p < before.reading[n].n_points; p++) {
            const struct point_reading *x = &before.reading[n].point[p];
            const struct point_reading *y = &after.reading[n].point[p];
            assert_true(same(x->p_w, -y->p_w) && same(x->q1_var, -y->q1_var) && same(x->p1_w, -y->p1_w));
            assert_true(same(x->pf, -y->pf) && same(x->dpf, -y->dpf) && same(x->i_dc_a, -y->i_dc_a));
            assert_true(same(x->s_va, y->s_va) && same(x->i_rms_a, y->i_rms_a) &&
                        same(x->u_rms_v, y->u_rms_v));
            assert_true(same(x->n_var, y->n_var) && same(x->thd_i_pct, y->thd_i_pct));
            assert_true(same(x->i_h_a[5], y->i_h_a[5]) && same(x->i_sg_a[5], y->i_sg_a[5]));
            double turned = fabs(remainder(x->phi_deg - y->phi_deg, 360));
            assert_true(isnan(x->phi_deg) ? isnan(y->phi_deg) : fabs(turned - 180) < 1e-12 * 360);
        }
    }
    for (int p = 0; p < before.registers.topology.n_points; p++) {
        assert_mirrored(&before.registers, &after.registers, p);
    }
}

static void reversal_mirrors_to_the_last_digit(void **state)
{
    (void)state;
    check(reversed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_block_gives_the_same_digits),
        cmocka_unit_test(any_block_gives_the_same_digits_with_stops),
        cmocka_unit_test(a_shift_in_time_changes_no_digit),
        cmocka_unit_test(channels_may_be_permuted),
        cmocka_unit_test(scaled_currents_scale),
        cmocka_unit_test(reversal_mirrors_to_the_last_digit),
    };
    return cmocka_run_group_tests_name("dsp/properties", tests, NULL, NULL);
}
