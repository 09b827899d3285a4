/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/store/store_fixture.h"

#include "firmware/store/store_schema.h"

#include <errno.h>
#include <sys/stat.h>

/* SQL that makes the file before store_open sees it, and what store_open then says. */
static const struct {
    const char *name;
    const char *sql; /* NULL: the bytes below instead */
    const char *bytes;
    int result;
    const char *says;
} files[] = {
    {"an empty file becomes a database", NULL, "", 0, NULL},
    {"an empty database becomes ours", "PRAGMA user_version = 0", NULL, 0, NULL},
    {"a database of schema 0 is brought up", "PRAGMA application_id = 1986098224; PRAGMA user_version = 0",
     NULL, 0, NULL},
    {"a newer schema is refused", "PRAGMA application_id = 1986098224; PRAGMA user_version = 3", NULL,
     -EMEDIUMTYPE, "schema is version 3 and this firmware knows versions up to 2"},
    {"a far newer schema is refused", "PRAGMA application_id = 1986098224; PRAGMA user_version = 2147483647",
     NULL, -EMEDIUMTYPE, "version 2147483647"},
    {"a negative schema is refused", "PRAGMA application_id = 1986098224; PRAGMA user_version = -1", NULL,
     -EMEDIUMTYPE, "version -1"},
    {"another program's database is refused", "PRAGMA application_id = 42; PRAGMA user_version = 1", NULL,
     -EMEDIUMTYPE, "another program"},
    {"so is one that is still empty", "PRAGMA application_id = 42", NULL, -EMEDIUMTYPE, "another program"},
    {"a database with tables and no owner is refused", "CREATE TABLE stamps (country TEXT)", NULL,
     -EMEDIUMTYPE, "another program"},
    {"tables that a step would make are there already",
     "PRAGMA application_id = 1986098224; CREATE TABLE minute (seq INTEGER)", NULL, -EIO,
     "go from schema 0 to 1"},
    {"a schema 1 without its tables", "PRAGMA application_id = 1986098224; PRAGMA user_version = 1", NULL,
     -EIO, "cannot add columns"},
    {"a schema 1 without the table of names",
     "PRAGMA application_id = 1986098224; PRAGMA user_version = 1;"
     "CREATE TABLE minute (seq INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE quarter (seq INTEGER PRIMARY "
     "KEY);"
     "CREATE TABLE day (seq INTEGER PRIMARY KEY); CREATE TABLE event (seq INTEGER PRIMARY KEY)",
     NULL, -EIO, "cannot tell whose it is"},
    {"a schema 1 without its numbers",
     "PRAGMA application_id = 1986098224; PRAGMA user_version = 1;"
     "CREATE TABLE minute (seq INTEGER PRIMARY KEY); CREATE TABLE quarter (seq INTEGER PRIMARY KEY);"
     "CREATE TABLE day (seq INTEGER PRIMARY KEY); CREATE TABLE event (seq INTEGER PRIMARY KEY);"
     "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT); INSERT INTO meta VALUES ('store_id', 'x')",
     NULL, -EIO, "newest numbers"},
};

static void test_files(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(STORE_APPLICATION_ID, 1986098224);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        print_message("%s\n", files[i].name);
        if (files[i].sql != NULL) {
            fixture_sql(f->path, files[i].sql);
        } else {
            FILE *file = fopen(f->path, "w");
            assert_int_equal(fputs(files[i].bytes, file) >= 0, 1);
            fclose(file);
        }
        f->error[0] = '\0';
        assert_int_equal(store_open(&f->store, &f->config, f->error, sizeof f->error), files[i].result);
        if (files[i].says != NULL) {
            print_message("    %s\n", f->error);
            assert_non_null(strstr(f->error, f->path));
            assert_non_null(strstr(f->error, files[i].says));
            assert_null(f->store.db);
        } else {
            fixture_add(f, STREAM_MINUTE, 0, 1);
        }
        assert_int_equal(store_close(&f->store), 0);
        assert_int_equal(remove(f->path), 0);
    }
}

