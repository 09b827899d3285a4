/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/tools/run_vatio.h"

#include "firmware/api/record_json.h"
#include "firmware/api/second_ring.h"

#include <fcntl.h>
#include <jansson.h>
#include <sched.h>

#define EXPORT(...) VATIO("export", __VA_ARGS__)

static bool interrupted_at_once(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    return false;
}

/* The nth cell of a line without quotes in it; the caller's buffer. */
static const char *cell(const char *line, int n, char text[64])
{
    while (n-- > 0)
        line = strchr(line, ',') + 1;
    snprintf(text, 64, "%.*s", (int)strcspn(line, ",\n"), line);
    return text;
}

static const char *line(int n)
{
    const char *at = out;
    while (n-- > 0)
        at = strchr(at, '\n') + 1;
    return at;
}

static int count(const char *text, char what)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += *text == what;
    return n;
}

/* Column of a name in the header, or -1. */
static int column(const char *name)
{
    char text[64];
    const int n = (int)(2 + 1 + record_fields_n + 2 * record_point_fields_n);
    for (int i = 0; i < n - 2; i++)
        if (strcmp(cell(out, i, text), name) == 0)
            return i;
    return -1;
}

static void csv_has_a_header_and_a_line_per_record(void **state)
{
    char text[64];
    (void)state;
    meter.newest[STREAM_MINUTE] = 3;
    assert_int_equal(EXPORT("--stream", "minute"), 0);
    assert_string_equal(err, "");
    assert_int_equal(count(out, '\n'), 4);
    assert_int_equal(strncmp(out, "schema,seq,utc_start_ms,utc_end_ms,", 35), 0);
    assert_int_equal(count(out, ','), 4 * (int)(record_fields_n + 2 * record_point_fields_n));
    assert_string_equal(cell(line(3), column("seq"), text), "3");
    assert_string_equal(cell(line(1), column("f_hz"), text), "50.3333333333333");
    assert_string_equal(cell(line(1), column("f_min_hz"), text), "");
    assert_string_equal(cell(line(1), column("h_max"), text), "");
    assert_string_equal(cell(line(1), column("grid_i_rms_a"), text), "");
    assert_string_equal(cell(line(1), column("solar_p_w"), text), "-1234.5678901234");
    assert_string_equal(cell(line(2), column("grid_import_uwh"), text), "9007199254740995");
    assert_string_equal(cell(line(2), column("boot_id"), text), "0123456789abcdef0123456789abcdef");
}

static void pages_are_fetched_until_there_are_no_more(void **state)
{
    char text[64];
    (void)state;
    meter.newest[STREAM_MINUTE] = 2 * CONTROL_STREAM_MAX + 345;
    assert_int_equal(EXPORT("--format", "csv"), 0);
    assert_int_equal(count(out, '\n'), 2 * CONTROL_STREAM_MAX + 346);
    for (int i = 1; i <= 2 * CONTROL_STREAM_MAX + 345; i += 111) {
        char seq[16];
        snprintf(seq, sizeof seq, "%d", i);
        assert_string_equal(cell(line(i), 1, text), seq);
    }
}

static const struct {
    const char *name, *from, *max;
    int oldest, newest, first, rows;
} ranges[] = {
    {"all", "1", "999999", 1, 10, 1, 10},
    {"from the middle", "7", "999999", 1, 10, 7, 4},
    {"a few", "7", "2", 1, 10, 7, 2},
    {"one", "10", "1", 1, 10, 10, 1},
    {"beyond the newest", "11", "5", 1, 10, 0, 0},
    {"before the oldest that is kept", "1", "3", 6, 10, 6, 3},
    {"from zero", "0", "3", 1, 10, 1, 3},
    {"one more than a page", "1", "1001", 1, 5000, 1, 1001},
    {"exactly a page", "1", "1000", 1, 5000, 1, 1000},
    {"an empty stream", "1", "10", 1, 0, 0, 0},
};

static void from_and_max_choose_the_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        print_message("%s\n", ranges[i].name);
        meter.oldest = ranges[i].oldest;
        meter.newest[STREAM_DAY] = ranges[i].newest;
        assert_int_equal(
            EXPORT("--stream=day", "--format=json", "--from", ranges[i].from, "--max", ranges[i].max), 0);
        json_t *array = json_loads(out, 0, NULL);
        assert_non_null(array);
        assert_int_equal(json_array_size(array), ranges[i].rows);
        for (int row = 0; row < ranges[i].rows; row++)
            assert_int_equal(json_integer_value(json_object_get(json_array_get(array, (size_t)row), "seq")),
                             ranges[i].first + row);
        json_decref(array);
    }
}

