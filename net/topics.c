/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/topics.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const leaf[TOPICS] = {
    [TOPIC_STATE] = "state", [TOPIC_INFO] = "info",   [TOPIC_LIVE] = "live",
    [TOPIC_DATA] = "data",   [TOPIC_EVENT] = "event",
};

bool topics_base_valid(const char *base)
{
    const size_t length = strlen(base);
    int slashes = 0;

    if (length == 0 || length > TOPIC_BASE_MAX || base[0] == '/' || base[length - 1] == '/')
        return false;
    for (size_t k = 0; k < length; k++) {
        if (base[k] <= ' ' || base[k] > '~' || strchr("+#$\"", base[k]) != NULL)
            return false;
        if (base[k] == '/' && (++slashes > 3 || base[k + 1] == '/'))
            return false;
    }
    return true;
}

bool topics_id_valid(const char *id)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const size_t length = strlen(id);
    return length > 0 && length < RECORD_ID && strspn(id, allowed) == length;
}

int topics_init(struct topics *topics, const char *base, const char *meter_id)
{
    if (!topics_base_valid(base) || !topics_id_valid(meter_id))
        return -EINVAL;
    snprintf(topics->client_id, sizeof topics->client_id, "vatio-%s", meter_id);
    for (int k = 0; k < TOPICS; k++)
        snprintf(topics->name[k], sizeof topics->name[k], "%s/v1/%s/%s", base, meter_id, leaf[k]);
    return 0;
}
