/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FRAM's two records on a fake of the chip's bus, with the supply cut at every byte. */
#include "firmware/fram_copy.h"
#include "firmware/resume.h"

#include "tests/emulated/fake_fram_calls.h"

#include <errno.h>
#include <string.h>

/* A meter with its chip, as at each start. */
struct meter {
    struct fram fram;
    struct fram_copy copy;
    struct fram_found found;
    char error[256];
    int result;
};

static void start(struct meter *meter, const char *meter_id)
{
    char error[256];
    chip.limited = false; /* the supply is back */
    memset(meter, 0, sizeof *meter);
    fram_init(&meter->fram, "/dev/i2c-1", 0x50, &calls, error, sizeof error);
    fram_copy_init(&meter->copy, &meter->fram, meter_id);
    meter->result = fram_copy_read(&meter->copy, &meter->found, meter->error, sizeof meter->error);
}

/* After s seconds of metering: 1000 uWh of import a second, a third of it as solar export. */
static struct kept kept_at(int64_t s)
{
    struct kept kept;
    memset(&kept, 0, sizeof kept);
    strcpy(kept.meter_id, "m1");
    kept.utc_ms = 1700000000000 + s * 1000;
    kept.metered_ns = s * 1000000000;
    kept.n_points = 2;
    kept.point_id[1] = record_point_id("solar");
    kept.energy[0].import_uwh = 1000 * s;
    kept.energy[1].export_uwh = 333 * s;
    return kept;
}

static int write_totals(struct meter *meter, int64_t s)
{
    const struct kept kept = kept_at(s);
    struct kept_totals totals;
    kept_totals(&kept, &totals);
    return fram_copy_write_totals(&meter->copy, &totals);
}

static int write_whole(struct meter *meter, int64_t s)
{
    const struct kept kept = kept_at(s);
    fram_copy_begin(&meter->copy, &kept);
    int result;
    while ((result = fram_copy_step(&meter->copy)) > 0)
        ;
    return result;
}

static void a_new_chip_is_empty_and_gives_back_what_was_written_last(void **state)
{
    (void)state;
    struct meter meter;
    fake_fram_init(&chip, 0x50);
    start(&meter, "m1");
    assert_int_equal(meter.result, 0);
    assert_false(meter.found.has_totals || meter.found.has_kept);
    for (int64_t s = 1; s <= 9; s++) {
        assert_int_equal(write_totals(&meter, s), 0);
        assert_int_equal(write_whole(&meter, s), 0);
        struct meter next;
        start(&next, "m1");
        assert_int_equal(next.result, 0);
        assert_int_equal(next.copy.damaged, 0);
        assert_true(next.found.has_totals && next.found.has_kept);
        assert_int_equal(next.found.totals.age_ms, s * 1000);
        assert_int_equal(next.found.totals.utc_ms, kept_at(s).utc_ms);
        assert_int_equal(next.found.totals.energy_uwh[0], 1000 * s);
        assert_int_equal(next.found.totals.energy_uwh[3], 333 * s);
        assert_int_equal(next.found.kept.energy[0].import_uwh, 1000 * s);
    }
}

/* Layout: firmware/README.md. */
static void bytes_lie_where_the_document_says(void **state)
{
    (void)state;
    struct meter meter;
    fake_fram_init(&chip, 0x50);
    start(&meter, "m1");
    write_totals(&meter, 7);
    write_whole(&meter, 7);
    const struct kept kept = kept_at(7);
    uint8_t body[KEPT_BYTES_MAX];
    const size_t size = kept_pack(&kept, body);
    int64_t energy_uwh;
    uint32_t word;
    memcpy(&word, chip.cell + 64, 4);
    assert_int_equal(word, 0x46505201);
    memcpy(&energy_uwh, chip.cell + 64 + 32, 8);
    assert_int_equal(energy_uwh, 7000);
    memcpy(&word, chip.cell + 160, 4);
    assert_int_equal(word, 0x46574801);
    memcpy(&word, chip.cell + 160 + 12, 4);
    assert_int_equal(word, size);
    assert_memory_equal(chip.cell + 16384, body, size);
    memset(chip.cell, 0, FRAM_COPY_DECIDES); /* as the operator does */
    start(&meter, "m2");
    assert_int_equal(meter.result, 0);
    assert_false(meter.found.has_totals || meter.found.has_kept);
    assert_int_equal(meter.copy.damaged, 0);
}

