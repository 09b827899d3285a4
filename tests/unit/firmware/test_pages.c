/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/quality.h"
#include "firmware/pages.h"

#include <math.h>
#include <string.h>

static const int64_t grid_only[RECORD_POINTS] = {0};

static const struct page_case {
    const char *name;
    int page;
    double u_v, i_a, p_w, q_var, s_va, pf, phi_deg, f_hz, thd_u, thd_i;
    struct record_energy energy;
    int64_t quality;
    const char *row[DISPLAY_ROWS];
} cases[] = {
    {"an ordinary import",
     0,
     120.04,
     10.0012,
     1039.26,
     600.1,
     1200.2,
     0.866,
     30.004,
     59.9987,
     2.1,
     15.3,
     {0},
     0,
     {"120.04V 59.999Hz", " 10.001A PF+0.87", "P      +1039.3 W", "IMPORT  12:34:56"}},
    {"an export with more than 40 A",
     0,
     131.5,
     41.25,
     -4950.0,
     -10,
     5424.4,
     -0.912,
     -175.5,
     60.0123,
     2.1,
     15.3,
     {0},
     0,
     {"131.50V 60.012Hz", "-41.250A PF-0.91", "P      -4950.0 W", "EXPORT  12:34:56"}},
    {"nothing measured yet is dashes, not zero",
     0,
     NAN,
     NAN,
     NAN,
     NAN,
     NAN,
     NAN,
     NAN,
     NAN,
     NAN,
     NAN,
     {0},
     0,
     {"   ---V    ---Hz", "    ---A PF  ---", "P          --- W", "------  12:34:56"}},
    {"powers and angle",
     1,
     120,
     10,
     -1039.26,
     600.12,
     1200.25,
     -0.866,
     149.96,
     60,
     2,
     15,
     {0},
     0,
     {"P     -1039.3 W ", "Q1    +600.1 var", "S      1200.2 VA", "phi   +149.96 \x7f "}},
    {"registers with three decimals, truncated",
     2,
     120,
     10,
     1,
     1,
     1,
     1,
     0,
     60,
     2,
     15,
     {.import_uwh = INT64_C(12345678999999),
      .export_uwh = INT64_C(1999999),
      .q1_uvarh = INT64_C(700000000),
      .q2_uvarh = INT64_C(50000000),
      .q3_uvarh = 0,
      .q4_uvarh = INT64_C(1000000)},
     0,
     {"Imp 12345.678kWh", "Exp     0.001kWh", "+R    0.750kvarh", "-R    0.001kvarh"}},
    {"the largest register that the row holds",
     2,
     120,
     10,
     1,
     1,
     1,
     1,
     0,
     60,
     2,
     15,
     {.import_uwh = INT64_C(99999999999999), .export_uwh = INT64_C(9999999999999999)},
     0,
     {"Imp 99999.999kWh", "Exp       ---kWh", "+R    0.000kvarh", "-R    0.000kvarh"}},
    {"quality without a flag is OK",
     3,
     120,
     10,
     1,
     1,
     1,
     1,
     0,
     60.00012,
     2.126,
     105.5,
     {0},
     0,
     {"f     60.0001 Hz", "THD-U     2.13 %", "THD-I   105.50 %", "OK              "}},
    {"flags are words, the gravest first, cut at the edge",
     3,
     120,
     10,
     1,
     1,
     1,
     1,
     0,
     NAN,
     NAN,
     NAN,
     {0},
     QUALITY_SIMULATED | QUALITY_UNCALIBRATED | QUALITY_CLIPPED,
     {"f         --- Hz", "THD-U      --- %", "THD-I      --- %", "CLIP UNCAL SIM  "}},
};

static void fill(const struct page_case *c, struct mailbox_live *live)
{
    memset(live, 0, sizeof *live);
    live->live.point[0] = (struct record_point){.u_rms_v = c->u_v,
                                                .i_rms_a = c->i_a,
                                                .p_w = c->p_w,
                                                .q1_var = c->q_var,
                                                .s_va = c->s_va,
                                                .pf = c->pf,
                                                .phi_deg = c->phi_deg,
                                                .thd_u_pct = c->thd_u,
                                                .thd_i_pct = c->thd_i,
                                                .u_ll_v = (double)NAN,
                                                .i_neutral_a = (double)NAN};
    live->live.f_hz = c->f_hz;
    live->live.utc_end_ms = INT64_C(1000) * (86400 * 20000 + 12 * 3600 + 34 * 60 + 56);
    live->live.quality = c->quality;
    live->energy[0] = c->energy;
}

static void test_each_page_shows_its_golden_text(void **state)
{
    (void)state;
    struct pages pages;
    pages_init(&pages, 1, grid_only);
    assert_int_equal(pages.n, 4);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mailbox_live live;
        struct display_text text;
        fill(&cases[i], &live);
        print_message("  %s\n", cases[i].name);
        pages_render(&pages, cases[i].page, &live, &text);
        for (int row = 0; row < DISPLAY_ROWS; row++)
            assert_string_equal(text.row[row], cases[i].row[row]);
    }
}

/* Every point there can be, all with the same values. */
static void fill_all(double value, struct mailbox_live *live)
{
    memset(live, 0, sizeof *live);
    for (int p = 0; p < RECORD_POINTS; p++) {
        for (size_t k = 0; k < record_point_fields_n; k++)
            if (record_point_fields[k].type == FIELD_REAL)
                record_set_real(&record_point_fields[k], &live->live.point[p], value);
        live->energy[p] = (struct record_energy){.import_uwh = INT64_MAX, .export_uwh = RECORD_ABSENT};
    }
    live->live.f_hz = value;
    live->live.quality = 0x1ff;
}

