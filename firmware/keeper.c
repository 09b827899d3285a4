/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/keeper.h"

#include "firmware/base/log.h"
#include "firmware/thread.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STACK_SIZE = 128 << 10, TURN_MS = 20 /* a supply holds up for some tens of milliseconds */ };

_Static_assert((int)KEPT_BYTES_MAX <= (int)JOURNAL_RECORD_MAX, "a register record fits a slot");

static int read_record(struct keeper *keeper, struct kept *record, bool *found, char *error,
                       size_t error_size)
{
    unsigned char bytes[KEPT_BYTES_MAX];
    size_t size = 0;
    uint32_t magic = 0;
    int result = journal_read_sized(&keeper->journal, bytes, &size, &magic);
    *found = result == 0;
    if (result == -EBADMSG && keeper->journal.damaged == 0)
        return 0;
    if (result == -EBADMSG && keeper->spare) {
        log_error(
            "register journal: all %d slots that were written are damaged; the FRAM's registers are taken",
            keeper->journal.damaged);
        return 0;
    }
    if (result == -EBADMSG) {
        snprintf(
            error, error_size,
            "register journal: all %d slots that were written are damaged; move %s away to begin at zero",
            keeper->journal.damaged, KEEPER_FILE);
        return -EBADMSG;
    }
    if (result == 0)
        result = kept_unpack(record, magic, bytes, size);
    if (result == -EBADMSG)
        snprintf(error, error_size,
                 "register journal: its newest record is whole but says what cannot be; move %s away "
                 "to begin at zero",
                 KEEPER_FILE);
    if (result == 0 && strncmp(record->meter_id, keeper->meter_id, sizeof record->meter_id) != 0) {
        snprintf(error, error_size, "register journal: these are the registers of meter %.32s, this is %s",
                 record->meter_id, keeper->meter_id);
        return -EMEDIUMTYPE;
    }
    return result;
}

int keeper_open(struct keeper *keeper, const char *data_dir, const char *meter_id, struct kept *record,
                bool *found, char *error, size_t error_size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", data_dir, KEEPER_FILE);
    snprintf(keeper->meter_id, sizeof keeper->meter_id, "%s", meter_id);
    static const struct journal_format format = {
        .magic = KEPT_MAGIC, .older = KEPT_OLDER, .size = KEPT_BYTES_MAX, .sized = true};
    const struct file_io *io = keeper->io != NULL ? keeper->io : &file_io_system;
    int result = journal_open_on(&keeper->journal, io, path, &format, JOURNAL_SLOT_DISTANCE);
    if (result < 0) {
        snprintf(error, error_size, "register journal %s: %s", path,
                 result == -EMEDIUMTYPE ? "not a register journal of this version" : strerror(-result));
        return result;
    }
    result = read_record(keeper, record, found, error, error_size);
    if (result < 0)
        journal_close(&keeper->journal);
    else if (keeper->journal.damaged > 0)
        log_warning("register journal: %d damaged slot(s), the newest valid one is used",
                    keeper->journal.damaged);
    return result;
}

void keeper_complete(const struct keeper *keeper, struct kept *kept, bool clean)
{
    memcpy(kept->meter_id, keeper->meter_id, sizeof kept->meter_id);
    kept->utc_ms = clock_utc_ms(keeper->clock);
    kept->utc_synced = clock_utc_synced(keeper->clock);
    kept->clean = clean;
    kept->interval_s = keeper->interval_s;
    for (int stream = 0; stream < STREAMS; stream++)
        kept->newest_seq[stream] = recorder_newest_seq(keeper->recorder, (enum record_stream)stream);
}

