/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/digest.h"

#include <errno.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

void digest_init(struct digest *digest)
{
    sha256_init(&digest->sha256);
}

void digest_add(struct digest *digest, const void *bytes, size_t size)
{
    sha256_update(&digest->sha256, size, bytes);
}

void digest_read(struct digest *digest, char text[DIGEST_TEXT])
{
    unsigned char bytes[SHA256_DIGEST_SIZE];
    sha256_digest(&digest->sha256, sizeof bytes, bytes);
    hex_write(bytes, sizeof bytes, text);
}

void digest_of(const void *bytes, size_t size, char text[DIGEST_TEXT])
{
    struct digest digest;
    digest_init(&digest);
    digest_add(&digest, bytes, size);
    digest_read(&digest, text);
}

void hex_write(const unsigned char *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

static int digit(char c)
{
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

int hex_read(const char *text, unsigned char *bytes, size_t size)
{
    if (strlen(text) != 2 * size)
        return -EINVAL;
    for (size_t i = 0; i < size; i++) {
        const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return -EINVAL;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return 0;
}
