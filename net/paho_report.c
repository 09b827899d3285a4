/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/paho_report.h"

#include <stdio.h>
#include <string.h>

enum { NO_SLOT = -1 };

void paho_report_message(struct event_queue *queue, enum publisher_event_kind kind, int slot, int64_t ticket,
                         int reason)
{
    const struct publisher_event event = {.kind = kind, .slot = slot, .ticket = ticket, .reason = reason};
    event_queue_add(queue, &event);
}

void paho_report_connected(void *context, MQTTAsync_successData5 *response)
{
    struct publisher_event event = {.kind = PUBLISHER_CONNECTED, .slot = NO_SLOT, .limit = 65535};
    if (MQTTProperties_hasProperty(&response->properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM))
        event.limit =
            (int)MQTTProperties_getNumericValue(&response->properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
    event_queue_add(context, &event);
}

/* The broker's reason. The library puts that of a CONNACK into code. */
static int reason_of(const MQTTAsync_failureData5 *response)
{
    if ((int)response->reasonCode >= 0x80)
        return (int)response->reasonCode;
    return response->code >= 0x80 && response->code <= 0xff ? response->code : 0;
}

void paho_report_refused(void *context, MQTTAsync_failureData5 *response)
{
    struct publisher_event event = {
        .kind = PUBLISHER_REFUSED, .slot = NO_SLOT, .reason = reason_of(response)};
    const char *text = NULL;
    if (event.reason != 0)
        text = MQTTReasonCode_toString((enum MQTTReasonCodes)event.reason);
    if (text == NULL)
        text = response->message != NULL ? response->message : MQTTAsync_strerror(response->code);
    snprintf(event.text, sizeof event.text, "%s", text != NULL ? text : "no reason given");
    event_queue_add(context, &event);
}

/* "thread:error:code:library:function:reason:file:line:" */
int paho_report_tls(const char *line, size_t length, void *context)
{
    enum { REASON_FIELD = 5 };
    const char *const end = line + length;
    for (int field = 0; field < REASON_FIELD; field++) {
        const char *colon = memchr(line, ':', (size_t)(end - line));
        if (colon == NULL)
            return 1;
        line = colon + 1;
    }
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (colon != NULL && colon > line)
        event_queue_hint(context, line, (size_t)(colon - line));
    return 1; /* go on */
}

static void report_lost(struct event_queue *queue, const char *text)
{
    struct publisher_event event = {.kind = PUBLISHER_LOST, .slot = NO_SLOT};
    snprintf(event.text, sizeof event.text, "%s", text);
    event_queue_add(queue, &event);
}

void paho_report_closed(void *context, MQTTAsync_successData5 *response)
{
    (void)response;
    report_lost(context, "closed");
}

void paho_report_lost(void *context, char *cause)
{
    report_lost(context, cause != NULL ? cause : "the network connection ended");
}

void paho_report_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
    const char *text = MQTTReasonCode_toString(reason);
    (void)properties;
    report_lost(context, text != NULL ? text : "the broker disconnected");
}

int paho_report_arrived(void *context, char *topic, int length, MQTTAsync_message *message)
{
    (void)context;
    (void)length;
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1; /* 0 would have it delivered again */
}
