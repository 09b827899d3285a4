/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/arguments.h"

#include "firmware/base/options_names.h"
#include "firmware/base/options_value.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static int refuse(struct options_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    options_make_printable(error->text);
    return -EINVAL;
}

static const struct option *find(const struct option *table, size_t n, const char *name, size_t length)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

/* One option; next is the word behind it or NULL. Returns 1 or 2, the words taken. */
static int take(const struct option *option, const char *equals, const char *next, void *target,
                struct options_error *error)
{
    char expected[OPTIONS_VALUE_BYTES];
    if (option->type == OPTION_BOOL) {
        if (equals != NULL)
            return refuse(error, "--%s takes no value; expected it alone", option->name);
        options_value_read(option, "yes", target);
        return 1;
    }
    const char *value = equals != NULL ? equals + 1 : next;
    options_value_expected(option, expected);
    if (value == NULL)
        return refuse(error, "--%s has no value; expected %.100s", option->name, expected);
    const char *wrong = options_value_read(option, value, target);
    if (wrong != NULL)
        return refuse(error, "--%s %.60s %s; expected %.100s", option->name, value, wrong, expected);
    return equals != NULL ? 1 : 2;
}

int arguments_read(const struct option *table, size_t n, void *target, int argc, char *const argv[],
                   struct options_error *error)
{
    int at = 0;
    while (at < argc && argv[at][0] == '-') {
        const char *name = strcmp(argv[at], "-h") == 0 ? "--help" : argv[at];
        const char *equals = strchr(name, '=');
        const size_t length = equals == NULL ? strlen(name) : (size_t)(equals - name);
        const struct option *option =
            strncmp(name, "--", 2) == 0 ? find(table, n, name + 2, length - 2) : NULL;
        if (option == NULL)
            return refuse(error, "there is no option %.60s here; expected one such as --%s", argv[at],
                          options_nearest_name(table, n, "", name));
        const int taken = take(option, equals, at + 1 < argc ? argv[at + 1] : NULL, target, error);
        if (taken < 0)
            return taken;
        at += taken;
    }
    return at;
}

void arguments_help(FILE *file, const struct option *table, size_t n)
{
    static const char *const placeholder[] = {[OPTION_BOOL] = "",
                                              [OPTION_INT] = " N",
                                              [OPTION_DOUBLE] = " X",
                                              [OPTION_STRING] = " PATH",
                                              [OPTION_CHOICE] = " WORD"};
    for (size_t i = 0; i < n; i++) {
        char usage[64], expected[OPTIONS_VALUE_BYTES];
        snprintf(usage, sizeof usage, "--%s%s", table[i].name, placeholder[table[i].type]);
        fprintf(file, "  %-16s %s", usage, table[i].help);
        if (table[i].type != OPTION_BOOL) {
            options_value_expected(&table[i], expected);
            fprintf(file, "; %s", expected);
            if (table[i].fallback != NULL && table[i].fallback[0] != '\0')
                fprintf(file, "; default %s", table[i].fallback);
        }
        fputc('\n', file);
    }
}
