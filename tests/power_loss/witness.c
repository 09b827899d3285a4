/* SPDX-License-Identifier: GPL-3.0-or-later */
/* witness - what a vatiod showed first and last in its mailbox, whatever became of it.
 *
 * usage: witness RUN_DIR     waits for a mailbox in it, looks twice a millisecond; prints, for each byte on standard input and at
 *                            its end, a line {"first": STATE, "last": STATE}; null: nothing was shown
 *
 * STATE: heartbeat (0: registers as they were at the start), uptime_ms, metered_ns, unmetered_ns, and "energy": an object of
 * seven registers for each point.
 */
#include "firmware/api/mailbox.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const long look_ns = 500000;

static const struct {
    const char *name;
    size_t offset;
} registers[] = {
    {"import_uwh", offsetof(struct record_energy, import_uwh)},
    {"export_uwh", offsetof(struct record_energy, export_uwh)},
    {"q1_uvarh", offsetof(struct record_energy, q1_uvarh)},
    {"q2_uvarh", offsetof(struct record_energy, q2_uvarh)},
    {"q3_uvarh", offsetof(struct record_energy, q3_uvarh)},
    {"q4_uvarh", offsetof(struct record_energy, q4_uvarh)},
    {"apparent_uvah", offsetof(struct record_energy, apparent_uvah)},
};
enum { REGISTERS = sizeof registers / sizeof registers[0] };

enum question { QUESTION_NONE, QUESTION_NOW, QUESTION_LAST };

static enum question wait_for_question(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;
    const struct timespec wait = {.tv_nsec = look_ns};
    if (ppoll(&input, 1, &wait, NULL) <= 0)
        return QUESTION_NONE;
    return read(STDIN_FILENO, &byte, 1) == 1 ? QUESTION_NOW : QUESTION_LAST;
}

static void set(json_t *object, const char *name, int64_t value)
{
    json_object_set_new(object, name, json_integer(value));
}

static json_t *state(const struct mailbox_live *live)
{
    json_t *object = json_object(), *energy = json_object();
    set(object, "heartbeat", live->heartbeat);
    set(object, "uptime_ms", live->uptime_ms);
    set(object, "metered_ns", live->metered_ns);
    set(object, "unmetered_ns", live->unmetered_ns);
    for (int64_t p = 0; p < live->live.n_points; p++) {
        json_t *point = json_object();
        for (int r = 0; r < REGISTERS; r++)
            set(point, registers[r].name,
                *(const int64_t *)((const char *)&live->energy[p] + registers[r].offset));
        json_object_set_new(energy, record_point_name(live->live.point_id[p]), point);
    }
    json_object_set_new(object, "energy", energy);
    return object;
}

/* False: there is nothing to see yet. */
static bool look(struct mailbox *mailbox, const char *run_dir, struct mailbox_live *live)
{
    if (mailbox->file == NULL && mailbox_open(mailbox, run_dir) != 0)
        return false;
    struct mailbox_live now;
    if (mailbox_read(mailbox, &now) != 0)
        return false;
    *live = now;
    return true;
}

static void answer(bool seen, const struct mailbox_live *first, const struct mailbox_live *last)
{
    json_t *object = json_object();
    json_object_set_new(object, "first", seen ? state(first) : json_null());
    json_object_set_new(object, "last", seen ? state(last) : json_null());
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(object);
}

int main(int argc, char **argv)
{
    static struct mailbox_live first, last;
    struct mailbox mailbox = {0};
    bool seen = false;
    if (argc != 2) {
        fprintf(stderr, "witness: expected a run directory\n");
        return 2;
    }
    for (enum question question = QUESTION_NONE; question != QUESTION_LAST;) {
        question = wait_for_question(); /* then looks once more: the last state is in the last answer */
        if (look(&mailbox, argv[1], &last)) {
            if (!seen)
                first = last;
            seen = true;
        }
        if (question != QUESTION_NONE)
            answer(seen, &first, &last);
    }
    mailbox_close(&mailbox);
    return EXIT_SUCCESS;
}
