/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both the journal's file and the register record in it. The first byte chooses: 0 the record as such, 1 its older
 * version, 2 the same bytes in a slot whose head and checksum are right, 3 a file of just these bytes, else a file whose first
 * slot they are. */
#include "tests/fuzz/fuzz.h"

#include "firmware/base/checksum.h"
#include "firmware/base/journal.h"
#include "firmware/kept.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { DISTANCE = 8192, HEAD = 24, FILE_BYTES = 3 * DISTANCE + 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_kept(uint32_t magic, const uint8_t *bytes, size_t size)
{
    static unsigned char packed[KEPT_BYTES_MAX], again[KEPT_BYTES_MAX];
    struct kept kept;
    const int result = kept_unpack(&kept, magic, bytes, size);
    fuzz_require(result == 0 || result == -EBADMSG);
    if (result != 0)
        return;
    fuzz_require(kept.n_points >= 0 && kept.n_points <= RECORD_POINTS);
    for (int64_t p = 0; p < kept.n_points; p++)
        fuzz_require(kept.energy[p].import_uwh >= 0 && record_point_name(kept.point_id[p]) != NULL);
    const size_t n = kept_pack(&kept, packed);
    fuzz_require(n > 0 && n <= KEPT_BYTES_MAX && kept_unpack(&kept, KEPT_MAGIC, packed, n) == 0);
    fuzz_require(kept_pack(&kept, again) == n);
}

/* In memory: the process's own file, made once. */
static const char *file_with(const uint8_t *bytes, size_t size, size_t file_bytes)
{
    static char path[64];
    static unsigned char file[FILE_BYTES];
    if (path[0] == '\0')
        snprintf(path, sizeof path, "/dev/shm/vatio-fuzz-journal.%ld", (long)getpid());
    memset(file, 0, sizeof file);
    memcpy(file, bytes, size < DISTANCE ? size : DISTANCE);
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_require(fd >= 0 && write(fd, file, file_bytes) == (ssize_t)file_bytes);
    close(fd);
    return path;
}

/* As a journal of one size, whose file may be cut while it is open. */
static void check_fixed(const char *path)
{
    static unsigned char record[100];
    struct journal journal;
    if (journal_open(&journal, path, KEPT_MAGIC, sizeof record, DISTANCE) != 0)
        return;
    if (journal_read(&journal, record) != 0)
        fuzz_require(journal_write(&journal, record) == 0 && journal_read(&journal, record) == 0);
    fuzz_require(truncate(path, 0) == 0 && journal_read(&journal, record) == -EBADMSG);
    journal_close(&journal);
}

static void check_file(const uint8_t *bytes, size_t size, size_t file_bytes)
{
    static const struct journal_format format = {
        .magic = KEPT_MAGIC, .older = KEPT_OLDER, .size = KEPT_BYTES_MAX, .sized = true};
    static unsigned char record[KEPT_BYTES_MAX];
    struct journal journal;
    size_t length = 0;
    uint32_t magic = 0;
    const char *path = file_with(bytes, size, file_bytes);
    const int opened = journal_open_format(&journal, path, &format, DISTANCE);
    fuzz_require(opened == 0 || opened == -EMEDIUMTYPE);
    if (opened == 0) {
        if (journal_read_sized(&journal, record, &length, &magic) == 0)
            check_kept(magic, record, length);
        const uint64_t seq = journal.seq;
        fuzz_require(journal_write_sized(&journal, "x", 1) == 0 && journal.seq == seq + 1);
        fuzz_require(journal_read_sized(&journal, record, &length, &magic) == 0 && length == 1);
        journal_close(&journal);
    } else
        check_fixed(path);
    file_with(bytes, size, file_bytes);
    check_fixed(path);
    unlink(path);
}

static void check_slot(const uint8_t *bytes, size_t size)
{
    static uint8_t slot[DISTANCE];
    const uint32_t magic = KEPT_MAGIC, length = (uint32_t)(size < KEPT_BYTES_MAX ? size : KEPT_BYTES_MAX);
    const uint64_t seq = 1;
    if (length == 0)
        return;
    memset(slot, 0, sizeof slot);
    memcpy(slot, &magic, sizeof magic);
    memcpy(slot + 4, &length, sizeof length);
    memcpy(slot + 8, &seq, sizeof seq);
    memcpy(slot + HEAD, bytes, length);
    const uint32_t crc = checksum(slot, HEAD + length);
    memcpy(slot + 20, &crc, sizeof crc);
    check_file(slot, HEAD + length, FILE_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0) /* bytes may then be NULL */
        return 0;
    if (bytes[0] == 0)
        check_kept(KEPT_MAGIC, bytes + 1, size - 1);
    else if (bytes[0] == 1)
        check_kept(KEPT_OLDER, bytes + 1, size - 1);
    else if (bytes[0] == 5)
        check_kept(KEPT_MAGIC - 1, bytes + 1, size - 1);
    else if (bytes[0] == 2)
        check_slot(bytes + 1, size - 1);
    else if (bytes[0] == 3)
        check_file(bytes + 1, size - 1, size - 1 < FILE_BYTES ? size - 1 : FILE_BYTES);
    else
        check_file(bytes + 1, size - 1, FILE_BYTES);
    return 0;
}
