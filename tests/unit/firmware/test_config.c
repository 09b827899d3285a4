/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGS = 8 };

static int read_all(const char *const argv_in[ARGS], struct config *config, struct options_error *error)
{
    char *argv[ARGS + 1] = {(char *)"vatiod"};
    int argc = 1;
    for (int i = 0; i < ARGS - 1 && argv_in[i] != NULL; i++)
        argv[argc++] = (char *)argv_in[i];
    struct arguments arguments;
    int result = arguments_read(&arguments, argc, argv, error);
    if (arguments.config_file == NULL)
        return result;
    return result < 0 ? result : arguments_config(&arguments, config, error);
}

static const struct refusal {
    const char *name;
    const char *argv[ARGS];
    const char *says; /* part of the sentence */
} refusals[] = {
    {"an unknown argument", {"--frobnicate"}, "--frobnicate: no such argument"},
    {"an argument without its value", {"--board"}, "--board: expected FILE"},
    {"seconds that are no number", {"--seconds", "ten"}, "--seconds ten: expected a whole number"},
    {"seconds with a tail", {"--seconds", "10s"}, "expected a whole number"},
    {"no seconds", {"--seconds", "0"}, "from 1 to"},
    {"an unknown setting", {"--set", "meter.idd=x"}, "meter.idd"},
    {"a setting without a value", {"--set", "meter.id"}, "meter.id"},
    {"a speed that is no number", {"--sim-speed", "fast"}, "a number from 0.001 to 1000000, or max"},
    {"a speed below the range", {"--sim-speed", "0"}, "a number from 0.001"},
    {"a start that is no time", {"--sim-start", "yesterday"}, "UTC like 2026-06-21T00:00:00Z"},
    {"a start before UTC counts", {"--sim-start", "1013-06-21T00:00:00Z"}, "from 1970 on"},
    {"a start without its zone", {"--sim-start", "2026-06-21T00:00:00"}, "UTC like"},
    {"a display there is not", {"--display", "oled"}, "none, terminal, hd44780"},
    {"stop above start", {"--set", "meter.start_va=1", "--set", "meter.stop_va=2"}, "at most meter.start_va"},
    {"a meter id that cannot be a topic", {"--set", "meter.id=a/b"}, "becomes a topic"},
    {"a scan rate between 0 and 3000", {"--set", "adc.scan_rate_hz=2999"}, "3000 to 20000"},
    {"a replay without a recording",
     {"--set", "adc.source=replay"},
     "replay.file = nothing: expected a recording"},
    {"a recording compared with a model there is none of",
     {"--replay", "x.csv", "--set", "sim.check_pct=0"},
     "as a recording has no model"},
    {"a recording through the converter without a recording",
     {"--through-adc"},
     "replay.through_adc = yes: expected adc.source = replay"},
    {"a loop without a recording", {"--loop"}, "replay.loop = yes: expected adc.source = replay"},
    {"a recording's start without a recording", {"--sim-start", "recording"}, "adc.source is not replay"},
    {"a nominal frequency there is none of", {"--set", "replay.f_nominal_hz=55"}, "0, 50 or 60 Hz"},
    {"a side that a transformer has not", {"--set", "replay.side=left"}, "recorded, primary, secondary"},
    {"a thread that stands still for ever",
     {"--set", "sim.gap_ms=20", "--set", "sim.gap_every_ms=20"},
     "less than sim.gap_every_ms"},
    {"an amplifier that cannot go anywhere",
     {"--set", "sim.amplifier_low_v=0.1"},
     "less than sim.amplifier_high_v"},
    {"a file that is not there", {"--config", "/nonexistent/vatiod.ini"}, "/nonexistent/vatiod.ini"},
};

static void test_wrong_words_get_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct config config;
        struct options_error error = {""};
        print_message("  %s\n", refusals[i].name);
        assert_true(read_all(refusals[i].argv, &config, &error) < 0);
        if (strstr(error.text, refusals[i].says) == NULL)
            fail_msg("said: %s", error.text);
        assert_null(strchr(error.text, '\n'));
    }
}

