/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study.h"

#include "hal/sim/curve.h"
#include "tests/unit/calibration/inl.h"
#include "tests/unit/splitmix.h"

#include <math.h>
#include <string.h>

enum { NORMALS = 65536 };

static const double pi = 3.14159265358979323846;
static const double offset_lsb = 512.36, noise_lsb = 0.5;

double random_uniform(struct random *random)
{
    return (double)(splitmix_bits(&random->state) >> 11) * 0x1p-53;
}

double random_normal(struct random *random)
{
    static double normal[NORMALS];
    if (normal[0] == 0) {
        struct random own = {.state = 1};
        for (int i = 0; i < NORMALS; i++)
            normal[i] = sqrt(-2 * log(1 - random_uniform(&own))) * cos(2 * pi * random_uniform(&own));
    }
    return normal[splitmix_bits(&random->state) % NORMALS];
}

void board_make(struct board *board, uint64_t seed)
{
    curve_thresholds(seed, 1.0, board->begin_lsb);
    for (int c = 0; c < CODES; c++) {
        const double end = c + 1 < CODES ? board->begin_lsb[c + 1] : board->begin_lsb[c] + 1;
        board->correction_lsb[c] = 0.5 * (board->begin_lsb[c] + end) - (c + 0.5);
    }
    board->begin_lsb[0] = -1e9;
}

void board_make_odd(struct board *board, uint64_t seed)
{
    static struct inl inl;
    struct inl_random own = {.state = seed};
    inl_make(&inl, &own, 1);
    memcpy(board->begin_lsb, inl.begin_lsb, sizeof board->begin_lsb);
    memcpy(board->correction_lsb, inl.correction_lsb, sizeof board->correction_lsb);
}

uint16_t board_code(const struct board *board, double level_lsb)
{
    int c = (int)fmin(fmax(level_lsb, 0), CODES - 1);
    while (level_lsb < board->begin_lsb[c])
        c--;
    while (c < CODES - 1 && level_lsb >= board->begin_lsb[c + 1])
        c++;
    return (uint16_t)c;
}

static void add_harmonic(struct source *source, int h, double size_lsb)
{
    for (int i = 0; i <= TURN; i++)
        source->wave[i] += size_lsb * cos(2 * pi * h * i / TURN);
}

void source_pure(struct source *source, uint64_t seed, double third_pct)
{
    memset(source, 0, sizeof *source);
    source->random.state = seed;
    source->rate_hz = 8000;
    source->f_hz = 60.037;
    add_harmonic(source, 1, 400);
    add_harmonic(source, 3, 4 * third_pct);
}

void source_mains(struct source *source, uint64_t seed)
{
    static const struct {
        int h;
        double pct; /* in the signs that flatten the crest */
    } mains[] = {{1, 100}, {3, -1.0}, {5, -2.0}, {7, -1.1}, {9, 0.4}, {11, -0.5}};
    memset(source, 0, sizeof *source);
    source->random.state = seed;
    source->rate_hz = 8000;
    source->dithered = true;
    source->f_hz = 60;
    source->wander_hz = 0.008;
    source->swing = 0.01;
    for (size_t k = 0; k < sizeof mains / sizeof mains[0]; k++)
        add_harmonic(source, mains[k].h, 3.62 * mains[k].pct);
}

double source_next(struct source *source)
{
    double step_s = 1 / source->rate_hz;
    if (source->n++ % 16 == 0) {
        if (source->dithered)
            step_s *= 1 + random_uniform(&source->random);
        const double memory = 16 * step_s / 40;
        source->off_hz -= memory * source->off_hz;
        source->off_hz += sqrt(2 * memory) * source->wander_hz * random_normal(&source->random);
    }
    source->t_s += step_s;
    source->turns += step_s * (source->f_hz + source->off_hz);
    source->turns -= floor(source->turns);
    const double size = 1 + source->swing * sin(2 * pi * source->t_s / 300);
    const double at = source->turns * TURN;
    const int i = (int)at < TURN ? (int)at : TURN - 1;
    const double wave = source->wave[i] + (at - i) * (source->wave[i + 1] - source->wave[i]);
    return offset_lsb + size * wave + noise_lsb * random_normal(&source->random);
}
