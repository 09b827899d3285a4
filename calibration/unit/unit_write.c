/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/unit/unit.h"

#include "calibration/unit/unit_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_linear(const struct calibration_channel *channel)
{
    for (int code = 0; code < CALIBRATION_CODES; code++)
        if (channel->linearity_lsb[code] != 0)
            return false;
    return true;
}

static void print_channel(FILE *file, int input, const struct calibration_channel *channel)
{
    fprintf(file, "\n[channel%d]\n", input);
    for (int v = 0; v < UNIT_VALUES; v++) {
        const double *number = (const double *)((const char *)channel + unit_values[v].offset);
        fprintf(file, "; %s, %s\n%s = %.17g\n", unit_values[v].unit, unit_values[v].help, unit_values[v].name,
                *number);
    }
}

static void print_linearity(FILE *file, int input, const struct calibration_channel *channel)
{
    fprintf(file, "\n[linearity%d]\n; added to %d codes from the one named, in thousandths of a step\n",
            input, UNIT_ROW_CODES);
    for (int r = 0; r < UNIT_ROWS; r++) {
        char name[UNIT_ROW_NAME];
        unit_row_name(r, name);
        fprintf(file, "%s =", name);
        for (int k = 0; k < UNIT_ROW_CODES; k++)
            fprintf(file, " %.0f", 1000.0 * channel->linearity_lsb[r * UNIT_ROW_CODES + k]);
        fputc('\n', file);
    }
}

static void print_all(FILE *file, const struct calibration *calibration)
{
    fprintf(file,
            "; Calibration of one unit; format in calibration/README.md.\n\n[calibration]\nschema = %d\n",
            UNIT_SCHEMA);
    fprintf(file, "board = %s\nserial = %s\ndate = %s\nreference = %s\n", calibration->board,
            calibration->serial, calibration->date, calibration->reference);
    for (int k = 0; k < calibration->n_channels; k++) {
        print_channel(file, calibration->input[k], &calibration->channel[k]);
        if (!is_linear(&calibration->channel[k]))
            print_linearity(file, calibration->input[k], &calibration->channel[k]);
    }
}

/* -errno, and the sentence for it. */
static int failed(const char *path, char *error, size_t error_size)
{
    int code = errno;
    snprintf(error, error_size, "%s: %s", path, strerror(code));
    return -code;
}

static bool same_texts(const struct calibration *a, const struct calibration *b)
{
    return strcmp(a->serial, b->serial) == 0 && strcmp(a->date, b->date) == 0 &&
           strcmp(a->reference, b->reference) == 0;
}

/* What cannot be read back is not written: the reader's ranges and rules hold here too. */
static int compose(const char *path, const struct calibration *calibration, char **text, char *error,
                   size_t error_size)
{
    size_t size;
    FILE *file = open_memstream(text, &size);
    if (!file)
        return failed(path, error, error_size);
    print_all(file, calibration);
    if (fclose(file) != 0)
        return failed(path, error, error_size);
    struct calibration *copy = malloc(sizeof *copy);
    if (!copy)
        return failed(path, error, error_size);
    *copy = *calibration;
    int result = unit_parse(path, *text, copy, error, error_size);
    if (result == 0 && !same_texts(copy, calibration)) {
        snprintf(error, error_size, "%s: serial and reference: expected text without ';' and outer blanks",
                 path);
        result = -EINVAL;
    }
    free(copy);
    return result;
}

static int write_synced(const char *path, const char *text, char *error, size_t error_size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return failed(path, error, error_size);
    int result = 0;
    for (size_t left = strlen(text); left > 0 && result == 0;) {
        ssize_t written = write(fd, text, left);
        if (written < 0) {
            result = failed(path, error, error_size);
            break;
        }
        text += written;
        left -= (size_t)written;
    }
    if (result == 0 && fsync(fd) != 0)
        result = failed(path, error, error_size);
    if (close(fd) != 0 && result == 0)
        result = failed(path, error, error_size);
    return result;
}

/* A rename is only as durable as its folder. */
static int sync_folder(const char *path, char *error, size_t error_size)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) : 1;
    snprintf(folder, sizeof folder, "%.*s/", length, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(folder, error, error_size);
    int result = fsync(fd) == 0 ? 0 : failed(folder, error, error_size);
    close(fd);
    return result;
}

static int replace(const char *path, const char *fresh, const char *text, char *error, size_t error_size)
{
    int result = write_synced(fresh, text, error, error_size);
    if (result == 0 && rename(fresh, path) != 0)
        result = failed(path, error, error_size);
    if (result == 0)
        return sync_folder(path, error, error_size);
    unlink(fresh);
    return result;
}

int unit_write(const char *path, const struct calibration *calibration, char *error, size_t error_size)
{
    char fresh[PATH_MAX];
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return failed(path, error, error_size);
    }
    char *text = NULL;
    int result = compose(path, calibration, &text, error, error_size);
    if (result == 0)
        result = replace(path, fresh, text, error, error_size);
    free(text);
    return result;
}
