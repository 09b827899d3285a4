/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/store/store_fixture.h"

#include "firmware/store/store_find.h"

#include <errno.h>

static const int64_t begin_ms = INT64_C(1782000000000); /* 2026-06-21T00:00:00Z */
enum { MINUTE_MS = 60000, MINUTES = 1000, UNSET = 5, LOST_FROM = 400, LOST_TO = 450 };

/* A thousand minutes. The first five were labelled 1970 until the clock was set; seq 401..450 are missing. */
static int setup(void **state)
{
    fixture_setup(state);
    struct store_fixture *f = *state;
    f->config.batch_records = STORE_BATCH_MAX;
    fixture_open(f);
    for (int64_t k = 0; k < MINUTES; k++) {
        struct record record;
        if (k == LOST_FROM)
            k = LOST_TO;
        store_seq_floor(&f->store, STREAM_MINUTE, k);
        fixture_record(&record, STREAM_MINUTE, k);
        record.utc_synced = k >= UNSET;
        record.utc_start_ms = (k < UNSET ? 0 : begin_ms) + k * MINUTE_MS;
        record.point[0].p_w = k == 600 ? (double)NAN : (double)k / 4;
        record.point[0].total.import_uwh = k;
        assert_int_equal(store_add(&f->store, &record, 0), 0);
        assert_int_equal(record.seq, k + 1);
    }
    assert_int_equal(store_commit(&f->store), 0);
    fixture_open_reader(f);
    return 0;
}

static int teardown(void **state)
{
    struct store_fixture *f = *state;
    store_reader_close(&f->reader);
    store_close(&f->store);
    return fixture_teardown(state);
}

static const struct {
    const char *name;
    int64_t utc_ms;
    int64_t least, most; /* seq */
} finds[] = {
    {"before everything", -1, 1, 1},
    {"before the first with a right label", 1000000000000, 1, UNSET + 1},
    {"the first with a right label", begin_ms + UNSET *MINUTE_MS, 1, UNSET + 1},
    {"exactly at a minute's begin", begin_ms + 100 * MINUTE_MS, 101, 101},
    {"a millisecond later", begin_ms + 100 * MINUTE_MS + 1, 102, 102},
    {"in the middle of what is missing", begin_ms + 430 * MINUTE_MS, LOST_FROM + 1, LOST_TO + 1},
    {"the newest", begin_ms + 999 * MINUTE_MS, 1000, 1000},
    {"after everything", begin_ms + 1000 * MINUTE_MS, 1001, 1001},
    {"in a far future", INT64_MAX, 1001, 1001},
};

static void an_instant_is_found_by_bisection(void **state)
{
    struct store_fixture *f = *state;
    for (size_t i = 0; i < sizeof finds / sizeof finds[0]; i++) {
        const int64_t seq = store_find_seq(&f->reader, STREAM_MINUTE, finds[i].utc_ms);
        print_message("%s: %lld\n", finds[i].name, (long long)seq);
        assert_true(seq >= finds[i].least && seq <= finds[i].most);
    }
    assert_int_equal(store_find_seq(&f->reader, STREAM_DAY, begin_ms), 1);
    assert_int_equal(store_find_seq(&f->reader, STREAM_LIVE, 0), -EINVAL);
}

struct seen {
    int64_t n, first_seq, last_seq, last_ms;
    double p_w, import_uwh, f_hz;
    int64_t absent, most;
};

static bool see(void *context, int64_t seq, int64_t utc_start_ms, const double value[STORE_COLUMNS])
{
    struct seen *seen = context;
    seen->first_seq = seen->n == 0 ? seq : seen->first_seq;
    seen->n++;
    seen->last_seq = seq;
    seen->last_ms = utc_start_ms;
    seen->p_w = value[0];
    seen->import_uwh = value[1];
    seen->f_hz = value[2];
    seen->absent += isnan(value[0]) ? 1 : 0;
    return seen->most == 0 || seen->n < seen->most;
}

