/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/courier_private.h"

#include "firmware/base/log.h"

#include <errno.h>
#include <string.h>

static bool same_cursors(const struct courier *courier)
{
    return memcmp(courier->cursor.record.acked_seq, courier->outbox.acked_seq,
                  sizeof courier->outbox.acked_seq) == 0;
}

void courier_save(struct courier *courier, int64_t now_ms)
{
    if (!courier->cursor.is_open || same_cursors(courier))
        return;
    courier->saved_ms = now_ms;
    const int error = cursor_write(&courier->cursor, courier->outbox.acked_seq);
    if (error == 0) {
        courier->said_cursor[0] = '\0';
        return;
    }
    courier->health.cursor_errors++;
    courier_say(courier->said_cursor, log_error, "%s: %s; after a restart records may be sent twice",
                courier->cursor.path, strerror(-error));
}

/* The cursors of this store take the place of the last one's. */
static void adopt_store(struct courier *courier, const char *store_id, int64_t now_ms)
{
    int64_t acked_seq[STREAMS];

    courier_save(courier, now_ms);
    cursor_close(&courier->cursor);
    const int found =
        cursor_open(&courier->cursor, courier->settings->state_dir, courier->broker, store_id, acked_seq);
    if (found < 0) {
        log_error("cursor file %s: %s", courier->cursor.path,
                  found == -EWOULDBLOCK ? "another vatio-mqtt uses it" : strerror(-found));
        courier->exit_code = COURIER_FAILED;
        return;
    }
    memcpy(courier->store_id, store_id, sizeof courier->store_id);
    courier->has_store = true;
    outbox_set(&courier->outbox, acked_seq);
    memset(courier->held_ms, 0, sizeof courier->held_ms);
    courier_forget_info(courier);
    log_notice("store %s: %s", store_id,
               found ? "continuing behind the last acknowledged records"
                     : "new here, all its records will be sent");
}

/* Topics and client id carry the meter's name: another meter needs another connection. */
static int adopt_meter(struct courier *courier, const char *meter_id, int64_t now_ms)
{
    struct topics topics;
    const int error = topics_init(&topics, courier->settings->base, meter_id);
    if (error != 0)
        return error;
    if (courier->state != COURIER_OFFLINE) {
        courier_tell_state(courier, "offline");
        publisher_close(courier->publisher, true);
        courier->state = COURIER_OFFLINE;
        courier->attempt_ms = now_ms;
    }
    outbox_reset(&courier->outbox);
    courier_forget_info(courier);
    courier->topics = topics;
    memcpy(courier->meter_id, meter_id, sizeof courier->meter_id);
    courier->has_meter = true;
    return 0;
}

static const char *source_sentence(int error)
{
    switch (error) {
    case -ENOENT:
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -EPIPE:
        return "vatiod is not running";
    case -EACCES:
        return "no permission; this user must be in vatiod's group";
    case -EPROTO:
        return "what answers is not a vatiod of this version";
    default:
        return strerror(-error);
    }
}

void courier_poll(struct courier *courier, int64_t now_ms)
{
    struct control_status status;

    courier->poll_ms = now_ms + COURIER_POLL_MS;
    int error = source_status(courier->source, &status);
    if (error == 0 && (status.meter_id[0] == '\0' || !topics_id_valid(status.store_id)))
        error = -EPROTO;
    if (error == 0 && (!courier->has_meter || strcmp(status.meter_id, courier->meter_id) != 0)) {
        error = adopt_meter(courier, status.meter_id, now_ms);
        if (error != 0) {
            courier_say(courier->said_source, log_error,
                        "meter_id \"%s\" cannot be part of an MQTT topic: expected "
                        "letters, digits, '-', '_' and '.'",
                        status.meter_id);
            return;
        }
    }
    if (error != 0) {
        courier_say(courier->said_source, log_warning, "%s/" CONTROL_FILE ": %s; waiting",
                    courier->settings->run_dir, source_sentence(error));
        memset(courier->newest_seq, 0, sizeof courier->newest_seq);
        return;
    }
    if (courier->said_source[0] != '\0')
        courier_say(courier->said_source, log_notice, "vatiod answers, meter %s", courier->meter_id);
    if (!courier->has_store || strcmp(status.store_id, courier->store_id) != 0)
        adopt_store(courier, status.store_id, now_ms);
    memcpy(courier->newest_seq, status.newest_seq, sizeof courier->newest_seq);
}
