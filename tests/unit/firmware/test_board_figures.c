/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each figure of board/README.md, computed from board/reference.ini and compared as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/board_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;
static struct board board;

/* What is not in the board file. */
static const double core_clock_hz = 250e6; /* of a Raspberry Pi 3 with core_freq=250 */
static const double sample_f = 20e-12;     /* sampling capacitor of the MCP3008, recalled */
static const double clocks_per_frame = 27; /* 24, and one idle clock a byte */
static const double highest_harmonic = 50;
static const double usable_share = 0.42; /* of the scan rate, see meter_h_max */

static double lsb_v(void)
{
    return board.converter.reference_v / 1024;
}

/* --- voltage, channel 0 ------------------------------------------------------------------------------------------ */

static const struct board_voltage_path *u_path(void)
{
    return &board.channel[0].voltage;
}
static double u_pin_per_v(void)
{
    double divider =
        u_path()->divider_bottom_ohm / (u_path()->divider_top_ohm + u_path()->divider_bottom_ohm);
    return u_path()->amplifier_gain * divider / u_path()->transformer_ratio;
}
static double u_step(void)
{
    return lsb_v() / u_pin_per_v();
}
static double u_zero_code(void)
{
    return u_path()->amplifier_offset_v / lsb_v() - 0.5;
}
static double u_highest(void)
{
    return (1023 - u_zero_code()) * u_step();
}
static double u_lowest(void)
{
    return -u_zero_code() * u_step();
}
static double u_largest_sine(void)
{
    return u_highest() / sqrt(2);
}
static double u_headroom(void)
{
    return u_largest_sine() / board.u_nominal_v;
}
static double u_code(double u_v)
{
    return floor((u_path()->amplifier_offset_v + u_v * u_pin_per_v()) / lsb_v());
}
static double u_code_low(void)
{
    return u_code(-sqrt(2) * board.u_nominal_v);
}
static double u_code_high(void)
{
    return u_code(sqrt(2) * board.u_nominal_v);
}
static double u_delay_us(void)
{
    return board.channel[0].filter_ohm * board.channel[0].filter_f * 1e6;
}
static double u_pole(void)
{
    return 1e6 / (2 * pi * u_delay_us());
}

/* --- current, channel 1 ------------------------------------------------------------------------------------------ */

static const struct board_current_path *i_path(void)
{
    return &board.channel[1].current;
}
static double i_load_ohm(void)
{
    return i_path()->divider_top_ohm + i_path()->divider_bottom_ohm;
}
static double i_ratio(void)
{
    return i_path()->divider_bottom_ohm / i_load_ohm();
}
static double i_step(void)
{
    return lsb_v() / (i_path()->sensitivity_v_per_a * i_ratio());
}
static double i_zero_code(void)
{
    return i_path()->zero_v * i_ratio() / lsb_v() - 0.5;
}
static double i_highest(void)
{
    return (1023 - i_zero_code()) * i_step();
}
static double i_lowest(void)
{
    return -i_zero_code() * i_step();
}
static double i_code_low(void)
{
    return floor((i_path()->zero_v - 50 * i_path()->sensitivity_v_per_a) * i_ratio() / lsb_v());
}
static double i_code_high(void)
{
    return floor((i_path()->zero_v + 50 * i_path()->sensitivity_v_per_a) * i_ratio() / lsb_v());
}
static double i_peak(void)
{
    return sqrt(2) * board.i_max_a;
}
static double i_steps(void)
{
    return sqrt(2) * board.i_nominal_a / i_step();
}
static double i_source_ohm(void)
{
    return i_path()->divider_top_ohm * i_path()->divider_bottom_ohm / i_load_ohm();
}
static double i_delay_us(void)
{
    return (board.channel[1].filter_ohm + i_source_ohm()) * board.channel[1].filter_f * 1e6;
}
static double i_pole(void)
{
    return 1e6 / (2 * pi * i_delay_us());
}

/* --- both -------------------------------------------------------------------------------------------------------- */

static double passes_alias(void)
{
    double alias_hz = board.converter.scan_rate_hz - highest_harmonic * board.f_nominal_hz;
    assert_true(alias_hz == 5000);
    return 1 / hypot(1, alias_hz / u_pole());
}
static double charge_pct(void)
{
    return 100 * sample_f / board.channel[0].filter_f;
}
static double spi_mhz(void)
{
    return core_clock_hz / (2 * ceil(core_clock_hz / 2 / board.converter.spi_clock_hz)) * 1e-6;
}
static double frame_us(void)
{
    return clocks_per_frame / spi_mhz();
}
static double scan_us(void)
{
    return 2e-3 * board.converter.conversion_spacing_ns;
}
static double scan_share(void)
{
    return scan_us() * 1e-6 * board.converter.scan_rate_hz;
}
static double skew_deg(void)
{
    return board.converter.conversion_spacing_ns * 1e-9 * board.f_nominal_hz * 360;
}
static double needed_rate(void)
{
    return highest_harmonic * board.f_nominal_hz / usable_share;
}
static double pulse_ms(void)
{
    return 3.6e9 / (board.u_nominal_v * board.i_max_a * board.pulse.imp_per_kwh);
}

