/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/meter.h"

#include <errno.h>
#include <string.h>

enum { FIRST_VALUE_TRIES = 30, TRY_MS = 100 };

static int unreachable(struct cli *cli, const char *file, int error)
{
    const char *hint = "expected a running vatiod; start it, or name its directory with --run-dir";
    if (error == -EACCES)
        hint = "expected permission; run as root or as a member of vatiod's group";
    else if (error == -EPROTO)
        hint = "expected the layout of this version; vatio and vatiod must be of one build";
    else if (error == -EAGAIN || error == -ETIMEDOUT)
        hint = "expected an answer; is vatiod stuck or still starting?";
    fprintf(cli->err, "vatio: %s/%s: %s; %s\n", cli->settings.run_dir, file, strerror(-error), hint);
    return CLI_NO_METER;
}

int meter_live(struct cli *cli, struct mailbox *mailbox, struct mailbox_live *live)
{
    int error = mailbox_open(mailbox, cli->settings.run_dir);
    if (error != 0)
        return unreachable(cli, MAILBOX_FILE, error);
    error = mailbox_read(mailbox, live);
    for (int i = 0; error == -EAGAIN && i < FIRST_VALUE_TRIES && cli->pause(cli, TRY_MS); i++)
        error = mailbox_read(mailbox, live);
    if (error == 0)
        return CLI_OK;
    mailbox_close(mailbox);
    return unreachable(cli, MAILBOX_FILE, error);
}

int meter_live_checked(struct cli *cli, struct mailbox *mailbox, struct mailbox_live *live)
{
    struct control control;
    const int status = meter_control(cli, &control);
    if (status != CLI_OK)
        return status;
    control_close(&control);
    return meter_live(cli, mailbox, live);
}

int meter_detail_checked(struct cli *cli, struct detail *detail)
{
    struct control control;
    struct detail_reader reader;
    const int status = meter_control(cli, &control);
    if (status != CLI_OK)
        return status;
    control_close(&control);
    int error = detail_open(&reader, cli->settings.run_dir);
    if (error != 0)
        return unreachable(cli, DETAIL_FILE, error);
    error = detail_read(&reader, detail);
    for (int i = 0; error == -EAGAIN && i < FIRST_VALUE_TRIES && cli->pause(cli, TRY_MS); i++)
        error = detail_read(&reader, detail);
    detail_close(&reader);
    return error == 0 ? CLI_OK : unreachable(cli, DETAIL_FILE, error);
}

int meter_control(struct cli *cli, struct control *control)
{
    const int error = control_open(control, cli->settings.run_dir, METER_TIMEOUT_MS);
    return error == 0 ? CLI_OK : unreachable(cli, CONTROL_FILE, error);
}

int meter_judge(struct cli *cli, int error, const struct control_reply *reply)
{
    if (error != 0)
        return unreachable(cli, CONTROL_FILE, error);
    if (reply->status == 0)
        return CLI_OK;
    const char *text = reply->length > 0 ? reply->body.text : strerror(-reply->status);
    fprintf(cli->err, "vatio: vatiod refused: %s\n", text);
    return CLI_REFUSED;
}

int meter_call(struct cli *cli, struct control *control, struct control_request *request,
               struct control_reply *reply)
{
    const int error = control_call(control, request, reply);
    return meter_judge(cli, error, reply);
}

int meter_request(struct cli *cli, struct control_request *request, const char *done)
{
    struct control control;
    struct control_reply reply;
    int status = meter_control(cli, &control);
    if (status != CLI_OK)
        return status;
    status = meter_call(cli, &control, request, &reply);
    control_close(&control);
    if (status == CLI_OK)
        fprintf(cli->out, "%s\n", reply.length > 0 ? reply.body.text : done);
    return status;
}

int meter_seconds(struct cli *cli, struct second_ring *ring)
{
    const int error = second_ring_open(ring, cli->settings.run_dir);
    if (error != -ENOENT)
        return error == 0 ? CLI_OK : unreachable(cli, SECOND_RING_FILE, error);
    fprintf(cli->err, "vatio: %s/%s: there is none; expected a vatiod with store.second_hours above 0\n",
            cli->settings.run_dir, SECOND_RING_FILE);
    return CLI_NO_METER;
}
