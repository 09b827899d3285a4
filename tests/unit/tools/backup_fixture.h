/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backup_fixture.h - a backup of a meter with two files, and a directory for a card. Included by the tests of both. */
#ifndef VATIO_TESTS_BACKUP_FIXTURE_H
#define VATIO_TESTS_BACKUP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/vatio/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char root[40];
    struct backup backup;
};

static inline void fixture_backup(struct backup *backup)
{
    static const char *const contents[] = {"[meter]\nid = m1\n", "[mqtt]\nuser = \xc3\xa4\t\"\\\n"};
    static const char *const paths[] = {"/etc/vatio/vatiod.ini", "/etc/vatio/vatio-mqtt.ini"};
    struct control_backup *meter = &backup->meter;
    memset(backup, 0, sizeof *backup);
    backup->made_utc_ms = 1782000000123;
    snprintf(meter->meter_id, sizeof meter->meter_id, "m1");
    snprintf(meter->store_id, sizeof meter->store_id, "0123456789abcdef0123456789abcdef");
    snprintf(meter->version, sizeof meter->version, "0.1.0");
    snprintf(meter->data_dir, sizeof meter->data_dir, "/var/lib/vatio");
    meter->utc_ms = 1782000000000;
    meter->audit_seq = 17;
    memset(meter->audit_head, 'a', sizeof meter->audit_head - 1);
    meter->n_points = 1;
    meter->energy[0].import_uwh = INT64_C(9007199254740993);
    meter->kept_magic = KEPT_MAGIC;
    meter->kept_size = 777;
    for (int k = 0; k < 777; k++)
        meter->kept[k] = (unsigned char)(k * 7);
    memset(meter->kept, 0, RECORD_ID);
    memcpy(meter->kept, "m1", 2);
    for (backup->files = 0; backup->files < 2; backup->files++) {
        struct backup_file *file = &backup->file[backup->files];
        snprintf(file->path, sizeof file->path, "%s", paths[backup->files]);
        file->mode = 0640;
        file->content = strdup(contents[backup->files]);
    }
}

static inline int fixture_open(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    strcpy(place->root, "/tmp/vatio-card-XXXXXX");
    assert_non_null(mkdtemp(place->root));
    fixture_backup(&place->backup);
    *state = place;
    return 0;
}

static inline void fixture_empty(const struct place *place)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r %s && mkdir %s", place->root, place->root);
    assert_int_equal(system(command), 0);
}

static inline int fixture_close(void **state)
{
    struct place *place = *state;
    fixture_empty(place);
    rmdir(place->root);
    backup_free(&place->backup);
    free(place);
    return 0;
}

static inline char *fixture_path(const struct place *place, const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s%s", place->root, name);
    return path;
}

static inline void fixture_write(const struct place *place, const char *name, const char *text)
{
    char command[240];
    snprintf(command, sizeof command, "mkdir -p $(dirname %s)", fixture_path(place, name));
    assert_int_equal(system(command), 0);
    FILE *file = fopen(fixture_path(place, name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline bool fixture_is_there(const struct place *place, const char *name)
{
    return access(fixture_path(place, name), F_OK) == 0;
}

static inline void fixture_check_text(const struct place *place, const char *name, const char *expected)
{
    char text[400] = "";
    FILE *file = fopen(fixture_path(place, name), "r");
    if (file == NULL)
        fail_msg("%s is not there", name);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

#endif