struct figure {
    const char *name;
    double (*compute)(void);
};

static const struct figure figures[] = {
    {"voltage step", u_step},
    {"voltage mean code at 0 V", u_zero_code},
    {"voltage at the highest code", u_highest},
    {"voltage at the lowest code", u_lowest},
    {"largest sine", u_largest_sine},
    {"headroom over nominal", u_headroom},
    {"lowest code at 120 V", u_code_low},
    {"highest code at 120 V", u_code_high},
    {"voltage pole", u_pole},
    {"voltage delay", u_delay_us},
    {"current step", i_step},
    {"current mean code at 0 A", i_zero_code},
    {"current at the highest code", i_highest},
    {"current at the lowest code", i_lowest},
    {"lowest code at -50 A", i_code_low},
    {"highest code at 50 A", i_code_high},
    {"peak at the largest current", i_peak},
    {"steps in the peak at 5 A", i_steps},
    {"load on the sensor", i_load_ohm},
    {"source resistance of the divider", i_source_ohm},
    {"current pole", i_pole},
    {"current delay", i_delay_us},
    {"what passes at 5 kHz", passes_alias},
    {"charge taken by a conversion", charge_pct},
    {"SPI clock in effect", spi_mhz},
    {"one conversion on the wire", frame_us},
    {"two conversions", scan_us},
    {"share of the scan period", scan_share},
    {"phase between the two", skew_deg},
    {"scan rate for the 50th harmonic", needed_rate},
    {"shortest time between pulses", pulse_ms},
};
enum { FIGURES = sizeof figures / sizeof figures[0] };

/* The row "| name | value ..." of the table; value is the text after the second bar. */
static const char *row_value(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(line, "| ", 2) != 0 || strncmp(line + 2, name, length) != 0)
        return NULL;
    return strncmp(line + 2 + length, " | ", 3) == 0 ? line + 2 + length + 3 : NULL;
}

/* The computed value, written with as many decimals as the text has. */
static void check_figure(const struct figure *figure, const char *text)
{
    size_t length = strspn(text, "-0123456789.");
    const char *point = memchr(text, '.', length);
    int decimals = point ? (int)(text + length - point) - 1 : 0;
    char computed[32];
    snprintf(computed, sizeof computed, "%.*f", decimals, figure->compute());
    if (strlen(computed) != length || strncmp(computed, text, length) != 0)
        fail_msg("%s: board/README.md says %.*s, the board gives %s", figure->name, (int)length, text,
                 computed);
}

static void test_every_figure_of_the_readme(void **state)
{
    (void)state;
    board_file_default(&board);
    FILE *file = fopen("board/README.md", "r");
    assert_non_null(file); /* tests run in the project's folder */
    char line[1024];
    int found[FIGURES] = {0}, rows = 0, inside = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "| figure |", 10) == 0)
            inside = 1;
        else if (line[0] != '|')
            inside = 0;
        if (!inside)
            continue;
        rows++;
        for (int k = 0; k < FIGURES; k++) {
            const char *text = row_value(line, figures[k].name);
            if (text)
                check_figure(&figures[k], text);
            found[k] += text != NULL;
        }
    }
    fclose(file);
    for (int k = 0; k < FIGURES; k++)
        if (found[k] != 1)
            fail_msg("board/README.md has %d rows \"%s\"", found[k], figures[k].name);
    assert_int_equal(rows, FIGURES + 2); /* heading and rule: no row goes unchecked */
}

/* What the choice of components promises, whatever the figures are. */
static void test_the_components_do_what_the_readme_says(void **state)
{
    (void)state;
    board_file_default(&board);
    assert_true(u_headroom() > 1.4);                            /* a swell of 40 % */
    assert_true(i_load_ohm() >= 4700);                          /* the sensor's limit */
    assert_true(4.5 * i_ratio() < board.converter.reference_v); /* its whole swing fits */
    assert_true(i_peak() <= 50);                                /* the sensor's range */
    assert_true(spi_mhz() > 1.2 && spi_mhz() <= 1.35);          /* polled, and within the converter's limit */
    assert_true(board.converter.scan_rate_hz >= needed_rate());
    assert_true(scan_share() < 0.9);
    assert_true(fabs(u_pole() / i_pole() - 1) < 0.01); /* both channels are delayed alike */
    assert_true(u_pole() > highest_harmonic * board.f_nominal_hz);
    assert_true(pulse_ms() > 2 * board.pulse.width_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_figure_of_the_readme),
        cmocka_unit_test(test_the_components_do_what_the_readme_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