static void to_is_the_last_record(void **state)
{
    (void)state;
    meter.newest[STREAM_MINUTE] = 3000;
    assert_int_equal(EXPORT("--stream", "minute", "--from", "998", "--to", "1003"), 0);
    assert_int_equal(count(out, '\n'), 1 + 6);
    assert_int_equal(EXPORT("--stream", "minute", "--from", "998", "--to", "1000"), 0);
    assert_int_equal(count(out, '\n'), 1 + 3);
    assert_int_equal(EXPORT("--stream", "minute", "--from", "5", "--to", "4"), 0);
    assert_string_equal(out, "");
}

enum { RING_SECONDS = 100 };

/* A ring that has gone round: 20 seconds of 120 are gone. */
static void make_seconds(void)
{
    static const struct second_ring_plan plan = {"meter-1", 2, {0, 3}};
    struct second_ring_writer writer;
    assert_int_equal(second_ring_create(&writer, meter.run_dir, &plan, RING_SECONDS), 0);
    for (int64_t k = 0; k < RING_SECONDS + 20; k++) {
        struct record record = fake_record(&meter, STREAM_LIVE, 0);
        record.utc_start_ms = 1782000000000 + k * 1000;
        record.point[1].p_w = (double)k / 3;
        record.point[1].total.export_uwh = RECORD_ABSENT;
        second_ring_write(&writer, &record);
    }
    second_ring_leave(&writer);
}

static void seconds_come_from_memory(void **state)
{
    char text[64];
    (void)state;
    make_seconds();
    assert_int_equal(EXPORT("--stream", "second"), 0);
    assert_int_equal(count(out, '\n'), 1 + RING_SECONDS);
    assert_int_equal(strncmp(out, "schema,utc_start_ms,quality,f_hz,grid_u_rms_v,grid_i_rms_a,grid_p_w,", 68),
                     0);
    assert_string_equal(cell(line(1), 1, text), "1782000020000");
    assert_string_equal(cell(line(1), 5, text), ""); /* a current that is absent */
    assert_string_equal(cell(line(1), 12, text), "9007199254740993");
    assert_string_equal(cell(line(1), 16, text), "6.666667"); /* seven digits, and no noise behind them */
    assert_string_equal(cell(line(1), 23, text), "");
    assert_int_equal(EXPORT("--stream", "second", "--format", "json", "--from", "1782000030000", "--to",
                            "1782000039999", "--max", "7"),
                     0);
    json_t *array = json_loads(out, 0, NULL);
    assert_int_equal(json_array_size(array), 7);
    const json_t *first = json_array_get(array, 0);
    assert_true(json_integer_value(json_object_get(first, "utc_start_ms")) == 1782000030000);
    assert_true(json_real_value(json_object_get(first, "solar_p_w")) == 10);
    assert_true(json_is_null(json_object_get(first, "grid_i_rms_a")));
    json_decref(array);
    assert_int_equal(EXPORT("--stream", "second", "--from", "1782000030000", "--to", "1782000039999"), 0);
    assert_int_equal(count(out, '\n'), 1 + 10);
    second_ring_discard(meter.run_dir);
    assert_int_equal(EXPORT("--stream", "second"), 3);
    assert_non_null(strstr(err, "store.second_hours"));
}

static void json_keeps_integers_and_names_what_is_absent(void **state)
{
    (void)state;
    meter.newest[STREAM_QUARTER] = 2;
    meter.solar_until = 1;
    assert_int_equal(EXPORT("--stream", "quarter", "--format", "json"), 0);
    json_t *array = json_loads(out, 0, NULL);
    json_t *first = json_array_get(array, 0), *second = json_array_get(array, 1);
    assert_int_equal(json_object_size(first), 1 + record_fields_n + 2 * record_point_fields_n);
    assert_int_equal(json_object_size(second), 1 + record_fields_n + record_point_fields_n);
    assert_int_equal(json_integer_value(json_object_get(first, "grid_import_uwh")),
                     INT64_C(9007199254740994));
    assert_true(json_real_value(json_object_get(first, "grid_p_w")) == -1234.5678901234);
    assert_true(json_is_null(json_object_get(first, "f_min_hz")));
    assert_true(json_is_null(json_object_get(first, "h_max")));
    json_decref(array);
}

