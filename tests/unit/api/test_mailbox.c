/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api/run_dir.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every word of it is a function of number, so that a mixture of two is noticed. */
static void fill(struct mailbox_live *live, int64_t number)
{
    int64_t *word = (int64_t *)(void *)live;
    for (size_t i = 0; i < sizeof *live / sizeof *word; i++)
        word[i] = number;
    live->heartbeat = number;
    live->live.schema = RECORD_SCHEMA;
    live->live.stream = STREAM_LIVE;
    live->live.n_points = 1;
    live->live.point_id[0] = 0;
    live->boot_id[RECORD_ID - 1] = live->meter_id[RECORD_ID - 1] = live->store_id[RECORD_ID - 1] = '\0';
    live->serial[RECORD_ID - 1] = live->version[RECORD_ID - 1] = live->board[RECORD_ID - 1] = '\0';
    live->calibration_date[RECORD_ID - 1] = live->live.boot_id[RECORD_ID - 1] = '\0';
    live->audit_head[DIGEST_TEXT - 1] = '\0';
}

static void what_is_written_is_what_is_read(void **state)
{
    struct mailbox_writer writer;
    struct mailbox mailbox;
    struct mailbox_live in, out;
    struct stat status;
    (void)state;
    const mode_t mask = umask(0077);
    assert_int_equal(mailbox_create(&writer, directory), 0);
    umask(mask);
    assert_int_equal(stat(path_of(MAILBOX_FILE), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_true(status.st_size <= 8192);
    assert_int_equal(mailbox_open(&mailbox, directory), 0);
    assert_int_equal(mailbox_read(&mailbox, &out), -EAGAIN); /* nothing yet */
    for (int64_t i = 1; i < 4; i++) {
        fill(&in, i);
        mailbox_write(&writer, &in);
        assert_int_equal(mailbox_read(&mailbox, &out), 0);
        assert_memory_equal(&in, &out, sizeof in);
    }
    mailbox_close(&mailbox);
    mailbox_remove(&writer, directory);
    assert_int_equal(mailbox_open(&mailbox, directory), -ENOENT);
    mailbox_close(&mailbox); /* both harmless when closed */
    mailbox_remove(&writer, directory);
}

enum damage { MAGIC, SCHEMA, SIZE, SHORT, LONG, POINTS, RECORD_TYPE };
static const struct {
    const char *name;
    enum damage damage;
    int on_open, on_read;
} damages[] = {
    {"another magic", MAGIC, -EPROTO, 0},
    {"another schema", SCHEMA, -EPROTO, 0},
    {"another size of its struct", SIZE, -EPROTO, 0},
    {"a file that is too short", SHORT, -EPROTO, 0},
    {"a file that is too long", LONG, -EPROTO, 0},
    {"more points than there are", POINTS, 0, -EPROTO},
    {"a record of another schema", RECORD_TYPE, 0, -EPROTO},
};

static void do_damage(struct mailbox_file *file, struct mailbox_live *live, enum damage damage)
{
    switch (damage) {
    case MAGIC:
        file->magic++;
        break;
    case SCHEMA:
        file->schema++;
        break;
    case SIZE:
        file->size++;
        break;
    case SHORT:
        assert_int_equal(truncate(path_of(MAILBOX_FILE), 100), 0);
        break;
    case LONG:
        assert_int_equal(truncate(path_of(MAILBOX_FILE), 10000), 0);
        break;
    case POINTS:
        live->live.n_points = RECORD_POINTS + 1;
        break;
    case RECORD_TYPE:
        live->live.schema++;
        break;
    }
}

static void files_that_are_not_ours_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct mailbox_writer writer;
        struct mailbox mailbox;
        struct mailbox_live live;
        print_message("%s\n", damages[i].name);
        fill(&live, 1);
        assert_int_equal(mailbox_create(&writer, directory), 0);
        mailbox_write(&writer, &live);
        do_damage(writer.file, &live, damages[i].damage);
        if (damages[i].on_open == 0)
            mailbox_write(&writer, &live);
        assert_int_equal(mailbox_open(&mailbox, directory), damages[i].on_open);
        if (damages[i].on_open == 0)
            assert_int_equal(mailbox_read(&mailbox, &live), damages[i].on_read);
        mailbox_close(&mailbox);
        mailbox_remove(&writer, directory);
    }
}

static void texts_end_whatever_the_writer_wrote(void **state)
{
    struct mailbox_writer writer;
    struct mailbox mailbox;
    struct mailbox_live live;
    (void)state;
    fill(&live, INT64_C(0x4141414141414141));
    memset(live.meter_id, 'A', sizeof live.meter_id);
    memset(live.live.boot_id, 'A', sizeof live.live.boot_id);
    memset(live.audit_head, 'A', sizeof live.audit_head);
    assert_int_equal(mailbox_create(&writer, directory), 0);
    mailbox_write(&writer, &live);
    assert_int_equal(mailbox_open(&mailbox, directory), 0);
    assert_int_equal(mailbox_read(&mailbox, &live), 0);
    assert_int_equal(strlen(live.meter_id), RECORD_ID - 1);
    assert_int_equal(strlen(live.live.boot_id), RECORD_ID - 1);
    assert_int_equal(strlen(live.audit_head), DIGEST_TEXT - 1);
    mailbox_close(&mailbox);
    mailbox_remove(&writer, directory);
}

static void a_directory_that_is_not_there_is_reported(void **state)
{
    struct mailbox_writer writer;
    struct mailbox mailbox;
    (void)state;
    assert_int_equal(mailbox_create(&writer, path_of("none")), -ENOENT);
    assert_null(writer.file);
    assert_int_equal(mailbox_open(&mailbox, path_of("none")), -ENOENT);
    assert_null(mailbox.file);
}

static void each_counter_has_a_name(void **state)
{
    struct mailbox_health health;
    (void)state;
    assert_int_equal(mailbox_health_fields_n * 8, sizeof health);
    for (size_t i = 0; i < mailbox_health_fields_n; i++)
        assert_int_equal(mailbox_health_fields[i].offset, i * 8);
    assert_string_equal(mailbox_health_fields[9].name, "unmetered_ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_written_is_what_is_read),
        IN_DIRECTORY(files_that_are_not_ours_are_refused),
        IN_DIRECTORY(texts_end_whatever_the_writer_wrote),
        IN_DIRECTORY(a_directory_that_is_not_there_is_reported),
        cmocka_unit_test(each_counter_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
