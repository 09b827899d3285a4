/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/linearity.h"

#include "calibration/bits.h"
#include "calibration/smooth.h"

#include <math.h>
#include <string.h>

enum { PARAMETERS = 4, ITERATIONS = 4, HALF = LINEARITY_SMOOTH / 2, COVERED_LEAST = 128 };

static const double pi = 3.14159265358979323846;

/* A longer silence breaks a block: nothing says that the source kept its phase. */
static const int64_t gap_ns = 50000000;

/* About a block's own sine. Nonlinearity is at most 1 LSB rms, noise is wanted below 2. */
static const double unsteady_rms_lsb = 3.0;
static const double unsteady_share = 0.1;

/* Standard error of the table beyond which a longer run is asked for. */
static const double table_noise_most_lsb = 0.03;

/* Of the mean number of samples per code, which a sine with evenly spread phases has about twice at its middle code. */
static const double fewest_share = 0.1;

static const double source_thd_pct_most = 0.02;

void linearity_init(struct linearity *linearity)
{
    memset(linearity, 0, sizeof *linearity);
}

/* A sine about the block's middle: offset + in cos(w t) + quadrature sin(w t), and w. */
struct sine {
    double offset_lsb, in_lsb, quadrature_lsb, w_rad_s;
};

/* The sine at an instant, and what it changes with. */
struct instant {
    double level_lsb;
    double slope_lsb; /* per radian */
    double cosine, sine;
};

static struct instant instant_at(const struct sine *sine, double t_s)
{
    const double c = cos(sine->w_rad_s * t_s), s = sin(sine->w_rad_s * t_s);
    return (struct instant){
        .level_lsb = sine->offset_lsb + sine->in_lsb * c + sine->quadrature_lsb * s,
        .slope_lsb = sine->quadrature_lsb * c - sine->in_lsb * s,
        .cosine = c,
        .sine = s,
    };
}

/* From the rising crossings of the range's middle; a quarter of the range below must be seen between two. 0: there are
 * not three. */
static double first_w(const struct linearity *linearity)
{
    double least = linearity->code_lsb[0], most = least;
    for (int i = 1; i < linearity->n; i++) {
        least = fmin(least, linearity->code_lsb[i]);
        most = fmax(most, linearity->code_lsb[i]);
    }
    const double middle = 0.5 * (least + most), low = 0.75 * least + 0.25 * most;
    double first_s = 0, last_s = 0;
    int crossings = 0;
    bool armed = false;
    for (int i = 1; i < linearity->n; i++) {
        armed = armed || linearity->code_lsb[i] < low;
        if (!armed || linearity->code_lsb[i] < middle)
            continue;
        armed = false;
        const double rise = linearity->code_lsb[i] - linearity->code_lsb[i - 1];
        const double back = (linearity->code_lsb[i] - middle) / fmax(rise, 1e-3);
        last_s = linearity->time_s[i] - back * (linearity->time_s[i] - linearity->time_s[i - 1]);
        if (crossings++ == 0)
            first_s = last_s;
    }
    return crossings < 3 ? 0 : 2 * pi * (crossings - 1) / (last_s - first_s);
}

/* Gaussian elimination with pivots; the matrix is that of a sum of squares. False: singular. */
static bool solve(double m[PARAMETERS][PARAMETERS + 1])
{
    for (int i = 0; i < PARAMETERS; i++) {
        int pivot = i;
        for (int r = i + 1; r < PARAMETERS; r++)
            pivot = fabs(m[r][i]) > fabs(m[pivot][i]) ? r : pivot;
        if (!(fabs(m[pivot][i]) > 1e-12))
            return false;
        for (int k = i; k <= PARAMETERS; k++) {
            const double kept = m[i][k];
            m[i][k] = m[pivot][k];
            m[pivot][k] = kept;
        }
        for (int r = 0; r < PARAMETERS; r++) {
            const double factor = r == i ? 0 : m[r][i] / m[i][i];
            for (int k = i; k <= PARAMETERS && factor != 0; k++)
                m[r][k] -= factor * m[i][k];
        }
    }
    return true;
}

