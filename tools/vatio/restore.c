/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/restore.h"

#include "firmware/api/audit.h"
#include "firmware/api/restored.h"
#include "firmware/base/journal.h"
#include "tools/vatio/meter_settings.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_NEW KEEPER_FILE ".part"

/* What a vatiod keeps in its data directory. */
static const char *const kept_files[] = {KEEPER_FILE,        "vatio.db", "vatio.db-wal", "vatio.db-shm",
                                         "vatio.db-reserve", AUDIT_FILE, "meter_id",     "last_run"};
/* Who the meter is and how it was set: no more than that. */
static bool is_label(const char *name)
{
    return strcmp(name, "meter_id") == 0 || strcmp(name, "last_run") == 0;
}

enum { KEPT_FILES = sizeof kept_files / sizeof kept_files[0], PATH_BYTES = PATH_MAX };

static const struct journal_format format = {
    .magic = KEPT_MAGIC, .older = KEPT_OLDER, .size = KEPT_BYTES_MAX, .sized = true};

static void in_data_dir(const struct restore *restore, const char *name, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", restore->data_dir, name);
}

static bool is_there(const struct restore *restore, const char *name)
{
    char path[PATH_BYTES];
    in_data_dir(restore, name, path);
    return access(path, F_OK) == 0;
}

static int fail(int result, const char *path, char *error, size_t error_size)
{
    if (result < 0)
        snprintf(error, error_size, "%s: %s", path, strerror(-result));
    return result;
}

/* --- may it go there -------------------------------------------------------------------------------------------- */

/* A journal of just these registers: a restore was cut behind it. */
static bool is_own_journal(const struct restore *restore)
{
    const struct control_backup *meter = &restore->backup->meter;
    unsigned char record[KEPT_BYTES_MAX];
    char path[PATH_BYTES];
    size_t size;
    uint32_t magic;
    struct journal journal;
    in_data_dir(restore, KEEPER_FILE, path);
    if (journal_open_format(&journal, path, &format, JOURNAL_SLOT_DISTANCE) != 0)
        return false;
    const bool own = journal_read_sized(&journal, record, &size, &magic) == 0 &&
                     size == (size_t)meter->kept_size && memcmp(record, meter->kept, size) == 0;
    journal_close(&journal);
    return own;
}

static int check_empty(const struct restore *restore, char *error, size_t error_size)
{
    for (int k = 0; k < KEPT_FILES && !restore->force; k++) {
        if (!is_there(restore, kept_files[k]) || is_label(kept_files[k]))
            continue;
        if (strcmp(kept_files[k], KEEPER_FILE) == 0 && is_own_journal(restore))
            continue;
        snprintf(error, error_size,
                 "%s/%s: a meter has kept registers there already; --force sets them aside in %s",
                 restore->data_dir, kept_files[k], RESTORE_ASIDE);
        return -EEXIST;
    }
    return 0;
}

static int check_name(const char *path, const char *found, const char *meter_id, char *error,
                      size_t error_size)
{
    if (found[0] == '\0' || strcmp(found, "auto") == 0 || strcmp(found, meter_id) == 0)
        return 0;
    snprintf(error, error_size, "%s: names the meter %s, and the backup is of meter %s", path, found,
             meter_id);
    return -EPERM;
}

/* The name that vatiod made for itself there: set aside with --force, as the registers of that name. */
static int check_identity(const struct restore *restore, char *error, size_t error_size)
{
    char path[PATH_BYTES], found[RECORD_ID] = "";
    in_data_dir(restore, "meter_id", path);
    FILE *file = restore->force ? NULL : fopen(path, "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%32s", found) != 1)
        found[0] = '\0';
    fclose(file);
    return check_name(path, found, restore->backup->meter.meter_id, error, error_size);
}

