/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run_vatio.h - the command line run against a fake meter, its output kept. Included by tests of single commands.
 */
#ifndef VATIO_TESTS_RUN_VATIO_H
#define VATIO_TESTS_RUN_VATIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools/fake_meter.h"
#include "tools/vatio/cli.h"

static struct fake_meter meter;
static char *out, *err;
static bool (*pause_hook)(struct cli *cli, int64_t ms);
static int pauses;

static inline int start_meter(void **state)
{
    (void)state;
    out = err = NULL;
    pause_hook = NULL;
    pauses = 0;
    return fake_start(&meter);
}

static inline int stop_meter(void **state)
{
    (void)state;
    free(out);
    free(err);
    fake_stop(&meter);
    return 0;
}

/* Time is the test's: waiting costs nothing, and the hook plays the meter meanwhile. */
static inline bool pause_now(struct cli *cli, int64_t ms)
{
    pauses++;
    return pause_hook == NULL || pause_hook(cli, ms);
}

/* Runs "vatio --run-dir DIR words..."; the words end with NULL. */
static inline int vatio(const char *const words[])
{
    char program[] = "vatio", option[] = "--run-dir";
    char *argv[16] = {program, option, meter.run_dir};
    size_t out_size, err_size;
    int argc = 3;
    for (int i = 0; words[i] != NULL; i++)
        argv[argc++] = (char *)(uintptr_t)words[i];
    free(out);
    free(err);
    struct cli cli = {.pause = pause_now};
    cli.out = open_memstream(&out, &out_size);
    cli.err = open_memstream(&err, &err_size);
    const int status = cli_run(&cli, argc, argv);
    fclose(cli.out);
    fclose(cli.err);
    return status;
}
#define VATIO(...) vatio((const char *const[]){__VA_ARGS__, NULL})

static inline void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

#define WITH_METER(function) cmocka_unit_test_setup_teardown(function, start_meter, stop_meter)

#endif
