/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_cuts - cuts the power at step 1, 2, 3 ... of each scenario, with several seeds each, and once more during what follows.
 *
 * Each cut is a process of its own, forked from the one that tells the scenario at the step where the power goes: so each
 * step is told once, and a crash is one cut's.
 */
#include "firmware/base/log.h"
#include "tests/power_loss/scenario.h"
#include "tests/unit/splitmix.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECOND_CUT_STEPS = 64, PROGRESS_S = 10, FAULTS_SHOWN = 10 };

struct options {
    const char *scenario; /* NULL = all */
    int64_t seeds, first_seed;
    int64_t at; /* this step only, and no process of its own; 0 = all */
    int64_t every;
    bool verbose;
};

struct cut {
    char fault[WORLD_FAULT];
    struct scenario_recovery recovery;
};

struct totals {
    int64_t steps, cuts, second_cuts, faults;
    struct scenario_recovery recovery;
};

struct teller {
    const struct options *options;
    const struct scenario *scenario;
    struct cut *cut; /* shared with the processes of the cuts */
    struct totals totals;
    time_t told_s;
    bool in_cut;      /* this process is a cut's */
    int64_t cut_step; /* its step and seed */
    int64_t cut_seed;
};

static struct world world;
static struct process process;

static int64_t second_cut_of(int64_t step, int64_t seed)
{
    uint64_t random = (uint64_t)(step * 1000003 + seed);
    return seed % 2 == 0 ? 1 + (int64_t)(splitmix_bits(&random) % SECOND_CUT_STEPS) : 0;
}

static uint64_t disk_seed(int64_t step, int64_t seed)
{
    uint64_t random = (uint64_t)(seed * 7919 + step);
    return splitmix_bits(&random);
}

/* From here on this process is a cut's. */
static void go_off(struct teller *teller, int64_t step, int64_t seed)
{
    teller->in_cut = true;
    teller->cut_step = step;
    teller->cut_seed = seed;
    world.disk.cut_at = step;
}

/* When everything has given up. */
static void finish_cut(struct teller *teller)
{
    const int64_t step = teller->cut_step;
    const int64_t seed = teller->cut_seed;
    if (world.fault[0] == '\0')
        scenario_recover(&world, &process, disk_seed(step, seed), second_cut_of(step, seed),
                         &teller->cut->recovery);
    memcpy(teller->cut->fault, world.fault, sizeof world.fault);
}

static void add(struct totals *totals, const struct scenario_recovery *of)
{
    struct scenario_recovery *sum = &totals->recovery;
    sum->starts += of->starts;
    sum->from_nothing += of->from_nothing;
    sum->store_ahead += of->store_ahead;
    sum->after_end += of->after_end;
    sum->torn_slot += of->torn_slot;
    sum->endings += of->endings;
    sum->worst.lost = of->worst.lost > sum->worst.lost ? of->worst.lost : sum->worst.lost;
    sum->worst.ahead = of->worst.ahead > sum->worst.ahead ? of->worst.ahead : sum->worst.ahead;
}

static void take_result(struct teller *teller, int64_t seed, int status)
{
    struct totals *totals = &teller->totals;
    struct cut *cut = teller->cut;
    totals->cuts++;
    totals->second_cuts += cut->recovery.starts > 1;
    add(totals, &cut->recovery);
    if (status != 0 && cut->fault[0] == '\0')
        snprintf(cut->fault, sizeof cut->fault, "its process ends with status 0x%x", (unsigned)status);
    if (cut->fault[0] == '\0')
        return;
    if (totals->faults++ < FAULTS_SHOWN)
        printf("%s: --at %lld --first-seed %lld: %s\n", teller->scenario->name, (long long)world.disk.step,
               (long long)seed, cut->fault);
}

static void show_progress(struct teller *teller)
{
    if (!teller->options->verbose || time(NULL) - teller->told_s < PROGRESS_S)
        return;
    teller->told_s = time(NULL);
    printf("%s: step %lld, %lld cuts, %lld faults\n", teller->scenario->name, (long long)world.disk.step,
           (long long)teller->totals.cuts, (long long)teller->totals.faults);
    fflush(stdout);
}

