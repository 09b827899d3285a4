/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/cli.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static bool wait_ms(struct cli *cli, int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)cli;
    if (!interrupted)
        nanosleep(&time, NULL); /* a signal ends it early */
    return !interrupted;
}

int main(int argc, char *argv[])
{
    struct cli cli = {.out = stdout, .err = stderr, .pause = wait_ms};
    const struct sigaction stop = {.sa_handler = interrupt};
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    return cli_run(&cli, argc, argv);
}
