/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topics.h - the MQTT names of one meter: <base>/v1/<meter_id>/{state,info,live,data,event}, client id vatio-<meter_id>.
 *
 * At most six slashes, so that every larger broker and cloud takes them.
 * Threads: pure.
 */
#ifndef VATIO_NET_TOPICS_H
#define VATIO_NET_TOPICS_H

#include "firmware/api/record.h"

#include <stdbool.h>

enum { TOPIC_BASE_MAX = 64, TOPIC_SIZE = TOPIC_BASE_MAX + RECORD_ID + 16 };

enum topic { TOPIC_STATE, TOPIC_INFO, TOPIC_LIVE, TOPIC_DATA, TOPIC_EVENT, TOPICS };

struct topics {
    char client_id[RECORD_ID + 8];
    char name[TOPICS][TOPIC_SIZE];
};

/* 1..TOPIC_BASE_MAX printable ASCII characters without blank, '+', '#', '$' and '"'; no empty level; at most three '/'. */
bool topics_base_valid(const char *base);

/* 1..RECORD_ID - 1 letters, digits, '-', '_' and '.': can be a topic level and part of a file name. */
bool topics_id_valid(const char *id);

/* 0, or -EINVAL when base or meter_id cannot be part of a topic. */
int topics_init(struct topics *topics, const char *base, const char *meter_id);

#endif
