/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/api/audit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 7, TEXT = 8192 };

/* A log of some entries, one of them behind a torn piece. */
struct sample {
    char text[TEXT];
    size_t length;
    size_t at[ENTRIES +
              1]; /* where each entry's line begins, and the end; the piece belongs to the one behind it */
    char head[ENTRIES][DIGEST_TEXT];
};

static void append(struct sample *sample, int k, const char *kind, const char *detail, double value)
{
    char line[AUDIT_LINE];
    struct audit_entry entry = {.n = k + 1, .utc_ms = 1780000000000 + k, .utc_synced = k % 2, .value = value};
    snprintf(entry.boot_id, sizeof entry.boot_id, "0123456789abcdef0123456789abcdef");
    snprintf(entry.kind, sizeof entry.kind, "%s", kind);
    snprintf(entry.detail, sizeof entry.detail, "%s", detail);
    memset(entry.prev, '0', sizeof entry.prev - 1);
    if (k > 0)
        memcpy(entry.prev, sample->head[k - 1], sizeof entry.prev);
    const size_t length = audit_format(&entry, line);
    memcpy(sample->text + sample->length, line, length);
    sample->length += length;
    sample->at[k + 1] = sample->length;
    memcpy(sample->head[k], entry.hash, sizeof entry.hash);
}

static void tear(struct sample *sample, const char *piece, char detail[128])
{
    char hash[DIGEST_TEXT];
    memcpy(sample->text + sample->length, piece, strlen(piece));
    sample->length += strlen(piece);
    digest_of(piece, strlen(piece), hash);
    snprintf(detail, 128, "%s: torn by a cut", hash);
}

static void make(struct sample *sample)
{
    static const char piece[] = "{\"n\":5,\"utc_ms\":1780000000004,\"utc_syn\n";
    char detail[128];
    memset(sample, 0, sizeof *sample);
    append(sample, 0, AUDIT_GENESIS, "m1", (double)NAN);
    append(sample, 1, "start", "registers begin at zero", (double)NAN);
    append(sample, 2, "reload", "\"quoted\", back\\slash\n\x7f and \xc3\xa4", 2);
    append(sample, 3, "restart", "down 12 s", 0.1);
    tear(sample, piece, detail);
    append(sample, 4, AUDIT_TORN, detail, (double)(sizeof piece - 1));
    append(sample, 5, "control", "stop by uid 0, pid 17: done", (double)NAN);
    append(sample, 6, "stop", "", -1e-300);
}

struct seen {
    struct audit_entry entry[ENTRIES];
    int n;
};

static void see(void *context, const struct audit_entry *entry)
{
    struct seen *seen = context;
    if (seen->n < ENTRIES)
        seen->entry[seen->n] = *entry;
    seen->n++;
}

static void check(struct audit_chain *chain, const char *text, size_t length, struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    audit_chain_init(chain);
    FILE *file = length > 0 ? fmemopen((void *)(uintptr_t)text, length, "r") : NULL;
    if (file != NULL) {
        assert_int_equal(audit_chain_read(chain, file, see, seen), 0);
        fclose(file);
    }
    audit_chain_end(chain);
}

static void a_log_as_written_is_whole_and_says_what_was_logged(void **state)
{
    (void)state;
    struct sample sample;
    struct audit_chain chain;
    struct seen seen;
    make(&sample);
    check(&chain, sample.text, sample.length, &seen);
    assert_string_equal(chain.wrong, "");
    assert_int_equal(chain.n, ENTRIES);
    assert_int_equal(seen.n, ENTRIES);
    assert_string_equal(chain.head, sample.head[ENTRIES - 1]);
    assert_string_equal(chain.meter_id, "m1");
    assert_string_equal(seen.entry[2].detail, "\"quoted\", back\\slash\n\x7f and \xc3\xa4");
    assert_string_equal(seen.entry[2].kind, "reload");
    assert_true(seen.entry[2].value == 2 && seen.entry[3].value == 0.1 && isnan(seen.entry[1].value));
    assert_true(seen.entry[6].value == -1e-300);
    assert_int_equal(seen.entry[6].utc_ms, 1780000000006);
    assert_int_equal(seen.entry[1].utc_synced, 1);
}

