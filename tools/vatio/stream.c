/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/stream.h"

#include "tools/vatio/meter.h"

#include <errno.h>

int64_t stream_seq(const struct control_reply *reply)
{
    return reply->length == sizeof reply->body.event ? reply->body.event.seq : reply->body.record.seq;
}

int stream_fetch(struct cli *cli, enum record_stream stream, int64_t from, int64_t max,
                 struct control_reply page[], int64_t *n)
{
    struct control control;
    struct control_reply reply;
    struct control_request request = {.verb = CONTROL_STREAM, .stream = stream, .from_seq = from, .max = max};
    *n = 0;
    int status = meter_control(cli, &control);
    if (status != CLI_OK)
        return status;
    status = meter_call(cli, &control, &request, &reply);
    while (status == CLI_OK && !control_stream_end(&reply)) {
        const int64_t seq = stream_seq(&reply);
        if (*n == max || seq < from) {
            status = meter_judge(cli, -EPROTO, &reply);
            break;
        }
        from = seq + 1;
        page[(*n)++] = reply;
        status = meter_judge(cli, control_next(&control, &reply), &reply);
    }
    control_close(&control);
    return status;
}
