/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/recording.h"

#include "hal/replay/comtrade.h"
#include "hal/replay/comtrade_inf.h"
#include "hal/replay/csv.h"
#include "hal/replay/recording_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (INT64_C(1) << 31)

enum { PATH_BYTES = 4096 };

struct bytes {
    char *at;
    size_t size;
};

static int refuse(char *error, size_t size, const char *path, int result, const char *reason)
{
    snprintf(error, size, "%s: %s", path, reason);
    return result;
}

static int read_all(int fd, struct bytes *bytes, int64_t size)
{
    bytes->at = malloc((size_t)size + 1); /* never nothing */
    if (bytes->at == NULL)
        return -ENOMEM;
    while ((int64_t)bytes->size < size) {
        const ssize_t n = read(fd, bytes->at + bytes->size, (size_t)size - bytes->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        bytes->size += (size_t)n;
    }
    return 0;
}

/* The whole file; bytes->at is the caller's to free, also after an error. */
static int read_file(const char *path, struct bytes *bytes, char *error, size_t error_size)
{
    struct stat about;
    *bytes = (struct bytes){NULL, 0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return refuse(error, error_size, path, -errno, strerror(errno));
    int result;
    if (fstat(fd, &about) != 0)
        result = refuse(error, error_size, path, -errno, strerror(errno));
    else if (!S_ISREG(about.st_mode))
        result = refuse(error, error_size, path, -EINVAL, "a regular file was expected");
    else if (about.st_size > FILE_BYTES_MAX)
        result = refuse(error, error_size, path, -EINVAL, "a file of at most 2 GiB was expected");
    else {
        result = read_all(fd, bytes, about.st_size);
        if (result != 0)
            refuse(error, error_size, path, result, strerror(-result));
    }
    close(fd);
    return result;
}

/* Where the name's extension begins, behind the dot; its end if there is none. */
static const char *extension_of(const char *path)
{
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    return dot == NULL || (slash != NULL && slash > dot) ? path + strlen(path) : dot + 1;
}

/* The data file beside the .cfg: its extension in either case. Where there is none, the error names the first. */
static int read_dat(char *dat_path, struct bytes *dat, char *error, size_t error_size)
{
    static const char *const endings[] = {"dat", "DAT", "Dat"};
    char *ending = dat_path + (extension_of(dat_path) - dat_path);
    int result = -ENOENT;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0] && result == -ENOENT; i++) {
        memcpy(ending, endings[i], strlen(endings[i]));
        result = read_file(dat_path, dat, error, error_size);
    }
    if (result == -ENOENT) {
        memcpy(ending, endings[0], strlen(endings[0]));
        refuse(error, error_size, dat_path, result, "the data file of this .cfg is missing");
    }
    return result;
}

/* The information file beside the .cfg, if there is one; inf_path is the data file's, and changes. */
static int read_inf(struct recording *recording, char *inf_path, char *error, size_t error_size)
{
    static const char *const endings[] = {"inf", "INF"};
    char *ending = inf_path + (extension_of(inf_path) - inf_path);
    struct bytes inf = {NULL, 0};
    struct recording_text text;
    int result = -ENOENT;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0] && result == -ENOENT; i++) {
        memcpy(ending, endings[i], strlen(endings[i]));
        result = read_file(inf_path, &inf, error, error_size);
    }
    if (result == 0) {
        recording_text_init(&text, inf_path, inf.at, inf.size, error, error_size);
        result = comtrade_inf_read(recording, &text);
    }
    free(inf.at);
    return result == -ENOENT ? 0 : result;
}

static int read_cfg(struct recording *recording, const char *path, const struct bytes *cfg, char *error,
                    size_t error_size)
{
    char dat_path[PATH_BYTES];
    struct bytes dat;
    struct recording_text cfg_text, dat_text;
    if (snprintf(dat_path, sizeof dat_path, "%s", path) >= (int)sizeof dat_path)
        return refuse(error, error_size, path, -ENAMETOOLONG, strerror(ENAMETOOLONG));
    int result = read_dat(dat_path, &dat, error, error_size);
    if (result == 0) {
        recording_text_init(&cfg_text, path, cfg->at, cfg->size, error, error_size);
        recording_text_init(&dat_text, dat_path, dat.at, dat.size, error, error_size);
        result = comtrade_read(recording, &cfg_text, &dat_text);
    }
    free(dat.at);
    return result == 0 ? read_inf(recording, dat_path, error, error_size) : result;
}

static int read_cff(struct recording *recording, const char *path, const struct bytes *bytes, char *error,
                    size_t error_size)
{
    struct recording_text text;
    recording_text_init(&text, path, bytes->at, bytes->size, error, error_size);
    return comtrade_read_cff(recording, &text);
}

static int read_csv(struct recording *recording, const char *path, const struct bytes *bytes, char *error,
                    size_t error_size)
{
    struct recording_text text;
    recording_text_init(&text, path, bytes->at, bytes->size, error, error_size);
    return csv_read(recording, &text);
}

int recording_read(struct recording *recording, const char *path, char *error, size_t error_size)
{
    static const struct {
        const char *extension;
        int (*read)(struct recording *recording, const char *path, const struct bytes *bytes, char *error,
                    size_t error_size);
    } formats[] = {{"cfg", read_cfg}, {"cff", read_cff}, {"csv", read_csv}};
    const char *extension = extension_of(path);
    *recording = (struct recording){0};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (!recording_is((struct recording_field){extension, strlen(extension)}, formats[i].extension))
            continue;
        struct bytes bytes;
        int result = read_file(path, &bytes, error, error_size);
        if (result == 0)
            result = formats[i].read(recording, path, &bytes, error, error_size);
        free(bytes.at);
        if (result != 0)
            recording_close(recording);
        else if (error_size > 0) /* what a file that need not be there has left */
            error[0] = '\0';
        return result;
    }
    return refuse(error, error_size, path, -EINVAL, "a name that ends in .cfg, .cff or .csv was expected");
}

void recording_close(struct recording *recording)
{
    if (recording->n_channels > 0)
        free(recording->channel[0].value);
    free(recording->channel);
    free(recording->time_s);
    *recording = (struct recording){0};
}

int recording_find(const struct recording *recording, const char *name)
{
    const struct recording_field wanted = recording_trimmed((struct recording_field){name, strlen(name)});
    int64_t number;
    for (int c = 0; c < recording->n_channels; c++) {
        const char *own = recording->channel[c].name;
        char text[RECORDING_NAME];
        if (wanted.length >= sizeof text)
            break;
        memcpy(text, wanted.at, wanted.length);
        text[wanted.length] = '\0';
        if (recording_is((struct recording_field){own, strlen(own)}, text))
            return c;
    }
    if (wanted.length > 1 && wanted.at[0] == '#' &&
        recording_integer((struct recording_field){wanted.at + 1, wanted.length - 1}, 1,
                          recording->n_channels, &number))
        return (int)number - 1;
    return -1;
}
