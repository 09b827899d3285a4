/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static const struct {
    const char *word;
    int priority; /* of syslog(3) */
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", 3},   [LOG_LEVEL_WARNING] = {"warning", 4},
    [LOG_LEVEL_NOTICE] = {"notice", 5}, [LOG_LEVEL_INFO] = {"info", 6},
    [LOG_LEVEL_DEBUG] = {"debug", 7},
};

/* A process has one standard error; set once before threads start, read only afterwards but for the level. */
static const char *log_program = "vatio";
static _Atomic int log_max_level = LOG_LEVEL_NOTICE;
static bool log_to_journal;

/* JOURNAL_STREAM names the device and inode of the journal's stream; standard error may since have been redirected. */
static bool journal_reads_stderr(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat now;
    uintmax_t device, inode;
    return stream != NULL && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &now) == 0 && now.st_dev == device && now.st_ino == inode;
}

void log_init(const char *program, enum log_level max_level)
{
    log_program = program;
    log_set_level(max_level);
    log_to_journal = journal_reads_stderr();
}

void log_set_level(enum log_level max_level)
{
    atomic_store_explicit(&log_max_level, (int)max_level, memory_order_relaxed);
}

__attribute__((format(printf, 2, 0))) static void write_line(enum log_level level, const char *format,
                                                             va_list args)
{
    if ((int)level > atomic_load_explicit(&log_max_level, memory_order_relaxed))
        return;
    const int saved = errno;
    char line[LINE_MAX_BYTES];
    const int head = log_to_journal
                         ? snprintf(line, sizeof line - 1, "<%d>", levels[level].priority)
                         : snprintf(line, sizeof line - 1, "%.64s: %s: ", log_program, levels[level].word);
    errno = saved; /* for %m */
    const int body = vsnprintf(line + head, sizeof line - 1 - (size_t)head, format, args);
    size_t length = (size_t)(head + (body > 0 ? body : 0));
    if (length > sizeof line - 2)
        length = sizeof line - 2; /* cut: a line is one write */
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = ' '; /* a message is one line, and cannot steer a terminal */
    line[length] = '\n';
    const ssize_t written = write(STDERR_FILENO, line, length + 1);
    (void)written; /* nowhere is left to report it */
    errno = saved;
}

#define LOG_FUNCTION(name, level)                                                                            \
    void name(const char *format, ...)                                                                       \
    {                                                                                                        \
        va_list args;                                                                                        \
        va_start(args, format);                                                                              \
        write_line(level, format, args);                                                                     \
        va_end(args);                                                                                        \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
