/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text_file.h - a small text file in memory, for checks that need more than one of its lines at once.
 *
 * Errors:  -errno for what the system said; -EINVAL for a file beyond TEXT_FILE_MAX or with a NUL in it. error then
 *          holds one sentence with the path.
 * Threads: pure but for the file.
 */
#ifndef VATIO_BASE_TEXT_FILE_H
#define VATIO_BASE_TEXT_FILE_H

#include <stddef.h>

enum { TEXT_FILE_MAX = 1 << 20 };

/* The whole file, ending in NUL. *text belongs to the caller, who frees it; NULL on failure. */
int text_file_read(const char *path, char **text, char *error, size_t error_size);

/* The line (from 1) on which an INI text first sets section.key; that of the section's heading if it does not, or if
 * key is NULL; 0 if there is no such section. */
int text_file_line(const char *text, const char *section, const char *key);

#endif
