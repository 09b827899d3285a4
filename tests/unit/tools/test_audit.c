/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/tools/run_vatio.h"

#include "firmware/api/audit.h"

#include <math.h>

/* The fake meter says that its database is where the log is. */
static char log_path[80];
static char heads[4][DIGEST_TEXT]; /* [n] of entry n */

static void write_log(int entries, bool damaged)
{
    static const char *const kinds[] = {AUDIT_GENESIS, "start\x1b[2J", "stop"};
    FILE *file = fopen(log_path, "w");
    assert_non_null(file);
    memset(heads[0], '0', DIGEST_TEXT - 1);
    for (int k = 0; k < entries; k++) {
        char line[AUDIT_LINE];
        struct audit_entry entry = {.n = k + 1, .utc_ms = 1780000000000, .utc_synced = k > 0, .value = k};
        snprintf(entry.kind, sizeof entry.kind, "%s", kinds[k]);
        snprintf(entry.detail, sizeof entry.detail, "m1");
        memcpy(entry.prev, heads[k], DIGEST_TEXT);
        const size_t length = audit_format(&entry, line);
        assert_int_equal(fwrite(line, 1, length, file), length);
        memcpy(heads[k + 1], entry.hash, DIGEST_TEXT);
    }
    if (damaged)
        fputs("{\"n\":4,", file);
    fclose(file);
}

static int open_log(void **state)
{
    const int result = start_meter(state);
    snprintf(log_path, sizeof log_path, "%s/" AUDIT_FILE, meter.run_dir);
    write_log(3, false);
    return result;
}

static int close_log(void **state)
{
    unlink(log_path);
    return stop_meter(state);
}

static void publish(int64_t seq, const char *head)
{
    meter.live.audit_seq = seq;
    snprintf(meter.live.audit_head, sizeof meter.live.audit_head, "%s", head);
    mailbox_write(&meter.mailbox, &meter.live);
}

static void entries_are_printed_without_what_a_terminal_would_obey(void **state)
{
    (void)state;
    assert_int_equal(VATIO("audit", "--file", log_path), CLI_OK);
    assert_contains(out, "     1  2026-05-28 20:26:40? genesis ");
    assert_contains(out, "     2  2026-05-28 20:26:40  start?[2J ");
    assert_string_equal(err, "");
    assert_int_equal(VATIO("audit", "--json", "--file", log_path), CLI_OK);
    assert_contains(out, heads[3]);
}

static void a_whole_log_is_told_with_its_head(void **state)
{
    (void)state;
    assert_int_equal(VATIO("audit", "--verify", "--file", log_path), CLI_OK);
    assert_contains(out, "3 entries of meter m1, whole, head ");
    assert_contains(out, heads[3]);
    assert_contains(out, "not compared with a running vatiod");
    assert_int_equal(VATIO("audit", "--verify", "--head", heads[2], "--file", log_path), CLI_OK);
    assert_contains(out, "the head that was given is one of them");
}

static void what_is_wrong_is_one_sentence_and_status_1(void **state)
{
    (void)state;
    char absent[] = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    assert_int_equal(VATIO("audit", "--verify", "--head", absent, "--file", log_path), CLI_REFUSED);
    assert_contains(err, "the log was cut or replaced");
    assert_string_equal(out, "");
    assert_int_equal(VATIO("audit", "--verify", "--head", "abc", "--file", log_path), CLI_USAGE);
    absent[5] = 'F';
    assert_int_equal(VATIO("audit", "--verify", "--head", absent, "--file", log_path), CLI_USAGE);
    write_log(3, true);
    assert_int_equal(VATIO("audit", "--verify", "--file", log_path), CLI_REFUSED);
    assert_contains(err, "entry 4 is torn or damaged");
    assert_int_equal(VATIO("audit", "--file", log_path), CLI_REFUSED);
    assert_contains(out, "stop");
    write_log(0, false);
    assert_int_equal(VATIO("audit", "--verify", "--file", log_path), CLI_REFUSED);
    assert_contains(err, "there is no entry in it");
    assert_int_equal(VATIO("audit", "--verify", "--file", "/nonexistent/log"), CLI_REFUSED);
    assert_contains(err, "/nonexistent/log: No such file");
}

static void the_running_meters_log_is_held_against_its_head(void **state)
{
    (void)state;
    meter.data_dir = meter.run_dir;
    publish(2, heads[2]);
    assert_int_equal(VATIO("audit", "--verify"), CLI_OK);
    assert_contains(out, "the head that vatiod publishes is one of them");
    publish(3, heads[2]); /* the right hash of the wrong entry */
    assert_int_equal(VATIO("audit", "--verify"), CLI_REFUSED);
    assert_contains(err, "vatiod says is its newest is not in it");
    publish(3, heads[3]);
    write_log(2, false);
    assert_int_equal(VATIO("audit", "--verify", "--json"), CLI_REFUSED);
    assert_contains(out, "\"whole\": false");
    assert_contains(out, "\"compared\": true");
}

/* vatiod writes a line while it is read: half of it is no damage yet. */
static bool complete_the_line(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    write_log(3, false);
    return true;
}

static void a_line_that_is_being_written_is_waited_for(void **state)
{
    (void)state;
    meter.data_dir = meter.run_dir;
    publish(2, heads[2]);
    write_log(2, true);
    pause_hook = complete_the_line;
    assert_int_equal(VATIO("audit", "--verify"), CLI_OK);
    assert_int_equal(pauses, 1);
}

static void status_shows_the_head(void **state)
{
    (void)state;
    assert_int_equal(VATIO("status"), CLI_OK);
    assert_null(strstr(out, "audit  "));
    publish(3, heads[3]);
    assert_int_equal(VATIO("status"), CLI_OK);
    assert_contains(out, "audit     entry 3, ");
    assert_contains(out, heads[3]);
    assert_int_equal(VATIO("status", "--json"), CLI_OK);
    assert_contains(out, "\"audit_seq\": 3");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_log, close_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(entries_are_printed_without_what_a_terminal_would_obey),
        CASE(a_whole_log_is_told_with_its_head),
        CASE(what_is_wrong_is_one_sentence_and_status_1),
        CASE(the_running_meters_log_is_held_against_its_head),
        CASE(a_line_that_is_being_written_is_waited_for),
        CASE(status_shows_the_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
