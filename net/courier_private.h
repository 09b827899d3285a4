/* SPDX-License-Identifier: GPL-3.0-or-later */
/* courier_private.h - what the courier's files share. */
#ifndef VATIO_NET_COURIER_PRIVATE_H
#define VATIO_NET_COURIER_PRIVATE_H

#include "net/courier.h"

#include <stdarg.h>

enum { TICKET_STATE = 1, TICKET_INFO = 2, TICKET_FIRST = 16 };

/* Logs text unless it was the last one said about this subject. */
void courier_say(char said[COURIER_SAID], void (*log)(const char *format, ...), const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The connection is of no use any more. */
void courier_lose(struct courier *courier, int64_t now_ms, const char *why);

/* Publishes the retained state. */
int courier_tell_state(struct courier *courier, const char *text);

/* courier_source.c: whose records there are, and which. */
void courier_poll(struct courier *courier, int64_t now_ms);
void courier_save(struct courier *courier, int64_t now_ms);

/* courier_send.c: info, live and records. Only while online. */
void courier_look(struct courier *courier, int64_t now_ms);
void courier_send_records(struct courier *courier, int64_t now_ms);
void courier_forget_info(struct courier *courier);

#endif
