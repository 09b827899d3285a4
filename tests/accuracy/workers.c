/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/workers.h"

#include "tests/accuracy/fail.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct worker {
    pid_t pid;
    FILE *rows; /* what the process leaves: its rows, one after the other */
    double start_s;
};

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static _Noreturn void work(const struct arguments *arguments, const struct group *group, FILE *rows)
{
    struct table table = {0};
    struct run run = {.full = arguments->full, .seed = arguments->seed, .table = &table};
    group->run(&run);
    bool written = fwrite(table.row, sizeof *table.row, table.n, rows) == table.n;
    written = fflush(rows) == 0 && written;
    table_close(&table);
    _exit(written ? EXIT_SUCCESS : FAIL_STATUS);
}

static void start(const struct arguments *arguments, int i, struct worker *worker)
{
    worker->rows = tmpfile();
    if (worker->rows == NULL)
        fail("no temporary file");
    worker->start_s = now_s();
    worker->pid = fork();
    if (worker->pid < 0)
        fail("no process");
    if (worker->pid == 0)
        work(arguments, &groups[i], worker->rows);
    fprintf(stderr, "vatio-accuracy: %s ...\n", groups[i].name);
}

static void collect(struct worker *worker, int status, struct result *result)
{
    struct row row;
    rewind(worker->rows);
    while (fread(&row, sizeof row, 1, worker->rows) == 1)
        table_add(&result->table, &row);
    fclose(worker->rows);
    result->took_s = now_s() - worker->start_s;
    result->died = !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS;
    fprintf(stderr, "vatio-accuracy: %s: %zu rows, %zu failed, %.1f s%s\n", result->group->name,
            result->table.n, table_failures(&result->table), result->took_s,
            result->died ? "; it ended early" : "");
    worker->pid = 0;
}

static void wait_for_one(struct worker worker[], struct result result[])
{
    int status;
    pid_t pid = wait(&status);
    for (int i = 0; i < groups_n; i++)
        if (pid > 0 && worker[i].pid == pid)
            collect(&worker[i], status, &result[i]);
}

/* The long ones first, so that nothing runs alone at the end. */
static int next_group(const struct result result[], const struct worker worker[])
{
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < groups_n; i++)
            if (result[i].ran && worker[i].rows == NULL && (groups[i].is_long || pass == 1))
                return i;
    return -1;
}

void workers_run(const struct arguments *arguments, struct result result[])
{
    struct worker *worker = calloc((size_t)groups_n, sizeof *worker);
    if (worker == NULL)
        fail("no memory");
    for (int i = 0; i < groups_n; i++)
        result[i] = (struct result){.group = &groups[i], .ran = arguments_select(arguments, &groups[i])};
    int running = 0;
    for (int i = next_group(result, worker); i >= 0 || running > 0; i = next_group(result, worker)) {
        if (i >= 0 && running < arguments->jobs) {
            start(arguments, i, &worker[i]);
            running++;
        } else {
            wait_for_one(worker, result);
            running--;
        }
    }
    free(worker);
}