/* Settings that somebody has made for another meter are not overwritten. */
static int check_settings(const struct restore *restore, char *error, size_t error_size)
{
    for (int k = 0; k < restore->backup->files; k++) {
        char path[PATH_BYTES];
        struct meter_settings there;
        snprintf(path, sizeof path, "%s%s", restore->root, restore->backup->file[k].path);
        meter_settings_read(&there, path);
        const int result =
            check_name(path, there.meter_id, restore->backup->meter.meter_id, error, error_size);
        if (result < 0)
            return result;
    }
    return 0;
}

int restore_open(struct restore *restore, const struct backup *backup, const char *root, bool force,
                 char *error, size_t error_size)
{
    struct stat status;
    memset(restore, 0, sizeof *restore);
    restore->backup = backup;
    restore->root = root;
    restore->force = force;
    restore->lock.fd = -1;
    snprintf(restore->data_dir, sizeof restore->data_dir, "%s%s", root, backup->meter.data_dir);
    int result = fail(place_directory(restore->data_dir, 0750), restore->data_dir, error, error_size);
    if (result == 0)
        result = instance_lock(&restore->lock, restore->data_dir, error, error_size);
    if (result < 0)
        return result;
    if (stat(restore->data_dir, &status) == 0)
        restore->owner = (struct place_owner){status.st_uid, status.st_gid};
    if (geteuid() == 0 && fchown(restore->lock.fd, restore->owner.uid, restore->owner.gid) != 0)
        result = fail(-errno, restore->data_dir, error, error_size);
    if (result == 0)
        result = check_identity(restore, error, error_size);
    if (result == 0)
        result = check_settings(restore, error, error_size);
    return result == 0 ? check_empty(restore, error, error_size) : result;
}

void restore_close(struct restore *restore)
{
    instance_unlock(&restore->lock);
}

/* --- the steps -------------------------------------------------------------------------------------------------- */

typedef int restore_step(struct restore *restore, char *error, size_t error_size);

static int place_in_data_dir(struct restore *restore, const char *name, const char *content, mode_t mode,
                             char *error, size_t error_size)
{
    char path[PATH_BYTES];
    in_data_dir(restore, name, path);
    return fail(place_file(path, content, mode, &restore->owner), path, error, error_size);
}

/* What the event "restored" will say. */
static int announce(struct restore *restore, char *error, size_t error_size)
{
    const struct control_backup *meter = &restore->backup->meter;
    const time_t made_s = (time_t)(restore->backup->made_utc_ms / 1000);
    char text[160], utc[24] = "";
    struct tm calendar;
    if (gmtime_r(&made_s, &calendar) != NULL)
        strftime(utc, sizeof utc, "%Y-%m-%dT%H:%M:%SZ", &calendar);
    int length = snprintf(text, sizeof text, "backup of %s", utc);
    if (meter->store_id[0] != '\0')
        length += snprintf(text + length, sizeof text - (size_t)length, ", store %.8s", meter->store_id);
    if (meter->audit_seq > 0)
        length += snprintf(text + length, sizeof text - (size_t)length, ", audit %" PRId64 " %s",
                           meter->audit_seq, meter->audit_head);
    snprintf(text + length, sizeof text - (size_t)length, "\n");
    return place_in_data_dir(restore, RESTORED_HALF, text, 0640, error, error_size);
}

static int set_aside(struct restore *restore, char *error, size_t error_size)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    int there = 0, result = 0;
    for (int k = 0; k < KEPT_FILES; k++)
        there += is_there(restore, kept_files[k]);
    if (!restore->force || there == 0)
        return 0;
    in_data_dir(restore, RESTORE_ASIDE, from);
    for (int n = 0; n == 0 || (result == -EEXIST && n < 1000); n++) {
        snprintf(to, sizeof to, "%.*s.%d", PATH_BYTES - 16, from, n);
        result = mkdir(to, 0750) == 0 ? 0 : -errno;
    }
    const size_t length = strlen(to);
    for (int k = 0; k < KEPT_FILES && result == 0; k++) {
        in_data_dir(restore, kept_files[k], from);
        snprintf(to + length, sizeof to - length, "/%s", kept_files[k]);
        if (rename(from, to) != 0 && errno != ENOENT)
            result = -errno;
    }
    if (result == 0)
        result = place_sync_directory(from);
    return fail(result, to, error, error_size);
}

