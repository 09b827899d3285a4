/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/doctor_mount.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* "36 35 98:0 / /var/lib/vatio rw,noatime shared:1 - ext4 /dev/sda1 rw,commit=300": the third word is the device. */
static bool is_of(const char *line, dev_t device)
{
    unsigned int major_number, minor_number;
    return sscanf(line, "%*s %*s %u:%u", &major_number, &minor_number) == 2 &&
           makedev(major_number, minor_number) == device;
}

/* options: comma separated. Returns 0 when it is not among them. */
static int64_t commit_of(char *options)
{
    char *rest = NULL;
    for (const char *one = strtok_r(options, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest))
        if (strncmp(one, "commit=", 7) == 0)
            return strtoll(one + 7, NULL, 10);
    return 0;
}

void doctor_mount_read(FILE *mountinfo, dev_t device, struct doctor_mount *mount)
{
    static const char separator[] = " - "; /* spaces within a path are written as \040 */
    char *line = NULL;
    size_t size = 0;
    *mount = (struct doctor_mount){0};
    while (mount->type[0] == '\0' && getline(&line, &size, mountinfo) > 0) {
        char *tail = strstr(line, separator);
        int options = 0;
        if (tail == NULL || !is_of(line, device))
            continue;
        tail += sizeof separator - 1;
        if (sscanf(tail, "%15s %*s %n", mount->type, &options) == 1 && options > 0)
            mount->commit_s = commit_of(tail + options);
    }
    free(line);
}

void doctor_collect_mount(const char *database, struct doctor_mount *mount)
{
    char folder[sizeof((struct control_status *)0)->database];
    struct stat folder_status;
    *mount = (struct doctor_mount){0};
    snprintf(folder, sizeof folder, "%s", database);
    char *name = strrchr(folder, '/');
    if (name == NULL || name == folder)
        return;
    *name = '\0';
    if (stat(folder, &folder_status) != 0)
        return;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (file == NULL)
        return;
    doctor_mount_read(file, folder_status.st_dev, mount);
    fclose(file);
}