/* One step of Gauss and Newton; time is scaled to the block's half length, which keeps the matrix well conditioned. */
static bool improve(const struct linearity *linearity, double half_s, struct sine *sine)
{
    double m[PARAMETERS][PARAMETERS + 1] = {0};
    for (int i = 0; i < linearity->n; i++) {
        const double t_s = linearity->time_s[i];
        const struct instant now = instant_at(sine, t_s);
        const double row[PARAMETERS + 1] = {1, now.cosine, now.sine, now.slope_lsb * t_s / half_s,
                                            linearity->code_lsb[i] - now.level_lsb};
        for (int a = 0; a < PARAMETERS; a++)
            for (int b = 0; b <= PARAMETERS; b++)
                m[a][b] += row[a] * row[b];
    }
    if (!solve(m))
        return false;
    sine->offset_lsb += m[0][PARAMETERS] / m[0][0];
    sine->in_lsb += m[1][PARAMETERS] / m[1][1];
    sine->quadrature_lsb += m[2][PARAMETERS] / m[2][2];
    sine->w_rad_s += m[3][PARAMETERS] / m[3][3] / half_s;
    return true;
}

/* Starts from the frequency of the crossings and the sizes that belong to it. */
static bool fit(const struct linearity *linearity, double half_s, struct sine *sine)
{
    *sine = (struct sine){.w_rad_s = first_w(linearity)};
    if (!(sine->w_rad_s > 0))
        return false;
    double sum = 0, in = 0, quadrature = 0;
    for (int i = 0; i < linearity->n; i++)
        sum += linearity->code_lsb[i] / linearity->n;
    for (int i = 0; i < linearity->n; i++) {
        const double angle = sine->w_rad_s * linearity->time_s[i];
        in += 2 * (linearity->code_lsb[i] - sum) * cos(angle) / linearity->n;
        quadrature += 2 * (linearity->code_lsb[i] - sum) * sin(angle) / linearity->n;
    }
    sine->offset_lsb = sum;
    sine->in_lsb = in;
    sine->quadrature_lsb = quadrature;
    bool good = true;
    for (int k = 0; k < ITERATIONS && good; k++)
        good = improve(linearity, half_s, sine);
    return good && isfinite(sine->in_lsb + sine->quadrature_lsb + sine->w_rad_s);
}

static double square_about(const struct linearity *linearity, const struct sine *sine)
{
    double square_lsb2 = 0;
    for (int i = 0; i < linearity->n; i++) {
        const double off = linearity->code_lsb[i] - instant_at(sine, linearity->time_s[i]).level_lsb;
        square_lsb2 += off * off;
    }
    return square_lsb2;
}

static void gather(struct linearity *linearity, const struct sine *sine)
{
    for (int i = 0; i < linearity->n; i++) {
        const struct instant now = instant_at(sine, linearity->time_s[i]);
        const int at = (int)(fmin(fmax(now.level_lsb, 0), CALIBRATION_CODES - 1) + 0.5);
        const int rising = now.slope_lsb > 0;
        linearity->count[rising][at]++;
        linearity->sum_lsb[rising][at] += linearity->code_lsb[i] - now.level_lsb;
    }
}

static void take_block(struct linearity *linearity)
{
    const double middle_s = 0.5 * (linearity->time_s[0] + linearity->time_s[linearity->n - 1]);
    for (int i = 0; i < linearity->n; i++)
        linearity->time_s[i] -= middle_s;
    struct sine sine;
    linearity->blocks++;
    const bool fitted = fit(linearity, linearity->time_s[linearity->n - 1], &sine);
    const double square_lsb2 = fitted ? square_about(linearity, &sine) : 0;
    if (!fitted || square_lsb2 > linearity->n * unsteady_rms_lsb * unsteady_rms_lsb) {
        linearity->unsteady++;
        return;
    }
    gather(linearity, &sine);
    linearity->samples += linearity->n;
    linearity->square_lsb2 += square_lsb2;
    linearity->f_hz += sine.w_rad_s / (2 * pi);
    linearity->amplitude_lsb += hypot(sine.in_lsb, sine.quadrature_lsb);
    linearity->offset_lsb += sine.offset_lsb;
}

