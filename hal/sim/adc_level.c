/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/adc_level.h"

#include "firmware/base/log.h"
#include "hal/sim/even.h"
#include "hal/sim/frontend.h"
#include "hal/sim/sinc.h"

#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct level_input {
    double steady_v; /* of an input that is not fed */
    double *pin_v;   /* n_ring points of an input that is fed, else NULL */
    double skew_s;
};

struct adc_level {
    struct even even;
    int64_t n_ring; /* points after which the waveform repeats: with its reflection twice as many */
    double end_s;
    struct level_input input[BOARD_CHANNELS];
    struct sinc sinc;
};

/* What the filtering of one channel after the other works with. */
struct workshop {
    double *wave;
    fftw_complex *spectrum;
    fftw_plan forward;
    fftw_plan backward;
};

static bool workshop_open(struct workshop *workshop, int64_t n)
{
    *workshop = (struct workshop){.wave = fftw_alloc_real((size_t)n),
                                  .spectrum = fftw_alloc_complex((size_t)(n / 2 + 1))};
    if (workshop->wave == NULL || workshop->spectrum == NULL)
        return false;
    /* FFTW_ESTIMATE: the same plan, so the same bytes, on each run. */
    workshop->forward = fftw_plan_dft_r2c_1d((int)n, workshop->wave, workshop->spectrum, FFTW_ESTIMATE);
    workshop->backward = fftw_plan_dft_c2r_1d((int)n, workshop->spectrum, workshop->wave, FFTW_ESTIMATE);
    return workshop->forward != NULL && workshop->backward != NULL;
}

static void workshop_close(struct workshop *workshop)
{
    if (workshop->forward != NULL)
        fftw_destroy_plan(workshop->forward);
    if (workshop->backward != NULL)
        fftw_destroy_plan(workshop->backward);
    fftw_free(workshop->wave);
    fftw_free(workshop->spectrum);
}

/* Takes the poles out that the recorder left in: times (jf + high_pass) / jf and times 1 + jf / low_pass. */
static void undo_poles(const struct recording_channel *channel, double f_hz, fftw_complex bin)
{
    const double high = channel->high_pass_hz / f_hz;
    const double low = channel->low_pass_hz > 0 ? f_hz / channel->low_pass_hz : 0;
    const double re = 1 + high * low; /* (1 - j high) (1 + j low) */
    const double im = low - high;
    const double bin_re = bin[0];
    bin[0] = bin_re * re - bin[1] * im;
    bin[1] = bin_re * im + bin[1] * re;
}

/* The recorded values to the voltage at the pin. */
static void filter(const struct workshop *workshop, const struct recording_channel *channel,
                   const struct frontend_path *path, int64_t n, double rate_hz)
{
    const double scale = 1 / (double)n;
    fftw_complex *bin = workshop->spectrum;
    fftw_execute(workshop->forward);
    bin[0][0] = path->offset_v + (path->high_pass_hz > 0 ? 0 : path->gain * scale * bin[0][0]);
    for (int64_t k = 1; k <= n / 2; k++) {
        const double f_hz = (double)k * rate_hz / (double)n;
        undo_poles(channel, f_hz, bin[k]);
        frontend_filter(path, f_hz, scale, bin[k], bin[k]);
    }
    fftw_execute(workshop->backward);
}

static bool feed_input(struct adc_level *level, const struct workshop *workshop,
                       const struct recording *recording, const struct channel_feed *feed, int input,
                       const struct frontend_path *path)
{
    double *wave = workshop->wave;
    const int64_t n = level->even.n;
    const struct recording_channel *channel = &recording->channel[feed->channel];
    const int64_t missing = even_read(&level->even, recording, feed->channel, wave);
    if (missing > 0)
        log_warning("replay: %lld of %lld values of %s are missing and bridged by straight lines",
                    (long long)missing, (long long)n, channel->name);
    for (int64_t k = 0; k < n; k++)
        wave[k] *= feed->factor;
    for (int64_t k = n; k < level->n_ring; k++)
        wave[k] = wave[level->n_ring - 1 - k];
    filter(workshop, channel, path, level->n_ring, level->even.rate_hz);
    double *pin_v = malloc((size_t)level->n_ring * sizeof pin_v[0]);
    if (pin_v == NULL)
        return false;
    for (int64_t k = 0; k < level->n_ring; k++)
        pin_v[k] = wave[k];
    level->input[input].pin_v = pin_v;
    level->input[input].skew_s = channel->skew_s;
    return true;
}

