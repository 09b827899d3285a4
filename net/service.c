/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/service.h"

#include "firmware/base/log.h"
#include "net/status_file.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum { TELL_MS = 200 }; /* between two status files at least */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One level is made; systemd makes it itself. */
static int make_state_dir(const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        log_error("state directory %s: %s; expected an existing parent directory that this user may write to",
                  path, strerror(errno));
        return -errno;
    }
    if (access(path, W_OK | X_OK) != 0) {
        const int error = -errno;
        log_error("state directory %s: %s", path, strerror(errno));
        return error;
    }
    return 0;
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL); /* before there are other threads */
    signal(SIGPIPE, SIG_IGN);           /* the library writes to sockets whose other end may be gone */
    const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int64_t watchdog_ms(void)
{
    uint64_t period_us = 0;
    return sd_watchdog_enabled(0, &period_us) > 0 ? (int64_t)(period_us / 1000 / 2) : 0;
}

int service_open(struct service *service, const struct settings *settings, const struct arguments *arguments)
{
    uint64_t seed;

    memset(service, 0, sizeof *service);
    service->status_file = arguments->status_file;
    int error = make_state_dir(settings->state_dir);
    if (error != 0)
        return error;
    service->signal_fd = open_signals();
    if (service->signal_fd < 0 || getrandom(&seed, sizeof seed, 0) != sizeof seed) {
        log_error("signals or random numbers: %s", strerror(errno));
        return -EIO;
    }
    error = publisher_paho_init(&service->paho, settings);
    if (error != 0) {
        log_error("event queue: %s", strerror(-error));
        close(service->signal_fd);
        return error;
    }
    source_vatiod_init(&service->vatiod, settings->run_dir);
    courier_init(&service->courier, settings, &service->paho.publisher, &service->vatiod.source, seed,
                 now_ms(), arguments->require_broker);
    service->watchdog_ms = watchdog_ms();
    sd_notify(0, "READY=1");
    return 0;
}

static void tell_systemd(struct service *service, int64_t now)
{
    char text[sizeof service->told];

    if (service->watchdog_ms > 0 && now - service->alive_ms >= service->watchdog_ms) {
        service->alive_ms = now;
        sd_notify(0, "WATCHDOG=1");
    }
    courier_describe(&service->courier, text, sizeof text);
    if (strcmp(text, service->told) == 0)
        return;
    memcpy(service->told, text, sizeof text);
    sd_notifyf(0, "STATUS=%s", text);
}

static void write_status(struct service *service)
{
    char *text = status_file_text(&service->courier);
    const int error = text != NULL ? status_file_write(service->status_file, text) : -ENOMEM;
    free(text);
    if (error == 0)
        return;
    log_error("status file %s: %s; it is not written any more", service->status_file, strerror(-error));
    service->status_file = NULL;
}

static void tell(struct service *service, bool last)
{
    const int64_t now = now_ms();

    tell_systemd(service, now);
    if (service->status_file == NULL || (now - service->told_ms < TELL_MS && !last))
        return;
    service->told_ms = now;
    write_status(service);
}

/* Sleeps until something is reported, a signal comes or the time is over. */
static void wait(struct service *service, int64_t wait_ms)
{
    struct pollfd ready[] = {
        {.fd = service->paho.queue.fd, .events = POLLIN},
        {.fd = service->signal_fd, .events = POLLIN},
    };
    if (service->watchdog_ms > 0 && wait_ms > service->watchdog_ms)
        wait_ms = service->watchdog_ms;
    if (wait_ms > COURIER_POLL_MS)
        wait_ms = COURIER_POLL_MS;
    poll(ready, 2, (int)wait_ms);
}

static void take_signals(struct service *service)
{
    struct signalfd_siginfo signal_info;

    while (read(service->signal_fd, &signal_info, sizeof signal_info) == sizeof signal_info) {
        if (service->courier.state == COURIER_STOPPING)
            service->courier.stop_ms = 0; /* asked twice */
        else
            courier_stop(&service->courier, now_ms());
        sd_notify(0, "STOPPING=1");
    }
}

int service_run(struct service *service)
{
    while (service->courier.exit_code == COURIER_RUNNING) {
        const int64_t wait_ms = courier_step(&service->courier, now_ms());
        tell(service, false);
        if (service->courier.exit_code != COURIER_RUNNING)
            break;
        wait(service, wait_ms);
        take_signals(service);
    }
    tell(service, true);
    if (service->courier.exit_code == COURIER_DONE)
        log_info("stopped; %" PRId64 " records delivered", service->courier.health.records_acked);
    return service->courier.exit_code;
}

void service_close(struct service *service)
{
    courier_close(&service->courier);
    publisher_paho_close(&service->paho);
    source_vatiod_close(&service->vatiod);
    close(service->signal_fd);
}
