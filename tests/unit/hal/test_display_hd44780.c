/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The driver against the chips' own rules; see tests/emulated/fake_lcd.h. */
#include "hal/display.h"

#include "tests/emulated/fake_lcd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct fake_lcd fake; /* the calls of the table carry no context */
static int opened, closed, address_set, open_error, address_error;
static int writes_left; /* until the bus fails; -1 = never */
static int write_error; /* 0 = a short write */

static int fake_open(const char *path, int flags)
{
    (void)flags;
    assert_string_equal(path, "/dev/i2c-1");
    if (open_error) {
        errno = open_error;
        return -1;
    }
    opened++;
    return 9;
}

static int fake_set_address(int fd, int address)
{
    assert_int_equal(fd, 9);
    address_set = address;
    errno = address_error;
    return address_error ? -1 : 0;
}

static long fake_write(int fd, const void *bytes, size_t size)
{
    assert_int_equal(fd, 9);
    if (writes_left == 0) {
        fake_lcd_bytes(&fake, bytes, write_error ? 0 : size / 2);
        errno = write_error;
        return write_error ? -1 : (long)(size / 2);
    }
    writes_left -= writes_left > 0;
    fake_lcd_bytes(&fake, bytes, size);
    return (long)size;
}

static int fake_close(int fd)
{
    assert_int_equal(fd, 9);
    closed++;
    return 0;
}

static void fake_delay_us(unsigned us)
{
    fake.now_ns += us * INT64_C(1000);
}

static const struct hd44780_calls fake_calls = {fake_open, fake_set_address, fake_write, fake_close,
                                                fake_delay_us};

static struct display_hd44780 lcd;
static char error[256];

static int start(void)
{
    error[0] = '\0';
    return display_hd44780_init(&lcd, "/dev/i2c-1", 0x27, &fake_calls, error, sizeof error);
}

static int renew(void **state)
{
    (void)state;
    fake.now_ns = 0;
    fake_lcd_power_up(&fake);
    opened = closed = address_set = open_error = address_error = write_error = 0;
    writes_left = -1;
    return 0;
}

static struct display_text text_of(const char *a, const char *b, const char *c, const char *d)
{
    struct display_text text;
    const char *rows[DISPLAY_ROWS] = {a, b, c, d};
    for (int r = 0; r < DISPLAY_ROWS; r++)
        snprintf(text.row[r], sizeof text.row[r], "%-16s", rows[r]);
    return text;
}

static void assert_glass(const struct display_text *text)
{
    for (int r = 0; r < DISPLAY_ROWS; r++) {
        char seen[DISPLAY_COLUMNS + 1];
        fake_lcd_row(&fake, r, seen);
        for (int c = 0; c < DISPLAY_COLUMNS; c++) {
            char wanted = text->row[r][c] == DISPLAY_DEGREE ? 0 : text->row[r][c];
            if (seen[c] != wanted)
                fail_msg("row %d column %d shows %02x instead of '%c'", r, c, (unsigned char)seen[c], wanted);
        }
    }
    assert_true(fake.on);
    assert_true(fake.four_bit);
    assert_true(fake.two_lines);
    assert_true(fake.pins & LCD_LIGHT);
    assert_int_equal(fake.too_early, 0);
    assert_int_equal(fake.violations, 0);
}

static void a_display_just_powered_up_is_woken_cleared_and_lit(void **state)
{
    (void)state;
    struct display_text blank = text_of("", "", "", "");
    assert_int_equal(start(), 0);
    assert_int_equal(address_set, 0x27);
    assert_int_equal(fake.wakes, 3);
    assert_glass(&blank);
    assert_int_equal(fake.characters, 0);
    display_close(&lcd.display);
}

/* A daemon that restarts finds the controller in 4-bit mode, perhaps between two nibbles. */
static void a_display_left_in_any_state_is_brought_into_step(void **state)
{
    (void)state;
    for (int nibbles = 0; nibbles < 3; nibbles++) {
        renew(NULL);
        assert_int_equal(start(), 0);
        static const uint8_t nibble[] = {0x58, 0x5c, 0x58};
        for (int i = 0; i < nibbles; i++)
            fake_lcd_bytes(&fake, nibble, sizeof nibble);
        fake.now_ns += 1000000;
        assert_int_equal(start(), 0);
        struct display_text text = text_of("abc", "def", "ghi", "jkl");
        assert_int_equal(display_write(&lcd.display, &text), 0);
        assert_glass(&text);
    }
}

