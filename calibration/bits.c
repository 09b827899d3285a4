/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/bits.h"

#include "calibration/smooth.h"

#include <math.h>
#include <string.h>

/* Half width of the smooth curve: in a table narrow, as there is little noise and the curve may be bent; in counts wide,
 * as their noise is large. Counts near an end of the signal's range have a bent density and are left out. */
enum {
    TABLE_HALF = 8,
    COUNTS_HALF = 16,
    COUNTS_EDGE = 24,
    COUNTS_FEWEST = 100,
    COUNTS_PASSES = 6,
    SPREAD = 6
};

/* Of a code whose bits seem to leave it none: nothing is divided by less. */
static const double width_least = 0.2;

/* Counts of independent samples scatter by 1; bits explain a converter if they leave little more, and little of what
 * was there. */
static const double scatter_noise = 1.2, scatter_share = 0.05;

/* Before any sample is seen, a bit is off by some 1 LSB rms: this decides what no code in the range tells of. Errors in
 * proportion to the bits are a gain, which is none of theirs: their share is held at 0. */
static const double prior_lsb = 1.0, prior_gain_lsb = 1e-4;

/* Weighted least squares of up to ten unknowns, by their normal equations. */
struct fit {
    double matrix[BITS][BITS];
    double right[BITS];
};

static void fit_add(struct fit *fit, const double regressor[BITS], double y, double weight)
{
    for (int i = 0; i < BITS; i++) {
        for (int j = 0; j <= i; j++)
            fit->matrix[i][j] += weight * regressor[i] * regressor[j];
        fit->right[i] += weight * regressor[i] * y;
    }
}

/* Cholesky's factor in place of the lower triangle. */
static void factor(struct fit *fit)
{
    for (int i = 0; i < BITS; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = fit->matrix[i][j];
            for (int k = 0; k < j; k++)
                sum -= fit->matrix[i][k] * fit->matrix[j][k];
            fit->matrix[i][j] = i == j ? sqrt(sum) : sum / fit->matrix[j][j];
        }
    }
}

static void solve(const struct fit *fit, const double right[BITS], double x[BITS])
{
    for (int i = 0; i < BITS; i++) {
        x[i] = right[i];
        for (int k = 0; k < i; k++)
            x[i] -= fit->matrix[i][k] * x[k];
        x[i] /= fit->matrix[i][i];
    }
    for (int i = BITS - 1; i >= 0; i--) {
        for (int k = i + 1; k < BITS; k++)
            x[i] -= fit->matrix[k][i] * x[k];
        x[i] /= fit->matrix[i][i];
    }
}

/* Weights are samples, each with variance_lsb2. */
static void fit_read(struct fit *fit, double variance_lsb2, struct bits *bits)
{
    double gain[BITS];
    for (int b = 0; b < BITS; b++) {
        gain[b] = (1 << b) / (double)CALIBRATION_CODES;
        fit->matrix[b][b] += variance_lsb2 / (prior_lsb * prior_lsb);
    }
    fit_add(fit, gain, 0, variance_lsb2 / (prior_gain_lsb * prior_gain_lsb));
    factor(fit);
    solve(fit, fit->right, bits->error_lsb);
    for (int b = 0; b < BITS; b++) {
        double unit[BITS] = {0}, column[BITS];
        unit[b] = 1;
        solve(fit, unit, column);
        bits->deviation_lsb[b] = sqrt(variance_lsb2 * column[b]);
    }
}

static int bit(int code, int b)
{
    return (code >> b) & 1;
}

/* The last step has no end: its pattern is that of its begin. */
static int next(int code)
{
    return code + 1 < CALIBRATION_CODES ? code + 1 : code;
}

/* How much of bit b's error the middle of a code's step has. */
static double middle(int code, int b)
{
    return 0.5 * (bit(code, b) + bit(next(code), b));
}

static void spread(const double in[CALIBRATION_CODES], double rms_lsb, double out[CALIBRATION_CODES])
{
    double weight[SPREAD + 1];
    for (int d = 0; d <= SPREAD; d++)
        weight[d] = exp(-0.5 * d * d / (rms_lsb * rms_lsb + 1e-12));
    for (int c = 0; c < CALIBRATION_CODES; c++) {
        double sum = 0, total = 0;
        for (int d = -SPREAD; d <= SPREAD; d++) {
            if (c + d < 0 || c + d >= CALIBRATION_CODES)
                continue;
            sum += weight[d < 0 ? -d : d] * in[c + d];
            total += weight[d < 0 ? -d : d];
        }
        out[c] = sum / total;
    }
}

static void rough(double table[CALIBRATION_CODES], const double weight[CALIBRATION_CODES], int first,
                  int last, int half)
{
    double curve[CALIBRATION_CODES];
    smooth_hann(table, weight, first, last, half, curve);
    for (int c = first; c <= last; c++)
        table[c] -= curve[c];
}

