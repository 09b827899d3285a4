/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static const char nothing[] = "0000000000000000000000000000000000000000000000000000000000000000";
static const char hash_key[] = ",\"hash\":\"";
enum { HASH_TEXT = DIGEST_TEXT - 1, TAIL = sizeof hash_key - 1 + HASH_TEXT + 2 /* "} */ };

static void escape(const char *text, char *out)
{
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\')
            *out++ = *text;
        else
            out += sprintf(out, "\\u%04x", byte);
    }
    *out = '\0';
}

size_t audit_format(struct audit_entry *entry, char line[AUDIT_LINE])
{
    char boot_id[6 * sizeof entry->boot_id], kind[6 * sizeof entry->kind], detail[6 * sizeof entry->detail];
    char value[32] = "null";
    escape(entry->boot_id, boot_id);
    escape(entry->kind, kind);
    escape(entry->detail, detail);
    if (isfinite(entry->value))
        snprintf(value, sizeof value, "%.17g", entry->value);
    const int body =
        snprintf(line, AUDIT_LINE,
                 "{\"n\":%" PRId64 ",\"utc_ms\":%" PRId64 ",\"utc_synced\":%" PRId64
                 ",\"boot_id\":\"%s\",\"kind\":\"%s\",\"detail\":\"%s\",\"value\":%s,\"prev\":\"%s\"",
                 entry->n, entry->utc_ms, entry->utc_synced, boot_id, kind, detail, value, entry->prev);
    digest_of(line, (size_t)body, entry->hash);
    const int tail = snprintf(line + body, (size_t)(AUDIT_LINE - body), "%s%s\"}\n", hash_key, entry->hash);
    return (size_t)(body + tail);
}

/* --- one line --------------------------------------------------------------------------------------------------- */

static bool take(const char **at, const char *expected)
{
    const size_t length = strlen(expected);
    if (strncmp(*at, expected, length) != 0)
        return false;
    *at += length;
    return true;
}

static bool take_integer(const char **at, const char *key, int64_t *value)
{
    char *end;
    if (!take(at, key))
        return false;
    *value = strtoll(*at, &end, 10);
    const bool found = end != *at;
    *at = end;
    return found;
}

static bool take_value(const char **at, double *value)
{
    char *end;
    *value = (double)NAN;
    if (take(at, ",\"value\":null"))
        return true;
    if (!take(at, ",\"value\":"))
        return false;
    *value = strtod(*at, &end);
    const bool found = end != *at;
    *at = end;
    return found;
}

/* A character of a text, or -1. */
static int take_character(const char **at)
{
    const char *text = *at;
    if (*text != '\\') {
        *at += *text != '\0';
        return *text == '\0' || *text == '"' ? -1 : (unsigned char)*text;
    }
    unsigned char byte;
    char digits[3] = "";
    if (strncmp(text, "\\u00", 4) != 0)
        return -1;
    strncpy(digits, text + 4, 2);
    if (hex_read(digits, &byte, 1) != 0)
        return -1;
    *at += 6;
    return byte;
}

static bool take_text(const char **at, const char *key, char *out, size_t size)
{
    size_t n = 0;
    if (!take(at, key))
        return false;
    while (**at != '"') {
        const int character = take_character(at);
        if (character < 0 || n + 1 >= size)
            return false;
        out[n++] = (char)character;
    }
    out[n] = '\0';
    return take(at, "\"");
}

static bool take_all(struct audit_entry *entry, const char *at)
{
    return take_integer(&at, "{\"n\":", &entry->n) && take_integer(&at, ",\"utc_ms\":", &entry->utc_ms) &&
           take_integer(&at, ",\"utc_synced\":", &entry->utc_synced) &&
           take_text(&at, ",\"boot_id\":\"", entry->boot_id, sizeof entry->boot_id) &&
           take_text(&at, ",\"kind\":\"", entry->kind, sizeof entry->kind) &&
           take_text(&at, ",\"detail\":\"", entry->detail, sizeof entry->detail) &&
           take_value(&at, &entry->value) &&
           take_text(&at, ",\"prev\":\"", entry->prev, sizeof entry->prev) &&
           take_text(&at, hash_key, entry->hash, sizeof entry->hash) && strcmp(at, "}") == 0;
}

