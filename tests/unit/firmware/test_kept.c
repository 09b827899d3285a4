/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/quality.h"
#include "firmware/interrupted.h"
#include "firmware/kept.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* n points, each register and each quantity another figure. */
static struct kept kept_of(int64_t n_points)
{
    struct kept kept;
    memset(&kept, 0, sizeof kept);
    strcpy(kept.meter_id, "meter");
    strcpy(kept.boot_id, "this run");
    kept.utc_ms = 1700000000123;
    kept.utc_synced = 1;
    kept.mono_us = 600000000;
    kept.interval_s = 10;
    kept.n_points = n_points;
    kept.metered_ns = 11;
    kept.unmetered_ns = 12;
    kept.dropped_uwh = 13;
    kept.rest.block_s = 7.4;
    kept.rest.creep[CIRCUIT_SOLAR] = (struct creep){.running = true, .pending = {{1, 2, 3}}};
    for (int64_t p = 0; p < n_points; p++) {
        kept.point_id[p] = RECORD_POINTS - 1 - p;
        kept.energy[p] = (struct record_energy){1000 + p, 2000, 3000, 4000, 5000, 6000, 7000};
        kept.rest.remainder[p][0] = 0.125 * (double)(p + 1) / 2;
    }
    for (int k = 0; k < KEPT_OPEN; k++) {
        struct record *open = &kept.open[k];
        open->n_points = n_points;
        open->utc_start_ms = kept.utc_ms - 30000;
        open->utc_end_ms = kept.utc_ms;
        open->mono_end_us = kept.mono_us;
        open->duration_us = open->metered_us = 30000000;
        open->windows = 150 + k;
        open->f_hz = 50.0;
        for (int64_t p = 0; p < n_points; p++) {
            open->point[p].p_w = -1234.5;
            open->point[p].u_rms_v = (double)NAN;
            open->point[p].delta.import_uwh = 100;
        }
    }
    return kept;
}

static void what_is_packed_comes_back_for_every_number_of_points(void **state)
{
    (void)state;
    for (int64_t n = 0; n <= RECORD_POINTS; n++) {
        unsigned char bytes[KEPT_BYTES_MAX];
        const struct kept kept = kept_of(n);
        struct kept back;
        const size_t size = kept_pack(&kept, bytes);
        assert_int_equal(kept_unpack(&back, KEPT_MAGIC, bytes, size), 0);
        print_message("  %lld points: %zu bytes\n", (long long)n, size);
        assert_memory_equal(back.energy, kept.energy, sizeof kept.energy);
        assert_memory_equal(back.point_id, kept.point_id, sizeof kept.point_id);
        assert_memory_equal(&back.rest, &kept.rest, sizeof kept.rest);
        assert_string_equal(back.meter_id, "meter");
        assert_int_equal(back.unmetered_ns, 12);
        for (int k = 0; k < KEPT_OPEN; k++) {
            assert_int_equal(back.open[k].n_points, n);
            assert_int_equal(back.open[k].stream, kept_stream(k));
            assert_int_equal(back.open[k].windows, n > 0 ? 150 + k : 0);
            for (int64_t p = 0; p < n; p++) {
                const struct record_point *point = &back.open[k].point[p];
                assert_true(point->p_w == -1234.5 && isnan(point->u_rms_v) && isnan(point->phi_deg));
                assert_int_equal(point->delta.import_uwh, 100);
                assert_int_equal(point->total.import_uwh, 1000 + p);
            }
        }
        for (size_t cut = 0; cut < size; cut++) /* no shorter, no longer */
            assert_int_equal(kept_unpack(&back, KEPT_MAGIC, bytes, cut), -EBADMSG);
        assert_int_equal(kept_unpack(&back, KEPT_MAGIC, bytes, size + 1), -EBADMSG);
        assert_int_equal(kept_unpack(&back, KEPT_MAGIC + 1, bytes, size), -EBADMSG);
    }
}