static void no_call_keeps_the_bus_for_more_than_a_piece(void **state)
{
    (void)state;
    struct meter meter;
    fake_fram_init(&chip, 0x50);
    start(&meter, "m1");
    write_totals(&meter, 1);
    write_totals(&meter, 2);
    int64_t most = 0;
    const struct kept kept = kept_at(1);
    fram_copy_begin(&meter.copy, &kept);
    for (int more = 1; more > 0;) {
        const int64_t before = chip.bytes_written;
        more = fram_copy_step(&meter.copy);
        most = chip.bytes_written - before > most ? chip.bytes_written - before : most;
    }
    assert_int_equal(most, FRAM_PIECE);
}

/* What a life of the meter writes: per second the totals, every third a whole record between them. */
static int64_t live(struct meter *meter, int64_t seconds, int64_t *whole_s)
{
    int64_t totals_s = 0;
    *whole_s = 0;
    for (int64_t s = 1; s <= seconds; s++) {
        if (write_totals(meter, s) == 0)
            totals_s = s;
        if (s % 3 == 0 && write_whole(meter, s) == 0)
            *whole_s = s;
    }
    return totals_s;
}

static void check_after_a_cut(int64_t totals_s, int64_t whole_s)
{
    struct meter next;
    struct resume resume;
    start(&next, "m1");
    assert_int_equal(next.result, 0);
    const struct resume_sources sources = {.copy = next.found.has_kept ? &next.found.kept : NULL,
                                           .totals = next.found.has_totals ? &next.found.totals : NULL};
    resume_init(&resume, &sources);
    /* a record whose last bytes are those of the slot's former one is complete before they are written */
    const int64_t import_uwh = resume.kept.n_points > 0 ? resume.kept.energy[0].import_uwh : 0;
    assert_true(import_uwh == 1000 * totals_s || import_uwh == 1000 * (totals_s + 1));
    if (next.found.has_kept) { /* of one second, not of two */
        const int64_t s = next.found.kept.metered_ns / 1000000000;
        const struct kept kept = kept_at(s);
        assert_true(s >= whole_s);
        assert_int_equal(next.found.kept.utc_ms, kept.utc_ms);
        assert_memory_equal(next.found.kept.energy, kept.energy, sizeof kept.energy);
    }
    assert_true(next.copy.damaged <= 2); /* the slot of each kind that was being written */
    /* and the meter goes on: its next records are the newest */
    assert_int_equal(write_totals(&next, totals_s + 5), 0);
    assert_int_equal(write_whole(&next, totals_s + 5), 0);
    start(&next, "m1");
    assert_int_equal(next.found.totals.energy_uwh[0], 1000 * (totals_s + 5));
    assert_int_equal(next.found.kept.energy[0].import_uwh, 1000 * (totals_s + 5));
}

static void a_cut_at_any_byte_costs_what_was_not_yet_written_and_invents_nothing(void **state)
{
    (void)state;
    enum { SECONDS = 10 };
    struct meter meter;
    int64_t whole_s, cuts = 0;
    fake_fram_init(&chip, 0x50);
    start(&meter, "m1");
    assert_int_equal(live(&meter, SECONDS, &whole_s), SECONDS);
    const int64_t bytes = chip.bytes_written;
    for (int64_t cut = 0; cut < bytes; cut++, cuts++) {
        fake_fram_init(&chip, 0x50);
        start(&meter, "m1");
        chip.limited = true;
        chip.bytes_left = cut;
        const int64_t totals_s = live(&meter, SECONDS, &whole_s);
        assert_true(totals_s < SECONDS || whole_s < 9 || cut >= bytes - 64);
        check_after_a_cut(totals_s, whole_s);
    }
    print_message("  %lld cuts\n", (long long)cuts);
}

