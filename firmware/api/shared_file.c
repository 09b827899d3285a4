/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_BYTES = 256,
    ATTEMPTS = 1000, /* a write takes microseconds, five times a second: far more than bad luck explains */
};

static bool is_path(char path[PATH_BYTES], const char *run_dir, const char *name)
{
    return snprintf(path, PATH_BYTES, "%s/%s", run_dir, name) < PATH_BYTES;
}

static bool is_fresh_path(char path[PATH_BYTES], const char *run_dir, const char *name)
{
    return snprintf(path, PATH_BYTES, "%s/.%s.%ld", run_dir, name, (long)getpid()) < PATH_BYTES;
}

static int map(int fd, size_t least, size_t most, const void **memory, size_t *size)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size < (off_t)least || status.st_size > (off_t)most)
        return -EPROTO; /* mapping beyond the end of a file ends in SIGBUS */
    void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return -errno;
    *memory = mapped;
    *size = (size_t)status.st_size;
    return 0;
}

int shared_file_open(const char *run_dir, const char *name, size_t least, size_t most, const void **memory,
                     size_t *size)
{
    char path[PATH_BYTES];
    if (!is_path(path, run_dir, name))
        return -ENAMETOOLONG;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const int error = map(fd, least, most, memory, size);
    close(fd);
    return error;
}

void shared_file_close(const void *memory, size_t size)
{
    munmap((void *)(uintptr_t)memory, size);
}

/* fchmod: whatever the umask, the group reads. posix_fallocate: a full tmpfs says so here, not by SIGBUS later. */
static int map_new(int fd, size_t size, void **memory)
{
    const int error = fchmod(fd, 0640) != 0 ? errno : posix_fallocate(fd, 0, (off_t)size);
    if (error != 0)
        return -error;
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return -errno;
    *memory = mapped;
    return 0;
}

int shared_file_make(const char *run_dir, const char *name, size_t size, void **memory)
{
    char fresh[PATH_BYTES];
    if (!is_fresh_path(fresh, run_dir, name))
        return -ENAMETOOLONG;
    unlink(fresh); /* left by a process of the same number that died here */
    const int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -errno;
    const int error = map_new(fd, size, memory);
    close(fd);
    if (error != 0)
        unlink(fresh);
    return error;
}

int shared_file_show(const char *run_dir, const char *name, size_t size, void *memory)
{
    char path[PATH_BYTES], fresh[PATH_BYTES] = "";
    if (is_path(path, run_dir, name) && is_fresh_path(fresh, run_dir, name) && rename(fresh, path) == 0)
        return 0;
    const int error = errno; /* paths fitted when it was made */
    unlink(fresh);
    munmap(memory, size);
    return -error;
}

void shared_file_remove(const char *run_dir, const char *name, size_t size, void *memory)
{
    char path[PATH_BYTES];
    munmap(memory, size);
    if (is_path(path, run_dir, name))
        unlink(path);
}

int shared_file_go_on(const char *run_dir, const char *name, size_t size, void **memory)
{
    char path[PATH_BYTES];
    struct stat status;
    if (!is_path(path, run_dir, name))
        return -ENAMETOOLONG;
    const int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    int error = -EPROTO;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == (off_t)size &&
        status.st_uid == geteuid())
        error = map_new(fd, size, memory);
    close(fd);
    return error;
}

void shared_file_discard(const char *run_dir, const char *name)
{
    char path[PATH_BYTES];
    if (is_path(path, run_dir, name))
        unlink(path);
}

void shared_write(_Atomic uint64_t *sequence, _Atomic uint64_t word[], const void *from, size_t size)
{
    const uint64_t before = atomic_load_explicit(sequence, memory_order_relaxed);
    atomic_store_explicit(sequence, before + 1, memory_order_relaxed);
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        uint64_t value = 0;
        memcpy(&value, (const char *)from + at, size - at < sizeof value ? size - at : sizeof value);
        atomic_store_explicit(&word[at / sizeof value], value, memory_order_release);
    }
    atomic_store_explicit(sequence, before + 2, memory_order_release);
}

/* One attempt; false if the writer was at work meanwhile or has not written yet. */
static bool copy(const _Atomic uint64_t *sequence, const _Atomic uint64_t word[], void *to, size_t size)
{
    const uint64_t before = atomic_load_explicit(sequence, memory_order_acquire);
    if (before == 0 || before % 2 != 0)
        return false;
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        const uint64_t value = atomic_load_explicit(&word[at / sizeof value], memory_order_acquire);
        memcpy((char *)to + at, &value, size - at < sizeof value ? size - at : sizeof value);
    }
    return atomic_load_explicit(sequence, memory_order_relaxed) == before;
}

int shared_read(const _Atomic uint64_t *sequence, const _Atomic uint64_t word[], void *to, size_t size)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++)
        if (copy(sequence, word, to, size))
            return 0;
    return -EAGAIN;
}

void shared_slot_write(_Atomic uint64_t slot[], uint64_t number, const uint64_t word[], uint64_t words)
{
    atomic_store_explicit(&slot[0], 2 * number + 1, memory_order_relaxed);
    for (uint64_t i = 1; i < words; i++)
        atomic_store_explicit(&slot[i], word[i], memory_order_release);
    atomic_store_explicit(&slot[0], 2 * number + 2, memory_order_release);
}

bool shared_slot_read(const _Atomic uint64_t slot[], uint64_t number, uint64_t word[], uint64_t words)
{
    if (atomic_load_explicit(&slot[0], memory_order_acquire) != 2 * number + 2)
        return false;
    for (uint64_t i = 1; i < words; i++)
        word[i] = atomic_load_explicit(&slot[i], memory_order_acquire);
    return atomic_load_explicit(&slot[0], memory_order_relaxed) == 2 * number + 2;
}

void shared_slots_range(const _Atomic uint64_t *written, uint64_t slots, uint64_t *first, uint64_t *end)
{
    *end = atomic_load_explicit(written, memory_order_acquire);
    *first = *end > slots ? *end - slots : 0;
}
