/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/last_run.h"

#include "firmware/base/digest.h"
#include "firmware/base/options_value.h"
#include "firmware/base/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY = 64 };

const char *const last_run_kind[LAST_RUN_PARTS] = {
    [LAST_RUN_CONFIG] = "config-changed",
    [LAST_RUN_CALIBRATION] = "calibration-changed",
    [LAST_RUN_BOARD] = "board-changed",
};

static const char *const part_key[LAST_RUN_PARTS] = {
    [LAST_RUN_CALIBRATION] = "calibration", [LAST_RUN_BOARD] = "board"};

/* Of the file's bytes; of the built-in text without one. */
static int digest_file(const char *path, const char *built_in, char text[DIGEST_TEXT])
{
    char *bytes = NULL;
    char error[256];
    if (path[0] == '\0') {
        digest_of(built_in, strlen(built_in), text);
        return 0;
    }
    const int result = text_file_read(path, &bytes, error, sizeof error);
    if (result == 0)
        digest_of(bytes, strlen(bytes), text);
    free(bytes);
    return result;
}

static void write_settings(FILE *file, const struct config *config)
{
    char value[OPTIONS_VALUE_BYTES];
    for (size_t k = 0; k < config_options_n; k++) {
        const struct option *option = &config_options[k];
        if (options_value_text(option, config, value) == 0)
            fprintf(file, "%s.%s = %s\n", option->section, option->name, value);
    }
}

static int write_text(char **text, const struct config *config, const struct board *board,
                      const struct calibration *calibration)
{
    char board_digest[DIGEST_TEXT], calibration_digest[DIGEST_TEXT];
    size_t size;
    int result = digest_file(config->board_file, board_reference_ini, board_digest);
    if (result == 0)
        result = digest_file(config->calibration_file, "", calibration_digest);
    FILE *file = result == 0 ? open_memstream(text, &size) : NULL;
    if (file == NULL)
        return result < 0 ? result : -ENOMEM;
    fprintf(file, "# schema 1: what vatiod last ran with\n");
    write_settings(file, config);
    if (config->calibration_file[0] == '\0')
        fprintf(file, "%s = none, nominal values\n", part_key[LAST_RUN_CALIBRATION]);
    else
        fprintf(file, "%s = %s of %s, sha256 %s\n", part_key[LAST_RUN_CALIBRATION], calibration->serial,
                calibration->date, calibration_digest);
    fprintf(file, "%s = %s, sha256 %s\n", part_key[LAST_RUN_BOARD], board->name, board_digest);
    return fclose(file) == 0 ? 0 : -ENOMEM;
}

int last_run_open(struct last_run *run, const struct config *config, const struct board *board,
                  const struct calibration *calibration)
{
    char error[256];
    *run = (struct last_run){.was = NULL};
    snprintf(run->path, sizeof run->path, "%s/last_run", config->data_dir);
    int result = write_text(&run->is, config, board, calibration);
    if (result == 0)
        result = text_file_read(run->path, &run->was, error, sizeof error);
    return result == -ENOENT ? 0 : result;
}

/* The value of a key up to its line's end; NULL if there is none. No key stands on the first line. */
static const char *value_of(const char *text, const char *key, size_t *length)
{
    char begin[KEY + 4];
    snprintf(begin, sizeof begin, "\n%s = ", key);
    const char *at = strstr(text, begin);
    if (at == NULL)
        return NULL;
    at += strlen(begin);
    *length = strcspn(at, "\n");
    return at;
}

static bool differs(const struct last_run *run, const char *key)
{
    size_t was_length, is_length;
    const char *was = value_of(run->was, key, &was_length);
    const char *is = value_of(run->is, key, &is_length);
    return was != NULL && is != NULL && (was_length != is_length || memcmp(was, is, is_length) != 0);
}

/* "meter.export, sim.seed, ...": as many as there is room for. */
static int changed_settings(const struct last_run *run, char *detail, size_t size)
{
    char key[KEY];
    int n = 0;
    detail[0] = '\0';
    for (size_t k = 0; k < config_options_n; k++) {
        snprintf(key, sizeof key, "%s.%s", config_options[k].section, config_options[k].name);
        if (!differs(run, key))
            continue;
        const size_t used = strlen(detail);
        const bool fits = used + strlen(key) + strlen(", , ...") < size;
        if (fits)
            snprintf(detail + used, size - used, "%s%s", n > 0 ? ", " : "", key);
        else if (strstr(detail, "...") == NULL)
            snprintf(detail + used, size - used, ", ...");
        n++;
    }
    return n;
}

int last_run_changed(const struct last_run *run, enum last_run_part part, char *detail, size_t size)
{
    size_t length = 0;
    if (run->was == NULL || run->is == NULL)
        return 0;
    if (part == LAST_RUN_CONFIG)
        return changed_settings(run, detail, size);
    const char *is = value_of(run->is, part_key[part], &length);
    snprintf(detail, size, "%.*s", (int)length, is != NULL ? is : "");
    return differs(run, part_key[part]);
}

static int write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -errno;
    const bool good = dprintf(fd, "%s", text) >= 0 && fsync(fd) == 0;
    const int result = good ? 0 : -errno;
    close(fd);
    return result;
}

int last_run_keep(const struct last_run *run)
{
    char fresh[sizeof run->path + 8];
    if (run->is == NULL || (run->was != NULL && strcmp(run->was, run->is) == 0))
        return 0;
    snprintf(fresh, sizeof fresh, "%s.new", run->path);
    const int result = write_file(fresh, run->is);
    if (result < 0)
        return result;
    return rename(fresh, run->path) == 0 ? 0 : -errno;
}

void last_run_close(struct last_run *run)
{
    free(run->was);
    free(run->is);
}
