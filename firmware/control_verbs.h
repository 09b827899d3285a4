/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control_verbs.h - what a request does: the table of verbs, who may use each, and their handlers. */
#ifndef VATIO_CONTROL_VERBS_H
#define VATIO_CONTROL_VERBS_H

#include "firmware/control_client.h"

/* Makes client->reply from a packet of size bytes, of which the first sizeof *request at most are in request. */
void control_verbs_answer(struct control_server *server, struct control_client *client,
                          const struct control_request *request, size_t size);

/* Makes client->reply the next packet of its stream: a record, the end, or an error that ends it. */
void control_verbs_stream_next(struct control_server *server, struct control_client *client);

#endif