static void test_shorthands_set_their_options(void **state)
{
    (void)state;
    struct config config;
    struct options_error error;
    const char *const argv[ARGS] = {"--data-dir", "/d", "--sim-speed", "max", "--display", "terminal"};
    assert_int_equal(read_all(argv, &config, &error), 0);
    assert_string_equal(config.data_dir, "/d");
    assert_string_equal(config.sim_speed, "max");
    assert_int_equal(config.display, CONFIG_DISPLAY_TERMINAL);
    double speed;
    assert_int_equal(config_sim_speed(&config, &speed, &error), 0);
    assert_true(speed == 0);
}

static void test_replay_is_three_flags(void **state)
{
    (void)state;
    struct config config;
    struct options_error error;
    const char *const argv[ARGS] = {"--replay",      "a=b.cfg",     "--loop",
                                    "--through-adc", "--sim-start", "recording"};
    if (read_all(argv, &config, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(config.adc_source, CONFIG_ADC_REPLAY);
    assert_string_equal(config.replay_file, "a=b.cfg");
    assert_true(config.replay_loop);
    assert_true(config.replay_through_adc);
    assert_true(config_starts_with_recording(&config));
    int64_t ms;
    assert_int_equal(config_sim_start(&config, 7, &ms, &error), 0);
    assert_int_equal(ms, 7); /* what the caller took from the file */
    const char *const plain[ARGS] = {"--replay", "x.csv"};
    assert_int_equal(read_all(plain, &config, &error), 0);
    assert_false(config.replay_loop || config.replay_through_adc || config_starts_with_recording(&config));
}

static void test_later_words_win_over_the_file(void **state)
{
    (void)state;
    char path[] = "/tmp/vatio-config-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "[display]\npage_s = 7\n[sim]\ni_a = 2.5\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct config config;
    struct options_error error;
    const char *const argv[ARGS] = {"--config", path, "--set", "sim.i_a=3"};
    assert_int_equal(read_all(argv, &config, &error), 0);
    unlink(path);
    assert_int_equal(config.page_s, 7);
    assert_true(config.steady_i_a == 3);
}

static void test_a_start_time_is_utc(void **state)
{
    (void)state;
    struct config config = {.sim_start = "2026-06-21T00:00:00Z"};
    struct options_error error;
    int64_t ms;
    assert_int_equal(config_sim_start(&config, 5, &ms, &error), 0);
    assert_int_equal(ms, INT64_C(1782000000000)); /* date -u -d 2026-06-21 +%s */
    strcpy(config.sim_start, "now");
    assert_int_equal(config_sim_start(&config, 5, &ms, &error), 0);
    assert_int_equal(ms, 5);
}

static void test_the_dump_reads_back_to_the_same_settings(void **state)
{
    (void)state;
    struct config a = {0}, b = {0};
    struct options_error error;
    char *text = NULL;
    size_t size;
    options_defaults(config_options, config_options_n, &a);
    a.steady_phi_deg = 0.1 + 0.2;
    FILE *file = open_memstream(&text, &size);
    assert_int_equal(options_write(config_options, config_options_n, &a, file), 0);
    fclose(file);
    options_defaults(config_options, config_options_n, &b);
    if (options_read_text(config_options, config_options_n, &b, "dump", text, NULL, &error) != 0)
        fail_msg("%s", error.text);
    free(text);
    assert_memory_equal(&a, &b, sizeof a);
}

static void test_reload_takes_live_settings_and_counts_the_others(void **state)
{
    (void)state;
    struct config now = {0}, fresh = {0};
    options_defaults(config_options, config_options_n, &now);
    fresh = now;
    fresh.page_s = 9;
    assert_int_equal(config_apply_live(&now, &fresh), 0);
    assert_int_equal(now.page_s, 9);
    fresh.steady_i_a = 1;
    strcpy(fresh.data_dir, "/elsewhere");
    fresh.lock_memory = !now.lock_memory;
    fresh.sim_seed = 4;
    fresh.adc_source = CONFIG_ADC_SPIDEV;
    assert_int_equal(config_apply_live(&now, &fresh), 5);
    assert_string_equal(now.data_dir, "/var/lib/vatio");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_words_get_one_sentence),
        cmocka_unit_test(test_shorthands_set_their_options),
        cmocka_unit_test(test_replay_is_three_flags),
        cmocka_unit_test(test_later_words_win_over_the_file),
        cmocka_unit_test(test_a_start_time_is_utc),
        cmocka_unit_test(test_the_dump_reads_back_to_the_same_settings),
        cmocka_unit_test(test_reload_takes_live_settings_and_counts_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
