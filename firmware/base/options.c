/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/options.h"

#include "firmware/base/options_names.h"
#include "firmware/base/options_value.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

void options_defaults(const struct option *table, size_t n, void *target)
{
    for (size_t i = 0; i < n; i++) {
        if (table[i].fallback == NULL)
            continue;
        const char *wrong = options_value_read(&table[i], table[i].fallback, target);
        assert(wrong == NULL && "the table's own default must be a legal value");
        (void)wrong;
    }
}

__attribute__((format(printf, 2, 3))) static int refuse(struct options_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    options_make_printable(error->text);
    return -EINVAL;
}

static const struct option *find_dotted(const struct option *table, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        const size_t section = strlen(table[i].section);
        if (strncmp(key, table[i].section, section) == 0 && key[section] == '.' &&
            strcmp(key + section + 1, table[i].name) == 0)
            return &table[i];
    }
    return NULL;
}

int options_set(const struct option *table, size_t n, void *target, const char *assignment,
                struct options_error *error)
{
    char key[128], value[OPTIONS_VALUE_BYTES], expected[OPTIONS_VALUE_BYTES];
    const char *equals = strchr(assignment, '=');
    if (equals == NULL)
        return refuse(error, "--set %.80s: '=' is missing; expected section.name=value", assignment);
    options_trim(key, sizeof key, assignment, (size_t)(equals - assignment));
    if (options_trim(value, sizeof value, equals + 1, strlen(equals + 1)) != 0)
        return refuse(error, "--set %.80s: the value is too long; expected at most %zu characters", key,
                      sizeof value - 1);
    const struct option *option = find_dotted(table, n, key);
    if (option == NULL) {
        char nearest[128];
        options_nearest(table, n, key, nearest, sizeof nearest);
        return refuse(error, "--set %.80s: there is no such option; expected section.name, for instance %s",
                      key, nearest);
    }
    const char *wrong = options_value_read(option, value, target);
    if (wrong == NULL)
        return 0;
    options_value_expected(option, expected);
    return refuse(error, "--set %s: \"%.40s\" %s; expected %.100s", key, value, wrong, expected);
}

/* False for what has no value, and for what makes a line that the reader would refuse. */
static bool line_of(const struct option *option, const void *target, char line[INI_MAX_LINE])
{
    char text[OPTIONS_VALUE_BYTES];
    return options_value_text(option, target, text) == 0 &&
           snprintf(line, INI_MAX_LINE, "%s =%s%s", option->name, text[0] == '\0' ? "" : " ", text) <=
               INI_MAX_LINE - 3;
}

static void write_comment(const struct option *option, FILE *file)
{
    char expected[OPTIONS_VALUE_BYTES];
    options_value_expected(option, expected);
    fprintf(file, "# %s: %s", option->help, expected);
    if (option->fallback != NULL)
        fprintf(file, "; default %s", option->fallback[0] == '\0' ? "empty" : option->fallback);
    fputc('\n', file);
}

int options_write(const struct option *table, size_t n, const void *target, FILE *file)
{
    int status = 0;
    for (size_t i = 0; i < n; i++) {
        char line[INI_MAX_LINE];
        if (i == 0 || strcmp(table[i].section, table[i - 1].section) != 0)
            fprintf(file, "%s[%s]\n", i == 0 ? "" : "\n", table[i].section);
        write_comment(&table[i], file);
        if (line_of(&table[i], target, line)) {
            fprintf(file, "%s\n", line);
        } else {
            fprintf(file, "# %s has no value that a file can hold\n", table[i].name);
            status = -EINVAL;
        }
    }
    if (fflush(file) != 0 || ferror(file))
        return -EIO;
    return status;
}
