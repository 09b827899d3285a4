/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_aside.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LABEL ".corrupt-"

enum { NAMES = 99 };

/* The database first: store_aside.h says why. */
static const char *const ends[] = {"", "-wal", "-shm"};
enum { ENDS = sizeof ends / sizeof ends[0] };

/* "<base>.corrupt-<UTC>" with "-<n>" from the second on. */
static int name_of(const char *base, int64_t utc_s, int n, char *name, size_t size)
{
    char stamp[32];
    char number[16] = "";
    struct tm utc;
    const time_t seconds = (time_t)utc_s;
    if (gmtime_r(&seconds, &utc) == NULL)
        return -EOVERFLOW;
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    if (n > 1)
        snprintf(number, sizeof number, "-%d", n);
    return snprintf(name, size, "%s" LABEL "%s%s", base, stamp, number) < (int)size ? 0 : -ENAMETOOLONG;
}

static bool is_free(const char *dir, const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    bool taken = false;
    for (int k = 0; k < ENDS && !taken; k++) {
        snprintf(path, sizeof path, "%s/%s%s", dir, name, ends[k]);
        taken = lstat(path, &status) == 0;
    }
    return !taken;
}

static int free_name(const char *dir, const char *base, int64_t utc_s, char *name, size_t size)
{
    for (int n = 1; n <= NAMES; n++) {
        const int result = name_of(base, utc_s, n, name, size);
        if (result < 0 || is_free(dir, name))
            return result;
    }
    return -EEXIST;
}

static int rename_all(const char *path, const char *dir, const char *name)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    for (int k = 0; k < ENDS; k++) {
        snprintf(from, sizeof from, "%s%s", path, ends[k]);
        snprintf(to, sizeof to, "%s/%s%s", dir, name, ends[k]);
        if (rename(from, to) < 0 && errno != ENOENT)
            return -errno;
    }
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static bool is_set(const char *entry, const char *base, const char *newest)
{
    const size_t length = strlen(base);
    return strncmp(entry, base, length) == 0 && strncmp(entry + length, LABEL, strlen(LABEL)) == 0 &&
           !ends_with(entry, "-wal") && !ends_with(entry, "-shm") && strcmp(entry, newest) != 0;
}

static int64_t bytes_of(const char *dir, const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    int64_t bytes = 0;
    for (int k = 0; k < ENDS; k++) {
        snprintf(path, sizeof path, "%s/%s%s", dir, name, ends[k]);
        bytes += lstat(path, &status) == 0 ? (int64_t)status.st_size : 0;
    }
    return bytes;
}

/* The smallest set beside the newest, and how many there are. */
static int find_smallest(const char *dir, const char *base, const char *newest, char *smallest, size_t size)
{
    int64_t least = INT64_MAX;
    int n = 0;
    DIR *stream = opendir(dir);
    if (stream == NULL)
        return -errno;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (!is_set(entry->d_name, base, newest))
            continue;
        n++;
        const int64_t bytes = bytes_of(dir, entry->d_name);
        if (bytes < least) {
            least = bytes;
            snprintf(smallest, size, "%s", entry->d_name);
        }
    }
    closedir(stream);
    return n;
}

static void remove_all(const char *dir, const char *name)
{
    char path[PATH_MAX];
    for (int k = 0; k < ENDS; k++) {
        snprintf(path, sizeof path, "%s/%s%s", dir, name, ends[k]);
        unlink(path);
    }
}

/* What cannot be removed stays: more of them are better than no new database. */
static void thin_out(const char *dir, const char *base, const char *newest)
{
    char smallest[NAME_MAX + 1];
    int n = find_smallest(dir, base, newest, smallest, sizeof smallest);
    for (; n >= STORE_ASIDE_SETS; n--) {
        remove_all(dir, smallest);
        find_smallest(dir, base, newest, smallest, sizeof smallest);
    }
}

int store_aside(const char *path, int64_t utc_s, char *name, size_t size)
{
    char for_dir[PATH_MAX];
    char for_base[PATH_MAX];
    snprintf(for_dir, sizeof for_dir, "%s", path);
    snprintf(for_base, sizeof for_base, "%s", path);
    const char *dir = dirname(for_dir);
    const char *base = basename(for_base);
    int result = free_name(dir, base, utc_s, name, size);
    if (result == 0)
        result = rename_all(path, dir, name);
    if (result == 0)
        thin_out(dir, base, name);
    return result;
}
