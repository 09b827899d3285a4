/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many digits a register has, from the integer to the glass: what firmware/README.md says of roll-over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/registers.h"
#include "firmware/kept.h"
#include "firmware/pages.h"
#include "firmware/resume.h"

#include <string.h>

#define KWH INT64_C(1000000000) /* in uWh */

static const struct {
    const char *name;
    int64_t micro;
    const char *kwh;   /* text without bound: reports, exports, messages */
    const char *row;   /* of the display's page energy */
    const char *kvarh; /* as the sum of two quadrants, of which this is one and the other is 0 */
} cases[] = {
    {"five digits are full", 100000 * KWH - 1, "99999.999", "Imp 99999.999kWh", "+R99999.999kvarh"},
    {"a watt-hour more is a sixth digit, not zero", 100000 * KWH, "100000.000", "Imp100000.000kWh",
     "+R      ---kvarh"},
    {"the largest that the display shows", 1000000 * KWH - 1, "999999.999", "Imp999999.999kWh",
     "+R      ---kvarh"},
    {"one more is dashes there and a number elsewhere", 1000000 * KWH, "1000000.000", "Imp       ---kWh",
     "+R      ---kvarh"},
    {"a terawatt-hour", INT64_C(1000000000) * KWH, "1000000000.000", "Imp       ---kWh", "+R      ---kvarh"},
    {"the largest that a register holds", INT64_MAX, "9223372036.854", "Imp       ---kWh",
     "+R      ---kvarh"},
};

static void render(const struct record_energy *energy, struct display_text *text)
{
    static const int64_t grid[RECORD_POINTS] = {0};
    static struct mailbox_live live;
    struct pages pages;
    memset(&live, 0, sizeof live);
    live.energy[0] = *energy;
    pages_init(&pages, 1, grid);
    pages_render(&pages, 2, &live, text);
}

static void text_has_as_many_digits_as_it_needs_and_the_display_six(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct record_energy energy = {.import_uwh = cases[i].micro, .q2_uvarh = cases[i].micro};
        struct display_text text;
        char kwh[32];
        print_message("  %s\n", cases[i].name);
        record_format_kwh(cases[i].micro, kwh, sizeof kwh);
        assert_string_equal(kwh, cases[i].kwh);
        render(&energy, &text);
        assert_string_equal(text.row[0], cases[i].row);
        assert_string_equal(text.row[2], cases[i].kvarh);
    }
}

static void quadrants_that_are_absent_or_too_large_together_are_dashes(void **state)
{
    (void)state;
    struct display_text text;
    render(
        &(struct record_energy){
            .q1_uvarh = INT64_MAX, .q2_uvarh = 1, .q3_uvarh = RECORD_ABSENT, .q4_uvarh = RECORD_ABSENT},
        &text);
    assert_string_equal(text.row[2], "+R      ---kvarh");
    assert_string_equal(text.row[3], "-R      ---kvarh");
}

static const int64_t powers_uwh[] = {
    100000 * KWH, 1000000 * KWH, INT64_C(1000000000) * KWH,
    INT64_C(9007199254740992) /* 2^53: from here a double skips odd units */};

/* Where a meter of five digits would begin again: windows of 1 uWh, with a restart after each. */
static void registers_count_on_over_each_power_of_ten(void **state)
{
    (void)state;
    const struct creep_config no_creep = {0, 0};
    struct topology topology = {.n_channels = 2, .n_elements = 1, .element = {{0, 1, CIRCUIT_GRID, 1, 0, 0}}};
    static struct reading window;
    topology_init(&topology);
    memset(&window, 0, sizeof window);
    window.metered = true;
    window.n_points = 1;
    window.duration_s = 0.0036;
    window.point[0].p_w = 1;
    for (size_t i = 0; i < sizeof powers_uwh / sizeof powers_uwh[0]; i++) {
        int64_t uwh = powers_uwh[i] - 5;
        while (uwh < powers_uwh[i] + 5) {
            unsigned char bytes[KEPT_BYTES_MAX];
            struct kept kept, back;
            struct registers registers;
            memset(&kept, 0, sizeof kept);
            kept.n_points = 1;
            kept.energy[0].import_uwh = uwh;
            assert_int_equal(kept_unpack(&back, KEPT_MAGIC, bytes, kept_pack(&kept, bytes)), 0);
            registers_init(&registers, &topology, &no_creep);
            resume_registers(&back, &registers);
            registers_add(&registers, &window);
            assert_true(registers.energy[0].import_uwh == uwh + 1);
            uwh = registers.energy[0].import_uwh;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_as_many_digits_as_it_needs_and_the_display_six),
        cmocka_unit_test(quadrants_that_are_absent_or_too_large_together_are_dashes),
        cmocka_unit_test(registers_count_on_over_each_power_of_ten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
