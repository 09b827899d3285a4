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
     {"131.50V 60.012Hz", " 41.250A PF-0.91", "P      -4950.0 W", "EXPORT  12:34:56"}},
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
                                                .thd_i_pct = c->thd_i};
    live->live.f_hz = c->f_hz;
    live->live.utc_end_ms = INT64_C(1000) * (86400 * 20000 + 12 * 3600 + 34 * 60 + 56);
    live->live.quality = c->quality;
    live->energy[0] = c->energy;
}

static void test_each_page_shows_its_golden_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mailbox_live live;
        struct display_text text;
        fill(&cases[i], &live);
        print_message("  %s\n", cases[i].name);
        pages_render(cases[i].page, &live, &text);
        for (int row = 0; row < DISPLAY_ROWS; row++)
            assert_string_equal(text.row[row], cases[i].row[row]);
    }
}

static void test_every_row_is_full_width_whatever_the_values(void **state)
{
    (void)state;
    static const double extremes[] = {NAN, 0, -0.0, 1e300, -1e300, 99999.994, -41.25, INFINITY, 1e-300};
    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++)
        for (int page = 0; page < pages_count(); page++) {
            struct page_case c = {.u_v = extremes[i],
                                  .i_a = extremes[i],
                                  .p_w = extremes[i],
                                  .q_var = extremes[i],
                                  .s_va = extremes[i],
                                  .pf = extremes[i],
                                  .phi_deg = extremes[i],
                                  .f_hz = extremes[i],
                                  .thd_u = extremes[i],
                                  .thd_i = extremes[i],
                                  .energy = {.import_uwh = INT64_MAX, .export_uwh = RECORD_ABSENT},
                                  .quality = 0xff};
            struct mailbox_live live;
            struct display_text text;
            fill(&c, &live);
            pages_render(page, &live, &text);
            for (int row = 0; row < DISPLAY_ROWS; row++)
                assert_int_equal(strlen(text.row[row]), DISPLAY_COLUMNS);
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
        cmocka_unit_test(test_the_first_page_names_the_meter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
