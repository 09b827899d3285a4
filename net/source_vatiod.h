/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_vatiod.h - the source behind <run_dir>/control and <run_dir>/live.
 *
 * The mailbox is opened again when its heartbeat has stood still for SOURCE_STILL_MS (vatiod was restarted and renamed a new
 * file into place, or is gone) and after every error. Nothing in it counts before the heartbeat was seen to move: what a killed vatiod left behind
 * must not be taken for the present.
 */
#ifndef VATIO_NET_SOURCE_VATIOD_H
#define VATIO_NET_SOURCE_VATIOD_H

#include "net/source.h"

#include <stdbool.h>

enum { SOURCE_STILL_MS = 3000 };

struct source_vatiod {
    struct source source;
    const char *run_dir; /* the caller's, as long as the object lives */
    struct control control;
    struct mailbox mailbox; /* file NULL: not open */
    int64_t heartbeat;
    int64_t moved_ms;    /* when heartbeat changed last, or the file was opened */
    bool known;          /* heartbeat is of the open file */
    bool alive;          /* and has moved since */
    int64_t mono_end_us; /* of the second handed out last */
};

void source_vatiod_init(struct source_vatiod *vatiod, const char *run_dir);
void source_vatiod_close(struct source_vatiod *vatiod);

#endif
