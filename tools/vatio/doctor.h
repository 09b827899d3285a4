/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor.h - what is wrong with this meter: a table of checks, each a pure function of what was collected.
 *
 * Inputs:  two looks at the mailbox with some time between them, vatiod's status, its last minute records, and
 *          vatio-mqtt's status file, the database's file system; what could not be had carries the reason. doctor_collect.h fills them.
 * Finding: a state, what was found with its figure, and for FAULT and WARN what to do about it, in the words of who
 *          stands before the meter.
 * Limits:  enum and constants below; each is argued for in tools/vatio/README.md.
 * Threads: pure.
 */
#ifndef VATIO_TOOLS_DOCTOR_H
#define VATIO_TOOLS_DOCTOR_H

#include "firmware/api/control.h"
#include "firmware/api/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum doctor_state { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAULT, DOCTOR_SKIPPED };
extern const char *const doctor_state_name[];

enum {
    DOCTOR_MINUTES = 60,
    DOCTOR_QUARTERS = 96,
    DOCTOR_RECENT = 10,
    DOCTOR_FOUND = 240,
    DOCTOR_ADVICE = 320,
    DOCTOR_BROKER = 200,
    DOCTOR_TYPE = 16
};

/* The bits of a record's quality, as in dsp/quality.h: numbers that are never given away again. */
enum doctor_quality {
    DOCTOR_CLIPPED = 1 << 0,
    DOCTOR_UNLOCKED = 1 << 2,
    DOCTOR_SENSOR_FAULT = 1 << 6,
    DOCTOR_ASSUMED = 1 << 8,
};

/* What stands in vatio-mqtt's status file. */
struct doctor_mqtt {
    int error;     /* 0, or -errno of reading the file; -EBADMSG: not what vatio-mqtt writes */
    int64_t age_s; /* since it was written */
    bool connected;
    char broker[DOCTOR_BROKER];
    char meter_id[RECORD_ID];
    int64_t connects;
    int64_t refused; /* connections */
    int64_t losses;
    int64_t waiting; /* records that the broker has not acknowledged */
};

/* The file system that the database lies on. */
struct doctor_mount {
    char type[DOCTOR_TYPE]; /* "" = could not be told */
    int64_t commit_s;       /* its mount option commit=; 0 = not given */
};

struct doctor_inputs {
    const char *run_dir;
    const char *mqtt_file;
    bool generation;   /* the user says: something behind this meter generates, and no channel measures it */
    int run_dir_error; /* 0 or -errno of looking at it */
    int control_error; /* 0 or -errno of reaching and asking vatiod */
    int mailbox_error; /* 0 or -errno */
    struct control_status status; /* when control_error is 0 */
    struct mailbox_live before;   /* when mailbox_error is 0 */
    struct mailbox_live now;      /* the same file watch_ms later */
    int64_t watch_ms;             /* of real time */
    bool writer_lives;            /* a process of the mailbox's pid exists */
    size_t minutes;               /* of this run of vatiod, oldest first; as many as could be had */
    struct record minute[DOCTOR_MINUTES];
    size_t quarters; /* of the last day, of any run, oldest first */
    struct record quarter[DOCTOR_QUARTERS];
    struct doctor_mqtt mqtt;
    struct doctor_mount mount;
};

struct doctor_finding {
    enum doctor_state state;
    char found[DOCTOR_FOUND];
    char advice[DOCTOR_ADVICE]; /* "" = none needed */
};

/* What a check cannot do without: else it is SKIPPED. */
enum doctor_need { NEED_NOTHING, NEED_LIVE };

struct doctor_check {
    const char *name;
    enum doctor_need need;
    void (*check)(const struct doctor_inputs *inputs, struct doctor_finding *finding);
};
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_checks_n;

/* One check with its needs. */
void doctor_run(const struct doctor_check *check, const struct doctor_inputs *inputs,
                struct doctor_finding *finding);

/* vatiod is there: it answers, or at least its heartbeat moves. */
bool doctor_meter_lives(const struct doctor_inputs *inputs);

/* For the checks: */
__attribute__((format(printf, 3, 4))) void doctor_find(struct doctor_finding *finding,
                                                       enum doctor_state state, const char *format, ...);
__attribute__((format(printf, 2, 3))) void doctor_advise(struct doctor_finding *finding, const char *format,
                                                         ...);
/* Of the last DOCTOR_RECENT minute records: how many carry the quality flag; *n: how many there are. */
size_t doctor_recent_flagged(const struct doctor_inputs *inputs, int64_t flag, size_t *n);

/* doctor_process.c: the program */
void doctor_vatiod(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_mailbox(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_samples(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_late(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_ring(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_display(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_clock(const struct doctor_inputs *inputs, struct doctor_finding *finding);
/* doctor_signal.c: what comes from the sensors */
void doctor_front_end(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_sensor(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_clipped(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_mains(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_calibration(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_unmetered(const struct doctor_inputs *inputs, struct doctor_finding *finding);
/* doctor_noise.c: what the converter's steps are blurred by */
void doctor_quiet(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_noisy(const struct doctor_inputs *inputs, struct doctor_finding *finding);
/* doctor_wiring.c: which way round */
void doctor_legs(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_reversed(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_swapped(const struct doctor_inputs *inputs, struct doctor_finding *finding);
/* doctor_storage.c: what it is kept on */
void doctor_mounted(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_replaced(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_fram(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_audit(const struct doctor_inputs *inputs, struct doctor_finding *finding);
/* doctor_keeping.c: what is kept and sent */
void doctor_journal(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_registers(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_database(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_records(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_disk(const struct doctor_inputs *inputs, struct doctor_finding *finding);
void doctor_broker(const struct doctor_inputs *inputs, struct doctor_finding *finding);

#endif
