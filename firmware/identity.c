/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

enum { ID_DIGITS = 12 };

static const sd_id128_t application = {.bytes = {0x6f, 0x1c, 0xa3, 0x52, 0x0d, 0xb8, 0x4e, 0x97, 0x8a, 0x24,
                                                 0xe1, 0x7b, 0x5c, 0x90, 0xd3, 0x46}};

static int read_kept(const char *path, char meter_id[RECORD_ID])
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    int fields = fscanf(file, "%32[A-Za-z0-9._-]", meter_id);
    fclose(file);
    return fields == 1 ? 0 : -EINVAL;
}

static int make(char meter_id[RECORD_ID])
{
    sd_id128_t id;
    char text[SD_ID128_STRING_MAX];
    if (sd_id128_get_machine_app_specific(application, &id) < 0) {
        int result = sd_id128_randomize(&id);
        if (result < 0)
            return result;
    }
    snprintf(meter_id, RECORD_ID, "v%.*s", ID_DIGITS, sd_id128_to_string(id, text));
    return 0;
}

static int keep(const char *path, const char *meter_id)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    int ok = dprintf(fd, "%s\n", meter_id) > 0 && fsync(fd) == 0;
    int result = ok ? 0 : -errno;
    close(fd);
    return result;
}

int identity_meter(const char *configured, const char *data_dir, char meter_id[RECORD_ID], char *error,
                   size_t error_size)
{
    if (strcmp(configured, "auto") != 0) {
        snprintf(meter_id, RECORD_ID, "%s", configured);
        return 0;
    }
    char path[256];
    snprintf(path, sizeof path, "%s/meter_id", data_dir);
    int result = read_kept(path, meter_id);
    if (result == -EINVAL) {
        snprintf(error, error_size, "%s:1: expected the meter's id: letters, digits, dots, dashes", path);
        return result;
    }
    if (result == -ENOENT) {
        result = make(meter_id);
        if (result == 0)
            result = keep(path, meter_id);
    }
    if (result < 0)
        snprintf(error, error_size, "%s: %s", path, strerror(-result));
    return result;
}

int identity_boot(char boot_id[RECORD_ID])
{
    sd_id128_t id;
    char text[SD_ID128_STRING_MAX];
    int result = sd_id128_randomize(&id);
    if (result == 0)
        snprintf(boot_id, RECORD_ID, "%s", sd_id128_to_string(id, text));
    return result;
}
