/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_MOST = 64 };

void arguments_usage(FILE *file)
{
    fputs("usage: vatio-accuracy [OPTION...]\n"
          "\n"
          "Prints test point, quantity, error, limit and margin of the whole metering chain on simulated "
          "sensors.\n"
          "  --full             everything, as dsp/ACCURACY.md; without it a reduced set\n"
          "  --only GROUP       this group; may be given often\n"
          "  --seed N           of all that is random (1)\n"
          "  --jobs N           groups at the same time (2)\n"
          "  --json             JSON instead of text\n"
          "  --markdown FILE    the table as Markdown into a file too\n"
          "  --list             the groups\n"
          "  --help             this text\n"
          "Ends with 0 when all is within limits, 1 when a limit is passed, 2 on wrong usage.\n",
          file);
}

static int complain(const char *what, const char *given, const char *expected)
{
    fprintf(stderr, "vatio-accuracy: %s %s: %s was expected\n", what, given, expected);
    return -1;
}

static int take_number(const char *name, const char *text, uint64_t most, uint64_t *number)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > most)
        return complain(name, text, "a whole number");
    *number = value;
    return 0;
}

static const struct group *find_group(const char *name)
{
    for (int i = 0; i < groups_n; i++)
        if (strcmp(groups[i].name, name) == 0)
            return &groups[i];
    return NULL;
}

static int take_only(struct arguments *arguments, const char *name)
{
    if (find_group(name) == NULL)
        return complain("--only", name, "a group of --list");
    if (arguments->n_only == ARGUMENTS_ONLY)
        return complain("--only", name, "no more groups than there are");
    arguments->only[arguments->n_only++] = name;
    return 0;
}

static int take_value(struct arguments *arguments, const char *name, const char *value)
{
    uint64_t number = 0;
    int status = 0;
    if (strcmp(name, "--only") == 0)
        return take_only(arguments, value);
    if (strcmp(name, "--seed") == 0)
        return take_number(name, value, UINT64_MAX, &arguments->seed);
    if (strcmp(name, "--markdown") == 0) {
        arguments->markdown = value;
        return 0;
    }
    if (strcmp(name, "--jobs") != 0)
        return complain("argument", name, "one of those in --help");
    status = take_number(name, value, JOBS_MOST, &number);
    if (status == 0 && number == 0)
        return complain(name, value, "1 or more");
    arguments->jobs = (int)number;
    return status;
}

static bool take_flag(struct arguments *arguments, const char *name)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--full", &arguments->full},
                 {"--json", &arguments->json},
                 {"--list", &arguments->list},
                 {"--help", &arguments->help}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(name, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    return false;
}

int arguments_read(struct arguments *arguments, int argc, char **argv)
{
    *arguments = (struct arguments){.seed = 1, .jobs = 2};
    for (int i = 1; i < argc; i++) {
        if (take_flag(arguments, argv[i]))
            continue;
        if (i + 1 == argc)
            return complain("argument", argv[i], "one of those in --help, with its value,");
        if (take_value(arguments, argv[i], argv[i + 1]) != 0)
            return -1;
        i++;
    }
    return 0;
}

bool arguments_select(const struct arguments *arguments, const struct group *group)
{
    if (arguments->n_only == 0)
        return arguments->full || !group->full_only;
    for (int i = 0; i < arguments->n_only; i++)
        if (strcmp(arguments->only[i], group->name) == 0)
            return true;
    return false;
}
