/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log.h - one line per message on standard error: "<priority>message" of sd-daemon(3) when the journal reads it
 * (JOURNAL_STREAM names that very stream), else "program: word: message".
 *
 * Threads: any; a line is one write.
 */
#ifndef VATIO_BASE_LOG_H
#define VATIO_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* program is not copied; messages above max_level are not written. Before the first call: "vatio", notice. */
void log_init(const char *program, enum log_level max_level);

/* From any thread, at any time. */
void log_set_level(enum log_level max_level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