static const struct store_column columns[] = {{0, "p_w"}, {0, "import_uwh"}, {-1, "f_hz"}};

static void a_stretch_of_time_has_its_values(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {0};
    struct record expected;
    assert_int_equal(store_find_read(&f->reader, STREAM_MINUTE, begin_ms + 590 * MINUTE_MS,
                                     begin_ms + 620 * MINUTE_MS, columns, 3, see, &seen),
                     30);
    assert_true(seen.n == 30 && seen.first_seq == 591 && seen.last_seq == 620);
    assert_true(seen.last_ms == begin_ms + 619 * MINUTE_MS && seen.absent == 1);
    assert_true(seen.p_w == 619.0 / 4 && seen.import_uwh == 619);
    fixture_record(&expected, STREAM_MINUTE, 619);
    assert_true(seen.f_hz == expected.f_hz);
}

static void what_is_labelled_otherwise_is_not_shown(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {0};
    assert_int_equal(store_find_read(&f->reader, STREAM_MINUTE, begin_ms, begin_ms + 10 * MINUTE_MS, columns,
                                     3, see, &seen),
                     10 - UNSET);
    assert_true(seen.first_seq == UNSET + 1);
    memset(&seen, 0, sizeof seen);
    assert_int_equal(store_find_read(&f->reader, STREAM_MINUTE, begin_ms + 395 * MINUTE_MS,
                                     begin_ms + 455 * MINUTE_MS, columns, 3, see, &seen),
                     10);
    assert_true(seen.first_seq == 396 && seen.last_seq == 455);
}

static void a_visitor_may_have_seen_enough(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {.most = 7};
    assert_int_equal(store_find_read(&f->reader, STREAM_MINUTE, begin_ms, INT64_MAX, columns, 3, see, &seen),
                     7);
    assert_true(seen.n == 7);
}

static const struct {
    const char *name;
    struct store_column column;
} refused[] = {
    {"a field that does not exist", {0, "p_kw"}}, {"a text", {-1, "boot_id"}},
    {"a point without columns", {8, "p_w"}},      {"no such point", {99, "p_w"}},
    {"SQL", {0, "p_w; DROP TABLE minute"}},
};

static void what_is_not_stored_is_refused(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {0};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        print_message("%s\n", refused[i].name);
        f->reader.error[0] = '\0';
        assert_int_equal(
            store_find_read(&f->reader, STREAM_MINUTE, 0, INT64_MAX, &refused[i].column, 1, see, &seen),
            -EINVAL);
        assert_non_null(strstr(f->reader.error, refused[i].column.field));
    }
    assert_int_equal(store_find_read(&f->reader, STREAM_MINUTE, 0, 1, columns, 0, see, &seen), -EINVAL);
    assert_int_equal(store_find_read(&f->reader, STREAM_EVENT, 0, 1, columns, 1, see, &seen), -EINVAL);
}

static void events_are_found_by_time_too(void **state)
{
    struct store_fixture *f = *state;
    for (int64_t k = 0; k < 20; k++) {
        struct record_event event;
        fixture_event(&event, k);
        event.utc_ms = begin_ms + k * 1000;
        event.utc_synced = 1;
        assert_int_equal(store_add_event(&f->store, &event, 0), 0);
    }
    assert_int_equal(store_commit(&f->store), 0);
    assert_int_equal(store_find_seq(&f->reader, STREAM_EVENT, begin_ms + 12500), 14);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_instant_is_found_by_bisection),        TEST(a_stretch_of_time_has_its_values),
        TEST(what_is_labelled_otherwise_is_not_shown), TEST(a_visitor_may_have_seen_enough),
        TEST(what_is_not_stored_is_refused),           TEST(events_are_found_by_time_too),
    };
    return cmocka_run_group_tests_name("store_find", tests, NULL, NULL);
}
