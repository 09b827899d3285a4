/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording_fixture.h - what the tests of the recordings' readers share: bytes that are put together here, apart from
 * the readers' own arithmetic, and handed over in blocks of exactly their size, so that ASan sees a byte read too many.
 */
#ifndef VATIO_TEST_REPLAY_RECORDING_FIXTURE_H
#define VATIO_TEST_REPLAY_RECORDING_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hal/replay/comtrade.h"
#include "hal/replay/csv.h"
#include "hal/replay/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXTURE_BYTES = 1 << 16, FIXTURE_ERROR = 256 };

struct fixture_bytes {
    size_t size;
    char at[FIXTURE_BYTES];
};

static inline void fixture_put(struct fixture_bytes *bytes, const void *from, size_t size)
{
    assert_true(bytes->size + size <= sizeof bytes->at);
    memcpy(bytes->at + bytes->size, from, size);
    bytes->size += size;
}

__attribute__((format(printf, 2, 3))) static inline void fixture_print(struct fixture_bytes *bytes,
                                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(bytes->at + bytes->size, sizeof bytes->at - bytes->size, format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && (size_t)n < sizeof bytes->at - bytes->size);
    bytes->size += (size_t)n;
}

/* Little-endian, size bytes. */
static inline void fixture_put_number(struct fixture_bytes *bytes, uint32_t number, int size)
{
    for (int i = 0; i < size; i++) {
        const unsigned char byte = (unsigned char)(number % 256);
        fixture_put(bytes, &byte, 1);
        number /= 256;
    }
}

static inline char *fixture_copy(const void *bytes, size_t size)
{
    char *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return size == 0 ? copy + 1 : copy; /* of nothing not even the first byte may be read */
}

static inline void fixture_free(char *copy, size_t size)
{
    free(size == 0 ? copy - 1 : copy);
}

/* A file in memory by the reader given; recording_close is due in any case. */
static inline int fixture_read(int (*read)(struct recording *recording, struct recording_text *text),
                               struct recording *recording, const void *bytes, size_t size,
                               char error[FIXTURE_ERROR])
{
    struct recording_text text;
    char *copy = fixture_copy(bytes, size);
    *recording = (struct recording){0};
    error[0] = '\0';
    recording_text_init(&text, "file", copy, size, error, FIXTURE_ERROR);
    const int result = read(recording, &text);
    fixture_free(copy, size);
    return result;
}

static inline int fixture_read_comtrade(struct recording *recording, const struct fixture_bytes *cfg,
                                        const struct fixture_bytes *dat, char error[FIXTURE_ERROR])
{
    struct recording_text cfg_text, dat_text;
    char *cfg_copy = fixture_copy(cfg->at, cfg->size), *dat_copy = fixture_copy(dat->at, dat->size);
    *recording = (struct recording){0};
    error[0] = '\0';
    recording_text_init(&cfg_text, "f.cfg", cfg_copy, cfg->size, error, FIXTURE_ERROR);
    recording_text_init(&dat_text, "f.dat", dat_copy, dat->size, error, FIXTURE_ERROR);
    const int result = comtrade_read(recording, &cfg_text, &dat_text);
    fixture_free(cfg_copy, cfg->size);
    fixture_free(dat_copy, dat->size);
    return result;
}

/* A refusal is one printable sentence that names the file and where in it. */
static inline void fixture_check_refusal(const struct recording *recording, int result, const char *error)
{
    assert_int_equal(result, -EINVAL);
    assert_true(strstr(error, "expected") != NULL);
    assert_true(strncmp(error, "f", 1) == 0 && strchr(error, ':') != NULL);
    for (const char *at = error; *at != '\0'; at++)
        assert_true((unsigned char)*at >= ' ' && *at != '\x7f');
    (void)recording;
}

#endif