static void test_refused_file_is_untouched(void **state)
{
    struct store_fixture *f = *state;
    char other[192];
    snprintf(other, sizeof other, "%s-wal", f->path);
    fixture_sql(f->path, "CREATE TABLE stamps (country TEXT); INSERT INTO stamps VALUES ('CH')");
    assert_int_equal(store_open(&f->store, &f->config, f->error, sizeof f->error), -EMEDIUMTYPE);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM stamps"), 1);
    assert_int_equal(fixture_query(f->path, "PRAGMA application_id"), 0);
}

static void test_no_regular_file(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(mkfifo(f->path, 0600), 0);
    assert_int_equal(store_open(&f->store, &f->config, f->error, sizeof f->error), -EMEDIUMTYPE);
    assert_non_null(strstr(f->error, "regular file"));
    assert_int_equal(remove(f->path), 0);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_int_equal(store_open(&f->store, &f->config, f->error, sizeof f->error), -EISDIR);
    assert_non_null(strstr(f->error, f->path));
    f->config.path = "/nowhere/at/all/vatio.db";
    assert_int_equal(store_open(&f->store, &f->config, f->error, sizeof f->error), -ENOENT);
    assert_int_equal(store_reader_open(&f->reader, "/nowhere/at/all/vatio.db", f->error, sizeof f->error),
                     -ENOENT);
    assert_non_null(strstr(f->error, "/nowhere/at/all/vatio.db"));
}

static void test_reader_of_an_unfinished_file(void **state)
{
    struct store_fixture *f = *state;
    fixture_sql(f->path, "CREATE TABLE stamps (country TEXT)");
    assert_int_equal(store_reader_open(&f->reader, f->path, f->error, sizeof f->error), -EIO);
    assert_non_null(strstr(f->error, "no such table: minute"));
    assert_null(f->reader.db);
}

static int double_it(struct sqlite3 *db)
{
    return sqlite3_exec(db, "UPDATE a SET y = x * 2", NULL, NULL, NULL);
}

/* Two more steps on a table of the test's own: the code that later schemas rely on. */
static void test_steps(void **state)
{
    struct store_fixture *f = *state;
    static const struct store_step steps[] = {
        {"CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7)", NULL},
        {"ALTER TABLE a ADD COLUMN y INTEGER", double_it},
        {"CREATE TABLE b (z INTEGER); INSERT INTO b SELECT x + y FROM a", NULL},
    };
    static const struct store_step broken[] = {{"", NULL},
                                               {"ALTER TABLE a ADD COLUMN w INTEGER", NULL},
                                               {"DELETE FROM a; INSERT INTO nowhere VALUES (1)", NULL}};
    static const struct store_step then_broken[] = {{"", NULL}, {"DELETE FROM a", double_it}};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(store_schema_migrate(db, steps, 1, f->error, sizeof f->error), 0);
    assert_int_equal(fixture_query(f->path, "PRAGMA user_version"), 1);
    assert_int_equal(store_schema_migrate(db, broken, 3, f->error, sizeof f->error), -EIO);
    assert_non_null(strstr(f->error, "go from schema 2 to 3"));
    assert_int_equal(fixture_query(f->path, "PRAGMA user_version"), 1); /* all of it or nothing */
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM a"), 1);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM pragma_table_info('a')"), 1);
    assert_int_equal(store_schema_migrate(db, then_broken, 2, f->error, sizeof f->error), -EIO);
    assert_non_null(strstr(f->error, "go from schema 1 to 2"));
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM a"), 1);
    assert_int_equal(store_schema_migrate(db, steps, 3, f->error, sizeof f->error), 0);
    assert_int_equal(fixture_query(f->path, "PRAGMA user_version"), 3);
    assert_int_equal(fixture_query(f->path, "SELECT z FROM b"), 21);
    assert_int_equal(store_schema_migrate(db, steps, 3, f->error, sizeof f->error),
                     0); /* nothing left to do */
    assert_int_equal(store_schema_migrate(db, steps, 2, f->error, sizeof f->error), -EMEDIUMTYPE);
    sqlite3_close(db);
}

