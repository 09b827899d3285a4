/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/firmware/control_fixture.h"

static void what_changes_something_is_told_with_who_and_how_it_went(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum control_verb verb;
        int64_t page;
        bool allowed;
        const char *kind; /* NULL = not told of */
        const char *begins, *ends;
    } cases[] = {
        {CONTROL_STATUS, 0, true, NULL, NULL, NULL},
        {CONTROL_STATUS, 0, false, NULL, NULL, NULL},
        {CONTROL_PAGE, 1, true, "control", "page by uid ", ": done"},
        {CONTROL_PAGE, 9, true, "control", "page by uid ", ": Invalid argument"},
        {CONTROL_RELOAD, 0, false, "control", "reload by uid ", ": Operation not permitted"},
        {CONTROL_STOP, 0, false, "control", "stop by uid ", ": Operation not permitted"},
        {CONTROL_BACKUP, 0, false, "control", "backup by uid ", ": Operation not permitted"},
        {CONTROL_BACKUP, 0, true, "backup", "backup by uid ", ": done"},
    };
    start(f);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct control control;
        struct control_reply reply;
        char who[40];
        const int before = atomic_load(&f->tells);
        atomic_store(&f->allowed, cases[k].allowed);
        connect_to(f, &control);
        assert_int_equal(call(&control, cases[k].verb, cases[k].page, &reply), 0);
        control_close(&control);
        assert_int_equal(atomic_load(&f->tells) - before, cases[k].kind != NULL);
        if (cases[k].kind == NULL)
            continue;
        snprintf(who, sizeof who, "uid %ld, pid %ld: ", (long)getuid(), (long)getpid());
        assert_string_equal(f->told_kind, cases[k].kind);
        assert_non_null(strstr(f->told, who));
        assert_true(strncmp(f->told, cases[k].begins, strlen(cases[k].begins)) == 0);
        assert_string_equal(f->told + strlen(f->told) - strlen(cases[k].ends), cases[k].ends);
    }
}

/* A stranger who asks without end cannot keep what the owner does out of the log. */
static void a_flood_of_refused_requests_is_counted_and_hides_nothing(void **state)
{
    struct fixture *f = *state;
    enum { FLOOD = 1000 };
    struct control control;
    struct control_reply reply;
    start(f);
    atomic_store(&f->allowed, false);
    connect_to(f, &control);
    for (int i = 0; i < FLOOD; i++)
        assert_int_equal(call(&control, CONTROL_STOP, 0, &reply), 0);
    control_close(&control);
    const int told = atomic_load(&f->tells);
    assert_in_range(told, 1, 20);
    atomic_store(&f->allowed, true);
    connect_to(f, &control);
    assert_int_equal(call(&control, CONTROL_PAGE, 1, &reply), 0);
    control_close(&control);
    char ends[40];
    assert_int_equal(atomic_load(&f->tells), told + 1);
    snprintf(ends, sizeof ends, ": done; %d before it not told", FLOOD - told);
    assert_non_null(strstr(f->told, ends));
}

static void a_backup_comes_whole(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    start(f);
    connect_to(f, &control);
    assert_int_equal(call(&control, CONTROL_BACKUP, 0, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_int_equal(reply.length, sizeof reply.body.backup);
    assert_string_equal(reply.body.backup.meter_id, "meter-1");
    assert_int_equal(reply.body.backup.kept_size, 3);
    assert_memory_equal(reply.body.backup.kept, "abc", 3);
    control_close(&control);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(what_changes_something_is_told_with_who_and_how_it_went),
        TEST(a_flood_of_refused_requests_is_counted_and_hides_nothing),
        TEST(a_backup_comes_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
