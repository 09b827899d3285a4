/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/tools/backup_fixture.h"

#include <errno.h>

static void check_same(const struct backup *a, const struct backup *b)
{
    json_t *one = backup_json(a), *two = backup_json(b);
    /* registers are for people and are not read back */
    json_object_del(one, "registers");
    json_object_del(two, "registers");
    json_object_del(one, "sha256");
    json_object_del(two, "sha256");
    assert_true(json_equal(one, two));
    json_decref(one);
    json_decref(two);
}

static void a_backup_goes_through_its_file_and_back(void **state)
{
    struct place *place = *state;
    struct backup back;
    struct stat status;
    char error[BACKUP_ERROR], path[200];
    strcpy(path, fixture_path(place, "/b.json"));
    assert_int_equal(backup_write(&place->backup, path, error, sizeof error), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(backup_read(&back, path, error, sizeof error), 0);
    check_same(&place->backup, &back);
    assert_memory_equal(back.meter.kept, place->backup.meter.kept, 777);
    assert_string_equal(back.file[1].content, place->backup.file[1].content);
    backup_free(&back);
    assert_int_equal(backup_write(&place->backup, path, error, sizeof error), -EEXIST);
}

/* Blanks between values may change: what the file says does not. */
static void no_change_of_a_byte_gives_another_meter(void **state)
{
    struct place *place = *state;
    json_t *object = backup_json(&place->backup);
    char *text = json_dumps(object, JSON_INDENT(1));
    const size_t length = strlen(text);
    int refused = 0;
    for (size_t at = 0; at < length; at++) {
        struct backup back = {0};
        char error[BACKUP_ERROR] = "";
        const char was = text[at];
        text[at] = (char)(was ^ 1);
        json_t *changed = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        if (changed == NULL || backup_parse(&back, "x", changed, error, sizeof error) < 0)
            refused++;
        else
            check_same(&place->backup, &back);
        backup_free(&back);
        json_decref(changed);
        text[at] = was;
    }
    assert_true(refused > (int)length / 2);
    free(text);
    json_decref(object);
}

static void what_is_no_whole_backup_is_refused(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *name, *key, *says;
        json_int_t integer;
        const char *text; /* NULL = the integer; "" = without the key */
    } cases[] = {
        {"another format", "format", "no backup", 0, "x"},
        {"a newer schema", "schema", "newer vatio", BACKUP_SCHEMA + 1, NULL},
        {"no files", "files", "not complete", 0, ""},
        {"no record", "kept", "not complete", 0, ""},
        {"a directory that is not absolute", "data_dir", "not complete", 0, "var/lib"},
        {"the record of another meter", "meter_id", "not complete", 0, "m2"},
        {"a name that is too long", "meter_id", "not complete", 0, "0123456789012345678901234567890123"},
        {"a number for a name", "meter_id", "not complete", 5, NULL},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct backup back = {0};
        char error[BACKUP_ERROR] = "", digest[DIGEST_TEXT];
        json_t *object = backup_json(&place->backup);
        json_object_del(object, "sha256");
        if (cases[k].text == NULL)
            json_object_set_new(object, cases[k].key, json_integer(cases[k].integer));
        else if (cases[k].text[0] == '\0')
            json_object_del(object, cases[k].key);
        else
            json_object_set_new(object, cases[k].key, json_string(cases[k].text));
        char *compact = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        digest_of(compact, strlen(compact), digest);
        json_object_set_new(object, "sha256", json_string(digest));
        const int result = backup_parse(&back, "FILE", object, error, sizeof error);
        if (result != -EBADMSG || strstr(error, cases[k].says) == NULL)
            fail_msg("%s: %d, %s", cases[k].name, result, error);
        backup_free(&back);
        free(compact);
        json_decref(object);
    }
}

static void a_file_that_is_no_text_is_refused_when_it_is_added(void **state)
{
    struct place *place = *state;
    char error[BACKUP_ERROR];
    fixture_write(place, "/etc/latin.ini", "[a]\nb = \xe4\n");
    assert_int_equal(backup_add_file(&place->backup, place->root, "/none.ini", error, sizeof error), -ENOENT);
    assert_string_equal(error, "");
    assert_int_equal(backup_add_file(&place->backup, place->root, "/etc/latin.ini", error, sizeof error), 0);
    assert_int_equal(backup_write(&place->backup, fixture_path(place, "/b.json"), error, sizeof error),
                     -EILSEQ);
    assert_false(fixture_is_there(place, "/b.json"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_backup_goes_through_its_file_and_back),
        CASE(no_change_of_a_byte_gives_another_meter),
        CASE(what_is_no_whole_backup_is_refused),
        CASE(a_file_that_is_no_text_is_refused_when_it_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
