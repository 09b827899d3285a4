/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/mailbox.h"

#include "firmware/api/shared_file.h"

#include <errno.h>

int mailbox_open(struct mailbox *mailbox, const char *run_dir)
{
    const void *memory;
    size_t size = sizeof(struct mailbox_file);
    mailbox->file = NULL;
    const int error = shared_file_open(run_dir, MAILBOX_FILE, size, size, &memory, &size);
    if (error != 0)
        return error;
    mailbox->file = memory;
    if (atomic_load_explicit(&mailbox->file->magic, memory_order_acquire) == MAILBOX_MAGIC &&
        mailbox->file->schema == MAILBOX_SCHEMA && mailbox->file->size == sizeof(struct mailbox_live))
        return 0;
    mailbox_close(mailbox);
    return -EPROTO;
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
    live->audit_head[DIGEST_TEXT - 1] = '\0';
    return record_valid(&live->live) ? 0 : -EPROTO;
}

int mailbox_read(const struct mailbox *mailbox, struct mailbox_live *live)
{
    const int error = shared_read(&mailbox->file->sequence, mailbox->file->word, live, sizeof *live);
    return error == 0 ? check(live) : error;
}

void mailbox_close(struct mailbox *mailbox)
{
    if (mailbox->file != NULL)
        shared_file_close(mailbox->file, sizeof *mailbox->file);
    mailbox->file = NULL;
}

int mailbox_create(struct mailbox_writer *writer, const char *run_dir)
{
    void *memory;
    const size_t size = sizeof(struct mailbox_file);
    writer->file = NULL;
    int error = shared_file_make(run_dir, MAILBOX_FILE, size, &memory);
    if (error != 0)
        return error;
    struct mailbox_file *file = memory;
    file->schema = MAILBOX_SCHEMA;
    file->size = sizeof(struct mailbox_live);
    atomic_store_explicit(&file->magic, MAILBOX_MAGIC, memory_order_release);
    error = shared_file_show(run_dir, MAILBOX_FILE, size, memory);
    writer->file = error == 0 ? file : NULL;
    return error;
}

void mailbox_write(struct mailbox_writer *writer, const struct mailbox_live *live)
{
    shared_write(&writer->file->sequence, writer->file->word, live, sizeof *live);
}

void mailbox_remove(struct mailbox_writer *writer, const char *run_dir)
{
    if (writer->file != NULL)
        shared_file_remove(run_dir, MAILBOX_FILE, sizeof *writer->file, writer->file);
    writer->file = NULL;
}