static void test_locked_while_opening(void **state)
{
    struct store_fixture *f = *state;
    sqlite3 *other = NULL;
    fixture_sql(f->path, "PRAGMA user_version = 0");
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(store_schema_migrate(db, store_steps, STORE_SCHEMA, f->error, sizeof f->error), -EBUSY);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store_schema_migrate(db, store_steps, STORE_SCHEMA, f->error, sizeof f->error), 0);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store_schema_columns(db, f->config.point_id, 1, f->error, sizeof f->error), -EBUSY);
    sqlite3_close(other);
    sqlite3_close(db);
}

static bool keep_record(void *context, const void *record)
{
    struct record **next = context;
    memcpy((*next)++, record, sizeof **next);
    return true;
}

static void test_points_are_added(void **state)
{
    struct store_fixture *f = *state;
    struct record before, after, read[2];
    struct record *next = read;
    f->config.n_points = 1;
    fixture_record(&before, STREAM_MINUTE, 1);
    before.n_points = 1;
    memset(&before.point[1], 0, 2 * sizeof before.point[0]);
    memset(&before.point_id[1], 0, 2 * sizeof before.point_id[0]);
    fixture_open(f);
    assert_int_equal(store_add(&f->store, &before, 0), 0);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM pragma_table_info('minute')"),
                     record_fields_n + record_point_fields_n);

    f->config.n_points = 3;
    fixture_record(&after, STREAM_MINUTE, 2);
    fixture_open(f);
    assert_int_equal(store_add(&f->store, &after, 0), 0);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM pragma_table_info('day')"),
                     record_fields_n + 3 * record_point_fields_n);

    f->config.n_points = 1; /* the board shrinks again: old columns stay readable */
    fixture_open(f);
    fixture_open_reader(f);
    assert_int_equal(store_reader_read(&f->reader, STREAM_MINUTE, 0, 2, keep_record, &next), 2);
    assert_memory_equal(&read[0], &before, sizeof before);
    assert_memory_equal(&read[1], &after, sizeof after);
    store_reader_close(&f->reader);
    store_close(&f->store);
}

static void test_fields_are_added(void **state)
{
    struct store_fixture *f = *state;
    fixture_open(f);
    fixture_add(f, STREAM_DAY, 0, 1);
    store_close(&f->store);
    /* As a firmware left it whose records had fewer fields, of a point that this board lacks. */
    fixture_sql(f->path,
                "ALTER TABLE day DROP COLUMN f_max_hz; ALTER TABLE day DROP COLUMN solar_apparent_uvah;"
                "ALTER TABLE event DROP COLUMN value");
    f->config.n_points = 1;
    fixture_open(f);
    store_close(&f->store);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM day WHERE f_max_hz IS NULL AND "
                                            "solar_apparent_uvah IS NULL AND solar_p_w IS NOT NULL"),
                     1);
    assert_int_equal(
        fixture_query(f->path, "SELECT count(*) FROM pragma_table_info('event') WHERE name = 'value'"), 1);
}

static void test_identity(void **state)
{
    struct store_fixture *f = *state;
    char store_id[RECORD_ID];
    f->config.meter_id = "o'neill \"1\""; /* quotes in a name are no SQL */
    fixture_open(f);
    memcpy(store_id, f->store.store_id, sizeof store_id);
    store_close(&f->store);
    fixture_open(f);
    assert_string_equal(f->store.store_id, store_id);
    store_close(&f->store);
    f->config.meter_id = "meter-2";
    assert_int_equal(store_open(&f->store, &f->config, f->error, sizeof f->error), -EMEDIUMTYPE);
    assert_non_null(strstr(f->error, "o'neill"));
    assert_non_null(strstr(f->error, "meter-2"));
    f->config.meter_id = "a name of more than thirty-two characters";
    assert_int_equal(store_open(&f->store, &f->config, f->error, sizeof f->error), -EINVAL);
    assert_int_equal(remove(f->path), 0);
    f->config.meter_id = "meter-2";
    fixture_open(f);
    assert_string_not_equal(f->store.store_id, store_id);
    store_close(&f->store);
    assert_int_equal(fixture_query(f->path, "PRAGMA user_version"), STORE_SCHEMA);
    assert_int_equal(fixture_query(f->path, "PRAGMA application_id"), STORE_APPLICATION_ID);
}