/* The leg of a voltage input is that of the currents that it is measured with; 1 when there is none. */
static int voltage_leg(const struct board *board, int input)
{
    for (int k = 0; k < BOARD_CHANNELS; k++) {
        const struct board_channel *channel = &board->channel[k];
        if (channel->kind == BOARD_CURRENT && channel->voltage_channel == input && !channel->voltage_assumed)
            return channel->element;
    }
    return 1;
}

/* The input that measures what the role stands for; -1 when the board has none. */
static int find_input(const struct board *board, enum channel_role role)
{
    const bool solar = role == CHANNEL_SOLAR_L1 || role == CHANNEL_SOLAR_L2;
    const int leg = channel_role_leg(role);
    for (int k = 0; k < BOARD_CHANNELS; k++) {
        const struct board_channel *channel = &board->channel[k];
        if (channel_role_is_voltage(role) && channel->kind == BOARD_VOLTAGE && voltage_leg(board, k) == leg)
            return k;
        if (!channel_role_is_voltage(role) && channel->kind == BOARD_CURRENT && channel->element == leg &&
            (channel->circuit == BOARD_SOLAR) == solar)
            return k;
    }
    return -1;
}

static bool feed_all(struct adc_level *level, const struct board *board, const struct recording *recording,
                     const struct channel_map *map, char *error, size_t error_size)
{
    struct workshop workshop;
    enum channel_role order[CHANNEL_ROLES];
    const int n = channel_map_order(map, order);
    bool enough = workshop_open(&workshop, level->n_ring);
    bool fits = true;
    for (int k = 0; k < n && enough && fits; k++) {
        int input = find_input(board, order[k]);
        fits = input >= 0;
        if (fits) {
            struct frontend_path path = frontend_path(&board->channel[input]);
            enough = feed_input(level, &workshop, recording, &map->feed[order[k]], input, &path);
        } else {
            snprintf(error, error_size, "replay: %s is mapped, but the board %s has no such input",
                     channel_role_name(order[k]), board->name);
        }
    }
    if (!enough)
        snprintf(error, error_size, "replay: no memory for %lld points of the front end",
                 (long long)level->n_ring);
    workshop_close(&workshop);
    return enough && fits;
}

struct adc_level *adc_level_init(const struct board *board, const struct recording *recording,
                                 const struct channel_map *map, double rate_hz, bool loop, char *error,
                                 size_t error_size)
{
    struct even even = even_grid(recording, rate_hz);
    if (even.n > ADC_LEVEL_POINTS_MAX) {
        snprintf(error, error_size, "replay: %lld samples; at most %lld can go through the front end",
                 (long long)even.n, (long long)ADC_LEVEL_POINTS_MAX);
        return NULL;
    }
    struct adc_level *level = calloc(1, sizeof *level);
    if (level == NULL) {
        snprintf(error, error_size, "replay: no memory for the front end");
        return NULL;
    }
    level->even = even;
    level->n_ring = loop ? even.n : 2 * even.n;
    level->end_s = loop ? HUGE_VAL : (double)(even.n - 1) / even.rate_hz;
    sinc_init(&level->sinc);
    for (int k = 0; k < BOARD_CHANNELS; k++)
        level->input[k].steady_v = frontend_path(&board->channel[k]).offset_v;
    if (feed_all(level, board, recording, map, error, error_size))
        return level;
    adc_level_close(level);
    return NULL;
}

void adc_level_close(struct adc_level *level)
{
    for (int k = 0; level != NULL && k < BOARD_CHANNELS; k++)
        free(level->input[k].pin_v);
    free(level);
}

double adc_level_v(const struct adc_level *level, int input, double t_s)
{
    const struct level_input *one = &level->input[input];
    if (one->pin_v == NULL)
        return one->steady_v;
    return sinc_read(&level->sinc, one->pin_v, level->n_ring, (t_s - one->skew_s) * level->even.rate_hz);
}

double adc_level_end_s(const struct adc_level *level)
{
    return level->end_s;
}
