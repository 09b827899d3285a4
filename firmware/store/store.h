/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.h - records on disk: an SQLite database that vatiod alone opens.
 *
 * Writing: store_add gives the record its seq and keeps it in a batch in memory; the batch becomes one transaction
 *          when it is large or old enough, or at store_commit. A batch that cannot be written is kept and tried
 *          again, so that a disk that is full for a while costs nothing; when the batch's memory is full too,
 *          store_add refuses.
 * Keeping: with each batch a few of the rows that are beyond config->keep are deleted (store_retain.h). On a full disk
 *          the oldest minutes give way to everything newer, if there is a reserve to begin with.
 * Damage:  a database that cannot be read as one is put aside (store_aside.h) and a new one begun, with a new store_id and
 *          seq above what was given: at store_open, when a write meets damage, and by store_check. The batch goes into
 *          the new one. It is not a matter of files that are not ours: these are refused.
 * Loss:    a power cut costs at most the batch; an event takes the batch along after STORE_EVENT_MS. What store_reader_read has shown stays.
 * seq:     1.., per stream, only rises and never repeats within a store_id: also not after the newest rows were
 *          deleted, nor below store_seq_floor.
 * Errors:  -errno (table in store_error.c), and store->error then holds one sentence. Nothing is logged here.
 * Memory:  allocated by store_open and SQLite; not for real-time threads.
 * Threads: one store, one thread. Each store_reader is a connection of its own for one other thread.
 * Format:  firmware/README.md.
 */
#ifndef VATIO_STORE_H
#define VATIO_STORE_H

#include "firmware/api/record.h"
#include "firmware/base/file_io.h"
#include "firmware/store/store_aside.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

enum { STORE_ERROR = 256, STORE_BATCH_MAX = 512, STORE_EVENT_MS = 5000, STORE_RETRY_MS = 30000 };

struct store_config {
    const struct file_io *io; /* for what SQLite does not do itself; NULL = the system's */
    const char *path;         /* lives as long as the store, as does meter_id */
    const char *meter_id;     /* less than RECORD_ID characters; a database of another meter is refused */
    int64_t n_points;         /* the board's metering points: what columns there are at least */
    int64_t point_id[RECORD_POINTS];
    int64_t batch_records; /* records that make a transaction, 1..STORE_BATCH_MAX */
    int64_t batch_ms;      /* or the age of the oldest of them, on the caller's clock */
    int64_t keep[STREAMS]; /* newest records that stay, by stream; 0 = all */
    int64_t keep_minutes;  /* newest minutes that stay even if the disk is full */
    int64_t
        reserve_bytes; /* given up when the disk is full (store_reserve.h); 0 = none, and nothing gives way */
};

/* How one stream's table is read and written. */
struct store_table {
    struct sqlite3_stmt *insert;
    struct sqlite3_stmt *select;
    struct sqlite3_stmt *remove;
    int64_t keep;       /* newest records that stay, 0 = all */
    int64_t newest_seq; /* given, whether or not committed */
    int64_t stored_seq; /* in the file when it was opened */
    int64_t n_points;   /* that have columns in the table */
    int64_t point_id[RECORD_POINTS];
};

/* Both begin with schema, stream, seq, so that these are read through either. */
union store_item {
    struct record record;
    struct record_event event;
};

_Static_assert(offsetof(struct record, stream) == offsetof(struct record_event, stream) &&
                   offsetof(struct record, seq) == offsetof(struct record_event, seq),
               "the streams' records begin alike");

struct store {
    struct sqlite3 *db;
    const struct file_io *io;
    struct store_table table[STREAMS]; /* [STREAM_LIVE] is not used */
    char store_id[RECORD_ID];
    int64_t batch_records;
    int64_t batch_ms;
    int64_t keep_minutes;
    int64_t reserve_bytes;
    bool giving_way;        /* the disk was full and the reserve is not back: old minutes go */
    int64_t due_ms;         /* when the batch is to be written; of use while pending > 0 */
    size_t pending;         /* items in the batch */
    union store_item *item; /* STORE_BATCH_MAX */
    bool failed;            /* the last write; no further one before due_ms */
    int64_t written;        /* records committed since store_open */
    int failure;            /* -errno of the last write, 0 when it succeeded */
    int64_t failures;       /* writes that failed since store_open */
    struct store_config config;
    bool unclean;                 /* at store_open: the file was not closed in order, store_check is due */
    bool damaged;                 /* given up, but not yet put aside */
    int64_t replaced;             /* damaged databases put aside, by store_open too */
    char damage[STORE_ERROR];     /* why the last one was */
    char aside[STORE_ASIDE_NAME]; /* and its new name in the same directory */
    char error[STORE_ERROR];
};

/* Opens or creates the database (0600) and brings it to this schema. On failure nothing stays open and error
 * says why in one sentence; -EMEDIUMTYPE when the file is not a Vatio database, is of a newer schema or of
 * another meter. */
int store_open(struct store *store, const struct store_config *config, char *error, size_t error_size);

/* Queues a record of stream MINUTE, QUARTER or DAY, sets its seq, and writes the batch when it is due at
 * now_ms. When the batch is full and cannot be written the record is refused, keeps its seq, and the error
 * says why. A record that was queued stays queued when the write fails: store_add returns 0 then, store_tick
 * or store_commit tell. */
int store_add(struct store *store, struct record *record, int64_t now_ms);
int store_add_event(struct store *store, struct record_event *event, int64_t now_ms);

/* Writes the batch if it is due; 0 also when it is not. After a failure the next try is batch_ms later, but not more than
 * STORE_RETRY_MS; until it succeeds
 * store->failed is true. */
int store_tick(struct store *store, int64_t now_ms);

/* Writes the batch now. */
int store_commit(struct store *store);

/* Reads the whole database, which takes as long as the disk needs for it, and replaces it if it is damaged. 0 also then;
 * -EINTR when stop became true. Not found: values that are wrong in pages whose structure is whole. */
int store_check(struct store *store, atomic_bool *stop);

/* The highest seq given in the stream, 0 when none. */
int64_t store_newest_seq(const struct store *store, enum record_stream stream);

/* From now on seq is above this one. */
void store_seq_floor(struct store *store, enum record_stream stream, int64_t seq);

/* Writes the batch, closes. */
int store_close(struct store *store);

struct store_reader {
    struct sqlite3 *db; /* NULL = not open since its file was replaced */
    struct store_table table[STREAMS];
    const char *path;         /* lives as long as the reader */
    char store_id[RECORD_ID]; /* of the database that is read */
    int64_t generation;       /* 1.., another one for each database that took the path */
    char error[STORE_ERROR];
};

/* Called per record, with a struct record or, for STREAM_EVENT, a struct record_event. False ends the
 * reading. */
typedef bool store_visit(void *context, const void *record);

/* The file must have been opened by store_open since it was made. */
int store_reader_open(struct store_reader *reader, const char *path, char *error, size_t error_size);

/* Opens the path again if the file that was read no longer has it; generation tells. -errno and a sentence in
 * reader->error when there is none to read at the moment. Costs a stat when nothing has changed. */
int store_reader_refresh(struct store_reader *reader);

/* Committed records of the stream with seq >= from_seq, rising, at most max. The number visited or -errno. */
int store_reader_read(struct store_reader *reader, enum record_stream stream, int64_t from_seq, int64_t max,
                      store_visit *visit, void *context);
void store_reader_close(struct store_reader *reader);

#endif
