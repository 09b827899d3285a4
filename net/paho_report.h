/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paho_report.h - the MQTT library's callbacks: each one event into the queue, nothing else.
 *
 * The context of all is the struct event_queue. They run in the library's threads, under its lock.
 */
#ifndef VATIO_NET_PAHO_REPORT_H
#define VATIO_NET_PAHO_REPORT_H

#include "net/event_queue.h"

#include <MQTTAsync.h>

enum { PAHO_MEMORY_ERROR = -99 };

void paho_report_connected(void *context, MQTTAsync_successData5 *response);
void paho_report_refused(void *context, MQTTAsync_failureData5 *response);
void paho_report_closed(void *context, MQTTAsync_successData5 *response);
void paho_report_lost(void *context, char *cause);
void paho_report_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason);
/* A line of OpenSSL's error queue; the reason in it is kept as a hint. */
int paho_report_tls(const char *line, size_t length, void *context);
/* Nothing is subscribed, but a message without a taker would stay in memory. */
int paho_report_arrived(void *context, char *topic, int length, MQTTAsync_message *message);

/* ACKED or FAILED of the message in slot. */
void paho_report_message(struct event_queue *queue, enum publisher_event_kind kind, int slot, int64_t ticket,
                         int reason);

#endif
