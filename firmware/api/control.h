/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control.h - requests to vatiod over <run_dir>/control, a SOCK_SEQPACKET socket. One packet is one message.
 *
 * Request: struct control_request. Reply: one packet struct control_reply with its body; to STREAM a reply per record
 *          (status 0, body struct record or struct record_event) and then one with status 0 and an empty body.
 *          To PAGE, RELOAD and STOP the body is empty or a text for the user, to BACKUP struct control_backup.
 * Errors:  status is 0 or -errno; text in the body then says why. A version that vatiod does not speak gets -EPROTO.
 * Policy:  enforced in vatiod, by the peer's user and verb: reading verbs for anyone who may open the socket, page,
 *          reload, stop and backup for root and vatiod's own user.
 */
#ifndef VATIO_API_CONTROL_H
#define VATIO_API_CONTROL_H

#include "firmware/api/kept_format.h"
#include "firmware/api/record.h"
#include "firmware/base/digest.h"

#include <stddef.h>
#include <stdint.h>

enum { CONTROL_VERSION = 1, CONTROL_TEXT = 192, CONTROL_PATH = 128, CONTROL_STREAM_MAX = 1000 };
#define CONTROL_MAGIC UINT32_C(0x4f495456)
#define CONTROL_FILE  "control"

enum control_verb {
    CONTROL_STATUS = 1,
    CONTROL_STREAM,
    CONTROL_PAGE,
    CONTROL_RELOAD,
    CONTROL_STOP,
    CONTROL_BACKUP,
    CONTROL_VERBS
};

struct control_request {
    uint32_t magic;
    uint16_t version;
    uint16_t verb;
    int64_t stream;   /* STREAM: enum record_stream, not live */
    int64_t from_seq; /* STREAM: first seq wanted */
    int64_t max;      /* STREAM: records at most, 1..CONTROL_STREAM_MAX */
    int64_t page;     /* PAGE: 0-based, or -1 for rotation */
};

struct control_status {
    int64_t pid;
    int64_t uptime_ms;
    int64_t newest_seq[STREAMS]; /* 0 = none */
    char meter_id[RECORD_ID];
    char store_id[RECORD_ID];
    char boot_id[RECORD_ID];
    char version[RECORD_ID];
    char database[CONTROL_PATH];
    char journal[CONTROL_PATH];
    char config[CONTROL_PATH]; /* empty: embedded defaults */
    int64_t pages;
    int64_t page;
    int64_t day_offset_min; /* a day begins at 00:00 UTC minus this */
};

/* Registers of the newest window, and where the files that belong to them are: absolute paths, "" = none. */
struct control_backup {
    int64_t utc_ms;
    int64_t utc_synced;
    char meter_id[RECORD_ID];
    char store_id[RECORD_ID];
    char version[RECORD_ID];
    char data_dir[CONTROL_PATH];
    char config[CONTROL_PATH];
    char board_file[CONTROL_PATH];
    char calibration_file[CONTROL_PATH];
    int64_t audit_seq; /* absent: no audit log */
    char audit_head[DIGEST_TEXT];
    int64_t n_points;
    int64_t point_id[RECORD_POINTS];
    struct record_energy energy[RECORD_POINTS];
    int64_t kept_magic; /* of the record below in the registers' journal */
    int64_t kept_size;
    unsigned char kept[KEPT_BYTES_MAX];
};

struct control_reply {
    uint32_t magic;
    uint16_t version;
    uint16_t verb;
    int32_t status;
    uint32_t length; /* of the body used */
    union {
        char text[CONTROL_TEXT];
        struct control_status status;
        struct control_backup backup;
        struct record record;
        struct record_event event;
    } body;
};

struct control {
    int fd;
};
/* -errno; -ECONNREFUSED or -ENOENT when no vatiod listens there. timeout_ms bounds every later call. */
int control_open(struct control *control, const char *run_dir, int timeout_ms);
/* Sends the request (magic and version are filled in) and waits for its first reply. */
int control_call(struct control *control, struct control_request *request, struct control_reply *reply);
/* The next reply of a STREAM. */
int control_next(struct control *control, struct control_reply *reply);
void control_close(struct control *control);

/* True if fd is at the end of a stream: status 0, no body. */
static inline int control_stream_end(const struct control_reply *reply)
{
    return reply->length == 0;
}

#endif