static void a_flipped_bit_anywhere_in_a_record_leaves_the_one_before(void **state)
{
    (void)state;
    struct meter meter;
    fake_fram_init(&chip, 0x50);
    start(&meter, "m1");
    for (int64_t s = 1; s <= 2; s++) {
        write_totals(&meter, s);
        write_whole(&meter, s);
    }
    static const struct {
        size_t from, size;
        bool whole;
    } ranges[] = {{0, 64, false}, {128, 32, true}, {8192, 100, true}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (size_t bit = 0; bit < 8 * ranges[i].size; bit++) {
            const size_t at = ranges[i].from + bit / 8;
            const uint8_t before = chip.cell[at];
            chip.cell[at] ^= (uint8_t)(1u << bit % 8);
            start(&meter, "m1");
            assert_int_equal(meter.result, 0);
            assert_int_equal(meter.found.totals.energy_uwh[0], ranges[i].whole ? 2000 : 1000);
            assert_int_equal(meter.found.kept.energy[0].import_uwh, ranges[i].whole ? 1000 : 2000);
            assert_int_equal(meter.copy.damaged, 1);
            chip.cell[at] = before;
        }
}

static void registers_of_another_meter_are_refused_and_never_written_over(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        struct meter meter;
        uint8_t before[FAKE_FRAM_CELLS];
        fake_fram_init(&chip, 0x50);
        start(&meter, "m1");
        assert_int_equal(whole ? write_whole(&meter, 5) : write_totals(&meter, 5), 0);
        memcpy(before, chip.cell, sizeof before);
        start(&meter, "m2");
        assert_int_equal(meter.result, -EMEDIUMTYPE);
        assert_non_null(
            strstr(meter.error, whole ? "registers of m1, this is m2" : "registers of another meter"));
        assert_non_null(strstr(meter.error, "journal.fram = off"));
        assert_int_equal(write_totals(&meter, 6), -EMEDIUMTYPE);
        assert_int_equal(write_whole(&meter, 6), -EMEDIUMTYPE);
        assert_memory_equal(before, chip.cell, sizeof before);
    }
}

static void a_chip_that_was_away_is_looked_at_before_it_is_written(void **state)
{
    (void)state;
    struct meter meter;
    fake_fram_init(&chip, 0x50);
    start(&meter, "m1");
    for (int64_t s = 1; s <= 6; s++)
        write_totals(&meter, s);
    chip.unplugged = true;
    start(&meter, "m1"); /* it does not answer at the start */
    assert_int_equal(meter.result, -EREMOTEIO);
    assert_int_equal(write_totals(&meter, 7), -EREMOTEIO);
    chip.unplugged = false;
    assert_int_equal(write_totals(&meter, 8), 0);
    start(&meter, "m1");
    assert_int_equal(meter.copy.priority_seq, 7); /* numbers go on, so that the newest is the newest */
    assert_int_equal(meter.found.totals.energy_uwh[0], 8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_chip_is_empty_and_gives_back_what_was_written_last),
        cmocka_unit_test(bytes_lie_where_the_document_says),
        cmocka_unit_test(no_call_keeps_the_bus_for_more_than_a_piece),
        cmocka_unit_test(a_cut_at_any_byte_costs_what_was_not_yet_written_and_invents_nothing),
        cmocka_unit_test(a_flipped_bit_anywhere_in_a_record_leaves_the_one_before),
        cmocka_unit_test(registers_of_another_meter_are_refused_and_never_written_over),
        cmocka_unit_test(a_chip_that_was_away_is_looked_at_before_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