static void test_every_row_is_full_width_whatever_the_values(void **state)
{
    (void)state;
    static const double extremes[] = {(double)NAN,      0,     -0.0, 1e300, -1e300, 99999.994, -41.25,
                                      (double)INFINITY, 1e-300};
    static const int64_t all[RECORD_POINTS] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    struct pages pages;
    pages_init(&pages, RECORD_POINTS, all);
    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++)
        for (int page = 0; page < pages.n; page++) {
            static struct mailbox_live live;
            struct display_text text;
            fill_all(extremes[i], &live);
            pages_render(&pages, page, &live, &text);
            for (int row = 0; row < DISPLAY_ROWS; row++)
                assert_int_equal(strlen(text.row[row]), DISPLAY_COLUMNS);
        }
}

static const struct {
    const char *name;
    int n_points;
    int64_t point_id[RECORD_POINTS];
    const char *pages[PAGES_MAX];
} layouts[] = {
    {"one phase", 1, {0}, {"now", "power", "energy", "quality"}},
    {"one phase with solar", 3, {0, 3, 6}, {"now", "power", "energy", "quality", "solar", "load"}},
    {"two legs", 3, {0, 1, 2}, {"now", "power", "energy", "quality", "grid legs"}},
    {"two legs with solar on both",
     9,
     {0, 1, 2, 3, 4, 5, 6, 7, 8},
     {"now", "power", "energy", "quality", "grid legs", "solar", "solar legs", "load", "load legs"}},
    {"two legs, solar on one",
     7,
     {0, 1, 2, 3, 6, 7, 8},
     {"now", "power", "energy", "quality", "grid legs", "solar", "load", "load legs"}},
};

static void test_pages_follow_from_the_points(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        struct pages pages;
        print_message("  %s\n", layouts[i].name);
        pages_init(&pages, layouts[i].n_points, layouts[i].point_id);
        for (int k = 0; k < pages.n; k++)
            assert_string_equal(pages.page[k].name, layouts[i].pages[k]);
        assert_null(layouts[i].pages[pages.n]);
    }
}

/* A split-phase meter with solar: pages as in the last row but one of layouts. */
static const struct {
    const char *name;
    int page;
    const char *row[DISPLAY_ROWS];
} split_cases[] = {
    {"the total shows the voltage between the legs",
     0,
     {"240.11V 60.001Hz", "N 1.250A PF-0.98", "P      -4820.0 W", "EXPORT  00:00:00"}},
    {"legs side by side, export negative",
     4,
     {"GRID  L1      L2", "120.04V  119.87V", "-41.25A    1.08A", " -4950W    +130W"}},
    {"a further circuit",
     5,
     {"SOLAR  +9876.5 W", "Q1     -12.0 var", "Imp 99999.999kWh", "Exp     0.000kWh"}},
    {"a leg that was not measured",
     6,
     {"SOLAR L1      L2", "120.04V     ---V", "   ---A     ---A", "   ---W     ---W"}},
};

static void fill_split(struct mailbox_live *live)
{
    const double none = (double)NAN;
    fill_all(none, live);
    live->live.quality = 0;
    live->live.f_hz = 60.0011;
    live->live.point[0].u_ll_v = 240.11;
    live->live.point[0].i_neutral_a = 1.25;
    live->live.point[0].pf = -0.98;
    live->live.point[0].p_w = -4820;
    live->live.point[1] = (struct record_point){.u_rms_v = 120.04, .i_rms_a = 41.25, .p_w = -4950};
    live->live.point[2] = (struct record_point){.u_rms_v = 119.87, .i_rms_a = 1.08, .p_w = 130};
    live->live.point[3].p_w = 9876.5;
    live->live.point[3].q1_var = -12;
    live->energy[3] = (struct record_energy){.import_uwh = INT64_C(99999999999999)};
    live->live.point[4].u_rms_v = 120.04;
}

static void test_split_phase_pages_show_their_golden_text(void **state)
{
    (void)state;
    static const int64_t all[RECORD_POINTS] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    static struct mailbox_live live;
    struct pages pages;
    pages_init(&pages, RECORD_POINTS, all);
    fill_split(&live);
    for (size_t i = 0; i < sizeof split_cases / sizeof split_cases[0]; i++) {
        struct display_text text;
        print_message("  %s\n", split_cases[i].name);
        pages_render(&pages, split_cases[i].page, &live, &text);
        for (int row = 0; row < DISPLAY_ROWS; row++)
            assert_memory_equal(text.row[row], split_cases[i].row[row], strlen(split_cases[i].row[row]));
    }
}

static void test_the_first_page_names_the_meter(void **state)
{
    (void)state;
    struct display_text text;
    pages_render_start("v0123456789ab", "0.1.0", &text);
    assert_string_equal(text.row[0], "Vatio 0.1.0     ");
    assert_string_equal(text.row[1], "v0123456789ab   ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_page_shows_its_golden_text),
        cmocka_unit_test(test_every_row_is_full_width_whatever_the_values),
        cmocka_unit_test(test_pages_follow_from_the_points),
        cmocka_unit_test(test_split_phase_pages_show_their_golden_text),
        cmocka_unit_test(test_the_first_page_names_the_meter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