/* Computed from the format's description with Python's hashlib. */
static void the_first_line_is_byte_for_byte_as_documented(void **state)
{
    (void)state;
    static const char expected[] =
        "{\"n\":1,\"utc_ms\":1780000000000,\"utc_synced\":0,\"boot_id\":\"0123456789abcdef0123456789abcdef\","
        "\"kind\":\"genesis\",\"detail\":\"m1\",\"value\":null,"
        "\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\","
        "\"hash\":\"c2cb11fb1972415511ac6986267c82c428d78af5347ef7a9ca5f75f156028a2f\"}\n";
    struct sample sample;
    make(&sample);
    assert_int_equal(sample.at[1], sizeof expected - 1);
    assert_memory_equal(sample.text, expected, sizeof expected - 1);
}

static void a_change_of_any_byte_is_found(void **state)
{
    (void)state;
    static const char others[] = {'\n', '0', '"', '\0', ' '};
    struct sample sample;
    struct audit_chain chain;
    struct seen seen;
    make(&sample);
    for (size_t at = 0; at < sample.length; at++) {
        const char was = sample.text[at];
        for (size_t k = 0; k <= sizeof others; k++) {
            sample.text[at] = k < sizeof others ? others[k] : (char)(was ^ 1);
            if (sample.text[at] == was)
                continue;
            check(&chain, sample.text, sample.length, &seen);
            if (chain.wrong[0] == '\0')
                fail_msg("byte %zu became %d and nobody saw", at, sample.text[at]);
        }
        sample.text[at] = was;
    }
}

static void a_cut_at_any_byte_is_found_by_the_chain_or_by_its_head(void **state)
{
    (void)state;
    struct sample sample;
    struct audit_chain chain;
    struct seen seen;
    make(&sample);
    for (size_t length = 0; length < sample.length; length++) {
        check(&chain, sample.text, length, &seen);
        if (chain.wrong[0] == '\0' &&
            (chain.n == ENTRIES || strcmp(chain.head, sample.head[ENTRIES - 1]) == 0))
            fail_msg("cut to %zu bytes and nobody saw", length);
    }
}

static void take_out(const struct sample *sample, int k, char out[TEXT], size_t *length)
{
    const size_t from = sample->at[k], to = sample->at[k + 1];
    memcpy(out, sample->text, from);
    memcpy(out + from, sample->text + to, sample->length - to);
    *length = sample->length - (to - from);
}

static void an_entry_that_was_taken_out_is_missed(void **state)
{
    (void)state;
    struct sample sample;
    struct audit_chain chain;
    struct seen seen;
    char text[TEXT];
    size_t length;
    make(&sample);
    for (int k = 0; k < ENTRIES - 1; k++) {
        take_out(&sample, k, text, &length);
        check(&chain, text, length, &seen);
        if (chain.wrong[0] == '\0' || chain.wrong_n != k + 1)
            fail_msg("without entry %d: entry %d %s", k + 1, (int)chain.wrong_n, chain.wrong);
        if (k != 4)
            assert_string_equal(chain.wrong, "is missing");
    }
}

static void two_entries_that_changed_places_are_found(void **state)
{
    (void)state;
    struct sample sample;
    struct audit_chain chain;
    struct seen seen;
    char text[TEXT];
    make(&sample);
    for (int a = 0; a < ENTRIES; a++)
        for (int b = a + 1; b < ENTRIES; b++) {
            const size_t a_size = sample.at[a + 1] - sample.at[a], b_size = sample.at[b + 1] - sample.at[b];
            const size_t between = sample.at[b] - sample.at[a + 1];
            char *out = text;
            out = (char *)mempcpy(out, sample.text, sample.at[a]);
            out = (char *)mempcpy(out, sample.text + sample.at[b], b_size);
            out = (char *)mempcpy(out, sample.text + sample.at[a + 1], between);
            out = (char *)mempcpy(out, sample.text + sample.at[a], a_size);
            memcpy(out, sample.text + sample.at[b + 1], sample.length - sample.at[b + 1]);
            check(&chain, text, sample.length, &seen);
            if (chain.wrong[0] == '\0' || chain.wrong_n != a + 1)
                fail_msg("entries %d and %d: entry %d %s", a + 1, b + 1, (int)chain.wrong_n, chain.wrong);
        }
}

