/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs from the last run, from the real files of a data directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/last_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config config;
static struct board board;
static struct calibration calibration;
static char detail[128];

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* As the first run finds it: the reference board, a calibrated unit. */
static int set_up(void **state)
{
    (void)state;
    options_defaults(config_options, config_options_n, &config);
    strcpy(config.data_dir, "/tmp/vatio-last-run-XXXXXX");
    assert_non_null(mkdtemp(config.data_dir));
    snprintf(config.calibration_file, sizeof config.calibration_file, "%.80s/unit.ini", config.data_dir);
    write_text(config.calibration_file, "one\n");
    strcpy(board.name, "reference");
    strcpy(calibration.serial, "VT-7");
    strcpy(calibration.date, "2026-06-21");
    return 0;
}

static void forget(const char *name)
{
    char path[CONFIG_PATH + 16];
    snprintf(path, sizeof path, "%s/%s", config.data_dir, name);
    unlink(path);
}

static int tear_down(void **state)
{
    (void)state;
    forget("unit.ini");
    forget("board.ini");
    forget("last_run");
    rmdir(config.data_dir);
    return 0;
}

/* One run's start: how many of each part changed; the detail is that of the last part which did. */
static void start(int changed[LAST_RUN_PARTS])
{
    struct last_run run;
    char text[sizeof detail];
    assert_int_equal(last_run_open(&run, &config, &board, &calibration), 0);
    for (enum last_run_part part = LAST_RUN_CONFIG; part < LAST_RUN_PARTS; part++) {
        changed[part] = last_run_changed(&run, part, text, sizeof text);
        if (changed[part] > 0)
            strcpy(detail, text);
    }
    assert_int_equal(last_run_keep(&run), 0);
    last_run_close(&run);
}

static void expect(int settings, int calibrations, int boards)
{
    int changed[LAST_RUN_PARTS];
    start(changed);
    assert_int_equal(changed[LAST_RUN_CONFIG], settings);
    assert_int_equal(changed[LAST_RUN_CALIBRATION], calibrations);
    assert_int_equal(changed[LAST_RUN_BOARD], boards);
}

static void nothing_has_changed_at_the_first_run_nor_at_one_that_is_alike(void **state)
{
    (void)state;
    expect(0, 0, 0);
    expect(0, 0, 0);
}

static void changed_settings_are_counted_and_named_once(void **state)
{
    (void)state;
    expect(0, 0, 0);
    config.start_va = 2;
    config.export = CONFIG_EXPORT_UNEXPECTED;
    expect(2, 0, 0);
    assert_string_equal(detail, "meter.start_va, meter.export");
    expect(0, 0, 0);
    config.start_va = 1.2;
    expect(1, 0, 0);
    assert_string_equal(detail, "meter.start_va");
}

static void more_names_than_there_is_room_for_are_cut_and_still_counted(void **state)
{
    (void)state;
    expect(0, 0, 0);
    config.journal_interval_s = config.store_commit_s = config.store_minute_days = 7;
    config.store_quarter_days = config.store_events = config.store_full_days = config.sim_seed = 8;
    config.page_s = config.day_offset_min = 9;
    expect(9, 0, 0);
    assert_true(strlen(detail) < sizeof detail);
    assert_string_equal(detail + strlen(detail) - 5, ", ...");
}

static void another_calibration_file_is_told_with_serial_and_date(void **state)
{
    (void)state;
    expect(0, 0, 0);
    write_text(config.calibration_file, "two\n");
    strcpy(calibration.date, "2026-07-01");
    expect(0, 1, 0);
    /* printf 'two\n' | sha256sum */
    assert_string_equal(
        detail,
        "VT-7 of 2026-07-01, sha256 27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a");
    config.calibration_file[0] = '\0';
    expect(1, 1, 0);
    assert_string_equal(detail, "none, nominal values");
    expect(0, 0, 0);
}

static void another_byte_in_the_board_file_is_another_board(void **state)
{
    (void)state;
    snprintf(config.board_file, sizeof config.board_file, "%.80s/board.ini", config.data_dir);
    write_text(config.board_file, "a = 1\n");
    expect(0, 0, 0);
    write_text(config.board_file, "a = 2\n");
    expect(0, 0, 1);
    assert_memory_equal(detail, "reference, sha256 ", 18);
    expect(0, 0, 0);
}

static void a_setting_that_the_file_lacks_is_new_and_no_change(void **state)
{
    (void)state;
    char path[CONFIG_PATH + 16];
    snprintf(path, sizeof path, "%s/last_run", config.data_dir);
    write_text(path, "# schema 1\nmeter.start_va = 1.5\nmeter.gone = 3\n");
    expect(1, 0, 0);
    assert_string_equal(detail, "meter.start_va");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_has_changed_at_the_first_run_nor_at_one_that_is_alike, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(changed_settings_are_counted_and_named_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_names_than_there_is_room_for_are_cut_and_still_counted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_calibration_file_is_told_with_serial_and_date, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_byte_in_the_board_file_is_another_board, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_setting_that_the_file_lacks_is_new_and_no_change, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
