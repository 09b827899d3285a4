/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/text_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_all(FILE *file, const char *path, char *text, char *error, size_t error_size)
{
    size_t size = fread(text, 1, TEXT_FILE_MAX + 1, file);
    if (ferror(file)) {
        int code = errno;
        snprintf(error, error_size, "%s: %s", path, strerror(code));
        return -code;
    }
    if (size > TEXT_FILE_MAX) {
        snprintf(error, error_size, "%s: expected at most %d bytes", path, TEXT_FILE_MAX);
        return -EINVAL;
    }
    text[size] = '\0';
    if (strlen(text) == size)
        return 0;
    int line = 1;
    for (const char *c = text; *c != '\0'; c++)
        line += *c == '\n';
    snprintf(error, error_size, "%s:%d: expected text, found a NUL byte", path, line);
    return -EINVAL;
}

int text_file_read(const char *path, char **text, char *error, size_t error_size)
{
    *text = NULL;
    FILE *file = fopen(path, "re");
    char *bytes = file ? malloc(TEXT_FILE_MAX + 2) : NULL;
    if (!bytes) {
        int code = file ? ENOMEM : errno;
        snprintf(error, error_size, "%s: %s", path, strerror(code));
        if (file)
            fclose(file);
        return -code;
    }
    int result = read_all(file, path, bytes, error, error_size);
    fclose(file);
    if (result == 0)
        *text = bytes;
    else
        free(bytes);
    return result;
}

static const char *skip_blanks(const char *c)
{
    return c + strspn(c, " \t\r");
}

/* True if word stands at c and is followed, after blanks, by one of the characters in ends. */
static bool stands_at(const char *c, const char *word, const char *ends)
{
    size_t length = strlen(word);
    if (strncmp(c, word, length) != 0)
        return false;
    c = skip_blanks(c + length);
    return *c != '\0' && strchr(ends, *c) != NULL;
}

int text_file_line(const char *text, const char *section, const char *key)
{
    int heading = 0;
    bool inside = false;
    int line = 1;
    for (const char *c = text; c; line++) {
        const char *first = skip_blanks(c);
        if (*first == '[') {
            inside = stands_at(first + 1, section, "]");
            heading = inside && heading == 0 ? line : heading;
        } else if (inside && key && stands_at(first, key, "=:")) {
            return line;
        }
        c = strchr(c, '\n');
        c = c ? c + 1 : NULL;
    }
    return heading;
}
