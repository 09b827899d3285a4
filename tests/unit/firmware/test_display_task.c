/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/api/mailbox.h"
#include "firmware/display_task.h"
#include "firmware/pages.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A display that keeps what it was shown and can be told to fail. */
struct fake_display {
    struct display display;
    pthread_mutex_t lock;
    pthread_cond_t written;
    struct display_text text;
    int writes;
    int fail_until; /* writes before this one fail */
};

static int fake_write(struct display *display, const struct display_text *text)
{
    struct fake_display *fake = (struct fake_display *)display;
    pthread_mutex_lock(&fake->lock);
    int result = ++fake->writes < fake->fail_until ? -EIO : 0;
    fake->text = *text;
    pthread_cond_broadcast(&fake->written);
    pthread_mutex_unlock(&fake->lock);
    return result;
}

static const struct display_ops fake_ops = {.name = "fake", .write = fake_write};

struct bench {
    char run_dir[40];
    struct mailbox_writer writer;
    struct mailbox_live live;
    struct fake_display fake;
    struct health health;
    struct display_task task;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    strcpy(bench->run_dir, "/tmp/vatio-display-XXXXXX");
    assert_non_null(mkdtemp(bench->run_dir));
    assert_int_equal(mailbox_create(&bench->writer, bench->run_dir), 0);
    bench->live.live.schema = RECORD_SCHEMA;
    bench->live.live.n_points = 1;
    mailbox_write(&bench->writer, &bench->live);
    bench->fake.display.ops = &fake_ops;
    pthread_mutex_init(&bench->fake.lock, NULL);
    pthread_cond_init(&bench->fake.written, NULL);
    bench->task = (struct display_task){.display = &bench->fake.display,
                                        .run_dir = bench->run_dir,
                                        .meter_id = "m1",
                                        .version = "9",
                                        .health = &bench->health,
                                        .page_s = 1000,
                                        .page = -1};
    pages_init(&bench->task.pages, 1, bench->live.live.point_id);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    mailbox_remove(&bench->writer, bench->run_dir);
    rmdir(bench->run_dir);
    free(bench);
    return 0;
}

/* Waits until the display shows a text in some row. */
static void await(struct bench *bench, int row, const char *text)
{
    pthread_mutex_lock(&bench->fake.lock);
    while (strstr(bench->fake.text.row[row], text) == NULL)
        pthread_cond_wait(&bench->fake.written, &bench->fake.lock);
    pthread_mutex_unlock(&bench->fake.lock);
}

static void test_it_greets_then_shows_the_newest_values(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(display_task_start(&bench->task), 0);
    await(bench, 1, "m1");
    bench->live.live.windows = 5;
    bench->live.live.point[0].u_rms_v = 119.87;
    mailbox_write(&bench->writer, &bench->live);
    await(bench, 0, "119.87V");
    display_task_stop(&bench->task);
}

static void test_a_page_that_was_asked_for_stays(void **state)
{
    struct bench *bench = *state;
    bench->live.live.windows = 5;
    mailbox_write(&bench->writer, &bench->live);
    assert_int_equal(display_task_page(&bench->task, 2), 0);
    assert_int_equal(display_task_start(&bench->task), 0);
    await(bench, 0, "kWh");
    assert_int_equal(atomic_load(&bench->task.shown), 2);
    assert_int_equal(display_task_page(&bench->task, -1), 0);
    await(bench, 0, "Hz");
    display_task_stop(&bench->task);
}

static void test_pages_there_are_not_are_refused(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(display_task_page(&bench->task, bench->task.pages.n), -ERANGE);
    assert_int_equal(display_task_page(&bench->task, -2), -ERANGE);
    assert_int_equal(atomic_load(&bench->task.page), -1);
}

static void test_a_failing_display_is_counted_and_tried_again(void **state)
{
    struct bench *bench = *state;
    bench->fake.fail_until = 2;
    assert_int_equal(display_task_start(&bench->task), 0);
    pthread_mutex_lock(&bench->fake.lock);
    while (bench->fake.writes < 2)
        pthread_cond_wait(&bench->fake.written, &bench->fake.lock);
    pthread_mutex_unlock(&bench->fake.lock);
    display_task_stop(&bench->task);
    assert_int_equal(atomic_load(&bench->health.display_errors), 1);
}

static void test_without_a_display_there_is_nothing_to_stop(void **state)
{
    (void)state;
    struct display_task task = {0};
    assert_int_equal(display_task_start(&task), 0);
    display_task_stop(&task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_it_greets_then_shows_the_newest_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_page_that_was_asked_for_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages_there_are_not_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failing_display_is_counted_and_tried_again, set_up, tear_down),
        cmocka_unit_test(test_without_a_display_there_is_nothing_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