void linearity_add(struct linearity *linearity, int64_t hold_ns, uint16_t code)
{
    linearity->clipped += calibration_clipped(code);
    if (linearity->n > 0) {
        const double since_s = (double)(hold_ns - linearity->first_ns) * 1e-9;
        if (since_s - linearity->time_s[linearity->n - 1] > (double)gap_ns * 1e-9)
            linearity->n = 0;
    }
    if (linearity->n == 0)
        linearity->first_ns = hold_ns;
    linearity->time_s[linearity->n] = (double)(hold_ns - linearity->first_ns) * 1e-9;
    linearity->code_lsb[linearity->n++] = code & (CALIBRATION_CODES - 1);
    if (linearity->n < LINEARITY_BLOCK)
        return;
    take_block(linearity);
    linearity->n = 0;
}

/* What read works with. mean_lsb: by how much codes lie above the sine at each level; samples: such that variance is
 * noise^2 / samples. */
struct levels {
    double mean_lsb[CALIBRATION_CODES];
    double samples[CALIBRATION_CODES];
    double skew_lsb2; /* mean square of half the difference of rising and falling, beyond that of noise */
};

/* Rising and falling weigh the same: harmonics a quarter cycle off cancel. */
static void level_means(const struct linearity *linearity, struct linearity_result *result,
                        struct levels *levels)
{
    double within_lsb2 = linearity->square_lsb2, skew = 0, noise = 0, total = 0;
    memset(levels, 0, sizeof *levels);
    result->fewest = INT64_MAX;
    for (int c = result->first; c <= result->last; c++) {
        const double n[2] = {(double)linearity->count[0][c], (double)linearity->count[1][c]};
        if (linearity->count[0][c] + linearity->count[1][c] < result->fewest)
            result->fewest = linearity->count[0][c] + linearity->count[1][c];
        if (!(n[0] > 0 && n[1] > 0))
            continue;
        const double falling = linearity->sum_lsb[0][c] / n[0], rising = linearity->sum_lsb[1][c] / n[1];
        levels->mean_lsb[c] = 0.5 * (falling + rising);
        levels->samples[c] = 4 / (1 / n[0] + 1 / n[1]);
        within_lsb2 -= n[0] * falling * falling + n[1] * rising * rising;
        skew += (n[0] + n[1]) * 0.25 * (rising - falling) * (rising - falling);
        noise += (n[0] + n[1]) / levels->samples[c];
        total += n[0] + n[1];
    }
    result->noise_lsb = sqrt(fmax(0, within_lsb2) / fmax(1, (double)linearity->samples));
    if (total > 0)
        levels->skew_lsb2 = (skew - noise * result->noise_lsb * result->noise_lsb) / total;
}

/* Steps of the bits, which no smoothing may round off; what is left is smooth, and so it does not matter that the means
 * stand at the sine's levels and the table at codes, up to an LSB apart. */
static void make_table(struct linearity_result *result, struct levels *levels)
{
    const int first = result->first, last = result->last;
    double rest[CALIBRATION_CODES] = {0}, smooth[CALIBRATION_CODES] = {0}, steps[CALIBRATION_CODES];
    struct bits bits;
    for (int c = first; c <= last; c++)
        rest[c] = -levels->mean_lsb[c];
    bits_fit_table(&bits, rest, levels->samples, first, last, result->noise_lsb, result->noise_lsb);
    bits_table(&bits, steps);
    for (int c = first; c <= last; c++)
        rest[c] -= steps[c];
    smooth_hann(rest, levels->samples, first, last, HALF, smooth);
    for (int c = first; c <= last; c++)
        result->linearity_lsb[c] = steps[c] + smooth[c];
    smooth_level(result->linearity_lsb, first, last);
}

