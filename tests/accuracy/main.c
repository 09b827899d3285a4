/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - vatio-accuracy: runs the groups, two at a time, and prints their rows. Exit status 0: all within limits; 1: a
 * limit is passed; 2: wrong usage; 3: the rig does not stand. */
#include "tests/accuracy/arguments.h"
#include "tests/accuracy/fail.h"
#include "tests/accuracy/output.h"
#include "tests/accuracy/workers.h"

#include <stdio.h>
#include <stdlib.h>

static void list_groups(void)
{
    for (int i = 0; i < groups_n; i++)
        printf("%-12s %s%s\n", groups[i].name, groups[i].title, groups[i].full_only ? " (--full only)" : "");
}

static void write_markdown(const char *path, const struct output *output)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        fail("%s cannot be written", path);
    output_markdown(file, output);
    if (fclose(file) != 0)
        fail("%s could not be written to its end", path);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    if (arguments_read(&arguments, argc, argv) != 0)
        return 2;
    if (arguments.help) {
        arguments_usage(stdout);
        return EXIT_SUCCESS;
    }
    if (arguments.list) {
        list_groups();
        return EXIT_SUCCESS;
    }
    struct result *result = calloc((size_t)groups_n, sizeof *result);
    if (result == NULL)
        fail("no memory");
    workers_run(&arguments, result);
    struct output output = {.full = arguments.full, .seed = arguments.seed, .result = result, .n = groups_n};
    if (arguments.json)
        output_json(stdout, &output);
    else
        output_text(stdout, &output);
    if (arguments.markdown != NULL)
        write_markdown(arguments.markdown, &output);
    size_t failures = output_failures(&output);
    for (int i = 0; i < groups_n; i++)
        table_close(&result[i].table);
    free(result);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