/* As a meter has them after ten years: 100 MWh a direction, of which 50 kWh today. */
static void grow_old(struct kept *kept)
{
    const struct record_energy total = {100000000000000, 100000000000000, 50000000000000, 0, 0,
                                        50000000000000,  200000000000000};
    const struct record_energy today = {50000000000, 50000000000, 20000000000, 0,
                                        0,           20000000000, 100000000000};
    for (int64_t p = 0; p < kept->n_points; p++) {
        kept->energy[p] = total;
        for (int k = 0; k < KEPT_OPEN; k++)
            kept->open[k].point[p].delta = today;
    }
    kept->rest.creep[CIRCUIT_GRID] = (struct creep){.running = true, .pending = {{1, 2, 3}}};
    kept->metered_ns = INT64_C(315360000000000000);
    for (int stream = 0; stream < STREAMS; stream++)
        kept->newest_seq[stream] = 5256000;
}

/* In 24 bytes of head and whole sectors: 8,640 a day at the default interval. */
static void a_record_stays_within_the_budget_of_writes(void **state)
{
    (void)state;
    static const struct {
        int64_t n_points;
        double most_mb; /* a day */
    } budgets[] = {{1, 14}, {RECORD_POINTS, 36}};
    for (size_t i = 0; i < sizeof budgets / sizeof budgets[0]; i++) {
        unsigned char bytes[KEPT_BYTES_MAX];
        struct kept kept = kept_of(budgets[i].n_points);
        grow_old(&kept);
        const size_t sectors = (24 + kept_pack(&kept, bytes) + 511) / 512;
        print_message("  %lld points: %.1f MB a day\n", (long long)budgets[i].n_points,
                      (double)sectors * 512 * 8640 / 1e6);
        assert_true((double)sectors * 512 * 8640 / 1e6 <= budgets[i].most_mb);
    }
}

/* The bytes that version 2 made of kept_of(2). */
static void a_record_of_version_2_is_read(void **state)
{
    (void)state;
    unsigned char bytes[KEPT_BYTES_MAX];
    const struct kept kept = kept_of(2);
    struct kept back;
    FILE *file = fopen("tests/unit/firmware/seeds/kept_2.bin", "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(kept_unpack(&back, KEPT_MAGIC - 1, bytes, size), 0);
    assert_memory_equal(back.energy, kept.energy, sizeof kept.energy);
    assert_memory_equal(&back.rest, &kept.rest, sizeof kept.rest);
    assert_string_equal(back.meter_id, "meter");
    assert_int_equal(back.utc_ms, kept.utc_ms);
    assert_int_equal(back.open[2].windows, 152);
    assert_int_equal(back.open[2].point[1].delta.import_uwh, 100);
    assert_int_equal(kept_unpack(&back, KEPT_MAGIC - 1, bytes, size - 1), -EBADMSG);
    assert_int_equal(kept_unpack(&back, KEPT_MAGIC, bytes, size), -EBADMSG);
}

static const int64_t wholes[] = {0,   1,   -1,    63,    64,        -64,       -65,
                                 127, 128, 16383, 16384, INT64_MAX, INT64_MIN, INT64_MIN + 1};

static void whole_numbers_of_any_size_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        unsigned char bytes[KEPT_BYTES_MAX];
        struct kept kept = kept_of(1), back;
        kept.dropped_uwh = wholes[i];
        assert_int_equal(kept_unpack(&back, KEPT_MAGIC, bytes, kept_pack(&kept, bytes)), 0);
        assert_true(back.dropped_uwh == wholes[i]);
    }
}

static void spoil_points(struct kept *kept)
{
    kept->point_id[1] = kept->point_id[0];
}
static void spoil_register(struct kept *kept)
{
    kept->energy[1].q4_uvarh = -1;
}
static void spoil_delta(struct kept *kept)
{
    kept->open[2].point[1].delta.export_uwh = INT64_MIN;
}
static void spoil_name(struct kept *kept)
{
    memset(kept->meter_id, 'm', sizeof kept->meter_id);
}
static void spoil_clean(struct kept *kept)
{
    kept->clean = 2;
}
static const struct {
    const char *name;
    void (*spoil)(struct kept *kept);
} spoils[] = {
    {"a point that stands twice", spoil_points},      {"a register below zero", spoil_register},
    {"an interval's energy below zero", spoil_delta}, {"a name without its end", spoil_name},
    {"a truth that is neither", spoil_clean},
};

