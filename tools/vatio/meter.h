/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meter.h - reaching vatiod: mailbox and control socket, with a sentence on cli->err when that fails.
 *
 * Errors:  an exit status; 0 is success.
 */
#ifndef VATIO_TOOLS_METER_H
#define VATIO_TOOLS_METER_H

#include "firmware/api/second_ring.h"
#include "tools/vatio/cli.h"

enum { METER_TIMEOUT_MS = 5000 };

/* Waits a moment for vatiod's first value. */
int meter_live(struct cli *cli, struct mailbox *mailbox, struct mailbox_live *live);

/* Connects to the control socket. */
int meter_control(struct cli *cli, struct control *control);

/* One request; a refusal of vatiod is printed. */
int meter_call(struct cli *cli, struct control *control, struct control_request *request,
               struct control_reply *reply);

/* What control_call or control_next returned, as exit status and sentence. */
int meter_judge(struct cli *cli, int error, const struct control_reply *reply);

/* Connects, makes a request that has no body in its answer, says done. */
int meter_request(struct cli *cli, struct control_request *request, const char *done);

/* Mailbox and proof that its writer lives: a file may outlast a vatiod that was killed. */
int meter_live_checked(struct cli *cli, struct mailbox *mailbox, struct mailbox_live *live);

/* The same of the detail file. */
int meter_detail_checked(struct cli *cli, struct detail *detail);

/* The ring of seconds; it stays when vatiod ends, so nobody is asked whether one runs. */
int meter_seconds(struct cli *cli, struct second_ring *ring);

#endif
