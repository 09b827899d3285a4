/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 256 };

/* NULL with errno. */
static struct mailbox_file *map_new_file(const char *path)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return NULL;
    struct mailbox_file *file = MAP_FAILED;
    /* fchmod: whatever the umask, the group reads. posix_fallocate: a full tmpfs says so here, not by SIGBUS later. */
    int error = fchmod(fd, 0640) != 0 ? errno : posix_fallocate(fd, 0, sizeof *file);
    if (error == 0) {
        file = mmap(NULL, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = file == MAP_FAILED ? errno : 0;
    }
    close(fd);
    if (error == 0)
        return file;
    unlink(path);
    errno = error;
    return NULL;
}

int mailbox_create(struct mailbox_writer *writer, const char *run_dir)
{
    char path[PATH_BYTES], fresh[PATH_BYTES];
    writer->file = NULL;
    if (snprintf(path, sizeof path, "%s/" MAILBOX_FILE, run_dir) >= (int)sizeof path ||
        snprintf(fresh, sizeof fresh, "%s/." MAILBOX_FILE ".%ld", run_dir, (long)getpid()) >=
            (int)sizeof fresh)
        return -ENAMETOOLONG;
    unlink(fresh); /* left by a process of the same number that died here */
    struct mailbox_file *file = map_new_file(fresh);
    if (file == NULL)
        return -errno;
    file->schema = MAILBOX_SCHEMA;
    file->size = sizeof(struct mailbox_live);
    atomic_store_explicit(&file->magic, MAILBOX_MAGIC, memory_order_release);
    if (rename(fresh, path) != 0) {
        const int error = errno;
        unlink(fresh);
        munmap(file, sizeof *file);
        return -error;
    }
    writer->file = file;
    return 0;
}

/* The words are stored with release after the odd sequence, so a reader that loads one of them with acquire also sees
 * that sequence (or a later one) when it looks again. Fences would say the same, but thread sanitizers do not
 * understand them; on x86 and AArch64 a release store costs next to nothing. */
void mailbox_write(struct mailbox_writer *writer, const struct mailbox_live *live)
{
    struct mailbox_file *file = writer->file;
    const uint64_t sequence = atomic_load_explicit(&file->sequence, memory_order_relaxed);
    const char *from = (const char *)live;
    atomic_store_explicit(&file->sequence, sequence + 1, memory_order_relaxed);
    for (size_t i = 0; i < MAILBOX_WORDS; i++) {
        uint64_t word = 0;
        const size_t left = sizeof *live - i * sizeof word;
        memcpy(&word, from + i * sizeof word, left < sizeof word ? left : sizeof word);
        atomic_store_explicit(&file->word[i], word, memory_order_release);
    }
    atomic_store_explicit(&file->sequence, sequence + 2, memory_order_release);
}

void mailbox_remove(struct mailbox_writer *writer, const char *run_dir)
{
    char path[PATH_BYTES];
    if (writer->file == NULL)
        return;
    munmap(writer->file, sizeof *writer->file);
    writer->file = NULL;
    if (snprintf(path, sizeof path, "%s/" MAILBOX_FILE, run_dir) < (int)sizeof path)
        unlink(path);
}
