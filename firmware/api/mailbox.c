/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_BYTES = 256,
    ATTEMPTS = 1000, /* a write takes microseconds, five times a second: far more than bad luck explains */
};

int mailbox_open(struct mailbox *mailbox, const char *run_dir)
{
    char path[PATH_BYTES];
    struct stat status;
    mailbox->file = NULL;
    if (snprintf(path, sizeof path, "%s/" MAILBOX_FILE, run_dir) >= (int)sizeof path)
        return -ENAMETOOLONG;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fstat(fd, &status) != 0 ? -errno : 0;
    if (error == 0 && (!S_ISREG(status.st_mode) || status.st_size != (off_t)sizeof *mailbox->file))
        error = -EPROTO; /* mapping beyond the end of a file ends in SIGBUS */
    if (error == 0) {
        mailbox->file = mmap(NULL, sizeof *mailbox->file, PROT_READ, MAP_SHARED, fd, 0);
        error = mailbox->file == MAP_FAILED ? -errno : 0;
    }
    close(fd);
    if (error != 0) {
        mailbox->file = NULL;
        return error;
    }
    if (atomic_load_explicit(&mailbox->file->magic, memory_order_acquire) == MAILBOX_MAGIC &&
        mailbox->file->schema == MAILBOX_SCHEMA && mailbox->file->size == sizeof(struct mailbox_live))
        return 0;
    mailbox_close(mailbox);
    return -EPROTO;
}

/* One attempt; false if the writer was at work meanwhile or has not written yet. Pairs with mailbox_write. */
static bool copy(const struct mailbox_file *file, struct mailbox_live *live)
{
    char *to = (char *)live;
    const uint64_t before = atomic_load_explicit(&file->sequence, memory_order_acquire);
    if (before == 0 || before % 2 != 0)
        return false;
    for (size_t i = 0; i < MAILBOX_WORDS; i++) {
        const uint64_t word = atomic_load_explicit(&file->word[i], memory_order_acquire);
        const size_t left = sizeof *live - i * sizeof word;
        memcpy(to + i * sizeof word, &word, left < sizeof word ? left : sizeof word);
    }
    return atomic_load_explicit(&file->sequence, memory_order_relaxed) == before;
}

/* The file was another process's to fill: what readers index and print with must hold. */
static int check(struct mailbox_live *live)
{
    char *const texts[] = {live->boot_id, live->meter_id, live->store_id,         live->serial,
                           live->version, live->board,    live->calibration_date, live->live.boot_id};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        texts[i][RECORD_ID - 1] = '\0';
    for (int k = 0; k < MAILBOX_CHANNELS; k++)
        live->channel[k][MAILBOX_CHANNEL_NAME - 1] = '\0';
    return record_valid(&live->live) ? 0 : -EPROTO;
}

int mailbox_read(const struct mailbox *mailbox, struct mailbox_live *live)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++)
        if (copy(mailbox->file, live))
            return check(live);
    return -EAGAIN;
}

void mailbox_close(struct mailbox *mailbox)
{
    if (mailbox->file != NULL)
        munmap((void *)(uintptr_t)mailbox->file, sizeof *mailbox->file);
    mailbox->file = NULL;
}