static void a_point_that_goes_leaves_empty_cells(void **state)
{
    char text[64];
    (void)state;
    meter.newest[STREAM_MINUTE] = 3;
    meter.solar_until = 2;
    assert_int_equal(EXPORT("--stream", "minute"), 0);
    assert_string_equal(cell(line(2), column("solar_u_rms_v"), text), "230.1");
    assert_string_equal(cell(line(3), column("solar_u_rms_v"), text), "");
    assert_string_equal(cell(line(3), column("solar_import_uwh"), text), "");
    assert_int_equal(count(line(2), ','), 2 * count(line(3), ','));
}

static void a_point_that_comes_ends_a_csv_with_advice(void **state)
{
    char path[96];
    (void)state;
    meter.newest[STREAM_MINUTE] = 3;
    meter.solar_until = 0;
    assert_int_equal(EXPORT("--from", "1", "--max", "3"), 0);
    snprintf(path, sizeof path, "%s/out.csv", meter.run_dir);
    meter.solar_from = 3;
    assert_int_equal(EXPORT("--output", path), 1);
    assert_non_null(strstr(err, "vatio: record 3 has points that the CSV header lacks"));
    assert_non_null(strstr(err, "--from 3"));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(EXPORT("--format", "json"), 0);
}

static void events_are_quoted_as_rfc_4180_says(void **state)
{
    (void)state;
    meter.newest[STREAM_EVENT] = 4;
    assert_int_equal(EXPORT("--stream", "event"), 0);
    assert_string_equal(out, "schema,seq,utc_ms,utc_synced,mono_us,boot_id,kind,detail,value\n"
                             "2,1,0,0,0,,note,\"say \"\"hi\"\", you\",\n"
                             "2,2,0,0,0,,note,plain,\n"
                             "2,3,0,0,0,,note,\"\"\"\",\n"
                             "2,4,0,0,0,,note,\"two\nlines\",\n");
    assert_int_equal(EXPORT("--stream", "event", "--format", "json", "--max", "1"), 0);
    assert_string_equal(
        out, "[\n{\"schema\":2,\"seq\":1,\"utc_ms\":0,\"utc_synced\":0,\"mono_us\":0,\"boot_id\":\"\","
             "\"kind\":\"note\",\"detail\":\"say \\\"hi\\\", you\",\"value\":null}\n]\n");
}

static void an_empty_stream_is_an_empty_file(void **state)
{
    (void)state;
    assert_int_equal(EXPORT("--stream", "event"), 0);
    assert_string_equal(out, "");
    assert_int_equal(EXPORT("--stream", "event", "--format", "json"), 0);
    assert_string_equal(out, "[]\n");
}

static void a_file_comes_into_place_whole(void **state)
{
    char path[96], part[104], text[64] = {0};
    (void)state;
    meter.newest[STREAM_EVENT] = 2;
    snprintf(path, sizeof path, "%s/out.csv", meter.run_dir);
    snprintf(part, sizeof part, "%s.part", path);
    assert_int_equal(EXPORT("--stream", "event", "--output", path), 0);
    assert_string_equal(out, "");
    const int fd = open(path, O_RDONLY);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    assert_int_equal(strncmp(text, "schema,seq,utc_ms", 17), 0);
    assert_int_equal(access(part, F_OK), -1);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(EXPORT("--output", "/nonexistent/out.csv"), 1);
    assert_non_null(
        strstr(err, "vatio: /nonexistent/out.csv.part: No such file or directory; expected a place"));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(EXPORT("--stream", "event", "--output", path), 1);
    assert_non_null(strstr(err, "nothing was written"));
    assert_int_equal(access(part, F_OK), -1);
    assert_int_equal(rmdir(path), 0);
}

static void a_full_disk_leaves_nothing(void **state)
{
    char path[96], part[104];
    (void)state;
    meter.newest[STREAM_MINUTE] = 3000;
    snprintf(path, sizeof path, "%s/out.csv", meter.run_dir);
    snprintf(part, sizeof part, "%s.part", path);
    assert_int_equal(symlink("/dev/full", part), 0);
    assert_int_equal(EXPORT("--output", path), 1);
    assert_non_null(strstr(err, "nothing was written"));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(part, F_OK), -1);
}

