/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailbox.h - the newest values, for any local process that may read the file: <run_dir>/live.
 *
 * Layout:  struct mailbox_file: a header and struct mailbox_live as atomic words under a sequence lock (shared_file.h); at most
 *          8 KiB.
 * Life:    vatiod makes the file under a new name and renames it into place, never truncates it. A reader that sees
 *          another boot_id, or a heartbeat that stands still, opens it again.
 * Errors:  -errno; -EPROTO when magic, schema or size differ or the record in it is not valid; -EAGAIN when the writer
 *          was busy throughout or has not written yet.
 * Threads: one writer; any number of readers, each with its own struct mailbox.
 */
#ifndef VATIO_API_MAILBOX_H
#define VATIO_API_MAILBOX_H

#include "firmware/api/record.h"
#include "firmware/base/digest.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { MAILBOX_SCHEMA = 3, MAILBOX_HARMONICS = 51, MAILBOX_CHANNELS = 8, MAILBOX_CHANNEL_NAME = 24 };
#define MAILBOX_MAGIC UINT64_C(0x6f697461765f6d31) /* "1m_vatio" */
#define MAILBOX_FILE  "live"

/* Counters since start, and at the end what is so now. Names in mailbox_health_fields. */
struct mailbox_health {
    int64_t scans;         /* taken from the converter */
    int64_t scans_late;    /* of these, started or lasted too long */
    int64_t scans_corrupt; /* frames that failed their check */
    int64_t scans_failed;  /* the device returned an error */
    int64_t ring_lost;     /* scans that measure was too slow for */
    int64_t ring_peak;     /* most scans waiting at once */
    int64_t windows;       /* closed */
    int64_t windows_flagged;
    int64_t windows_withheld; /* not metered */
    int64_t unmetered_ms;
    int64_t records_stored;
    int64_t records_lost; /* the store was too slow or failed */
    int64_t store_errors;
    int64_t journal_writes;
    int64_t journal_errors;
    int64_t fram_writes; /* records of the FRAM */
    int64_t fram_errors; /* calls of it that failed */
    int64_t display_errors;
    int64_t pulses;
    int64_t control_clients; /* now connected */
    int64_t control_dropped; /* clients that did not read */
    int64_t control_refused; /* requests that were wrong or not allowed */
    int64_t windows_clipped; /* a code stood at an end of the converter's range */
    int64_t journal_damaged; /* slots of the register journal that were damaged at the start */
    int64_t stores_replaced; /* damaged databases that were put aside */
    int64_t database_error;  /* errno of the last write to the database; 0 = it succeeded */
    int64_t disk_read_only;  /* 1: the file system of the database takes no writes */
    int64_t
        disk_free_bytes; /* there, for vatiod's user; looked at once a minute; absent before the first look */
    int64_t disk_total_bytes;
    int64_t audit_errors; /* entries of the audit log that could not be written at once */
};

struct mailbox_live {
    int64_t heartbeat; /* rises with every window */
    int64_t uptime_ms;
    int64_t pid;
    char boot_id[RECORD_ID]; /* of this run of vatiod */
    char meter_id[RECORD_ID];
    char store_id[RECORD_ID];
    char serial[RECORD_ID];  /* of the calibration */
    char version[RECORD_ID]; /* of the firmware */
    char board[RECORD_ID];
    char calibration_date[RECORD_ID];
    int64_t calibrated;
    int64_t simulated;
    double f_nominal_hz;
    double u_nominal_v;
    double scan_rate_hz;
    int64_t imp_per_kwh;
    struct record live; /* the last full second */
    struct record_energy
        energy[RECORD_POINTS]; /* registers at the newest window's end, in live's order of points */
    int64_t metered_ns;        /* since the registers began */
    int64_t unmetered_ns;
    int64_t dropped_uwh;                           /* held back by creep suppression */
    float u_h_v[RECORD_POINTS][MAILBOX_HARMONICS]; /* last window, rms; NaN = absent; [0] is DC */
    float i_h_a[RECORD_POINTS][MAILBOX_HARMONICS];
    struct mailbox_health health;
    char channel[MAILBOX_CHANNELS]
                [MAILBOX_CHANNEL_NAME];      /* of a scan, in its order: "CH1 current grid L1"; "" = none */
    int64_t clipped_scans[MAILBOX_CHANNELS]; /* since start, in which that channel's code was clipped */
    double noise_lsb[MAILBOX_CHANNELS];      /* rms over 10 s, without the quantiser's own; NaN = unknown */
    int64_t noise[MAILBOX_CHANNELS];         /* enum detail_noise */
    double f_10s_hz;                         /* mean over the newest 10 s of UTC; NaN = not known */
    int64_t f_10s_utc_start_ms;              /* of these 10 s; absent with it */
    int64_t audit_seq;                       /* newest entry of the audit log; absent = none */
    char
        audit_head[DIGEST_TEXT]; /* its hash, hexadecimal: who keeps it can prove the log whole up to there */
};

enum { MAILBOX_WORDS = (sizeof(struct mailbox_live) + 7) / 8 };

struct mailbox_file {
    _Atomic uint64_t magic; /* written last */
    uint64_t schema;
    uint64_t size;             /* of struct mailbox_live */
    _Atomic uint64_t sequence; /* odd while being written */
    _Atomic uint64_t word[MAILBOX_WORDS];
};
_Static_assert(sizeof(struct mailbox_file) <= 8192, "the mailbox is at most 8 KiB");

extern const struct record_field mailbox_health_fields[];
extern const size_t mailbox_health_fields_n;

/* What the live message has beside the record: f_10s_hz and its start, the head of the audit log. */
extern const struct record_field mailbox_live_fields[];
extern const size_t mailbox_live_fields_n;

struct mailbox {
    const struct mailbox_file *file; /* mapped read-only */
};
int mailbox_open(struct mailbox *mailbox, const char *run_dir);
int mailbox_read(const struct mailbox *mailbox, struct mailbox_live *live);
void mailbox_close(struct mailbox *mailbox);

/* The writer's side. */
struct mailbox_writer {
    struct mailbox_file *file;
};
int mailbox_create(struct mailbox_writer *writer, const char *run_dir);
void mailbox_write(struct mailbox_writer *writer, const struct mailbox_live *live); /* never blocks */
void mailbox_remove(struct mailbox_writer *writer, const char *run_dir);

#endif