static void a_record_that_says_what_cannot_be_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        unsigned char bytes[KEPT_BYTES_MAX];
        struct kept kept = kept_of(2), back;
        print_message("  %s\n", spoils[i].name);
        spoils[i].spoil(&kept);
        const size_t size = kept_pack(&kept, bytes);
        assert_int_equal(kept_unpack(&back, KEPT_MAGIC, bytes, size), -EBADMSG);
    }
}

static void a_cell_gives_what_was_put_in_last(void **state)
{
    (void)state;
    static struct kept_cell cell;
    struct kept kept = kept_of(3), back;
    assert_int_equal(kept_take(&cell, &back), -EAGAIN);
    kept_give(&cell, &kept);
    kept.metered_ns = 99;
    kept_give(&cell, &kept);
    assert_int_equal(kept_take(&cell, &back), 0);
    assert_memory_equal(&back, &kept, sizeof kept);
}

/* --- intervals that were left open --------------------------------------------------------------------------------- */

/* Through the bytes, as after a cut; two points. */
static struct kept after_a_cut(void)
{
    unsigned char bytes[KEPT_BYTES_MAX];
    const struct kept kept = kept_of(2);
    struct kept back;
    assert_int_equal(kept_unpack(&back, KEPT_MAGIC, bytes, kept_pack(&kept, bytes)), 0);
    return back;
}

/* The stream's record before: it ended when the open interval began, or before_us earlier, with so much less energy. */
static struct record stored_of(const struct kept *kept, int64_t before_us, int64_t missing_uwh)
{
    struct record stored;
    memset(&stored, 0, sizeof stored);
    stored.stream = STREAM_MINUTE;
    strcpy(stored.boot_id, kept->boot_id);
    stored.utc_end_ms = kept->utc_ms - 30000 - before_us / 1000;
    stored.mono_end_us = kept->mono_us - 30000000 - before_us;
    stored.n_points = kept->n_points;
    for (int64_t p = 0; p < kept->n_points; p++) {
        stored.point_id[p] = kept->point_id[p];
        stored.point[p].total = kept->energy[p];
        stored.point[p].total.import_uwh -= 100 + missing_uwh;
    }
    return stored;
}

static void an_open_interval_ends_where_it_was_kept(void **state)
{
    (void)state;
    const struct kept kept = after_a_cut();
    const struct record stored = stored_of(&kept, 0, 0);
    for (int with = 0; with < 2; with++) { /* with and without a stored record before it */
        struct record out;
        assert_true(interrupted_record(&kept, 0, with ? &stored : NULL, &out));
        assert_int_equal(out.point[1].delta.import_uwh, 100);
        assert_int_equal(out.point[1].total.import_uwh, kept.energy[1].import_uwh);
        assert_int_equal(out.quality & QUALITY_GAP, 0);
        assert_int_equal(out.utc_start_ms, kept.utc_ms - 30000);
        assert_int_equal(out.duration_us, 30000000);
        assert_string_equal(out.boot_id, "this run");
        assert_true(record_valid(&out));
    }
}

static void what_a_lost_batch_held_is_in_the_record_and_marked(void **state)
{
    (void)state;
    const struct kept kept = after_a_cut();
    const struct record stored = stored_of(&kept, 240000000, 900);
    struct record out;
    assert_true(interrupted_record(&kept, 0, &stored, &out));
    assert_int_equal(out.point[0].delta.import_uwh, 1000);
    assert_int_equal(out.quality & QUALITY_GAP, QUALITY_GAP);
    assert_int_equal(out.utc_start_ms, stored.utc_end_ms);
    assert_int_equal(out.duration_us, 270000000);
    assert_int_equal(out.metered_us, 30000000);
    assert_true(isnan(out.point[0].demand_import_w)); /* a minute */
}