static void four_rows_stand_where_a_16x4_has_them(void **state)
{
    (void)state;
    struct display_text text =
        text_of("0123456789abcdef", "ghijklmnopqrstuv", "ABCDEFGHIJKLMNOP", "QRSTUVWXYZ!?+-.,");
    assert_int_equal(start(), 0);
    assert_int_equal(display_write(&lcd.display, &text), 0);
    assert_glass(&text);
    assert_int_equal(fake.characters, 64);
}

static void the_degree_sign_is_a_glyph_of_our_own(void **state)
{
    (void)state;
    static const uint8_t glyph[8] = {0x06, 0x09, 0x09, 0x06, 0, 0, 0, 0};
    struct display_text text = text_of("-12.3\x7f", "", "", "");
    assert_int_equal(start(), 0);
    assert_int_equal(display_write(&lcd.display, &text), 0);
    assert_glass(&text);
    assert_memory_equal(fake.glyph[0], glyph, sizeof glyph);
}

static const struct {
    const char *name;
    const char *from, *to;
    int characters;
    uint8_t written[4]; /* DDRAM addresses of row 1 */
} changes[] = {
    {"the same text writes nothing", "120.0 V", "120.0 V", 0, {0}},
    {"one digit writes one cell", "120.0 V", "120.1 V", 1, {0x44}},
    {"neighbours are written in one run", "120.0 V", "119.9 V", 3, {0x41, 0x42, 0x44}},
    {"first and last cell", "a              b", "c              d", 2, {0x40, 0x4f}},
    {"blanks wipe what was there", "12", "1", 1, {0x41}},
};

static void only_changed_cells_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        renew(NULL);
        assert_int_equal(start(), 0);
        struct display_text from = text_of("same", changes[i].from, "same", "same");
        struct display_text to = text_of("same", changes[i].to, "same", "same");
        assert_int_equal(display_write(&lcd.display, &from), 0);
        fake.characters = 0;
        assert_int_equal(display_write(&lcd.display, &to), 0);
        assert_glass(&to);
        if (fake.characters != changes[i].characters ||
            memcmp(fake.written, changes[i].written, (size_t)fake.characters) != 0)
            fail_msg("%s: %d cells", changes[i].name, fake.characters);
    }
}

/* Every write of a long run fails once; whatever was lost, the next write brings the glass up to date. */
static void after_an_unplugging_at_any_write_the_text_comes_back(void **state)
{
    (void)state;
    static const int errors[] = {EREMOTEIO, 0};
    for (size_t e = 0; e < 2; e++) {
        for (int n = 0; n < 25; n++) {
            struct display_text before = text_of("120.0 V", "5.000 A", "600 W", "x");
            struct display_text after = text_of("119.9 V", "4.000 A", "480 W", "y");
            renew(NULL);
            write_error = errors[e];
            writes_left = n;
            int expected = errors[e] ? -errors[e] : -EIO;
            int status = start();
            if (!status)
                status = display_write(&lcd.display, &before);
            if (!status)
                status = display_write(&lcd.display, &after);
            if (status)
                assert_int_equal(status, expected);
            if (status)
                assert_int_equal(lcd.fd, -1);
            if (status)
                fake_lcd_power_up(&fake); /* the display lost its supply: nothing of it remains */
            writes_left = -1;
            assert_int_equal(display_write(&lcd.display, &after), 0);
            assert_glass(&after);
            display_close(&lcd.display);
            assert_int_equal(opened, closed);
        }
    }
}

/* No write fails: the expander kept its supply while the glass lost its own, or a pulse was lost on the way. */
static void a_disturbance_that_nobody_noticed_heals_by_itself(void **state)
{
    (void)state;
    struct display_text text = text_of("120.0 V", "5.000 A", "600 W", "x");
    assert_int_equal(start(), 0);
    assert_int_equal(display_write(&lcd.display, &text), 0);
    fake_lcd_power_up(&fake);
    fake.now_ns += 1000000000;
    int wakes = fake.wakes;
    int writes = 0;
    for (; fake.wakes == wakes && writes < 10 * HD44780_RENEW; writes++)
        assert_int_equal(display_write(&lcd.display, &text), 0);
    assert_true(writes <= HD44780_RENEW);
    assert_glass(&text);
    assert_int_equal(opened, 1);
}

