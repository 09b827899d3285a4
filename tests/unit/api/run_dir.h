/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run_dir.h - a run directory of a test's own, made before it and removed behind it with what is in it.
 */
#ifndef VATIO_TESTS_UNIT_API_RUN_DIR_H
#define VATIO_TESTS_UNIT_API_RUN_DIR_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[64];

static inline int make_directory(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%.40s/vatio.XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(directory) == NULL ? -1 : 0;
}

/* The caller must not keep it over another call. */
static inline const char *path_of(const char *name)
{
    static char path[96];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static inline int remove_directory(void **state)
{
    (void)state;
    DIR *entries = opendir(directory);
    if (entries == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    return rmdir(directory);
}

#define IN_DIRECTORY(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

#endif
