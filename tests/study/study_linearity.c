/* SPDX-License-Identifier: GPL-3.0-or-later */
/* study_linearity.c - how well the converter's linearity table is learned, from a pure sine and from the mains.
 *
 * usage: study-linearity [hours of mains] [boards]
 */
#include "calibration/bits.h"
#include "calibration/linearity.h"
#include "calibration/smooth.h"
#include "study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOARDS_MOST = 200, PURE_SAMPLES = 1000000, PHASES = 16384, ORDERS = 51, PASSES = 30 };

static const double pi = 3.14159265358979323846;

/* Over the boards. */
struct row {
    double square[EFFECT_CURRENTS + 2], worst[EFFECT_CURRENTS + 2];
    int n;
};

static void row_add(struct row *row, const struct effect *effect)
{
    double value[EFFECT_CURRENTS + 2] = {effect->left_lsb};
    memcpy(&value[1], effect->p_pct, sizeof effect->p_pct);
    value[EFFECT_CURRENTS + 1] = effect->thd_pct;
    row->n++;
    for (int k = 0; k < EFFECT_CURRENTS + 2; k++) {
        row->square[k] += value[k] * value[k];
        row->worst[k] = fmax(row->worst[k], fabs(value[k]));
    }
}

static void row_print(const char *name, const struct row *row)
{
    printf("| %s |", name);
    for (int k = 0; k < EFFECT_CURRENTS + 2; k++)
        printf(" %.3f / %.3f |", sqrt(row->square[k] / row->n), row->worst[k]);
    printf("\n");
}

static void print_head(const char *title)
{
    printf("\n%s\n\n| table | left, LSB |", title);
    for (int k = 0; k < EFFECT_CURRENTS; k++)
        printf(" P at %.2f In, %% |", effect_of_in[k]);
    printf(" THD of U, points |\n|---|---|---|---|---|---|---|\n");
}

/* The histogram of IEEE 1241: where a code begins is where a sine has the share of codes below it. */
static void histogram_table(const int64_t count[CODES], double size_lsb, double offset_lsb,
                            double table_lsb[CODES])
{
    double begin[CODES + 1], rest[CODES], total = 0, below = 0;
    for (int c = 0; c < CODES; c++)
        total += (double)count[c];
    for (int c = 0; c < CODES; c++) {
        begin[c] = offset_lsb + 0.5 - size_lsb * cos(pi * below / total);
        below += (double)count[c];
    }
    const int first = (int)(offset_lsb - size_lsb + 4), last = (int)(offset_lsb + size_lsb - 4);
    memset(table_lsb, 0, CODES * sizeof *table_lsb);
    for (int c = first; c <= last; c++)
        rest[c] = 0.5 * (begin[c] + begin[c + 1]) - (c + 0.5);
    smooth_hann(rest, NULL, first, last, LINEARITY_SMOOTH / 2, table_lsb);
    level(table_lsb, first, last);
}

/* One source through one board; table of either method. */
static enum linearity_status learn(const struct board *board, struct source *source, int64_t samples,
                                   double fitted_lsb[CODES], double counted_lsb[CODES])
{
    static struct linearity linearity;
    static struct linearity_result result;
    static int64_t count[CODES];
    memset(count, 0, sizeof count);
    linearity_init(&linearity);
    for (int64_t i = 0; i < samples; i++) {
        const uint16_t code = board_code(board, source_next(source));
        const double stamp_ns = source->t_s * 1e9 + 1000 * random_normal(&source->random);
        linearity_add(&linearity, (int64_t)stamp_ns, code);
        count[code]++;
    }
    linearity_read(&linearity, &result);
    memcpy(fitted_lsb, result.linearity_lsb, sizeof result.linearity_lsb);
    histogram_table(count, result.amplitude_lsb, result.offset_lsb, counted_lsb);
    return result.status;
}

struct pure_case {
    const char *name;
    double rate_hz, third_pct, wander_hz;
    bool dithered;
};

static const struct pure_case pure_cases[] = {
    {"phases spread evenly (no common factor)", 8000, 0, 0, false},
    {"pace dithered: random phases", 8000, 0, 0, true},
    {"source wanders by 8 mHz", 8000, 0, 0.008, false},
    {"rate a multiple of the frequency", 60.037 * 133, 0, 0, false},
    {"dithered, 0.02 % h3 in phase", 8000, 0.02, 0, true},
    {"dithered, 0.05 % h3 in phase", 8000, 0.05, 0, true},
    {"dithered, 0.2 % h3 in phase", 8000, 0.2, 0, true},
};

static void study_pure(int boards)
{
    print_head("Pure sine of 400 LSB, 1e6 samples, 0.5 LSB noise: rms over boards / worst board");
    struct row none = {0};
    for (size_t k = 0; k < sizeof pure_cases / sizeof pure_cases[0]; k++) {
        const struct pure_case *c = &pure_cases[k];
        struct row fitted = {0}, counted = {0};
        int refused = 0;
        char name[96];
        for (int n = 1; n <= boards; n++) {
            static struct board board;
            static struct source source;
            double table[CODES] = {0}, by_count[CODES];
            struct effect effect;
            board_make(&board, (uint64_t)n);
            effect_of(&board, table, &effect);
            if (k == 0)
                row_add(&none, &effect);
            source_pure(&source, (uint64_t)n, c->third_pct);
            source.rate_hz = c->rate_hz;
            source.dithered = c->dithered;
            source.wander_hz = c->wander_hz;
            refused += learn(&board, &source, PURE_SAMPLES, table, by_count) != LINEARITY_GOOD;
            effect_of(&board, table, &effect);
            row_add(&fitted, &effect);
            effect_of(&board, by_count, &effect);
            row_add(&counted, &effect);
        }
        if (k == 0)
            row_print("none", &none);
        snprintf(name, sizeof name, "%s: sine fitted (%d refused)", c->name, refused);
        row_print(name, &fitted);
        snprintf(name, sizeof name, "%s: histogram", c->name);
        row_print(name, &counted);
    }
}

