/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_store.c - what a day of vatiod writes to the disk, counted below the file system, and how long questions to two years of
 * records take. bench_store --help.
 */
#include "tests/bench/bench_store_day.h"
#include "tests/bench/bench_store_query.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 86400, SHORT_S = 600, COMMIT_DEFAULT_S = 5, COMMIT_RARE_S = 300, SKIPPED = 77 };

struct settings {
    const char *base;
    bool day, queries, json, is_short;
    int64_t real_s; /* 0 = simulated */
};

static const struct {
    const char *options;
    bool lazy;
    int commit_s;
} mounts[] = {
    {"noatime", false, COMMIT_DEFAULT_S},
    {"noatime,lazytime", true, COMMIT_DEFAULT_S},
    {"noatime,commit=300", false, COMMIT_RARE_S},
};

static const struct {
    const char *name;
    bool journal, store;
} parts[] = {{"journal", true, false}, {"store", false, true}, {"both", true, true}};

static const struct {
    const char *name;
    int64_t n_points;
    double limit_mb; /* a day, of both */
} meters[] = {{"single phase", 1, 25}, {"split phase and solar", 9, 60}};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
enum { BOTH = COUNT(parts) - 1 };

static void print_help(void)
{
    puts(
        "usage: bench_store [OPTIONS]\n\n"
        "Counts what a day of vatiod writes to an ext4 of its own (loop device, needs root), then times\n"
        "questions to two years of records.\n\n"
        "  --day           only the first: each meter, part and set of mount options\n"
        "  --queries       only the second\n"
        "  --real SECONDS  the day's writes at the clock's pace for so long, beside the same time simulated\n"
        "  --short         minutes in place of days: shows that it runs\n"
        "  --base DIR      where image and database lie; default /dev/shm\n"
        "  --json          one JSON object per row\n"
        "  --help          this text\n\n"
        "Exit status: 0 done, 77 no disk can be mounted here, 1 what failed is said, 2 wrong usage.");
}

static void print_head(const struct settings *settings)
{
    if (settings->json)
        return;
    puts("Bytes written to a loop device with ext4, by the kernel's count of its sectors. The register "
         "journal past\n"
         "the page cache (O_DIRECT) each 10 s, records committed each 300 s, 30 events a day. Simulated: the "
         "file\n"
         "system's commits are made by fsync each 5 s (commit=) in which something was written, its writing "
         "back by\n"
         "syncfs each 30 s. Counted from the second day on.\n");
    printf("%-22s %-8s %-19s %-9s %8s %10s %8s %6s\n", "meter", "part", "mounted with", "time", "seconds",
           "MB", "MB/day", "limit");
}

static void print_row(const struct settings *settings, size_t meter, size_t part, size_t mount,
                      const struct bench_day *day)
{
    const double mb = (double)day->written_bytes / 1e6;
    const double day_mb = mb * DAY_S / (double)day->seconds;
    const char *stamps = !day->lazy ? "" : day->held_back ? "  stamps held back" : "  stamps not held back";
    if (settings->json)
        printf("{\"meter\":\"%s\",\"part\":\"%s\",\"mount\":\"%s\",\"time\":\"%s\",\"seconds\":%" PRId64
               ",\"written_bytes\":%" PRId64 ",\"day_mb\":%.2f,\"limit_mb\":%.0f}\n",
               meters[meter].name, parts[part].name, mounts[mount].options, day->real ? "real" : "simulated",
               day->seconds, day->written_bytes, day_mb, meters[meter].limit_mb);
    else
        printf("%-22s %-8s %-19s %-9s %8" PRId64 " %10.3f %8.1f %6.0f%s\n", meters[meter].name,
               parts[part].name, mounts[mount].options, day->real ? "real" : "simulated", day->seconds, mb,
               day_mb, meters[meter].limit_mb, stamps);
    fflush(stdout);
}

static int run_row(const struct settings *settings, size_t meter, size_t part, size_t mount, bool real)
{
    char error[256];
    const int64_t seconds = settings->is_short ? SHORT_S : settings->real_s > 0 ? settings->real_s : DAY_S;
    struct bench_day day = {
        .base = settings->base,
        .n_points = meters[meter].n_points,
        .journal = parts[part].journal,
        .store = parts[part].store,
        .lazy = mounts[mount].lazy,
        .commit_s = mounts[mount].commit_s,
        .warm_s = settings->is_short ? seconds : DAY_S,
        .seconds = seconds,
        .real = real,
    };
    const int result = bench_day_run(&day, error, sizeof error);
    if (result == 0)
        print_row(settings, meter, part, mount, &day);
    else
        fprintf(stderr, "bench_store: %s\n", error);
    return result;
}

static int run_days(const struct settings *settings)
{
    const bool few = settings->is_short || settings->real_s > 0;
    int result = 0;
    print_head(settings);
    for (size_t meter = 0; meter < COUNT(meters); meter++)
        for (size_t mount = 0; mount < COUNT(mounts); mount++)
            for (size_t part = few ? BOTH : 0; part < COUNT(parts); part++) {
                if (settings->is_short && mounts[mount].lazy) /* to see what it does takes real time */
                    continue;
                if (settings->real_s > 0 && result == 0)
                    result = run_row(settings, meter, part, mount, true);
                if (result == 0)
                    result = run_row(settings, meter, part, mount, false);
            }
    return result;
}

static int read_seconds(const char *text, int64_t *seconds)
{
    char *end;
    *seconds = strtol(text, &end, 10);
    return end != text && *end == '\0' && *seconds >= 1 && *seconds <= DAY_S ? 0 : -1;
}

static int take_option(struct settings *settings, int option, const char *value)
{
    switch (option) {
    case 's':
        settings->is_short = true;
        return 0;
    case 'd':
        settings->day = true;
        return 0;
    case 'q':
        settings->queries = true;
        return 0;
    case 'r':
        settings->day = true;
        return read_seconds(value, &settings->real_s);
    case 'b':
        settings->base = value;
        return 0;
    case 'j':
        settings->json = true;
        return 0;
    case 'h':
        print_help();
        exit(EXIT_SUCCESS);
    default:
        return -1;
    }
}

static int read_settings(int argc, char **argv, struct settings *settings)
{
    static const struct option options[] = {
        {"short", no_argument, NULL, 's'}, {"real", required_argument, NULL, 'r'},
        {"day", no_argument, NULL, 'd'},   {"queries", no_argument, NULL, 'q'},
        {"json", no_argument, NULL, 'j'},  {"base", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},  {NULL, 0, NULL, 0},
    };
    *settings = (struct settings){.base = "/dev/shm"};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;)
        if (take_option(settings, option, optarg) != 0)
            return -1;
    if (!settings->day && !settings->queries)
        settings->day = settings->queries = true;
    return optind == argc ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct settings settings;
    if (read_settings(argc, argv, &settings) != 0) {
        fputs("bench_store: expected options as --help lists them, SECONDS from 1 to 86400\n", stderr);
        return 2;
    }
    int result = settings.day ? run_days(&settings) : 0;
    if (result == 0 && settings.queries) {
        const struct bench_query query = {
            .base = settings.base, .json = settings.json, .is_short = settings.is_short};
        result = bench_query_run(&query);
    }
    return result == 0 ? EXIT_SUCCESS : result == -ENOTSUP ? SKIPPED : EXIT_FAILURE;
}