static void while_the_display_is_away_each_write_tries_again(void **state)
{
    (void)state;
    struct display_text text = text_of("a", "b", "c", "d");
    writes_left = 0;
    write_error = EREMOTEIO;
    assert_int_equal(start(), -EREMOTEIO);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(display_write(&lcd.display, &text), -EREMOTEIO);
        assert_int_equal(opened, 1 + i);
        assert_int_equal(closed, 1 + i);
    }
}

static const struct {
    const char *name;
    int open_error, address_error, write_error;
    const char *sentence;
} refusals[] = {
    {"no bus", ENOENT, 0, 0, "LCD at 0x27 on /dev/i2c-1: no such bus: enable I2C"},
    {"no permission", EACCES, 0, 0, "LCD at 0x27 on /dev/i2c-1: no permission: add the user to group i2c"},
    {"address in use", 0, EBUSY, 0, "LCD at 0x27 on /dev/i2c-1: a kernel driver holds this address"},
    {"nothing there", 0, 0, EREMOTEIO,
     "LCD at 0x27 on /dev/i2c-1: nothing answers: check wiring and address"},
    {"anything else", 0, EINVAL, 0, "LCD at 0x27 on /dev/i2c-1: Invalid argument"},
};

static void a_display_that_cannot_be_used_is_refused_in_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        renew(NULL);
        open_error = refusals[i].open_error;
        address_error = refusals[i].address_error;
        write_error = refusals[i].write_error;
        writes_left = write_error ? 0 : -1;
        int status = start();
        if (status >= 0 || strncmp(error, refusals[i].sentence, strlen(refusals[i].sentence)) != 0)
            fail_msg("%s: %d '%s'", refusals[i].name, status, error);
        assert_int_equal(opened, closed);
    }
}

static void a_path_that_does_not_fit_is_refused_and_never_cut(void **state)
{
    (void)state;
    char path[100] = "/dev/i2c-1";
    memset(path + strlen(path), 'x', sizeof path - strlen(path) - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(display_hd44780_init(&lcd, path, 0x27, &fake_calls, error, sizeof error), -ENAMETOOLONG);
    assert_int_equal(opened, 0);
    assert_string_equal(lcd.path, "");
}

static void closed_the_glass_is_empty_and_dark(void **state)
{
    (void)state;
    struct display_text text = text_of("a", "b", "c", "d");
    assert_int_equal(start(), 0);
    assert_int_equal(display_write(&lcd.display, &text), 0);
    display_close(&lcd.display);
    char seen[DISPLAY_COLUMNS + 1];
    fake_lcd_row(&fake, 0, seen);
    assert_string_equal(seen, "                ");
    assert_false(fake.on);
    assert_false(fake.pins & LCD_LIGHT);
    assert_int_equal(closed, 1);
    display_close(&lcd.display);
    assert_int_equal(closed, 1);
}

static void the_real_calls_refuse_what_is_no_i2c_bus(void **state)
{
    (void)state;
    assert_int_equal(
        display_hd44780_init(&lcd, "/dev/i2c-none", 0x27, &hd44780_system_calls, error, sizeof error),
        -ENOENT);
    assert_int_equal(
        display_hd44780_init(&lcd, "/dev/null", 0x27, &hd44780_system_calls, error, sizeof error), -ENOTTY);
    assert_int_equal(lcd.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_display_just_powered_up_is_woken_cleared_and_lit, renew),
        cmocka_unit_test_setup(a_display_left_in_any_state_is_brought_into_step, renew),
        cmocka_unit_test_setup(four_rows_stand_where_a_16x4_has_them, renew),
        cmocka_unit_test_setup(the_degree_sign_is_a_glyph_of_our_own, renew),
        cmocka_unit_test_setup(only_changed_cells_are_written, renew),
        cmocka_unit_test_setup(after_an_unplugging_at_any_write_the_text_comes_back, renew),
        cmocka_unit_test_setup(a_disturbance_that_nobody_noticed_heals_by_itself, renew),
        cmocka_unit_test_setup(while_the_display_is_away_each_write_tries_again, renew),
        cmocka_unit_test_setup(a_display_that_cannot_be_used_is_refused_in_one_sentence, renew),
        cmocka_unit_test_setup(a_path_that_does_not_fit_is_refused_and_never_cut, renew),
        cmocka_unit_test_setup(closed_the_glass_is_empty_and_dark, renew),
        cmocka_unit_test_setup(the_real_calls_refuse_what_is_no_i2c_bus, renew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
