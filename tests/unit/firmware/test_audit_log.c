/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/audit_log.h"
#include "firmware/base/log.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEN = 1024 };

struct bench {
    char dir[40];
    char path[64];
    struct health health;
    struct clock_sim clock;
    struct audit_log log;
    struct audit_chain chain;
    struct audit_entry entry[SEEN];
    int seen;
};

static void open_log(struct bench *bench)
{
    const struct audit_log_config config = {.data_dir = bench->dir,
                                            .meter_id = "m1",
                                            .boot_id = "b1",
                                            .health = &bench->health,
                                            .clock = &bench->clock.clock};
    audit_log_open(&bench->log, &config);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    log_set_level(LOG_LEVEL_ERROR);
    signal(SIGXFSZ, SIG_IGN);
    strcpy(bench->dir, "/tmp/vatio-audit-XXXXXX");
    assert_non_null(mkdtemp(bench->dir));
    snprintf(bench->path, sizeof bench->path, "%s/" AUDIT_FILE, bench->dir);
    clock_sim_init(&bench->clock, 1000, 0);
    open_log(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    char path[80];
    audit_log_close(&bench->log);
    static const char *const ends[] = {"", ".new", ".damaged"};
    for (size_t k = 0; k < 3; k++) {
        snprintf(path, sizeof path, "%s%s", bench->path, ends[k]);
        unlink(path);
    }
    rmdir(bench->dir);
    free(bench);
    return 0;
}

static void see(void *context, const struct audit_entry *entry)
{
    struct bench *bench = context;
    if (bench->seen < SEEN)
        bench->entry[bench->seen++] = *entry;
}

static void read_log(struct bench *bench)
{
    FILE *file = fopen(bench->path, "r");
    bench->seen = 0;
    audit_chain_init(&bench->chain);
    assert_non_null(file);
    assert_int_equal(audit_chain_read(&bench->chain, file, see, bench), 0);
    audit_chain_end(&bench->chain);
    fclose(file);
}

/* The log is whole and these are its newest kinds, the newest last. */
static void check_newest(struct bench *bench, int n, const char *const kinds[])
{
    read_log(bench);
    if (bench->chain.wrong[0] != '\0')
        fail_msg("entry %d %s", (int)bench->chain.wrong_n, bench->chain.wrong);
    assert_true(bench->seen >= n);
    for (int k = 0; k < n; k++)
        assert_string_equal(bench->entry[bench->seen - n + k].kind, kinds[k]);
}

static const struct audit_entry *newest(struct bench *bench)
{
    return &bench->entry[bench->seen - 1];
}

static void say(struct bench *bench, const char *kind)
{
    audit_log_say(&bench->log, kind, "because", 1.5);
}

static void pass(struct bench *bench, int64_t ms)
{
    atomic_fetch_add(&bench->clock.now_ns, ms * 1000000);
}

/* The disk takes so many bytes of this file and no more. */
static void limit_file(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int64_t file_size(const struct bench *bench)
{
    struct stat status;
    assert_int_equal(stat(bench->path, &status), 0);
    return status.st_size;
}

static void a_new_log_begins_with_the_meters_name_and_goes_on_after_a_start(void **state)
{
    struct bench *bench = *state;
    struct stat status;
    say(bench, "start");
    audit_log_close(&bench->log);
    open_log(bench);
    say(bench, "stop");
    check_newest(bench, 3, (const char *[]){AUDIT_GENESIS, "start", "stop"});
    assert_int_equal(bench->seen, 3);
    assert_string_equal(bench->chain.meter_id, "m1");
    assert_string_equal(newest(bench)->detail, "because");
    assert_string_equal(newest(bench)->boot_id, "b1");
    assert_true(newest(bench)->value == 1.5);
    assert_int_equal(newest(bench)->utc_ms, 1000);
    assert_int_equal(stat(bench->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(atomic_load(&bench->health.audit_errors), 0);
}

static void the_head_reaches_the_mailbox(void **state)
{
    struct bench *bench = *state;
    struct mailbox_live live = {0};
    say(bench, "start");
    health_audit_read(&bench->health, &live);
    read_log(bench);
    assert_int_equal(live.audit_seq, 2);
    assert_string_equal(live.audit_head, bench->chain.head);
    const struct health none = {0};
    live.audit_seq = 0;
    health_audit_read(&none, &live);
    assert_int_equal(live.audit_seq, RECORD_ABSENT);
}

static void routine_is_left_to_the_events(void **state)
{
    struct bench *bench = *state;
    static const char *const kinds[] = {"quiet", "quiet-end", "noisy", "noisy-end", "restored"};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct record_event event = {.value = (double)NAN};
        strcpy(event.kind, kinds[k]);
        audit_log_event(&bench->log, &event);
    }
    struct record_event event = {.value = (double)NAN, .kind = "a kind of tomorrow"};
    audit_log_event(&bench->log, &event);
    check_newest(bench, 2, (const char *[]){AUDIT_GENESIS, "a kind of tomorrow"});
    assert_int_equal(bench->seen, 2);
}

static void a_line_that_was_cut_at_any_byte_is_told_of(void **state)
{
    struct bench *bench = *state;
    say(bench, "start");
    const int64_t before = file_size(bench);
    say(bench, "reload");
    const int64_t after = file_size(bench);
    audit_log_close(&bench->log);
    char *text = malloc((size_t)after);
    FILE *file = fopen(bench->path, "r");
    assert_int_equal(fread(text, 1, (size_t)after, file), after);
    fclose(file);
    for (int64_t size = before; size <= after; size++) {
        file = fopen(bench->path, "w");
        assert_int_equal(fwrite(text, 1, (size_t)size, file), size);
        fclose(file);
        open_log(bench);
        say(bench, "stop");
        audit_log_close(&bench->log);
        if (size == before)
            check_newest(bench, 2, (const char *[]){"start", "stop"});
        else if (size < after - 1)
            check_newest(bench, 3, (const char *[]){"start", AUDIT_TORN, "stop"});
        else /* it lacks its newline at most */
            check_newest(bench, 3, (const char *[]){"start", "reload", "stop"});
    }
    free(text);
}

static void what_a_full_disk_tore_is_told_and_the_rest_follows_in_order(void **state)
{
    struct bench *bench = *state;
    for (rlim_t room = 0; room < 700;
         room += 23) { /* 700: an entry and a half, and what tells of a torn one */
        const rlim_t size = (rlim_t)file_size(bench);
        const int64_t errors = atomic_load(&bench->health.audit_errors);
        limit_file(size + room);
        say(bench, "one");
        say(bench, "two");
        say(bench, "three");
        pass(bench, AUDIT_LOG_RETRY_MS);
        limit_file(size + room + 31);
        audit_log_turn(&bench->log); /* again in vain, on top of a torn line */
        assert_true(atomic_load(&bench->health.audit_errors) > errors);
        limit_file(RLIM_INFINITY);
        audit_log_turn(&bench->log); /* not yet */
        pass(bench, AUDIT_LOG_RETRY_MS);
        audit_log_turn(&bench->log);
        check_newest(bench, 1, (const char *[]){"three"});
        const char *order[3] = {"", "", ""};
        int n = 0;
        for (int k = bench->seen - 1; k >= 0 && n < 3; k--)
            if (strcmp(bench->entry[k].kind, AUDIT_TORN) != 0)
                order[n++] = bench->entry[k].kind;
        assert_string_equal(order[0], "three");
        assert_string_equal(order[1], "two");
        assert_string_equal(order[2], "one");
        pass(bench, 100 * AUDIT_LOG_EVERY_MS);
    }
}

static void what_finds_no_place_while_waiting_is_counted(void **state)
{
    struct bench *bench = *state;
    limit_file((rlim_t)file_size(bench));
    for (int i = 0; i < AUDIT_LOG_WAITING + 7; i++)
        say(bench, "event");
    audit_log_missed(&bench->log, 3);
    limit_file(RLIM_INFINITY);
    pass(bench, AUDIT_LOG_RETRY_MS);
    audit_log_turn(&bench->log);
    audit_log_turn(&bench->log);
    check_newest(bench, 2, (const char *[]){"event", "audit-missed"});
    assert_true(newest(bench)->value == 10);
    assert_string_equal(newest(bench)->detail, "0 were too many, 10 while nothing could be written");
    assert_int_equal(bench->seen, 1 + AUDIT_LOG_WAITING + 1);
}

static void what_tells_of_a_torn_line_has_its_place_while_all_are_taken(void **state)
{
    struct bench *bench = *state;
    limit_file((rlim_t)file_size(bench) + 50);
    for (int i = 0; i < AUDIT_LOG_WAITING; i++)
        say(bench, "event");
    limit_file(RLIM_INFINITY);
    pass(bench, AUDIT_LOG_RETRY_MS);
    audit_log_turn(&bench->log);
    audit_log_turn(&bench->log);
    check_newest(bench, 2, (const char *[]){"event", "audit-missed"});
    assert_true(newest(bench)->value == 1);
    assert_string_equal(bench->entry[1].kind, AUDIT_TORN);
    assert_int_equal(bench->seen, 1 + 1 + AUDIT_LOG_WAITING - 1 + 1);
}

static void a_flood_is_counted_and_told_with_the_next_entry(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < AUDIT_LOG_MOST + 20; i++)
        say(bench, "event");
    read_log(bench);
    assert_int_equal(bench->seen, 1 + AUDIT_LOG_MOST);
    pass(bench, 2 * AUDIT_LOG_EVERY_MS);
    say(bench, "stop");
    check_newest(bench, 3, (const char *[]){"event", "audit-missed", "stop"});
    assert_true(bench->entry[bench->seen - 2].value == 20);
}

static void a_changed_entry_is_told_of_and_the_chain_goes_on(void **state)
{
    struct bench *bench = *state;
    say(bench, "start");
    say(bench, "stop");
    audit_log_close(&bench->log);
    FILE *file = fopen(bench->path, "r+");
    fseek(file, file_size(bench) / 2, SEEK_SET);
    fputc('#', file);
    fclose(file);
    open_log(bench);
    say(bench, "start");
    read_log(bench);
    assert_int_equal(bench->chain.wrong_n, 2);
    assert_string_equal(newest(bench)->kind, "start");
    assert_string_equal(bench->entry[bench->seen - 2].kind, "audit-broken");
    assert_true(bench->entry[bench->seen - 2].value == 2);
    assert_int_equal(newest(bench)->n, 5);
    limit_file((rlim_t)file_size(bench));
    say(bench, "stop");
    limit_file(RLIM_INFINITY);
    pass(bench, AUDIT_LOG_RETRY_MS);
    audit_log_turn(&bench->log);
    read_log(bench);
    assert_int_equal(newest(bench)->n, 6); /* not told again */
}

static void a_file_without_an_entry_is_set_aside(void **state)
{
    struct bench *bench = *state;
    char aside[80];
    audit_log_close(&bench->log);
    FILE *file = fopen(bench->path, "w");
    fputs("no log", file);
    fclose(file);
    open_log(bench);
    check_newest(bench, 2, (const char *[]){AUDIT_GENESIS, "audit-broken"});
    snprintf(aside, sizeof aside, "%s.damaged", bench->path);
    assert_int_equal(access(aside, F_OK), 0);
}

static void a_log_that_cannot_be_opened_yet_is_begun_later(void **state)
{
    struct bench *bench = *state;
    audit_log_close(&bench->log);
    unlink(bench->path);
    assert_int_equal(mkdir(bench->path, 0700), 0);
    open_log(bench);
    say(bench, "start");
    assert_int_equal(atomic_load(&bench->health.audit_errors), 1);
    rmdir(bench->path);
    pass(bench, AUDIT_LOG_RETRY_MS);
    audit_log_turn(&bench->log);
    check_newest(bench, 2, (const char *[]){AUDIT_GENESIS, "start"});
}

/* The child logs as fast as it can and tells how many it has; whatever it told of is there. */
static void a_kill_at_any_moment_leaves_a_whole_chain(void **state)
{
    struct bench *bench = *state;
    enum { KILLS = 20 };
    audit_log_close(&bench->log);
    for (int k = 0; k < KILLS; k++) {
        int pipes[2];
        int64_t told = 0, told_last = 0;
        assert_int_equal(pipe(pipes), 0);
        const pid_t child = fork();
        if (child == 0) {
            open_log(bench);
            for (;;) {
                say(bench, "event");
                pass(bench, AUDIT_LOG_EVERY_MS);
                if (write(pipes[1], &bench->log.n, sizeof bench->log.n) < 0)
                    _exit(1);
            }
        }
        close(pipes[1]);
        for (int i = 0; i < 3 + k && read(pipes[0], &told, sizeof told) == sizeof told; i++)
            told_last = told;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(pipes[0], &told, sizeof told) == sizeof told)
            told_last = told;
        close(pipes[0]);
        open_log(bench);
        say(bench, "stop");
        audit_log_close(&bench->log);
        check_newest(bench, 1, (const char *[]){"stop"});
        assert_true(bench->chain.n > told_last && told_last > 0);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_log_begins_with_the_meters_name_and_goes_on_after_a_start),
        CASE(the_head_reaches_the_mailbox),
        CASE(routine_is_left_to_the_events),
        CASE(a_line_that_was_cut_at_any_byte_is_told_of),
        CASE(what_a_full_disk_tore_is_told_and_the_rest_follows_in_order),
        CASE(what_finds_no_place_while_waiting_is_counted),
        CASE(what_tells_of_a_torn_line_has_its_place_while_all_are_taken),
        CASE(a_flood_is_counted_and_told_with_the_next_entry),
        CASE(a_changed_entry_is_told_of_and_the_chain_goes_on),
        CASE(a_file_without_an_entry_is_set_aside),
        CASE(a_log_that_cannot_be_opened_yet_is_begun_later),
        CASE(a_kill_at_any_moment_leaves_a_whole_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
