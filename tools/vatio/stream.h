/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream.h - stored records over the control socket, a page at a time.
 *
 * Each page has a connection of its own and is read whole: vatiod drops who does not read, so whatever waits for a pager
 * or a slow disk must not have it waiting too.
 * Errors:  an exit status, with a sentence on cli->err.
 */
#ifndef VATIO_TOOLS_STREAM_H
#define VATIO_TOOLS_STREAM_H

#include "tools/vatio/cli.h"

/* At most max (1..CONTROL_STREAM_MAX) records from seq `from` on; *n of them are in page, each newer than the one
 * before. */
int stream_fetch(struct cli *cli, enum record_stream stream, int64_t from, int64_t max,
                 struct control_reply page[], int64_t *n);

/* seq of the record or event in a reply. */
int64_t stream_seq(const struct control_reply *reply);

#endif
