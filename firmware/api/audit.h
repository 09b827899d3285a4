/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit.h - the audit log's text: one entry a line, each with the SHA-256 of itself and of the entry before.
 *
 * Line:    {"n":2,"utc_ms":0,"utc_synced":1,"boot_id":"..","kind":"stop","detail":"..","value":null,"prev":"..","hash":".."}
 *          in exactly this form. hash is of the line's bytes up to ,"hash": and prev is the hash of entry n - 1. What is not
 *          printable ASCII in detail stands as \u00xx, byte by byte.
 * Chain:   entry 1 is "genesis": its detail is the meter's id, its prev 64 zeros. n rises by one.
 * Pieces:  what a cut left of a line is believed only if the entry behind it says so: kind "audit-torn", value the number of
 *          bytes since the entry before, detail beginning with their SHA-256.
 * Errors:  -EBADMSG from audit_parse. A chain remembers the first thing that is wrong and goes on.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_API_AUDIT_H
#define VATIO_API_AUDIT_H

#include "firmware/api/record.h"
#include "firmware/base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define AUDIT_FILE    "audit.log"
#define AUDIT_GENESIS "genesis"
#define AUDIT_TORN    "audit-torn"

enum { AUDIT_LINE = 1408, AUDIT_REASON = 160 };

struct audit_entry {
    int64_t n;
    int64_t utc_ms;
    int64_t utc_synced;
    char boot_id[RECORD_ID];
    char kind[24];
    char detail[128];
    double value; /* NaN = none */
    char prev[DIGEST_TEXT];
    char hash[DIGEST_TEXT];
};

/* The line with its newline; fills entry->hash. Returns its length. */
size_t audit_format(struct audit_entry *entry, char line[AUDIT_LINE]);

/* One line without its newline, ending in NUL; its hash is its own. */
int audit_parse(struct audit_entry *entry, const char *line, size_t length);

struct audit_chain {
    int64_t n;                /* of the newest entry; 0 = none */
    char head[DIGEST_TEXT];   /* its hash */
    char meter_id[RECORD_ID]; /* of the genesis */
    int64_t piece_bytes;      /* behind the newest entry, not part of one */
    struct digest piece;
    bool unended;             /* the file's last line lacks its newline */
    int64_t wrong_n;          /* the entry at which the first thing is wrong */
    char wrong[AUDIT_REASON]; /* and what; "" = nothing */
};

void audit_chain_init(struct audit_chain *chain);

/* The next line with its newline, if it has one. True: it is an entry. */
bool audit_chain_add(struct audit_chain *chain, const char *line, size_t length, struct audit_entry *entry);

/* After the last line: a piece or a missing newline is wrong, too. */
void audit_chain_end(struct audit_chain *chain);

/* A whole file, but for audit_chain_end; seen (NULL = nobody) gets each entry. -errno when reading fails. */
typedef void audit_seen(void *context, const struct audit_entry *entry);
int audit_chain_read(struct audit_chain *chain, FILE *file, audit_seen *seen, void *context);

#endif
