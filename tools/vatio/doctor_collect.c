/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/doctor_collect.h"

#include "tools/vatio/doctor_mount.h"
#include "tools/vatio/meter.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_BYTES = 16384 };

static void ask_status(struct doctor_inputs *inputs)
{
    struct control control;
    struct control_reply reply;
    struct control_request request = {.verb = CONTROL_STATUS};
    inputs->control_error = control_open(&control, inputs->run_dir, METER_TIMEOUT_MS);
    if (inputs->control_error != 0)
        return;
    inputs->control_error = control_call(&control, &request, &reply);
    control_close(&control);
    if (inputs->control_error == 0)
        inputs->control_error = reply.status;
    if (inputs->control_error == 0)
        inputs->status = reply.body.status;
}

/* The newest records of a stream, at most max; those of one run only where boot_id is not NULL. Returns how many. */
static size_t ask_records(struct doctor_inputs *inputs, enum record_stream stream, const char *boot_id,
                          struct record records[], int64_t max)
{
    struct control control;
    struct control_reply reply;
    struct control_request request = {.verb = CONTROL_STREAM, .stream = stream, .max = max};
    const int64_t newest = inputs->status.newest_seq[stream];
    size_t n = 0;
    request.from_seq = newest > max ? newest - max + 1 : 1;
    if (inputs->control_error != 0 || control_open(&control, inputs->run_dir, METER_TIMEOUT_MS) != 0)
        return 0;
    int error = control_call(&control, &request, &reply);
    while (error == 0 && reply.status == 0 && !control_stream_end(&reply) && n < (size_t)max) {
        if (boot_id == NULL || strcmp(reply.body.record.boot_id, boot_id) == 0)
            records[n++] = reply.body.record;
        error = control_next(&control, &reply);
    }
    control_close(&control);
    return n;
}

static bool lives(int64_t pid)
{
    return pid > 0 && pid == (pid_t)pid && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* Two looks at one file: that of a vatiod which is replaced meanwhile stands still. */
static bool watch(struct cli *cli, struct doctor_inputs *inputs)
{
    struct mailbox mailbox;
    const int64_t watch_ms = cli->settings.watch_s * 1000;
    inputs->mailbox_error = mailbox_open(&mailbox, inputs->run_dir);
    if (inputs->mailbox_error != 0)
        return true;
    inputs->mailbox_error = mailbox_read(&mailbox, &inputs->before);
    const bool waited = inputs->mailbox_error != 0 || cli->pause(cli, watch_ms);
    if (inputs->mailbox_error == 0)
        inputs->mailbox_error = mailbox_read(&mailbox, &inputs->now);
    inputs->watch_ms = watch_ms;
    inputs->writer_lives = inputs->mailbox_error == 0 && lives(inputs->now.pid);
    mailbox_close(&mailbox);
    return waited;
}

static int64_t sum_of(const json_t *object)
{
    const char *key;
    json_t *value;
    int64_t sum = 0;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) sum += json_integer_value(value);
    return sum;
}

static int64_t integer(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void take_text(const json_t *object, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));
    snprintf(text, size, "%s", value != NULL ? value : "");
}

static int parse(const char *text, size_t length, struct doctor_mqtt *mqtt)
{
    json_t *object = json_loadb(text, length, 0, NULL);
    const json_t *connected = json_object_get(object, "connected");
    const bool valid = json_is_boolean(connected) && json_is_string(json_object_get(object, "broker"));
    mqtt->connected = json_is_true(connected);
    take_text(object, "broker", mqtt->broker, sizeof mqtt->broker);
    take_text(object, "meter_id", mqtt->meter_id, sizeof mqtt->meter_id);
    mqtt->connects = integer(object, "connects");
    mqtt->refused = integer(object, "connects_refused");
    mqtt->losses = integer(object, "losses");
    mqtt->waiting =
        sum_of(json_object_get(object, "newest_seq")) - sum_of(json_object_get(object, "acked_seq"));
    json_decref(object);
    return valid ? 0 : -EBADMSG;
}

void doctor_collect_mqtt(const char *path, struct doctor_mqtt *mqtt)
{
    char text[STATUS_BYTES];
    struct stat file_status;
    *mqtt = (struct doctor_mqtt){0};
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &file_status) != 0) {
        mqtt->error = -errno;
        if (file != NULL)
            fclose(file);
        return;
    }
    const size_t length = fread(text, 1, sizeof text, file);
    const bool failed = ferror(file) != 0;
    fclose(file);
    mqtt->age_s = (int64_t)(time(NULL) - file_status.st_mtime);
    mqtt->error = failed ? -EIO : parse(text, length, mqtt);
}

bool doctor_collect(struct cli *cli, struct doctor_inputs *inputs)
{
    memset(inputs, 0, sizeof *inputs);
    inputs->run_dir = cli->settings.run_dir;
    inputs->mqtt_file = cli->settings.mqtt_status;
    inputs->generation = cli->settings.generation;
    inputs->run_dir_error = access(inputs->run_dir, F_OK) == 0 ? 0 : -errno;
    ask_status(inputs);
    const bool waited = watch(cli, inputs);
    /* Minutes of another run were made under other circumstances. */
    inputs->minutes = ask_records(inputs, STREAM_MINUTE, inputs->now.boot_id, inputs->minute, DOCTOR_MINUTES);
    inputs->quarters = ask_records(inputs, STREAM_QUARTER, NULL, inputs->quarter, DOCTOR_QUARTERS);
    doctor_collect_mqtt(inputs->mqtt_file, &inputs->mqtt);
    doctor_collect_mount(inputs->status.database, &inputs->mount);
    return waited;
}