void bits_fit_table(struct bits *bits, const double table_lsb[CALIBRATION_CODES],
                    const double samples[CALIBRATION_CODES], int first, int last, double spread_lsb,
                    double noise_lsb)
{
    double pattern[BITS][CALIBRATION_CODES], y[CALIBRATION_CODES];
    struct fit fit = {0};
    memcpy(y, table_lsb, sizeof y);
    rough(y, NULL, first, last, TABLE_HALF);
    for (int b = 0; b < BITS; b++) {
        double sharp[CALIBRATION_CODES];
        for (int c = 0; c < CALIBRATION_CODES; c++)
            sharp[c] = middle(c, b);
        spread(sharp, spread_lsb, pattern[b]);
        rough(pattern[b], NULL, first, last, TABLE_HALF);
    }
    for (int c = first; c <= last; c++) {
        double regressor[BITS];
        for (int b = 0; b < BITS; b++)
            regressor[b] = pattern[b][c];
        fit_add(&fit, regressor, y[c], samples[c]);
    }
    fit_read(&fit, noise_lsb * noise_lsb, bits);
}

/* Adds what smoothing takes from a bend: over a day of samples a density's bend would show. */
static void smooth_counts(const double in[CALIBRATION_CODES], int first, int last,
                          double out[CALIBRATION_CODES])
{
    double twice[CALIBRATION_CODES];
    smooth_hann(in, NULL, first, last, COUNTS_HALF, out);
    smooth_hann(out, NULL, first, last, COUNTS_HALF, twice);
    for (int c = first; c <= last; c++)
        out[c] = 2 * out[c] - twice[c];
}

/* What bit b adds to the width of a code, */
static int widening(int code, int b)
{
    return bit(next(code), b) - bit(code, b);
}

/* and the same less what smoothing follows. */
struct widths {
    double rough[BITS][CALIBRATION_CODES];
};

static void make_widths(struct widths *widths, int first, int last)
{
    double whole[CALIBRATION_CODES], curve[CALIBRATION_CODES];
    for (int b = 0; b < BITS; b++) {
        for (int c = first; c <= last; c++)
            whole[c] = widening(c, b);
        smooth_counts(whole, first, last, curve);
        for (int c = first; c <= last; c++)
            widths->rough[b][c] = whole[c] - curve[c];
    }
}

static double width(const double error_lsb[BITS], int code)
{
    double sum = 1;
    for (int b = 0; b < BITS; b++)
        sum += error_lsb[b] * widening(code, b);
    return fmax(sum, width_least);
}

/* One step nearer; returns the mean square of what the step began with, in the counts' own standard errors.
 * A code that is wider by e occurs more often by the share e. Counts, freed of the widths known so far, give the smooth
 * curve; what a count is of it, is the code's width, with a variance of 1 / count. */
static double improve(const struct widths *widths, const int64_t count[CALIBRATION_CODES], int first,
                      int last, struct bits *bits)
{
    double even[CALIBRATION_CODES], curve[CALIBRATION_CODES];
    struct fit fit = {0};
    struct bits step;
    double square = 0;
    for (int c = first; c <= last; c++)
        even[c] = (double)count[c] / width(bits->error_lsb, c);
    smooth_counts(even, first, last, curve);
    for (int c = first + COUNTS_EDGE; c <= last - COUNTS_EDGE; c++) {
        double regressor[BITS];
        for (int b = 0; b < BITS; b++)
            regressor[b] = widths->rough[b][c];
        const double off = (double)count[c] / curve[c] - width(bits->error_lsb, c);
        fit_add(&fit, regressor, off, curve[c]);
        square += off * off * curve[c];
    }
    fit_read(&fit, 1, &step);
    for (int b = 0; b < BITS; b++) {
        bits->error_lsb[b] += step.error_lsb[b];
        bits->deviation_lsb[b] = step.deviation_lsb[b];
    }
    return square / (last - first + 1 - 2 * COUNTS_EDGE);
}

bool bits_fit_counts(struct bits *bits, const int64_t count[CALIBRATION_CODES], int first, int last)
{
    struct widths widths;
    memset(bits, 0, sizeof *bits);
    for (int c = first; c <= last; c++)
        if (count[c] < COUNTS_FEWEST)
            return false;
    if (last - first < 4 * COUNTS_EDGE)
        return false;
    make_widths(&widths, first, last);
    double before = 0, after = 0;
    for (int k = 0; k < COUNTS_PASSES; k++) {
        after = improve(&widths, count, first, last, bits);
        before = k == 0 ? after : before;
    }
    bits->scatter_before = before;
    bits->scatter = after;
    if (after <= scatter_noise + scatter_share * before)
        return true;
    memset(bits->error_lsb, 0, sizeof bits->error_lsb);
    return false;
}

void bits_table(const struct bits *bits, double table_lsb[CALIBRATION_CODES])
{
    for (int c = 0; c < CALIBRATION_CODES; c++) {
        table_lsb[c] = 0;
        for (int b = 0; b < BITS; b++)
            table_lsb[c] += bits->error_lsb[b] * middle(c, b);
    }
    smooth_level(table_lsb, 0, CALIBRATION_CODES - 1);
}