/* A mean with Hann's 17 weights has 1/12 of one code's variance; the bits' weights, a fit of ten numbers, add their share. */
static double table_noise_lsb(const struct levels *levels, const struct linearity_result *result)
{
    const double codes = result->last - result->first + 1;
    double inverse = 0;
    for (int c = result->first; c <= result->last; c++)
        inverse += 1 / fmax(1, levels->samples[c]);
    return result->noise_lsb * sqrt(inverse / codes * (1.0 / 12 + BITS / codes));
}

static enum linearity_status judge(const struct linearity *linearity, const struct linearity_result *result,
                                   double noise_lsb)
{
    const double mean = (double)result->samples / fmax(1, result->last - result->first + 1);
    if (linearity->clipped > 0)
        return LINEARITY_CLIPPED;
    if (linearity->blocks == 0)
        return LINEARITY_SHORT;
    if (linearity->unsteady > unsteady_share * linearity->blocks)
        return LINEARITY_UNSTEADY;
    if (result->last - result->first < COVERED_LEAST)
        return LINEARITY_SMALL;
    if ((double)result->fewest < fewest_share * mean && mean > 100)
        return LINEARITY_UNEVEN;
    if (result->fewest == 0 || noise_lsb > table_noise_most_lsb)
        return LINEARITY_SHORT;
    return result->source_thd_pct > source_thd_pct_most ? LINEARITY_IMPURE : LINEARITY_GOOD;
}

static void read_source(const struct linearity *linearity, struct linearity_result *result)
{
    const int good = linearity->blocks - linearity->unsteady;
    memset(result, 0, sizeof *result);
    result->samples = linearity->samples;
    if (good == 0)
        return;
    result->f_hz = linearity->f_hz / good;
    result->amplitude_lsb = linearity->amplitude_lsb / good;
    result->offset_lsb = linearity->offset_lsb / good;
    /* whole codes only, and one more off: the size has its own noise */
    result->first = (int)fmax(0, ceil(result->offset_lsb - result->amplitude_lsb + 1.5));
    result->last = (int)fmin(CALIBRATION_CODES - 1, floor(result->offset_lsb + result->amplitude_lsb - 1.5));
}

void linearity_read(const struct linearity *linearity, struct linearity_result *result)
{
    struct levels levels;
    read_source(linearity, result);
    level_means(linearity, result, &levels);
    /* as much in phase as a quarter cycle off */
    if (result->amplitude_lsb > 0)
        result->source_thd_pct = 200 * sqrt(fmax(0, levels.skew_lsb2)) / result->amplitude_lsb;
    const double noise_lsb = result->last > result->first ? table_noise_lsb(&levels, result) : 0;
    result->residual_lsb = sqrt(noise_lsb * noise_lsb + fmax(0, levels.skew_lsb2));
    result->status = judge(linearity, result, noise_lsb);
    if (result->status != LINEARITY_GOOD)
        return;
    make_table(result, &levels);
}

const char *linearity_reason(enum linearity_status status)
{
    static const char *const reasons[] = {
        [LINEARITY_GOOD] = "the table is good",
        [LINEARITY_SHORT] = "too few samples for this noise: sample longer",
        [LINEARITY_SMALL] = "the sine covers too few codes: raise it",
        [LINEARITY_CLIPPED] = "the sine stands against an end of the converter's range: lower it",
        [LINEARITY_UNSTEADY] = "the source is no sine of constant frequency and size",
        [LINEARITY_UNEVEN] =
            "codes are left out, as frequency and scan rate repeat each other: move one of them",
        [LINEARITY_IMPURE] = "the source has harmonics of its own of more than 0.02 %",
    };
    return reasons[status];
}
