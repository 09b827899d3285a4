/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/publisher_paho.h"

#include "net/paho_report.h"
#include "net/password.h"
#include "net/payload.h"

#include <MQTTAsync.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static struct publisher_paho *from(struct publisher *publisher)
{
    return (struct publisher_paho *)publisher; /* its first member */
}

static void destroy(struct publisher_paho *paho)
{
    if (paho->client != NULL)
        MQTTAsync_destroy(&paho->client);
    paho->client = NULL;
    event_queue_reset(&paho->queue);
    for (int k = 0; k < PAHO_SLOTS; k++)
        paho->slot[k] = (struct paho_slot){.paho = paho};
}

static int create(struct publisher_paho *paho, const char *client_id)
{
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
    char broker[SETTINGS_BROKER], uri[SETTINGS_BROKER + 8];

    settings_broker_text(paho->settings, broker);
    snprintf(uri, sizeof uri, "%s://%s", paho->settings->tls ? "ssl" : "tcp", broker);
    options.sendWhileDisconnected = 0;
    options.restoreMessages = 0;
    options.maxBufferedMessages = 4 * PAHO_SLOTS; /* never reached: the outbox's window is smaller */
    const int rc = MQTTAsync_createWithOptions(&paho->client, uri, client_id, MQTTCLIENT_PERSISTENCE_NONE,
                                               NULL, &options);
    if (rc != MQTTASYNC_SUCCESS) {
        paho->client = NULL;
        return rc == PAHO_MEMORY_ERROR ? -ENOMEM : -EINVAL;
    }
    MQTTAsync_setCallbacks(paho->client, &paho->queue, paho_report_lost, paho_report_arrived, NULL);
    MQTTAsync_setDisconnected(paho->client, &paho->queue, paho_report_disconnected);
    return 0;
}

static void add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, int64_t value)
{
    MQTTProperty property = {.identifier = code};
    property.value.integer4 = (unsigned int)value;
    MQTTProperties_add(properties, &property);
}

static MQTTLenString text_of(const char *text)
{
    /* The library's strings are not const; it only copies them. */
    return (MQTTLenString){(int)strlen(text), (char *)(uintptr_t)text};
}

static int start(struct publisher_paho *paho, const struct publisher_session *session,
                 MQTTAsync_connectOptions *options)
{
    MQTTProperties connect_properties = MQTTProperties_initializer,
                   will_properties = MQTTProperties_initializer;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;

    will.topicName = session->will_topic;
    will.message = session->will;
    will.retained = 1;
    will.qos = 1;
    add_number(&will_properties, MQTTPROPERTY_CODE_WILL_DELAY_INTERVAL, session->will_delay_s);
    add_number(&connect_properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
               paho->settings->session_expiry_s);
    options->will = &will;
    options->willProperties = &will_properties;
    options->connectProperties = &connect_properties;
    const int rc = MQTTAsync_connect(paho->client, options);
    MQTTProperties_free(&will_properties);
    MQTTProperties_free(&connect_properties);
    return rc == MQTTASYNC_SUCCESS ? 0 : -EIO;
}

static void set_tls(struct publisher_paho *paho, MQTTAsync_SSLOptions *tls)
{
    const struct settings *settings = paho->settings;

    tls->ssl_error_cb = paho_report_tls;
    tls->ssl_error_context = &paho->queue;
    tls->verify = 1; /* the name too; the library's default leaves it out */
    tls->enableServerCertAuth = 1;
    if (settings->ca_file[0] != '\0') {
        tls->trustStore = settings->ca_file;
        tls->disableDefaultTrustStore = 1;
    }
    if (settings->cert_file[0] != '\0') {
        tls->keyStore = settings->cert_file;
        tls->privateKey = settings->key_file;
    }
}

/* True if there is a password, or none is wanted. Else that is reported. */
static bool get_password(struct publisher_paho *paho, char password[PASSWORD_MAX + 1])
{
    struct publisher_event event = {.kind = PUBLISHER_REFUSED, .slot = -1, .reason = PUBLISHER_OWN};
    if (paho->settings->password_file[0] == '\0')
        return true;
    const int error = password_read(paho->settings->password_file, password);
    if (error == 0)
        return true;
    snprintf(event.text, sizeof event.text, "mqtt.password_file: %s", password_error(error));
    event_queue_add(&paho->queue, &event);
    return false;
}

static int paho_connect(struct publisher *publisher, const struct publisher_session *session)
{
    struct publisher_paho *paho = from(publisher);
    const struct settings *settings = paho->settings;
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    char password[PASSWORD_MAX + 1] = "";

    destroy(paho);
    if (!get_password(paho, password))
        return 0;
    options.keepAliveInterval = (int)settings->keepalive_s;
    options.connectTimeout = PAHO_CONNECT_S;
    options.cleanstart =
        0; /* with a clean start a broker may end the old session at once, and publish its will */
    options.username = settings->user[0] != '\0' ? settings->user : NULL;
    options.password = password[0] != '\0' ? password : NULL;
    options.onSuccess5 = paho_report_connected;
    options.onFailure5 = paho_report_refused;
    options.context = &paho->queue;
    if (settings->tls) {
        set_tls(paho, &tls);
        options.ssl = &tls;
    }
    int error = create(paho, session->client_id);
    if (error == 0)
        error = start(paho, session, &options);
    explicit_bzero(password, sizeof password);
    return error;
}

