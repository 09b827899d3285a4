/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/backup.h"

#include "firmware/base/text_file.h"
#include "tools/vatio/place_file.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void name_owner(struct backup_file *file, const struct stat *status)
{
    const struct passwd *user = getpwuid(status->st_uid);
    const struct group *group = getgrgid(status->st_gid);
    snprintf(file->user, sizeof file->user, "%s", user == NULL ? "" : user->pw_name);
    snprintf(file->group, sizeof file->group, "%s", group == NULL ? "" : group->gr_name);
}

int backup_add_file(struct backup *backup, const char *prefix, const char *path, char *error,
                    size_t error_size)
{
    char here[2 * BACKUP_PATH];
    struct stat status;
    struct backup_file *file = &backup->file[backup->files];
    snprintf(here, sizeof here, "%s%s", prefix, path);
    error[0] = '\0';
    if (path[0] != '/') {
        snprintf(error, error_size, "%s: expected an absolute path", path);
        return -EINVAL;
    }
    if (stat(here, &status) != 0 && errno == ENOENT)
        return -ENOENT;
    int result = backup->files == BACKUP_FILES || strlen(path) >= sizeof file->path ? -ENAMETOOLONG : 0;
    if (result < 0)
        snprintf(error, error_size, "%s: %s", here, strerror(-result));
    else
        result = text_file_read(here, &file->content, error, error_size);
    if (result < 0)
        return result;
    memcpy(file->path, path, strlen(path) + 1);
    file->mode = status.st_mode & 0777;
    name_owner(file, &status);
    backup->files++;
    return 0;
}

void backup_free(struct backup *backup)
{
    for (int k = 0; k < backup->files; k++)
        free(backup->file[k].content);
    backup->files = 0;
}

int backup_read(struct backup *backup, const char *path, char *error, size_t error_size)
{
    json_error_t wrong;
    json_t *object = json_load_file(path, JSON_REJECT_DUPLICATES, &wrong);
    memset(backup, 0, sizeof *backup);
    if (object == NULL && access(path, R_OK) != 0) {
        const int result = -errno;
        snprintf(error, error_size, "%s: %s", path, strerror(-result));
        return result;
    }
    if (object == NULL) {
        snprintf(error, error_size, "%s:%d: %s; expected a whole backup", path, wrong.line, wrong.text);
        return -EBADMSG;
    }
    const int result = backup_parse(backup, path, object, error, error_size);
    json_decref(object);
    if (result < 0)
        backup_free(backup);
    return result;
}

int backup_write(const struct backup *backup, const char *path, char *error, size_t error_size)
{
    const struct place_owner self = {.uid = geteuid(), .gid = getegid()};
    json_t *object = backup_json(backup);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_INDENT(1));
    int result = text == NULL ? -EILSEQ : 0;
    json_decref(object);
    if (result < 0) {
        snprintf(error, error_size, "a backup holds text; one of the files is not UTF-8");
        return result;
    }
    if (access(path, F_OK) == 0)
        result = -EEXIST;
    if (result == 0)
        result = place_file(path, text, 0600, &self);
    if (result < 0)
        snprintf(error, error_size, "%s: %s%s", path, strerror(-result),
                 result == -EEXIST ? "; expected the name of a new file" : "");
    free(text);
    return result;
}
