/* SPDX-License-Identifier: GPL-3.0-or-later */
/* daemon.h - vatiod's parts, and the order in which they are opened, started, stopped and closed. Wires, does not work.
 *
 * Start: board, calibration, directories, locks, identity, journal, store, source, mailbox, measure, display, control;
 *        then the threads, acquire last.
 * Stop:  acquire, measure (what was sampled is measured), recorder, keeper (the last word of the registers), then
 *        those who only read.
 * Errors: -errno and one sentence; what was opened is closed again by daemon_close.
 */
#ifndef VATIO_FIRMWARE_DAEMON_H
#define VATIO_FIRMWARE_DAEMON_H

#include "board/board.h"
#include "calibration/model.h"
#include "firmware/acquire.h"
#include "firmware/arguments.h"
#include "firmware/audit_log.h"
#include "firmware/base/instance.h"
#include "firmware/config.h"
#include "firmware/control_server.h"
#include "firmware/display_task.h"
#include "firmware/health.h"
#include "firmware/keeper.h"
#include "firmware/measure.h"
#include "firmware/pulse_task.h"
#include "firmware/recorder.h"
#include "firmware/scan_tap.h"
#include "firmware/source.h"
#include "firmware/store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct daemon {
    const struct arguments *arguments;
    struct config config;
    pthread_mutex_t config_lock; /* reload comes from the control thread or from main */
    struct board board;
    struct calibration calibration;
    char meter_id[RECORD_ID];
    char boot_id[RECORD_ID];
    struct instance data_lock;
    struct instance run_lock;
    struct health health;
    struct replay replay;
    struct source source;
    struct spsc scans;
    struct spsc records;
    struct spsc events; /* from measure */
    void *scan_memory;
    void *record_memory;
    void *event_memory;
    struct mailbox_writer mailbox;
    struct detail_writer detail;
    struct second_ring_writer seconds;
    struct scan_tap tap;
    struct store store;
    struct store_reader reader;
    char database[CONTROL_PATH];
    char journal[CONTROL_PATH];
    struct acquire acquire;
    struct measure measure;
    struct recorder recorder;
    struct audit_log audit;
    struct keeper keeper;
    struct line_in_gpiod power_line;
    struct kept_cell kept_cell;             /* from measure to keeper */
    struct energy start_energy[DSP_POINTS]; /* for the simulation's report */
    union {
        struct display_terminal terminal;
        struct display_hd44780 hd44780;
    } display;
    struct display_task display_task;
    union {
        struct line_gpiod gpiod;
        struct line_sim sim;
    } line;
    struct pulse_task pulse_task;
    struct control_server control;
    pthread_t control_thread;
    atomic_bool stop;
    unsigned opened; /* which parts daemon_close has to close */
};

/* Settings into board, calibration and topology; touches nothing else. For --check-config this is all. */
int daemon_load(struct daemon *daemon, const struct arguments *arguments, const struct config *config,
                char *error, size_t error_size);

int daemon_open(struct daemon *daemon, char *error, size_t error_size);

/* Starts and stops the threads. */
int daemon_start(struct daemon *daemon, char *error, size_t error_size);
void daemon_stop(struct daemon *daemon);

void daemon_close(struct daemon *daemon);

/* Reads the settings again and takes over those marked live; text says what happened. */
int daemon_reload(struct daemon *daemon, char *text, size_t size);

/* What the control socket's verbs do; context is the struct daemon. */
extern const struct control_ops daemon_control_ops;

#endif
