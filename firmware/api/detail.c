/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/detail.h"

#include "firmware/api/shared_file.h"

#include <errno.h>

int detail_open(struct detail_reader *reader, const char *run_dir)
{
    const void *memory;
    size_t size = sizeof(struct detail_file);
    reader->file = NULL;
    const int error = shared_file_open(run_dir, DETAIL_FILE, size, size, &memory, &size);
    if (error != 0)
        return error;
    reader->file = memory;
    if (atomic_load_explicit(&reader->file->magic, memory_order_acquire) == DETAIL_MAGIC &&
        reader->file->schema == DETAIL_SCHEMA && reader->file->size == sizeof(struct detail))
        return 0;
    detail_close(reader);
    return -EPROTO;
}

/* The file was another process's to fill: what readers index and print with must hold. */
static int check(struct detail *detail)
{
    detail->boot_id[RECORD_ID - 1] = detail->meter_id[RECORD_ID - 1] = '\0';
    if (detail->n_points < 0 || detail->n_points > RECORD_POINTS || detail->n_channels < 0 ||
        detail->n_channels > DETAIL_CHANNELS)
        return -EPROTO;
    for (int64_t p = 0; p < detail->n_points; p++)
        if (record_point_name(detail->point_id[p]) == NULL)
            return -EPROTO;
    for (int64_t k = 0; k < detail->n_channels; k++) {
        detail->channel[k].name[DETAIL_CHANNEL_NAME - 1] = '\0';
        if (detail->channel[k].noise < 0 || detail->channel[k].noise >= DETAIL_NOISES)
            return -EPROTO;
    }
    return 0;
}

int detail_read(const struct detail_reader *reader, struct detail *detail)
{
    const int error = shared_read(&reader->file->sequence, reader->file->word, detail, sizeof *detail);
    return error == 0 ? check(detail) : error;
}

void detail_close(struct detail_reader *reader)
{
    if (reader->file != NULL)
        shared_file_close(reader->file, sizeof *reader->file);
    reader->file = NULL;
}

int detail_create(struct detail_writer *writer, const char *run_dir)
{
    void *memory;
    const size_t size = sizeof(struct detail_file);
    writer->file = NULL;
    int error = shared_file_make(run_dir, DETAIL_FILE, size, &memory);
    if (error != 0)
        return error;
    struct detail_file *file = memory;
    file->schema = DETAIL_SCHEMA;
    file->size = sizeof(struct detail);
    atomic_store_explicit(&file->magic, DETAIL_MAGIC, memory_order_release);
    error = shared_file_show(run_dir, DETAIL_FILE, size, memory);
    writer->file = error == 0 ? file : NULL;
    return error;
}

void detail_write(struct detail_writer *writer, const struct detail *detail)
{
    shared_write(&writer->file->sequence, writer->file->word, detail, sizeof *detail);
}

void detail_remove(struct detail_writer *writer, const char *run_dir)
{
    if (writer->file != NULL)
        shared_file_remove(run_dir, DETAIL_FILE, sizeof *writer->file, writer->file);
    writer->file = NULL;
}