/* label_ms: by how much the stored label is other than the monotonic clock says. */
static const struct {
    const char *name;
    bool same_run;
    int64_t stored_synced, label_ms, start_ms, duration_us; /* start against the open interval's */
} behind_a_step[] = {
    {"the clock was set forward since", true, 1, -3600000, -240000, 270000000},
    {"the clock was set back since", true, 1, 3600000, -240000, 270000000},
    {"another run, both synchronised", false, 1, -3600000, -3840000, 3870000000},
    {"another run that was not set yet", false, 0, -1700000000000, 0, 30000000},
};

static void labels_on_either_side_of_a_step_do_not_measure_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof behind_a_step / sizeof behind_a_step[0]; i++) {
        struct kept kept = after_a_cut();
        struct record stored = stored_of(&kept, 240000000, 900), out;
        print_message("  %s\n", behind_a_step[i].name);
        kept.utc_synced = 1;
        stored.utc_synced = behind_a_step[i].stored_synced;
        stored.utc_end_ms += behind_a_step[i].label_ms;
        if (!behind_a_step[i].same_run)
            strcpy(stored.boot_id, "another");
        assert_true(interrupted_record(&kept, 0, &stored, &out));
        assert_int_equal(out.quality & QUALITY_GAP, QUALITY_GAP);
        assert_int_equal(out.point[0].delta.import_uwh, 1000);
        assert_int_equal(out.utc_start_ms, kept.utc_ms - 30000 + behind_a_step[i].start_ms);
        assert_int_equal(out.duration_us, behind_a_step[i].duration_us);
    }
}

static void a_stored_record_that_is_younger_closes_its_own_interval_only(void **state)
{
    (void)state;
    struct kept kept = after_a_cut();
    struct record stored = stored_of(&kept, -33000000, 0), out;
    for (int64_t p = 0; p < 2; p++)
        stored.point[p].total = kept.energy[p];
    stored.metered_us = 60000000;
    interrupted_settle(&kept, &stored);
    assert_false(interrupted_record(&kept, 0, &stored, &out));
    assert_true(interrupted_record(&kept, 1, NULL, &out));
    assert_int_equal(out.mono_end_us, stored.mono_end_us);
    assert_int_equal(out.duration_us, 33000000);
    const double demand_w = (double)out.point[1].delta.import_uwh * 3600 / 33e6; /* a quarter: as it is now */
    assert_true(fabs(out.point[1].demand_import_w - demand_w) <= 1e-9);
}

static void energy_without_an_open_interval_is_not_lost_either(void **state)
{
    (void)state;
    struct kept kept = after_a_cut();
    const struct record stored = stored_of(&kept, 0, 0);
    struct record out;
    kept.open[0].n_points = 0;
    assert_false(interrupted_record(&kept, 0, NULL, &out));
    assert_true(interrupted_record(&kept, 0, &stored, &out));
    assert_int_equal(out.point[0].delta.import_uwh, 100);
    assert_int_equal(out.metered_us, 0);
    assert_true(isnan(out.point[0].p_w) && isnan(out.f_hz));
    assert_int_equal(out.n_points, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back_for_every_number_of_points),
        cmocka_unit_test(a_record_stays_within_the_budget_of_writes),
        cmocka_unit_test(a_record_of_version_2_is_read),
        cmocka_unit_test(whole_numbers_of_any_size_come_back),
        cmocka_unit_test(a_record_that_says_what_cannot_be_is_refused),
        cmocka_unit_test(a_cell_gives_what_was_put_in_last),
        cmocka_unit_test(an_open_interval_ends_where_it_was_kept),
        cmocka_unit_test(what_a_lost_batch_held_is_in_the_record_and_marked),
        cmocka_unit_test(labels_on_either_side_of_a_step_do_not_measure_time),
        cmocka_unit_test(a_stored_record_that_is_younger_closes_its_own_interval_only),
        cmocka_unit_test(energy_without_an_open_interval_is_not_lost_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
