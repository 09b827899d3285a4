/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/keeper.h"

#include "firmware/base/log.h"
#include "firmware/convert.h"
#include "firmware/thread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
    int result = journal_open_format(&keeper->journal, path, &format, JOURNAL_SLOT_DISTANCE);
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

/* The kept registers of a point; a new place for one that the journal lacks; NULL when there is none left. */
static struct record_energy *kept(struct kept *record, int64_t point_id)
{
    for (int64_t k = 0; k < record->n_points; k++)
        if (record->point_id[k] == point_id)
            return &record->energy[k];
    if (record->n_points >= RECORD_POINTS)
        return NULL;
    record->point_id[record->n_points] = point_id;
    return &record->energy[record->n_points++];
}

static int64_t raise_to(int64_t *kept_value, int64_t stored)
{
    if (stored == RECORD_ABSENT || stored <= *kept_value)
        return 0;
    int64_t by = stored - *kept_value;
    *kept_value = stored;
    return by;
}

int64_t keeper_raise(struct kept *record, const struct record *stored)
{
    int64_t raised_uwh = 0;
    for (int64_t p = 0; p < stored->n_points && p < RECORD_POINTS; p++) {
        struct record_energy *energy = kept(record, stored->point_id[p]);
        const struct record_energy *total = &stored->point[p].total;
        if (energy == NULL)
            continue;
        raised_uwh += raise_to(&energy->import_uwh, total->import_uwh);
        raised_uwh += raise_to(&energy->export_uwh, total->export_uwh);
        raise_to(&energy->q1_uvarh, total->q1_uvarh);
        raise_to(&energy->q2_uvarh, total->q2_uvarh);
        raise_to(&energy->q3_uvarh, total->q3_uvarh);
        raise_to(&energy->q4_uvarh, total->q4_uvarh);
        raise_to(&energy->apparent_uvah, total->apparent_uvah);
    }
    return raised_uwh;
}

void keeper_restore(const struct kept *record, struct registers *registers)
{
    int64_t point_id[RECORD_POINTS];
    struct energy energy[DSP_POINTS] = {0};
    struct registers_rest rest = record->rest;
    memset(rest.remainder, 0, sizeof rest.remainder);
    int n = convert_points(&registers->topology, point_id);
    for (int p = 0; p < n; p++)
        for (int64_t k = 0; k < record->n_points && k < RECORD_POINTS; k++)
            if (record->point_id[k] == point_id[p]) {
                convert_energy_back(&record->energy[k], &energy[p]);
                memcpy(rest.remainder[p], record->rest.remainder[k], sizeof rest.remainder[p]);
            }
    registers_restore(registers, energy, record->dropped_uwh, record->metered_ns, record->unmetered_ns);
    registers_resume(registers, &rest);
}

double keeper_restart(const struct kept *record, double most_va, int64_t utc_ms, bool synced, char *text,
                      size_t size)
{
    const bool clean = record->clean == 1;
    const double lost_wh = clean ? 0 : most_va * (double)record->interval_s / 3600.0;
    char down[48] = "down for an unknown time";
    if (synced && record->utc_synced && utc_ms >= record->utc_ms)
        snprintf(down, sizeof down, "down for %lld s", (long long)((utc_ms - record->utc_ms) / 1000));
    if (clean)
        snprintf(text, size, "%s after an orderly end, nothing lost", down);
    else
        snprintf(text, size, "%s after a cut, at most %.1f Wh lost: %lld s at %.0f VA", down, lost_wh,
                 (long long)record->interval_s, most_va);
    return lost_wh;
}

int keeper_write(struct keeper *keeper, const struct kept *kept, bool clean)
{
    unsigned char bytes[KEPT_BYTES_MAX];
    struct kept record = *kept;
    memcpy(record.meter_id, keeper->meter_id, sizeof record.meter_id);
    record.utc_ms = clock_utc_ms(keeper->clock);
    record.utc_synced = clock_utc_synced(keeper->clock);
    record.clean = clean;
    record.interval_s = keeper->interval_s;
    for (int stream = 0; stream < STREAMS; stream++)
        record.newest_seq[stream] = recorder_newest_seq(keeper->recorder, (enum record_stream)stream);

    const size_t size = kept_pack(&record, bytes);
    int result = journal_write_sized(&keeper->journal, bytes, size);
    health_add(result == 0 ? &keeper->health->journal_writes : &keeper->health->journal_errors, 1);
    if (result < 0 && !keeper->failing)
        log_error("register journal: %s; trying again every %lld s", strerror(-result),
                  (long long)keeper->interval_s);
    keeper->failing = result < 0;
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

void keeper_turn(struct keeper *keeper)
{
    const int64_t now_ns = clock_mono_ns(keeper->clock);
    struct kept kept;
    if (!is_urgent(keeper, now_ns) && now_ns - keeper->written_ns < keeper->interval_s * ns_per_s)
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
        nanosleep(&(struct timespec){.tv_nsec = TURN_MS * 1000000L}, NULL);
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
}
