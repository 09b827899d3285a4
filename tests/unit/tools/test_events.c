/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools/run_vatio.h"

#include <jansson.h>

/* A start without a value, a sag with one, and one whose clock was not synchronised, in turn. */
static void make_event(int64_t seq, struct record_event *event)
{
    static const struct {
        const char *kind, *detail;
        double value;
        int64_t utc_synced;
    } kinds[] = {
        {"start", "registers continue", (double)NAN, 1},
        {"sag", "grid_l1", 93.25, 1},
        {"stop", "said \033[2J so", (double)NAN, 0},
    };
    const size_t k = (size_t)(seq - 1) % 3;
    event->utc_ms = 1700000000000 + seq * 1000;
    event->utc_synced = kinds[k].utc_synced;
    event->value = kinds[k].value;
    snprintf(event->kind, sizeof event->kind, "%s", kinds[k].kind);
    snprintf(event->detail, sizeof event->detail, "%s", kinds[k].detail);
}

static void the_table_of_events(void **state)
{
    (void)state;
    meter.make_event = make_event;
    meter.newest[STREAM_EVENT] = 4;
    assert_int_equal(VATIO("events"), 0);
    assert_string_equal(out,
                        "     seq  UTC                  kind                  value  detail\n"
                        "       1  2023-11-14 22:13:21  start                     -  registers continue\n"
                        "       2  2023-11-14 22:13:22  sag                   93.25  grid_l1\n"
                        "       3  2023-11-14 22:13:23? stop                      -  said ?[2J so\n"
                        "       4  2023-11-14 22:13:24  start                     -  registers continue\n");
    assert_string_equal(err, "");
}

static const struct {
    const char *name;
    const char *words[6];
    int64_t newest, oldest, first, n;
} pages[] = {
    {"the newest fifty", {"events"}, 60, 1, 11, 50},
    {"all, if there are fewer", {"events"}, 7, 1, 1, 7},
    {"the newest three", {"events", "--max", "3"}, 60, 1, 58, 3},
    {"from a number on", {"events", "--from", "20", "--max", "2"}, 60, 1, 20, 2},
    {"from before what is kept", {"events", "--from", "1", "--max", "2"}, 60, 30, 30, 2},
    {"from behind the newest", {"events", "--from", "61"}, 60, 1, 0, 0},
    {"more than a page", {"events", "--max", "2500"}, 2400, 1, 1, 2400},
    {"none at all", {"events"}, 0, 1, 0, 0},
};

static void the_events_wanted_and_no_others(void **state)
{
    (void)state;
    meter.make_event = make_event;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        print_message("%s\n", pages[i].name);
        meter.newest[STREAM_EVENT] = pages[i].newest;
        meter.oldest = pages[i].oldest;
        assert_int_equal(vatio(pages[i].words), 0);
        const char *line = strchr(out, '\n') + 1; /* behind the header */
        for (int64_t seq = pages[i].first; seq < pages[i].first + pages[i].n; seq++) {
            assert_int_equal(strtoll(line, NULL, 10), seq);
            line = strchr(line, '\n') + 1;
        }
        assert_string_equal(line, "");
    }
}

static void each_line_is_a_json_object(void **state)
{
    (void)state;
    meter.make_event = make_event;
    meter.newest[STREAM_EVENT] = 2;
    assert_int_equal(VATIO("events", "--json"), 0);
    char *second = strchr(out, '\n') + 1;
    second[-1] = '\0';
    json_t *start = json_loads(out, 0, NULL), *sag = json_loads(second, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(start, "kind")), "start");
    assert_null(json_object_get(start, "value"));
    assert_int_equal(json_integer_value(json_object_get(sag, "seq")), 2);
    assert_true(json_real_value(json_object_get(sag, "value")) == 93.25);
    json_decref(start);
    json_decref(sag);
}

static int turns;

/* Two more events at the third wait, none later; then the user has seen enough. */
static bool happen(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    turns++;
    if (turns == 3)
        meter.newest[STREAM_EVENT] += 2;
    return turns < 5;
}

static void those_that_happen_meanwhile_follow_once(void **state)
{
    (void)state;
    meter.make_event = make_event;
    meter.newest[STREAM_EVENT] = 2;
    pause_hook = happen;
    turns = 0;
    assert_int_equal(VATIO("events", "--follow", "--max", "1"), 0);
    assert_int_equal(turns, 5);
    assert_contains(out, "       2  2023-11-14 22:13:22  sag");
    assert_contains(out, "       3  2023-11-14 22:13:23? stop");
    assert_contains(out, "       4  2023-11-14 22:13:24  start");
    int lines = 0;
    for (const char *c = out; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 4); /* with the header */
}

static void without_a_meter_it_says_so(void **state)
{
    (void)state;
    fake_stop_control(&meter);
    assert_int_equal(VATIO("events"), CLI_NO_METER);
    assert_contains(err, "expected a running vatiod");
    assert_int_equal(VATIO("events", "--from", "3"), CLI_NO_METER);
}

static void a_meter_that_repeats_itself_is_refused(void **state)
{
    (void)state;
    meter.newest[STREAM_EVENT] = 9;
    meter.repeat = true;
    assert_int_equal(VATIO("events", "--from", "5"), CLI_NO_METER);
    assert_contains(err, "one build");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_METER(the_table_of_events),        WITH_METER(the_events_wanted_and_no_others),
        WITH_METER(each_line_is_a_json_object), WITH_METER(those_that_happen_meanwhile_follow_once),
        WITH_METER(without_a_meter_it_says_so), WITH_METER(a_meter_that_repeats_itself_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
