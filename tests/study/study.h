/* SPDX-License-Identifier: GPL-3.0-or-later */
/* study.h - what the study's parts share: a board, its samples, and what is wrong with a table. */
#ifndef VATIO_TESTS_STUDY_H
#define VATIO_TESTS_STUDY_H

#include <stdbool.h>
#include <stdint.h>

enum { CODES = 1024, HARMONICS = 9, TURN = 8192 };

struct board {
    double begin_lsb[CODES];      /* level at which each code begins; of code 0: minus infinity */
    double correction_lsb[CODES]; /* the table that it should have */
};

struct random {
    uint64_t state;
};

double random_uniform(struct random *random);
/* Out of a table of 65,536 normal numbers. */
double random_normal(struct random *random);

/* The simulator's: smooth, and unequal bits. */
void board_make(struct board *board, uint64_t seed);
/* Smooth, and twelve steps at codes drawn by lot, which no bits' weights make. */
void board_make_odd(struct board *board, uint64_t seed);
uint16_t board_code(const struct board *board, double level_lsb);

/* Instants, and what stands at the pin then. */
struct source {
    double wave[TURN + 1]; /* a turn, in LSB about the offset */
    double rate_hz;
    bool dithered; /* pauses of up to a period after each 16 samples */
    double f_hz;
    double wander_hz; /* rms of a random walk about it, memory 40 s */
    double swing;     /* share by which the size swings in 300 s */
    double t_s, turns, off_hz;
    int64_t n;
    struct random random;
};

/* A sine of 400 LSB with a third harmonic in phase. */
void source_pure(struct source *source, uint64_t seed, double third_pct);
/* 362 LSB with the harmonics of the simulated mains, THD 2.6 %. */
void source_mains(struct source *source, uint64_t seed);
/* The next sample's level, noise of 0.5 LSB rms included; its instant is source->t_s. */
double source_next(struct source *source);

/* What a converter with a table does to the readings of the reference board, of a dithered sine. */
enum { EFFECT_CURRENTS = 4 };
extern const double effect_of_in[EFFECT_CURRENTS]; /* currents, as a share of In */
struct effect {
    double left_lsb; /* rms of the table's error over the mains' codes, without gain and offset */
    double p_pct[EFFECT_CURRENTS]; /* error of P, the gain being calibrated at In */
    double thd_pct;                /* of a pure voltage */
};
void effect_of(const struct board *board, const double table_lsb[CODES], struct effect *effect);

/* Takes the best straight line out of table[first..last]; returns the rms of the rest. */
double level(double table[CODES], int first, int last);

#endif