static void add_json_properties(MQTTProperties *properties)
{
    MQTTProperty format = {.identifier = MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR};
    MQTTProperty type = {.identifier = MQTTPROPERTY_CODE_CONTENT_TYPE};
    MQTTProperty schema = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};

    format.value.byte = 1;
    type.value.data = text_of("application/json");
    schema.value.data = text_of("schema");
    schema.value.value = text_of(PAYLOAD_SCHEMA);
    MQTTProperties_add(properties, &format);
    MQTTProperties_add(properties, &type);
    MQTTProperties_add(properties, &schema);
}

static struct paho_slot *free_slot(struct publisher_paho *paho)
{
    for (int k = 0; k < PAHO_SLOTS; k++)
        if (paho->slot[k].ticket == 0)
            return &paho->slot[k];
    return NULL;
}

static void acked(void *context, MQTTAsync_successData5 *response)
{
    const struct paho_slot *slot = context;
    (void)response; /* its reason is always success */
    paho_report_message(&slot->paho->queue, PUBLISHER_ACKED, (int)(slot - slot->paho->slot), slot->ticket, 0);
}

static void failed(void *context, MQTTAsync_failureData5 *response)
{
    const struct paho_slot *slot = context;
    const int reason = (int)response->reasonCode;
    paho_report_message(&slot->paho->queue, PUBLISHER_FAILED, (int)(slot - slot->paho->slot), slot->ticket,
                        reason >= 0x80 ? reason : 0);
}

static int paho_send(struct publisher *publisher, const struct publisher_message *message)
{
    struct publisher_paho *paho = from(publisher);
    MQTTAsync_message packet = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    struct paho_slot *slot = message->ticket != 0 ? free_slot(paho) : NULL;

    if (paho->client == NULL)
        return -ENOTCONN;
    if (message->ticket != 0 && slot == NULL)
        return -EAGAIN;
    if (slot != NULL) {
        slot->ticket = message->ticket;
        response.context = slot;
        response.onSuccess5 = acked;
        response.onFailure5 = failed;
    }
    packet.payload = (char *)(uintptr_t)message->text; /* copied */
    packet.payloadlen = (int)strlen(message->text);
    packet.qos = message->qos;
    packet.retained = message->retained;
    if (message->json)
        add_json_properties(&packet.properties);
    if (message->expiry_s > 0)
        add_number(&packet.properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, message->expiry_s);
    const int rc = MQTTAsync_sendMessage(paho->client, message->topic, &packet, &response);
    MQTTProperties_free(&packet.properties);
    if (rc != MQTTASYNC_SUCCESS && slot != NULL)
        slot->ticket = 0;
    return rc == MQTTASYNC_SUCCESS ? 0 : rc == MQTTASYNC_DISCONNECTED ? -ENOTCONN : -EIO;
}

static int paho_next(struct publisher *publisher, struct publisher_event *event)
{
    struct publisher_paho *paho = from(publisher);

    if (event_queue_get(&paho->queue, event) == 0)
        return 0;
    if (event->slot >= 0)
        paho->slot[event->slot].ticket = 0;
    return 1;
}

/* The library reports the end of the connection it was asked for as lost, too. */
static void disconnect(struct publisher_paho *paho)
{
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
    struct pollfd ready = {.fd = paho->queue.fd, .events = POLLIN};

    options.timeout = PAHO_CLOSE_MS;
    options.onSuccess5 = paho_report_closed;
    options.onFailure5 = paho_report_refused;
    options.context = &paho->queue;
    event_queue_reset(&paho->queue);
    if (MQTTAsync_disconnect(paho->client, &options) == MQTTASYNC_SUCCESS)
        poll(&ready, 1, PAHO_CLOSE_MS);
}

static void paho_close(struct publisher *publisher, bool politely)
{
    struct publisher_paho *paho = from(publisher);

    if (politely && paho->client != NULL)
        disconnect(paho);
    destroy(paho);
}

static const struct publisher_ops ops = {
    .connect = paho_connect, .send = paho_send, .next = paho_next, .close = paho_close};

int publisher_paho_init(struct publisher_paho *paho, const struct settings *settings)
{
    memset(paho, 0, sizeof *paho);
    paho->publisher.ops = &ops;
    paho->settings = settings;
    return event_queue_init(&paho->queue);
}

void publisher_paho_close(struct publisher_paho *paho)
{
    destroy(paho);
    event_queue_close(&paho->queue);
}