static void tell_fault(struct keeper *keeper, int result)
{
    static const struct watch_hold hold = {0, 60};
    const int64_t now_ns = clock_mono_ns(keeper->clock);
    const int64_t start_ns = keeper->fault_ns == 0 ? now_ns : keeper->fault_ns;
    const struct watch_span span = {start_ns, 1e-9 * (double)(now_ns - start_ns)};
    keeper->fault_ns = now_ns;
    if (!watch_state_see(&keeper->fault, &hold, result < 0, &span))
        return;
    if (keeper->fault.on)
        recorder_event(keeper->recorder, "journal-fault", strerror(-result), (double)NAN);
    else
        recorder_event(keeper->recorder, "journal-fault-end", "registers are written again",
                       keeper->fault.seen_s);
}

int keeper_write(struct keeper *keeper, const struct kept *kept, bool clean)
{
    unsigned char bytes[KEPT_BYTES_MAX];
    struct kept record = *kept;
    keeper_complete(keeper, &record, clean);
    /* First, so that a priority record as new as the journal says that the FRAM was written until the end. */
    keeper_fram_write(&keeper->fram, &record, clock_mono_ns(keeper->clock));
    const size_t size = kept_pack(&record, bytes);
    int result = journal_write_sized(&keeper->journal, bytes, size);
    health_add(result == 0 ? &keeper->health->journal_writes : &keeper->health->journal_errors, 1);
    if (result < 0 && !keeper->failing)
        log_error("register journal: %s; trying again every %lld s", strerror(-result),
                  (long long)keeper->interval_s);
    keeper->failing = result < 0;
    tell_fault(keeper, result);
    return result;
}

static const int64_t ns_per_s = 1000000000;

/* The mains collapse, and not again so soon that a flickering line wears out the card. */
static bool is_urgent(struct keeper *keeper, int64_t now_ns)
{
    if (!atomic_exchange(&keeper->cell->urgent, false))
        return false;
    if (keeper->urgent_ns != 0 && now_ns - keeper->urgent_ns < KEEPER_URGENT_S * ns_per_s)
        return false;
    keeper->urgent_ns = now_ns;
    return true;
}

/* Returns whether the FRAM is as new as it should be. */
static bool turn_fram(struct keeper *keeper, int64_t now_ns)
{
    struct kept kept;
    if (!keeper_fram_due(&keeper->fram, now_ns))
        return keeper_fram_step(&keeper->fram, now_ns);
    if (kept_take(keeper->cell, &kept) != 0)
        return true;
    keeper_complete(keeper, &kept, false);
    return keeper_fram_write(&keeper->fram, &kept, now_ns);
}

void keeper_turn(struct keeper *keeper)
{
    const int64_t now_ns = clock_mono_ns(keeper->clock);
    struct kept kept;
    const bool failing = keeper_power_turn(&keeper->power, now_ns);
    const bool collapsed = is_urgent(keeper, now_ns);
    const bool due = failing || collapsed || now_ns - keeper->written_ns >= keeper->interval_s * ns_per_s;
    if (!due && turn_fram(keeper, now_ns))
        return;
    if (kept_take(keeper->cell, &kept) != 0)
        return;
    keeper_write(keeper, &kept, false);
    keeper->written_ns = now_ns;
}

static void *run(void *argument)
{
    struct keeper *keeper = argument;
    while (!atomic_load(&keeper->stop)) {
        keeper_turn(keeper);
        keeper_power_wait(&keeper->power, TURN_MS);
    }
    return NULL;
}

int keeper_start(struct keeper *keeper)
{
    struct thread_config config = {.name = "keeper", .stack_size = STACK_SIZE};
    keeper->written_ns = clock_mono_ns(keeper->clock);
    atomic_store(&keeper->health->journal_damaged, keeper->journal.damaged);
    return thread_start(&keeper->thread, &config, run, keeper);
}

void keeper_stop(struct keeper *keeper)
{
    atomic_store(&keeper->stop, true);
    pthread_join(keeper->thread, NULL);
}

void keeper_close(struct keeper *keeper)
{
    journal_close(&keeper->journal);
    keeper_fram_close(&keeper->fram);
    keeper_power_close(&keeper->power);
}