/* Whoever has the file now, else who had it, else who has the directory. */
static struct place_owner owner_of(const struct backup_file *file, const char *path)
{
    struct stat status;
    char directory[PATH_BYTES];
    if (stat(path, &status) == 0)
        return (struct place_owner){status.st_uid, status.st_gid};
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (stat(directory, &status) != 0)
        return (struct place_owner){geteuid(), getegid()};
    const struct passwd *user = getpwnam(file->user);
    const struct group *group = getgrnam(file->group);
    return (struct place_owner){user != NULL ? user->pw_uid : status.st_uid,
                                group != NULL ? group->gr_gid : status.st_gid};
}

static int place_settings(struct restore *restore, char *error, size_t error_size)
{
    int result = 0;
    for (int k = 0; k < restore->backup->files && result == 0; k++) {
        const struct backup_file *file = &restore->backup->file[k];
        char path[PATH_BYTES], directory[PATH_BYTES];
        snprintf(path, sizeof path, "%s%s", restore->root, file->path);
        snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
        result = place_directory(directory, 0755);
        const struct place_owner owner = owner_of(file, path);
        if (result == 0)
            result = place_file(path, file->content, file->mode, &owner);
        fail(result, path, error, error_size);
    }
    return result;
}

/* Settings that leave it open (meter.id = auto) then name the same meter. */
static int place_name(struct restore *restore, char *error, size_t error_size)
{
    char text[RECORD_ID + 1];
    snprintf(text, sizeof text, "%s\n", restore->backup->meter.meter_id);
    return place_in_data_dir(restore, "meter_id", text, 0640, error, error_size);
}

static int write_journal(const struct restore *restore, const char *path)
{
    const struct control_backup *meter = &restore->backup->meter;
    struct journal_format own = format;
    struct journal journal;
    own.magic = (uint32_t)meter->kept_magic;
    own.older = 0;
    if (unlink(path) != 0 && errno != ENOENT)
        return -errno;
    int result = journal_open_format(&journal, path, &own, JOURNAL_SLOT_DISTANCE);
    if (result < 0)
        return result;
    result = journal_write_sized(&journal, meter->kept, (size_t)meter->kept_size);
    journal_close(&journal);
    if (result == 0 && geteuid() == 0 && chown(path, restore->owner.uid, restore->owner.gid) != 0)
        result = -errno;
    return result;
}

/* Under another name until it is whole; from then on it is never renamed again. */
static int place_journal(struct restore *restore, char *error, size_t error_size)
{
    char part[PATH_BYTES], path[PATH_BYTES];
    in_data_dir(restore, JOURNAL_NEW, part);
    in_data_dir(restore, KEEPER_FILE, path);
    int result = write_journal(restore, part);
    if (result == 0 && rename(part, path) != 0)
        result = -errno;
    if (result == 0)
        result = place_sync_directory(path);
    return fail(result, path, error, error_size);
}

static int commit(struct restore *restore, char *error, size_t error_size)
{
    char half[PATH_BYTES], whole[PATH_BYTES];
    in_data_dir(restore, RESTORED_HALF, half);
    in_data_dir(restore, RESTORED_FILE, whole);
    int result = rename(half, whole) != 0 ? -errno : place_sync_directory(whole);
    return fail(result, whole, error, error_size);
}

static restore_step *const steps_in_order[] = {announce,   set_aside,     place_settings,
                                               place_name, place_journal, commit};
const int restore_steps = sizeof steps_in_order / sizeof steps_in_order[0];

int restore_run(struct restore *restore, int steps, char *error, size_t error_size)
{
    int result = 0;
    for (int k = 0; k < steps && result == 0; k++)
        result = steps_in_order[k](restore, error, error_size);
    return result;
}
