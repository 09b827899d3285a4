/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/options_names.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

enum { NAME_MAX_CHARACTERS = 63 };

int options_trim(char *to, size_t size, const char *from, size_t length)
{
    while (length > 0 && isspace((unsigned char)from[0])) {
        from++;
        length--;
    }
    while (length > 0 && isspace((unsigned char)from[length - 1]))
        length--;
    if (size == 0)
        return -EINVAL;
    const size_t fits = length < size ? length : size - 1;
    memcpy(to, from, fits);
    to[fits] = '\0';
    return fits == length ? 0 : -EINVAL;
}

void options_make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text))
            *text = '?';
}

static int smallest(int a, int b, int c)
{
    const int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein's recurrence with one row kept. */
int options_distance(const char *a, const char *b)
{
    int row[NAME_MAX_CHARACTERS + 1];
    const int n = (int)strnlen(a, NAME_MAX_CHARACTERS);
    const int m = (int)strnlen(b, NAME_MAX_CHARACTERS);
    for (int j = 0; j <= m; j++)
        row[j] = j;
    for (int i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            const int above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[m];
}

void options_nearest(const struct option *table, size_t n, const char *key, char *nearest, size_t size)
{
    int best = INT_MAX;
    for (size_t i = 0; i < n; i++) {
        char dotted[NAME_MAX_CHARACTERS + 1];
        snprintf(dotted, sizeof dotted, "%s.%s", table[i].section, table[i].name);
        const int distance = options_distance(key, dotted);
        if (distance < best) {
            best = distance;
            snprintf(nearest, size, "%s", dotted);
        }
    }
}

const char *options_nearest_name(const struct option *table, size_t n, const char *section, const char *name)
{
    const char *nearest = NULL;
    int best = INT_MAX;
    for (size_t i = 0; i < n; i++) {
        const int distance = options_distance(name, table[i].name);
        if (strcmp(table[i].section, section) == 0 && distance < best) {
            best = distance;
            nearest = table[i].name;
        }
    }
    return nearest;
}

const char *options_nearest_section(const struct option *table, size_t n, const char *section)
{
    const char *nearest = table[0].section;
    for (size_t i = 1; i < n; i++)
        if (options_distance(section, table[i].section) < options_distance(section, nearest))
            nearest = table[i].section;
    return nearest;
}