/* Before each step of the scenario: here the power goes, in as many worlds as there are seeds. */
static void on_step(void *context)
{
    struct teller *teller = context;
    const struct options *options = teller->options;
    if (teller->in_cut || world.disk.step % options->every != 0)
        return;
    fflush(stdout);
    for (int64_t seed = options->first_seed; seed < options->first_seed + options->seeds; seed++) {
        memset(teller->cut, 0, sizeof *teller->cut);
        const pid_t child = fork();
        if (child == 0) {
            go_off(teller, world.disk.step, seed);
            return;
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) < 0) {
            perror("test_cuts");
            exit(EXIT_FAILURE);
        }
        take_result(teller, seed, status);
    }
    show_progress(teller);
}

static void tell(struct teller *teller)
{
    scenario_prepare(teller->scenario, &world);
    world.disk.on_step = on_step;
    world.disk.context = teller;
    if (teller->options->at > 0)
        go_off(teller, teller->options->at, teller->options->first_seed);
    scenario_tell(teller->scenario, &world, &process);
    if (teller->in_cut)
        finish_cut(teller);
    if (teller->in_cut && teller->options->at == 0)
        _exit(EXIT_SUCCESS);
    if (world.fault[0] != '\0') {
        teller->totals.faults++;
        printf("%s: %s%s\n", teller->scenario->name, teller->in_cut ? "" : "without a cut: ", world.fault);
    }
    teller->totals.steps = world.disk.step;
    process_die(&process);
    world_close(&world);
}

static void print_head(void)
{
    printf("%-10s %6s %6s %6s %7s %6s %6s | starts that found %8s %8s %8s %8s %8s\n", "scenario", "steps",
           "cuts", "twice", "faults", "lost", "ahead", "nothing", "an end", "ahead", "torn", "open");
}

static void print_totals(const struct teller *teller)
{
    const struct totals *totals = &teller->totals;
    const struct scenario_recovery *sum = &totals->recovery;
    printf("%-10s %6lld %6lld %6lld %7lld %6.2f %6.2f | %17d %8d %8d %8d %8d %8d\n", teller->scenario->name,
           (long long)totals->steps, (long long)totals->cuts, (long long)totals->second_cuts,
           (long long)totals->faults, (double)sum->worst.lost / WORLD_JOURNAL_S,
           (double)sum->worst.ahead / WORLD_JOURNAL_S, sum->starts, sum->from_nothing, sum->after_end,
           sum->store_ahead, sum->torn_slot, sum->endings);
}

static void usage(void)
{
    printf("usage: test_cuts [--scenario NAME] [--seeds N] [--first-seed N] [--every N] [--at STEP] "
           "[--verbose]\n"
           "  Cuts the power at each step of each scenario (--every: at each Nth), with N seeds each; seeds "
           "that are even cut\n"
           "  once more during what follows. --at: at this step only, in this process, for the debugger.\n"
           "  lost and ahead are in journal intervals: the most that a start was without, and was ahead of "
           "the journal.\n");
}

static int64_t number(const char *text)
{
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || value < 1) {
        fprintf(stderr, "test_cuts: \"%s\": a number from 1 was expected\n", text);
        exit(2);
    }
    return value;
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {{"scenario", required_argument, NULL, 'c'},
                                          {"seeds", required_argument, NULL, 's'},
                                          {"first-seed", required_argument, NULL, 'f'},
                                          {"every", required_argument, NULL, 'e'},
                                          {"at", required_argument, NULL, 'a'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct options options = {.seeds = 2, .first_seed = 1, .every = 1};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'v')
            options.verbose = true;
        else if (c == 'c')
            options.scenario = optarg;
        else if (c == 's')
            options.seeds = number(optarg);
        else if (c == 'f')
            options.first_seed = number(optarg);
        else if (c == 'e')
            options.every = number(optarg);
        else if (c == 'a')
            options.at = number(optarg);
        else
            usage(), exit(c == 'h' ? 0 : 2);
    }
    return options;
}

int main(int argc, char **argv)
{
    const struct options options = read_options(argc, argv);
    int64_t told = 0;
    int64_t faults = 0;
    struct cut *cut = mmap(NULL, sizeof *cut, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (cut == MAP_FAILED) {
        perror("test_cuts");
        return EXIT_FAILURE;
    }
    log_init("test_cuts", (enum log_level)(LOG_LEVEL_ERROR - 1)); /* nothing: a cut is no news here */
    print_head();
    for (int i = 0; i < scenarios_n; i++) {
        struct teller teller = {.options = &options, .scenario = &scenarios[i], .cut = cut};
        if (options.scenario != NULL && strcmp(options.scenario, scenarios[i].name) != 0)
            continue;
        tell(&teller);
        print_totals(&teller);
        told++;
        faults += teller.totals.faults;
    }
    return told > 0 && faults == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
