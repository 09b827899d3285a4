/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_vatiod.h - the source behind <run_dir>/control and <run_dir>/live.
 *
 * The mailbox is opened again when its heartbeat has stood still for SOURCE_STILL_MS (vatiod was restarted and renamed a new
 * file into place, or is gone) and after every error.
 */
#ifndef VATIO_NET_SOURCE_VATIOD_H
#define VATIO_NET_SOURCE_VATIOD_H

#include "net/source.h"

enum { SOURCE_STILL_MS = 3000 };

struct source_vatiod {
    struct source source;
    const char *run_dir; /* the caller's, as long as the object lives */
    struct control control;
    struct mailbox mailbox; /* file NULL: not open */
    int64_t heartbeat;
    int64_t moved_ms;    /* when heartbeat was last seen to change */
    int64_t mono_end_us; /* of the second handed out last */
    char boot_id[RECORD_ID];
};

void source_vatiod_init(struct source_vatiod *vatiod, const char *run_dir);
void source_vatiod_close(struct source_vatiod *vatiod);

#endif