static void a_reader_that_has_seen_enough_is_no_failure(void **state)
{
    char program[] = "vatio", option[] = "--run-dir", command[] = "export";
    char *argv[] = {program, option, meter.run_dir, command};
    size_t err_size;
    int ends[2];
    (void)state;
    meter.newest[STREAM_MINUTE] = 3000; /* far more than stdio's buffer */
    signal(SIGPIPE, SIG_IGN);           /* as main does */
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct cli cli = {.out = fdopen(ends[1], "w"), .pause = pause_now};
    cli.err = open_memstream(&err, &err_size);
    assert_int_equal(cli_run(&cli, 4, argv), 0);
    fclose(cli.out);
    fclose(cli.err);
    assert_string_equal(err, "");
}

/* A pager that takes its time: meanwhile no connection may be open, since vatiod drops clients that do not read. */
static ssize_t write_slowly(void *cookie, const char *text, size_t size)
{
    int64_t *written = cookie;
    for (int i = 0; i < 10000000 && meter.clients > 0; i++)
        sched_yield();
    assert_int_equal(meter.clients, 0);
    (void)text;
    *written += (int64_t)size;
    return (ssize_t)size;
}

static void vatiod_never_waits_for_who_reads_the_export(void **state)
{
    char program[] = "vatio", option[] = "--run-dir", command[] = "export";
    char *argv[] = {program, option, meter.run_dir, command};
    int64_t written = 0;
    (void)state;
    meter.newest[STREAM_MINUTE] = 1500;
    struct cli cli = {.pause = pause_now, .err = stderr};
    cli.out = fopencookie(&written, "w", (cookie_io_functions_t){.write = write_slowly});
    assert_non_null(cli.out);
    assert_int_equal(cli_run(&cli, 4, argv), 0);
    fclose(cli.out);
    assert_true(written > 1500 * 100);
}

/* Standard error is a terminal and the records go elsewhere. */
static void progress_is_shown_on_a_terminal(void **state)
{
    char program[] = "vatio", option[] = "--run-dir", command[] = "export", text[256] = {0};
    char *argv[] = {program, option, meter.run_dir, command};
    size_t out_size;
    (void)state;
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        print_message("skipped: there are no pseudo-terminals here\n");
        skip();
    }
    meter.newest[STREAM_MINUTE] = 1500;
    struct cli cli = {.pause = pause_now, .err = fopen(ptsname(master), "w")};
    assert_non_null(cli.err);
    cli.out = open_memstream(&out, &out_size);
    assert_int_equal(cli_run(&cli, 4, argv), 0);
    fclose(cli.out);
    fflush(cli.err);
    assert_true(read(master, text, sizeof text - 1) > 0);
    fclose(cli.err);
    close(master);
    assert_non_null(strstr(text, "\r1000 records, up to seq 1000\r1500 records, up to seq 1500"));
}

static void an_interrupted_export_says_where(void **state)
{
    (void)state;
    meter.newest[STREAM_MINUTE] = 3000;
    pause_hook = interrupted_at_once;
    assert_int_equal(EXPORT("--stream", "minute"), 1);
    assert_string_equal(err, "vatio: interrupted before seq 1001\n");
}

static void a_meter_that_repeats_itself_is_not_believed(void **state)
{
    (void)state;
    meter.newest[STREAM_MINUTE] = 2000;
    meter.repeat = true;
    assert_int_equal(EXPORT("--stream", "minute"), 3);
    assert_non_null(strstr(err, "/control: Protocol error"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_METER(csv_has_a_header_and_a_line_per_record),
        WITH_METER(pages_are_fetched_until_there_are_no_more),
        WITH_METER(from_and_max_choose_the_records),
        WITH_METER(to_is_the_last_record),
        WITH_METER(seconds_come_from_memory),
        WITH_METER(json_keeps_integers_and_names_what_is_absent),
        WITH_METER(a_point_that_goes_leaves_empty_cells),
        WITH_METER(a_point_that_comes_ends_a_csv_with_advice),
        WITH_METER(events_are_quoted_as_rfc_4180_says),
        WITH_METER(an_empty_stream_is_an_empty_file),
        WITH_METER(a_file_comes_into_place_whole),
        WITH_METER(a_full_disk_leaves_nothing),
        WITH_METER(a_reader_that_has_seen_enough_is_no_failure),
        WITH_METER(vatiod_never_waits_for_who_reads_the_export),
        WITH_METER(progress_is_shown_on_a_terminal),
        WITH_METER(an_interrupted_export_says_where),
        WITH_METER(a_meter_that_repeats_itself_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
