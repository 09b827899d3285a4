/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each figure of board/README.md, computed from the board file that its table names and compared as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/board_file.h"

#include <math.h>
#include <stdbool.h>
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

/* The first channel of a kind; the others of the board are like it. */
static const struct board_channel *first(enum board_channel_kind kind)
{
    int n = 0;
    while (n < BOARD_CHANNELS - 1 && board.channel[n].kind != kind)
        n++;
    assert_int_equal(board.channel[n].kind, kind);
    return &board.channel[n];
}

/* --- voltage ------------------------------------------------------------------------------------------ */

static const struct board_voltage_path *u_path(void)
{
    return &first(BOARD_VOLTAGE)->voltage;
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
    return first(BOARD_VOLTAGE)->filter_ohm * first(BOARD_VOLTAGE)->filter_f * 1e6;
}
static double u_pole(void)
{
    return 1e6 / (2 * pi * u_delay_us());
}

/* --- current ------------------------------------------------------------------------------------------ */

static const struct board_current_path *i_path(void)
{
    return &first(BOARD_CURRENT)->current;
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
    return (first(BOARD_CURRENT)->filter_ohm + i_source_ohm()) * first(BOARD_CURRENT)->filter_f * 1e6;
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
    return 100 * sample_f / first(BOARD_VOLTAGE)->filter_f;
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

/* --- several channels ---------------------------------------------------------------------------------------------- */

static double conversions(void)
{
    double used = 0;
    for (int n = 0; n < BOARD_CHANNELS; n++)
        used += board.channel[n].kind != BOARD_UNUSED;
    return used;
}
static double all_us(void)
{
    return conversions() * 1e-3 * board.converter.conversion_spacing_ns;
}
static double all_share(void)
{
    return all_us() * 1e-6 * board.converter.scan_rate_hz;
}
/* What the daemon asks for: a tenth more than the conversions take. */
static double fastest_rate(void)
{
    return 1e6 / (1.1 * all_us());
}
static double h_max(void)
{
    return floor(usable_share * board.converter.scan_rate_hz / board.f_nominal_hz);
}
static double rate_h_max(void)
{
    return fmin(h_max(), highest_harmonic);
}
static double rate_alias(double h)
{
    return board.converter.scan_rate_hz - h * board.f_nominal_hz;
}
static double split_alias(void)
{
    assert_true(rate_alias(h_max()) == 2320);
    return 1 / hypot(1, rate_alias(h_max()) / u_pole());
}
static double skew_to_voltage_us(void)
{
    double most = 0;
    for (int n = 0; n < BOARD_CHANNELS; n++)
        if (board.channel[n].kind == BOARD_CURRENT)
            most = fmax(most, abs(n - board.channel[n].voltage_channel));
    return most * 1e-3 * board.converter.conversion_spacing_ns;
}
static double between_legs_v(void)
{
    return 2 * board.u_nominal_v;
}

struct figure {
    const char *name;
    double (*compute)(void);
};

static const struct figure split_figures[] = {
    {"conversions in a scan", conversions},
    {"six conversions", all_us},
    {"fastest scan rate", fastest_rate},
    {"share of the scan period with six", all_share},
    {"highest harmonic at 60 Hz", h_max},
    {"what passes at 2,320 Hz", split_alias},
    {"farthest current from its voltage", skew_to_voltage_us},
    {"voltage between the legs", between_legs_v},
};

static const struct figure assumed_figures[] = {
    {"three conversions", all_us},
    {"share of the scan period with three", all_share},
    {"highest harmonic with three", rate_h_max},
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

/* A table of the readme, known by the heading of its first column, and the board that it is about. */
struct table {
    const char *heading;
    const char *board; /* NULL: the one that is compiled in */
    const struct figure *figure;
    int figures;
};

static const struct table tables[] = {
    {"| figure |", NULL, figures, FIGURES},
    {"| split-phase figure |", "board/split_phase.ini", split_figures,
     sizeof split_figures / sizeof split_figures[0]},
    {"| assumed-leg figure |", "board/assumed_leg.ini", assumed_figures,
     sizeof assumed_figures / sizeof assumed_figures[0]},
};

static void load_board(const char *path)
{
    char error[256] = "";
    if (path == NULL)
        board_file_default(&board);
    else if (board_file_read(path, &board, error, sizeof error) != 0)
        fail_msg("%s", error);
}

static void check_row(const struct table *table, const char *line, int found[FIGURES])
{
    for (int k = 0; k < table->figures; k++) {
        const char *text = row_value(line, table->figure[k].name);
        if (text)
            check_figure(&table->figure[k], text);
        found[k] += text != NULL;
    }
}

static void check_table(const struct table *table)
{
    load_board(table->board);
    FILE *file = fopen("board/README.md", "r");
    assert_non_null(file); /* tests run in the project's folder */
    char line[1024];
    int found[FIGURES] = {0}, rows = 0;
    bool inside = false;
    while (fgets(line, sizeof line, file)) {
        inside = line[0] == '|' && (inside || strncmp(line, table->heading, strlen(table->heading)) == 0);
        if (!inside)
            continue;
        rows++;
        check_row(table, line, found);
    }
    fclose(file);
    for (int k = 0; k < table->figures; k++)
        if (found[k] != 1)
            fail_msg("board/README.md has %d rows \"%s\"", found[k], table->figure[k].name);
    assert_int_equal(rows, table->figures + 2); /* heading and rule: no row goes unchecked */
}

static void test_every_figure_of_the_readme(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        check_table(&tables[t]);
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

static void assert_like_the_reference(const struct board *reference)
{
    for (int n = 0; n < BOARD_CHANNELS; n++) {
        const struct board_channel *channel = &board.channel[n];
        if (channel->kind == BOARD_UNUSED)
            continue;
        const struct board_channel *model = &reference->channel[channel->kind == BOARD_VOLTAGE ? 0 : 1];
        assert_true(channel->filter_ohm == model->filter_ohm && channel->filter_f == model->filter_f);
        if (channel->kind == BOARD_VOLTAGE)
            assert_memory_equal(&channel->voltage, &model->voltage, sizeof model->voltage);
        else
            assert_memory_equal(&channel->current, &model->current, sizeof model->current);
    }
}

/* The other example boards: the reference's components, and room to spare. */
static void test_the_example_boards_are_the_reference_several_times(void **state)
{
    (void)state;
    struct board reference;
    board_file_default(&reference);
    for (size_t t = 1; t < sizeof tables / sizeof tables[0]; t++) {
        load_board(tables[t].board);
        assert_like_the_reference(&reference);
        assert_true(board.converter.scan_rate_hz < fastest_rate());
        assert_true(skew_to_voltage_us() < 32); /* each current next to its voltage */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_figure_of_the_readme),
        cmocka_unit_test(test_the_components_do_what_the_readme_says),
        cmocka_unit_test(test_the_example_boards_are_the_reference_several_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
