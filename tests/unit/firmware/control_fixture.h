/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control_fixture.h - a control server in a thread of its own on a real store with 300 minutes and 3 events. */
#ifndef CONTROL_FIXTURE_H
#define CONTROL_FIXTURE_H

#include "tests/unit/store/store_fixture.h"

#include "firmware/base/log.h"
#include "firmware/control_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

enum { TIMEOUT_MS = 20000 }; /* nothing waits that long unless it is broken */

/* A server in its own thread on a real store; what the verbs did is counted. */
struct fixture {
    struct store_fixture *store;
    struct control_server server;
    struct control_server_config config;
    pthread_t thread;
    bool running;
    int result;
    atomic_int pages, reloads, stops, statuses, damages;
    atomic_llong last_page;
    atomic_bool allowed;
    atomic_int tells;
    char told[128], told_kind[24]; /* the newest; read between requests */
};

static inline void on_status(void *context, struct control_status *status)
{
    struct fixture *f = context;
    atomic_fetch_add(&f->statuses, 1);
    status->pid = getpid();
    status->newest_seq[STREAM_MINUTE] = 40;
    snprintf(status->meter_id, sizeof status->meter_id, "meter-1");
}

static inline int on_page(void *context, int64_t page, char *text, size_t size)
{
    struct fixture *f = context;
    if (page > 3) {
        snprintf(text, size, "there are pages 0 to 3");
        return -EINVAL;
    }
    atomic_fetch_add(&f->pages, 1);
    atomic_store(&f->last_page, page);
    return 0;
}

static inline int on_reload(void *context, char *text, size_t size)
{
    struct fixture *f = context;
    atomic_fetch_add(&f->reloads, 1);
    snprintf(text, size, "read again");
    return 0;
}

static inline int on_stop(void *context, char *text, size_t size)
{
    struct fixture *f = context;
    (void)text;
    (void)size;
    atomic_fetch_add(&f->stops, 1);
    control_server_stop(&f->server);
    return 0;
}

static inline bool on_may_control(void *context, uid_t uid)
{
    struct fixture *f = context;
    (void)uid;
    return atomic_load(&f->allowed);
}

static inline void on_damaged(void *context)
{
    struct fixture *f = context;
    atomic_fetch_add(&f->damages, 1);
}

static inline int on_backup(void *context, struct control_backup *backup, char *text, size_t size)
{
    (void)context;
    (void)text;
    (void)size;
    snprintf(backup->meter_id, sizeof backup->meter_id, "meter-1");
    backup->n_points = 1;
    backup->kept_size = 3;
    memcpy(backup->kept, "abc", 3);
    return 0;
}

static inline void on_told(void *context, const char *kind, const char *detail)
{
    struct fixture *f = context;
    snprintf(f->told_kind, sizeof f->told_kind, "%s", kind);
    snprintf(f->told, sizeof f->told, "%s", detail);
    atomic_fetch_add(&f->tells, 1);
}

static const struct control_ops ops = {.status = on_status,
                                       .page = on_page,
                                       .reload = on_reload,
                                       .stop = on_stop,
                                       .damaged = on_damaged,
                                       .backup = on_backup,
                                       .told = on_told};

static inline void *serve(void *argument)
{
    struct fixture *f = argument;
    f->result = control_server_run(&f->server);
    return NULL;
}

static inline void start(struct fixture *f)
{
    char error[256];
    assert_int_equal(control_server_init(&f->server, &f->config, error, sizeof error), 0);
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
    f->running = true;
}

static inline void finish(struct fixture *f)
{
    if (!f->running)
        return;
    control_server_stop(&f->server);
    pthread_join(f->thread, NULL);
    assert_int_equal(f->result, 0);
    f->running = false;
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    void *store = NULL;
    fixture_setup(&store);
    f->store = store;
    f->store->config.batch_records = STORE_BATCH_MAX;
    fixture_open(f->store);
    fixture_add(f->store, STREAM_MINUTE, 1, 300);
    for (int64_t k = 1; k <= 3; k++) {
        struct record_event event;
        fixture_event(&event, k);
        assert_int_equal(store_add_event(&f->store->store, &event, 0), 0);
    }
    assert_int_equal(store_commit(&f->store->store), 0);
    fixture_open_reader(f->store);
    atomic_store(&f->allowed, true);
    f->config = (struct control_server_config){.run_dir = f->store->dir,
                                               .ops = &ops,
                                               .context = f,
                                               .reader = &f->store->reader,
                                               .may_control = on_may_control};
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    finish(f);
    control_server_close(&f->server);
    assert_int_equal(access(f->server.path, F_OK), -1);
    store_reader_close(&f->store->reader);
    store_close(&f->store->store);
    void *store = f->store;
    fixture_teardown(&store);
    free(f);
    return 0;
}

static inline void connect_to(struct fixture *f, struct control *control)
{
    assert_int_equal(control_open(control, f->store->dir, TIMEOUT_MS), 0);
}

static inline int call(struct control *control, enum control_verb verb, int64_t page,
                       struct control_reply *reply)
{
    struct control_request request = {.verb = (uint16_t)verb, .page = page};
    return control_call(control, &request, reply);
}

static inline void begin_stream(struct control *control, enum record_stream stream, int64_t from_seq,
                                int64_t max)
{
    struct control_request request = {.magic = CONTROL_MAGIC,
                                      .version = CONTROL_VERSION,
                                      .verb = CONTROL_STREAM,
                                      .stream = stream,
                                      .from_seq = from_seq,
                                      .max = max};
    assert_int_equal(send(control->fd, &request, sizeof request, MSG_NOSIGNAL), sizeof request);
}

/* The rest of a stream of minutes: each record as it was stored, then the end. */
static inline void check_minutes(struct control *control, int64_t from_seq, int64_t n)
{
    struct control_reply reply;
    for (int64_t seq = from_seq; seq < from_seq + n; seq++) {
        struct record want;
        fixture_record(&want, STREAM_MINUTE, seq);
        want.seq = seq;
        assert_int_equal(control_next(control, &reply), 0);
        assert_int_equal(reply.status, 0);
        assert_int_equal(reply.length, sizeof want);
        assert_memory_equal(&reply.body.record, &want, sizeof want);
    }
    assert_int_equal(control_next(control, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_true(control_stream_end(&reply));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