enum { SEED_QUARTERS = 5 };

/* The database of schema 1 that vatiod left after 45 simulated minutes of the split-phase house: four quarter-hours, the
 * first and the last cut short, and one without duration that was put in by hand. */
static void load_seed(struct store_fixture *f)
{
    FILE *file = fopen("tests/unit/store/seeds/schema_1.sql", "r");
    char *sql = NULL;
    size_t size = 0;
    assert_non_null(file);
    assert_true(getdelim(&sql, &size, '\0', file) > 0);
    fclose(file);
    fixture_sql(f->path, sql);
    free(sql);
    f->config.meter_id = "v696bddb20047";
    f->config.n_points = 1; /* the other eight are the file's */
}

static void test_quarters_of_schema_1_get_their_demand(void **state)
{
    struct store_fixture *f = *state;
    struct record read[SEED_QUARTERS];
    struct record *next = read;
    load_seed(f);
    fixture_open(f);
    fixture_open_reader(f);
    assert_string_equal(f->store.store_id, "f84d053b1727a4452821be628f0638db");
    assert_int_equal(store_reader_read(&f->reader, STREAM_QUARTER, 0, SEED_QUARTERS, keep_record, &next),
                     SEED_QUARTERS);
    store_reader_close(&f->reader);
    /* 134.734630 Wh, 0.270645 Wh and 32.382785 Wh in 899.977282 s */
    assert_true(fabs(read[1].point[0].demand_import_w - 538.952124349290) <= 1e-9);
    assert_true(fabs(read[1].point[0].demand_export_w - 1.082607327414738) <= 1e-9);
    assert_true(fabs(read[1].point[3].demand_import_w - 129.534409736356) <= 1e-9);
    for (int k = 0; k < SEED_QUARTERS; k++) {
        struct record again = read[k];
        record_demand(&again); /* what a new record would have, to the last bit */
        assert_memory_equal(&again.point, &read[k].point, sizeof again.point);
    }
    assert_int_equal(read[0].n_points, RECORD_POINTS);
    assert_true(isnan(read[0].point[8].demand_import_w)); /* its energy is absent */
    assert_true(!isnan(read[0].point[8].demand_export_w));
    assert_true(isnan(read[4].point[0].demand_import_w)); /* it has no duration */
    fixture_add(f, STREAM_QUARTER, 0, 1);
    assert_true(store_newest_seq(&f->store, STREAM_QUARTER) == SEED_QUARTERS + 1);
    store_close(&f->store);
    assert_int_equal(fixture_query(f->path, "PRAGMA user_version"), STORE_SCHEMA);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM day WHERE grid_demand_import_w IS NULL"),
                     1);
}

/* A file that has everything is readable by people and by SQLite's defaults (2000 columns). */
static void test_a_point_has_at_most_sixty_columns(void **state)
{
    struct store_fixture *f = *state;
    char sql[160];
    fixture_open(f);
    store_close(&f->store);
    for (int stream = STREAM_MINUTE; stream < STREAM_EVENT; stream++) {
        for (int64_t p = 0; p < f->config.n_points; p++) {
            snprintf(sql, sizeof sql,
                     "SELECT count(*) FROM pragma_table_info('%s') WHERE name GLOB '%s_[^l]*'",
                     record_stream_name[stream], record_point_name(f->config.point_id[p]));
            const int64_t n = fixture_query(f->path, sql);
            assert_true(n >= (int64_t)record_point_fields_n && n <= 60);
        }
        assert_true(record_fields_n <= 60);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_files),
        TEST(test_refused_file_is_untouched),
        TEST(test_no_regular_file),
        TEST(test_reader_of_an_unfinished_file),
        TEST(test_steps),
        TEST(test_locked_while_opening),
        TEST(test_points_are_added),
        TEST(test_fields_are_added),
        TEST(test_identity),
        TEST(test_quarters_of_schema_1_get_their_demand),
        TEST(test_a_point_has_at_most_sixty_columns),
    };
    return cmocka_run_group_tests_name("store_schema", tests, NULL, NULL);
}
