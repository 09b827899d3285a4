/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backup.h - a meter in one file: registers, settings, board, calibration. Made by command_backup, put in place by restore.
 *
 * File:    JSON, BACKUP_SCHEMA; its keys are in tools/vatio/README.md. "sha256" is of all the rest, written compact with sorted
 *          keys. Mode 0600: settings may hold passwords.
 * Errors:  -errno, with a sentence in error.
 * Memory:  contents of files belong to the backup; backup_free gives them up. BACKUP_ERROR bytes are room for a sentence.
 * Threads: one.
 */
#ifndef VATIO_TOOLS_BACKUP_H
#define VATIO_TOOLS_BACKUP_H

#include "firmware/api/control.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { BACKUP_SCHEMA = 1, BACKUP_FILES = 5, BACKUP_ERROR = 640, BACKUP_NAME = 33, BACKUP_PATH = 256 };

struct backup_file {
    char path[BACKUP_PATH]; /* absolute */
    mode_t mode;
    char user[BACKUP_NAME],
        group[BACKUP_NAME]; /* by name: numbers differ from card to card; "" = not known */
    char *content;          /* text */
};

struct backup {
    int64_t made_utc_ms;
    struct control_backup meter; /* its paths beside data_dir are not kept */
    int files;
    struct backup_file file[BACKUP_FILES];
};

/* Adds the file; prefix stands before path on this machine. -ENOENT leaves error empty. */
int backup_add_file(struct backup *backup, const char *prefix, const char *path, char *error,
                    size_t error_size);

void backup_free(struct backup *backup);

/* As JSON, sealed; NULL without memory. */
json_t *backup_json(const struct backup *backup);

/* The other way: checked, complete, or refused. name stands for the file in error. */
int backup_parse(struct backup *backup, const char *name, json_t *object, char *error, size_t error_size);

int backup_read(struct backup *backup, const char *path, char *error, size_t error_size);
int backup_write(const struct backup *backup, const char *path, char *error, size_t error_size);

#endif
