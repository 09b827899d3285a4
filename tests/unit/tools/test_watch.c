/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vatio watch, and waiting for a meter. */
#include "tests/unit/tools/run_vatio.h"

#include <jansson.h>

static bool next_second(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    meter.live.heartbeat++;
    if (pauses % 5 == 0) {
        meter.live.live.mono_end_us += 1000000;
        meter.live.live.utc_end_ms += 1000;
    }
    mailbox_write(&meter.mailbox, &meter.live);
    return true;
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void watch_waits_for_the_first_full_second(void **state)
{
    (void)state;
    meter.live.live.mono_end_us = 0; /* as vatiod starts */
    mailbox_write(&meter.mailbox, &meter.live);
    pause_hook = next_second;
    assert_int_equal(VATIO("watch", "--count", "1"), 0);
    assert_int_equal(lines(out), 2);
    assert_true(pauses > 0);
}

static void watch_prints_each_second_once(void **state)
{
    (void)state;
    pause_hook = next_second;
    assert_int_equal(VATIO("watch", "--count", "25"), 0);
    assert_int_equal(lines(out), 27); /* with the header again after 20 rows */
    assert_int_equal(pauses, 24 * 5);
    assert_contains(out, "UTC                        Hz  grid ");
    assert_contains(out, "\n2023-11-14 22:13:20   50.0000 ");
    assert_contains(out, "\n2023-11-14 22:13:44   50.0000 ");
    assert_contains(out, "    -1234.6  -0.9900  9007199.254       12.345\n");
}

static void watch_shows_circuits_not_their_elements(void **state)
{
    (void)state;
    meter.live.live.n_points = 3;
    meter.live.live.point_id[1] = record_point_id("grid_l1");
    meter.live.live.point_id[2] = record_point_id("load");
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(VATIO("watch", "--count", "1"), 0);
    assert_contains(out, "  grid ");
    assert_contains(out, "  load ");
    assert_null(strstr(out, "grid_l1"));
}

static void watch_as_json_is_one_object_per_line(void **state)
{
    (void)state;
    pause_hook = next_second;
    assert_int_equal(VATIO("watch", "--json", "--count=3"), 0);
    assert_int_equal(lines(out), 3);
    char *end = strchr(out, '\n');
    *end = '\0';
    json_t *object = json_loads(out, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(object, "stream")), "live");
    json_decref(object);
}

static bool interrupt_soon(struct cli *cli, int64_t ms)
{
    return next_second(cli, ms) && pauses < 7;
}

static void watch_ends_when_the_user_interrupts(void **state)
{
    (void)state;
    pause_hook = interrupt_soon;
    assert_int_equal(VATIO("watch"), 0);
    assert_int_equal(lines(out), 3);
    assert_string_equal(err, "");
}

static bool restart_at_ten(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    if (pauses == 10) { /* another vatiod makes a new file; the old one stands still */
        struct mailbox_writer old = meter.mailbox;
        assert_int_equal(mailbox_create(&meter.mailbox, meter.run_dir), 0);
        snprintf(meter.live.boot_id, sizeof meter.live.boot_id, "boot-2");
        meter.live.live.utc_end_ms += 60000;
        meter.live.heartbeat = 1;
        mailbox_write(&meter.mailbox, &meter.live);
        mailbox_remove(&old, "/nonexistent");
    }
    return true;
}

static void watch_follows_a_vatiod_that_started_again(void **state)
{
    (void)state;
    pause_hook = restart_at_ten;
    assert_int_equal(VATIO("watch", "--count", "2"), 0);
    assert_contains(out, "\n2023-11-14 22:14:20 ");
    assert_int_equal(pauses, 50); /* five seconds of silence */
}

static bool stop_at_ten(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    if (pauses == 10)
        fake_stop_control(&meter);
    return pauses < 200;
}

static void watch_says_that_vatiod_has_gone(void **state)
{
    (void)state;
    pause_hook = stop_at_ten;
    assert_int_equal(VATIO("watch"), 3);
    assert_contains(err, "/control: No such file or directory; expected a running vatiod");
}

static bool stand_still(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    return pauses < 60;
}

static void watch_says_that_vatiod_stands_still(void **state)
{
    (void)state;
    pause_hook = stand_still;
    assert_int_equal(VATIO("watch"), 0);
    assert_string_equal(err, "vatio: vatiod runs but has not measured for 5 s\n");
}

static void a_vatiod_that_has_not_measured_yet_is_waited_for(void **state)
{
    (void)state;
    mailbox_remove(&meter.mailbox, meter.run_dir);
    assert_int_equal(VATIO("registers"), 3);
    assert_contains(err, "/live: No such file or directory; expected a running vatiod");
    assert_int_equal(mailbox_create(&meter.mailbox, meter.run_dir), 0);
    assert_int_equal(VATIO("registers"), 3);
    assert_contains(err, "expected an answer; is vatiod stuck or still starting?");
    pause_hook = next_second;
    assert_int_equal(VATIO("registers"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_METER(watch_waits_for_the_first_full_second),
        WITH_METER(watch_prints_each_second_once),
        WITH_METER(watch_shows_circuits_not_their_elements),
        WITH_METER(watch_as_json_is_one_object_per_line),
        WITH_METER(watch_ends_when_the_user_interrupts),
        WITH_METER(watch_follows_a_vatiod_that_started_again),
        WITH_METER(watch_says_that_vatiod_has_gone),
        WITH_METER(watch_says_that_vatiod_stands_still),
        WITH_METER(a_vatiod_that_has_not_measured_yet_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