/* Boards on which no weights of bits explain the counts. */
static int refused;

/* Weights of the bits out of how often codes occur on the mains. The crests' own density is not smooth: the outer part is
 * left out. */
static void learn_bits(const int64_t count[CODES], double table_lsb[CODES])
{
    struct bits bits;
    memset(table_lsb, 0, CODES * sizeof *table_lsb);
    if (bits_fit_counts(&bits, count, 512 - 308, 512 + 308))
        bits_table(&bits, table_lsb);
    else
        refused++;
}

/* Endless and noiseless: what codes are off by along a turn of the mains, less all harmonics up to the 50th, which may be
 * the mains' own; the table that explains the rest best is approached step by step. */
static void learn_jointly(const struct board *board, const struct source *source, double table_lsb[CODES])
{
    static double off[PHASES], cosine[PHASES];
    static int code[PHASES];
    for (int i = 0; i < PHASES; i++) {
        cosine[i] = cos(2 * pi * i / PHASES);
        code[i] = (int)(512.36 + source->wave[i * (TURN / (PHASES / 2)) / 2] + 0.5);
    }
    memset(table_lsb, 0, CODES * sizeof *table_lsb);
    for (int pass = 0; pass < PASSES; pass++) {
        double sum[CODES] = {0}, n[CODES] = {0};
        for (int i = 0; i < PHASES; i++)
            off[i] = board->correction_lsb[code[i]] - table_lsb[code[i]];
        for (int h = 0; h < ORDERS; h++) { /* the wave is even: cosines alone */
            double size = 0;
            for (int i = 0; i < PHASES; i++)
                size += (h == 0 ? 1.0 : 2.0) / PHASES * off[i] * cosine[(int64_t)h * i % PHASES];
            for (int i = 0; i < PHASES; i++)
                off[i] -= size * cosine[(int64_t)h * i % PHASES];
        }
        for (int i = 0; i < PHASES; i++) {
            sum[code[i]] += off[i];
            n[code[i]]++;
        }
        for (int c = 0; c < CODES; c++)
            table_lsb[c] += n[c] > 0 ? sum[c] / n[c] : 0;
    }
}

enum kind { NONE, SHORT, LONG, JOINT, SINE, KINDS };

static const char *const kinds[KINDS] = {
    [NONE] = "none",
    [SHORT] = "bits, a sixth of the time",
    [LONG] = "bits, the whole time",
    [JOINT] = "fine structure beside 50 free harmonics, endless, no noise",
    [SINE] = "a pure sine's, 1e6 samples",
};

static void learn_all(const struct board *board, uint64_t seed, int64_t samples,
                      double table_lsb[KINDS][CODES])
{
    static struct source source;
    static int64_t count[CODES];
    double by_count[CODES];
    memset(table_lsb, 0, KINDS * sizeof *table_lsb);
    memset(count, 0, sizeof count);
    source_mains(&source, seed);
    for (int64_t i = 0; i < samples; i++) {
        count[board_code(board, source_next(&source))]++;
        if (i == samples / 6)
            learn_bits(count, table_lsb[SHORT]);
    }
    learn_bits(count, table_lsb[LONG]);
    learn_jointly(board, &source, table_lsb[JOINT]);
    source_pure(&source, seed, 0);
    source.dithered = true;
    learn(board, &source, PURE_SAMPLES, table_lsb[SINE], by_count);
}

static void study_mains(const char *which, void (*make)(struct board *, uint64_t), double hours, int boards)
{
    struct row rows[KINDS] = {0};
    char title[128];
    for (int n = 1; n <= boards; n++) {
        static struct board board;
        static double table_lsb[KINDS][CODES];
        make(&board, (uint64_t)n);
        learn_all(&board, (uint64_t)n, (int64_t)(hours * 3600 * 8000 * 32 / 33), table_lsb);
        for (int k = 0; k < KINDS; k++) {
            struct effect effect;
            effect_of(&board, table_lsb[k], &effect);
            row_add(&rows[k], &effect);
        }
    }
    snprintf(title, sizeof title, "Mains of 362 LSB, THD 2.6 %%, %g h, %s: rms over boards / worst board",
             hours, which);
    print_head(title);
    for (int k = 0; k < KINDS; k++)
        row_print(kinds[k], &rows[k]);
    printf("\nbits refused: %d of %d tables\n", refused, 2 * boards);
    refused = 0;
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: study-linearity [hours of mains, 0.01..100] [boards, 1..%d]\n";
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return printf(usage, BOARDS_MOST) < 0;
    const double hours = argc > 1 ? strtod(argv[1], NULL) : 1;
    const long boards = argc > 2 ? strtol(argv[2], NULL, 10) : 20;
    if (!(hours > 0.01 && hours < 100) || boards < 1 || boards > BOARDS_MOST) {
        fprintf(stderr, usage, BOARDS_MOST);
        return 2;
    }
    printf("boards: seeds 1..%ld of hal/sim/curve.h, bound 1 LSB\n", boards);
    study_pure((int)boards);
    study_mains("the simulator's boards", board_make, hours, (int)boards);
    study_mains("boards with steps anywhere", board_make_odd, hours, (int)boards);
    return EXIT_SUCCESS;
}