/* Who rewrites an entry can make its hash right, but then the next one's prev is not. */
static void an_entry_written_anew_does_not_fit_the_next(void **state)
{
    (void)state;
    struct sample sample;
    struct audit_chain chain;
    struct seen seen;
    char line[AUDIT_LINE], text[TEXT];
    make(&sample);
    check(&chain, sample.text, sample.length, &seen);
    struct audit_entry forged = seen.entry[1];
    snprintf(forged.detail, sizeof forged.detail, "registers begin at zerO");
    const size_t length = audit_format(&forged, line);
    assert_int_equal(length, sample.at[2] - sample.at[1]);
    memcpy(text, sample.text, sample.length);
    memcpy(text + sample.at[1], line, length);
    check(&chain, text, sample.length, &seen);
    assert_int_equal(chain.wrong_n, 3);
    assert_string_equal(chain.wrong, "does not continue the entry before it");
    assert_int_equal(chain.n, ENTRIES); /* and the rest is read all the same */
}

static void a_torn_line_that_nobody_told_of_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *piece;
        const char *told;
        double value;
    } cases[] = {
        {"an entry about fewer bytes", "abc\n", "abc\n", 3},
        {"an entry about other bytes", "abc\n", "abd\n", 4},
        {"an entry about nothing", "", "", 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sample sample = {0};
        struct audit_chain chain;
        struct seen seen;
        char hash[DIGEST_TEXT], detail[128];
        append(&sample, 0, AUDIT_GENESIS, "m1", (double)NAN);
        tear(&sample, cases[k].piece, detail);
        digest_of(cases[k].told, strlen(cases[k].told), hash);
        append(&sample, 1, AUDIT_TORN, hash, cases[k].value);
        check(&chain, sample.text, sample.length, &seen);
        if (chain.wrong_n != 2)
            fail_msg("%s was believed", cases[k].name);
    }
}

static void a_log_begins_with_its_genesis(void **state)
{
    (void)state;
    struct sample sample = {0};
    struct audit_chain chain;
    struct seen seen;
    append(&sample, 0, "start", "m1", (double)NAN);
    check(&chain, sample.text, sample.length, &seen);
    assert_int_equal(chain.wrong_n, 1);
    check(&chain, sample.text, 0, &seen);
    assert_string_equal(chain.wrong, "");
    assert_int_equal(chain.n, 0);
}

static void the_longest_entry_fits_a_line(void **state)
{
    (void)state;
    struct audit_entry entry = {
        .n = INT64_MIN, .utc_ms = INT64_MIN, .utc_synced = INT64_MIN, .value = -1.2345678901234567e-300};
    struct audit_entry back;
    char line[AUDIT_LINE];
    memset(entry.boot_id, 1, sizeof entry.boot_id - 1);
    memset(entry.kind, 1, sizeof entry.kind - 1);
    memset(entry.detail, 1, sizeof entry.detail - 1);
    memset(entry.prev, 'f', sizeof entry.prev - 1);
    const size_t length = audit_format(&entry, line);
    assert_true(length < sizeof line);
    line[length - 1] = '\0';
    assert_int_equal(audit_parse(&back, line, length - 1), 0);
    assert_memory_equal(back.detail, entry.detail, sizeof entry.detail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_as_written_is_whole_and_says_what_was_logged),
        cmocka_unit_test(the_first_line_is_byte_for_byte_as_documented),
        cmocka_unit_test(a_change_of_any_byte_is_found),
        cmocka_unit_test(a_cut_at_any_byte_is_found_by_the_chain_or_by_its_head),
        cmocka_unit_test(an_entry_that_was_taken_out_is_missed),
        cmocka_unit_test(two_entries_that_changed_places_are_found),
        cmocka_unit_test(an_entry_written_anew_does_not_fit_the_next),
        cmocka_unit_test(a_torn_line_that_nobody_told_of_is_wrong),
        cmocka_unit_test(a_log_begins_with_its_genesis),
        cmocka_unit_test(the_longest_entry_fits_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