int audit_parse(struct audit_entry *entry, const char *line, size_t length)
{
    char hash[DIGEST_TEXT];
    memset(entry, 0, sizeof *entry);
    if (length <= TAIL || !take_all(entry, line))
        return -EBADMSG;
    digest_of(line, length - TAIL, hash);
    return strcmp(hash, entry->hash) == 0 ? 0 : -EBADMSG;
}

/* --- the chain -------------------------------------------------------------------------------------------------- */

void audit_chain_init(struct audit_chain *chain)
{
    memset(chain, 0, sizeof *chain);
    memcpy(chain->head, nothing, sizeof nothing);
    digest_init(&chain->piece);
}

static void wrong(struct audit_chain *chain, int64_t n, const char *what)
{
    if (chain->wrong[0] != '\0')
        return;
    chain->wrong_n = n;
    snprintf(chain->wrong, sizeof chain->wrong, "%s", what);
}

/* A torn piece that the next entry owns up to. */
static bool is_told(struct audit_chain *chain, const struct audit_entry *entry)
{
    char hash[DIGEST_TEXT];
    struct digest piece = chain->piece;
    digest_read(&piece, hash);
    return strcmp(entry->kind, AUDIT_TORN) == 0 && entry->value == (double)chain->piece_bytes &&
           strncmp(entry->detail, hash, HASH_TEXT) == 0;
}

static void judge(struct audit_chain *chain, const struct audit_entry *entry)
{
    const int64_t next = chain->n + 1;
    if (chain->piece_bytes > 0 && !is_told(chain, entry))
        wrong(chain, next, "is damaged: its line is not what was written");
    if (chain->piece_bytes == 0 && strcmp(entry->kind, AUDIT_TORN) == 0)
        wrong(chain, next, "tells of a torn line that is not there");
    if (entry->n != next)
        wrong(chain, next, entry->n > next ? "is missing" : "is followed by an older one");
    if (strcmp(entry->prev, chain->head) != 0)
        wrong(chain, next, "does not continue the entry before it");
    if (chain->n == 0 && strcmp(entry->kind, AUDIT_GENESIS) != 0)
        wrong(chain, next, "is not the beginning of a log");
}

bool audit_chain_add(struct audit_chain *chain, const char *line, size_t length, struct audit_entry *entry)
{
    char body[AUDIT_LINE];
    const bool ended = length > 0 && line[length - 1] == '\n';
    const size_t size = length - ended;
    chain->unended = !ended;
    if (size < sizeof body) {
        memcpy(body, line, size);
        body[size] = '\0';
    }
    if (size >= sizeof body || audit_parse(entry, body, size) != 0) {
        digest_add(&chain->piece, line, length);
        chain->piece_bytes += (int64_t)length;
        return false;
    }
    judge(chain, entry);
    if (strcmp(entry->kind, AUDIT_GENESIS) == 0)
        snprintf(chain->meter_id, sizeof chain->meter_id, "%.*s", RECORD_ID - 1, entry->detail);
    chain->n = entry->n;
    memcpy(chain->head, entry->hash, sizeof chain->head);
    chain->piece_bytes = 0;
    digest_init(&chain->piece);
    return true;
}

void audit_chain_end(struct audit_chain *chain)
{
    if (chain->piece_bytes > 0)
        wrong(chain, chain->n + 1, "is torn or damaged: the file ends in a piece of it");
    else if (chain->unended)
        wrong(chain, chain->n, "lacks its end of line");
}

int audit_chain_read(struct audit_chain *chain, FILE *file, audit_seen *seen, void *context)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    struct audit_entry entry;
    while ((length = getline(&line, &size, file)) > 0)
        if (audit_chain_add(chain, line, (size_t)length, &entry) && seen != NULL)
            seen(context, &entry);
    const int result = ferror(file) ? -EIO : 0;
    free(line);
    return result;
}
