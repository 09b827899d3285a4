/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digest.h - SHA-256 of bytes that come in pieces, and bytes as hexadecimal text.
 *
 * Text:    lower case, two digits a byte.
 * Errors:  -EINVAL from hex_read for what is no such text.
 * Threads: pure; one object, one thread.
 * Source:  FIPS 180-4; computed by nettle.
 */
#ifndef VATIO_BASE_DIGEST_H
#define VATIO_BASE_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_TEXT = 2 * SHA256_DIGEST_SIZE + 1 };

struct digest {
    struct sha256_ctx sha256;
};

void digest_init(struct digest *digest);
void digest_add(struct digest *digest, const void *bytes, size_t size);

/* The digest's text; the object is then as after init. */
void digest_read(struct digest *digest, char text[DIGEST_TEXT]);

/* All three at once. */
void digest_of(const void *bytes, size_t size, char text[DIGEST_TEXT]);

/* text has room for 2 size + 1. */
void hex_write(const unsigned char *bytes, size_t size, char *text);

/* Exactly size bytes. */
int hex_read(const char *text, unsigned char *bytes, size_t size);

#endif
