/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/record_json.h"
#include "firmware/base/digest.h"
#include "tools/vatio/backup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "vatio-backup"

/* --- writing ---------------------------------------------------------------------------------------------------- */

/* For people: what is put back are the record's bytes. */
static json_t *registers_json(const struct control_backup *meter)
{
    json_t *object = json_object();
    for (int64_t p = 0; p < meter->n_points; p++) {
        const char *name = record_point_name(meter->point_id[p]);
        const struct record_energy *energy = &meter->energy[p];
        if (name != NULL)
            json_object_set_new(
                object, name,
                json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "import_uwh", (json_int_t)energy->import_uwh,
                          "export_uwh", (json_int_t)energy->export_uwh, "q1_uvarh",
                          (json_int_t)energy->q1_uvarh, "q2_uvarh", (json_int_t)energy->q2_uvarh, "q3_uvarh",
                          (json_int_t)energy->q3_uvarh, "q4_uvarh", (json_int_t)energy->q4_uvarh,
                          "apparent_uvah", (json_int_t)energy->apparent_uvah));
    }
    return object;
}

static json_t *files_json(const struct backup *backup)
{
    json_t *array = json_array();
    for (int k = 0; k < backup->files; k++) {
        const struct backup_file *file = &backup->file[k];
        json_t *object = json_pack("{s:s, s:i, s:s, s:s, s:s}", "path", file->path, "mode", (int)file->mode,
                                   "user", file->user, "group", file->group, "content", file->content);
        if (object == NULL || json_array_append_new(array, object) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static int digest_of_json(const json_t *object, char text[DIGEST_TEXT])
{
    char *compact = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    if (compact == NULL)
        return -ENOMEM;
    digest_of(compact, strlen(compact), text);
    free(compact);
    return 0;
}

json_t *backup_json(const struct backup *backup)
{
    const struct control_backup *meter = &backup->meter;
    char hex[2 * KEPT_BYTES_MAX + 1], digest[DIGEST_TEXT];
    hex_write(meter->kept, (size_t)meter->kept_size, hex);
    json_t *files = files_json(backup);
    if (files == NULL)
        return NULL;
    json_t *object = json_pack(
        "{s:s, s:i, s:I, s:I, s:i, s:s, s:s, s:s, s:s, s:I, s:s, s:o, s:{s:I, s:s}, s:o}", "format", FORMAT,
        "schema", BACKUP_SCHEMA, "made_utc_ms", (json_int_t)backup->made_utc_ms, "registers_utc_ms",
        (json_int_t)meter->utc_ms, "utc_synced", (int)meter->utc_synced, "version", meter->version,
        "meter_id", meter->meter_id, "store_id", meter->store_id, "data_dir", meter->data_dir, "audit_seq",
        (json_int_t)meter->audit_seq, "audit_head", meter->audit_head, "registers", registers_json(meter),
        "kept", "magic", (json_int_t)meter->kept_magic, "hex", hex, "files", files);
    if (object != NULL && digest_of_json(object, digest) == 0 &&
        json_object_set_new(object, "sha256", json_string(digest)) == 0)
        return object;
    json_decref(object);
    return NULL;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static int refuse(const char *name, char *error, size_t error_size,
                                                        const char *format, ...)
{
    va_list args;
    const int length = snprintf(error, error_size, "%s: ", name);
    va_start(args, format);
    if (length < (int)error_size)
        vsnprintf(error + length, error_size - (size_t)length, format, args);
    va_end(args);
    return -EBADMSG;
}

/* A text that has room. */
static bool take_text(const json_t *object, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL || strlen(text) >= size ||
        strlen(text) != json_string_length(json_object_get(object, key)))
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool take_integer(const json_t *object, const char *key, int64_t *out)
{
    const json_t *value = json_object_get(object, key);
    *out = json_integer_value(value);
    return json_is_integer(value);
}

static bool take_kept(const json_t *object, struct control_backup *meter)
{
    const json_t *kept = json_object_get(object, "kept");
    const char *hex = json_string_value(json_object_get(kept, "hex"));
    if (hex == NULL || !take_integer(kept, "magic", &meter->kept_magic))
        return false;
    meter->kept_size = (int64_t)strlen(hex) / 2;
    return meter->kept_size > RECORD_ID && meter->kept_size <= KEPT_BYTES_MAX &&
           hex_read(hex, meter->kept, (size_t)meter->kept_size) == 0 &&
           strncmp((const char *)meter->kept, meter->meter_id, RECORD_ID) == 0;
}

static bool take_file(const json_t *object, struct backup_file *file)
{
    const char *content = json_string_value(json_object_get(object, "content"));
    int64_t mode;
    if (content == NULL || !take_text(object, "path", file->path, sizeof file->path) ||
        file->path[0] != '/' || strstr(file->path, "/../") != NULL ||
        !take_text(object, "user", file->user, sizeof file->user) ||
        !take_text(object, "group", file->group, sizeof file->group) || !take_integer(object, "mode", &mode))
        return false;
    file->mode = (mode_t)(mode & 0777);
    file->content = strdup(content);
    return file->content != NULL;
}

static bool take_files(const json_t *object, struct backup *backup)
{
    const json_t *files = json_object_get(object, "files");
    if (!json_is_array(files) || json_array_size(files) > BACKUP_FILES)
        return false;
    for (size_t k = 0; k < json_array_size(files); k++) {
        if (!take_file(json_array_get(files, k), &backup->file[k]))
            return false;
        backup->files++;
    }
    return true;
}

static bool take_all(const json_t *object, struct backup *backup)
{
    struct control_backup *meter = &backup->meter;
    return take_integer(object, "made_utc_ms", &backup->made_utc_ms) &&
           take_integer(object, "registers_utc_ms", &meter->utc_ms) &&
           take_integer(object, "utc_synced", &meter->utc_synced) &&
           take_integer(object, "audit_seq", &meter->audit_seq) &&
           take_text(object, "version", meter->version, sizeof meter->version) &&
           take_text(object, "meter_id", meter->meter_id, sizeof meter->meter_id) &&
           take_text(object, "store_id", meter->store_id, sizeof meter->store_id) &&
           take_text(object, "data_dir", meter->data_dir, sizeof meter->data_dir) &&
           meter->data_dir[0] == '/' &&
           take_text(object, "audit_head", meter->audit_head, sizeof meter->audit_head) &&
           take_kept(object, meter) && take_files(object, backup);
}

static bool is_sealed(json_t *object)
{
    char wanted[DIGEST_TEXT], digest[DIGEST_TEXT];
    if (!take_text(object, "sha256", wanted, sizeof wanted))
        return false;
    json_object_del(object, "sha256");
    return digest_of_json(object, digest) == 0 && strcmp(digest, wanted) == 0;
}

int backup_parse(struct backup *backup, const char *name, json_t *object, char *error, size_t error_size)
{
    char format[sizeof FORMAT];
    int64_t schema;
    if (!take_text(object, "format", format, sizeof format) || strcmp(format, FORMAT) != 0 ||
        !take_integer(object, "schema", &schema))
        return refuse(name, error, error_size, "this is no backup of a Vatio meter");
    if (schema > BACKUP_SCHEMA)
        return refuse(name, error, error_size, "has schema %" PRId64 " of a newer vatio; expected at most %d",
                      schema, BACKUP_SCHEMA);
    if (!is_sealed(object))
        return refuse(name, error, error_size, "is damaged: its checksum does not hold");
    if (!take_all(object, backup))
        return refuse(name, error, error_size, "is not complete, or says what cannot be");
    if (backup->meter.kept_magic < KEPT_OLDER || backup->meter.kept_magic > KEPT_MAGIC)
        return refuse(name, error, error_size, "holds registers of another version of vatiod");
    return 0;
}
