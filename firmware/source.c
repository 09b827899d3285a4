/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/source.h"

#include "hal/sim/clock_steps.h"

#include <errno.h>
#include <stdio.h>

enum { MS_PER_HOUR = 3600000 };

static void make_plan(struct source *source, const struct config *config, int n_channels, const int input[])
{
    const struct board_converter *converter = &source->board->converter;
    double rate_hz = config->scan_rate_hz > 0 ? config->scan_rate_hz : converter->scan_rate_hz;
    source->plan = (struct adc_plan){
        .n = n_channels,
        .clock_hz = converter->spi_clock_hz,
        .conversion_spacing_ns = converter->conversion_spacing_ns,
        .hold_offset_ns = converter->hold_offset_ns,
        .period_ns = (int64_t)(1e9 / rate_hz),
    };
    for (int k = 0; k < n_channels; k++)
        source->plan.input[k] = (uint8_t)input[k];
}

static int check_plan(const struct adc_plan *plan, char *error, size_t error_size)
{
    int64_t needed_ns = (int64_t)plan->n * plan->conversion_spacing_ns;
    if (plan->period_ns > needed_ns + needed_ns / 10)
        return 0;
    snprintf(error, error_size,
             "scan rate %lld Hz is too high: %d conversions of %d ns need %lld ns, with a tenth to spare",
             (long long)(1000000000 / plan->period_ns), plan->n, plan->conversion_spacing_ns,
             (long long)needed_ns);
    return -EINVAL;
}

static int open_spidev(struct source *source, char *error, size_t error_size)
{
    int result = adc_spidev_init(&source->spidev, source->board->converter.spi_device, &source->plan,
                                 source->clock, &spidev_system_calls, error, error_size);
    source->adc = &source->spidev.adc;
    return result;
}

static int init_real(struct source *source, char *error, size_t error_size)
{
    clock_real_init(&source->clock_real);
    source->clock = &source->clock_real.clock;
    return open_spidev(source, error, error_size);
}

/* Two if the meter can see the second one, unless the settings say otherwise. */
static int legs_of(const struct board *board, const struct config *config)
{
    int voltages = 0, currents_l2 = 0;
    for (int n = 0; n < BOARD_CHANNELS; n++) {
        const struct board_channel *channel = &board->channel[n];
        voltages += channel->kind == BOARD_VOLTAGE;
        currents_l2 += channel->kind == BOARD_CURRENT && (channel->element == 2 || channel->both_legs);
    }
    if (config->sim_legs == CONFIG_LEGS_AUTO)
        return voltages > 1 || currents_l2 > 0 ? 2 : 1;
    return config->sim_legs == CONFIG_LEGS_TWO ? 2 : 1;
}

static struct steady_current steady_current(const struct config_current *config)
{
    struct steady_current current = {.i_a = config->i_a, .phi_deg = config->phi_deg};
    snprintf(current.harmonics, sizeof current.harmonics, "%s", config->harmonics);
    return current;
}

static struct waveform_source *open_house(struct source *source, const struct config *config,
                                          double start_hour, char *error, size_t error_size)
{
    struct house_config house = {
        .f_nominal_hz = source->board->f_nominal_hz,
        .u_nominal_v = source->board->u_nominal_v,
        .start_hour = config->house_hour >= 0 ? config->house_hour : start_hour,
        .solar_peak_w = config->solar_peak_w,
        .seed = (uint64_t)config->sim_seed,
        .legs = legs_of(source->board, config),
        .micro_peak_w = config->micro_peak_w,
        .micro_leg = (int)config->micro_leg,
        .upset = config->upset,
    };
    struct upset upset;
    if (upset_init(&upset, &config->upset, error, error_size) < 0)
        return NULL;
    if (house.micro_leg > house.legs) {
        snprintf(error, error_size, "sim.micro_leg = 2: expected 1, as the installation has one leg");
        return NULL;
    }
    source->house = house_init(&house);
    if (source->house == NULL) {
        snprintf(error, error_size, "no memory for the simulated house");
        return NULL;
    }
    return house_source(source->house);
}

static struct waveform_source *open_steady(struct source *source, const struct config *config, char *error,
                                           size_t error_size)
{
    struct steady_config steady = {
        .f_hz = config->steady_f_hz,
        .u_v = config->steady_u_v,
        .i_a = config->steady_i_a,
        .phi_deg = config->steady_phi_deg,
        .solar = steady_current(&config->solar),
        .legs = legs_of(source->board, config),
        .l2_u_v = config->l2_u_v,
        .l2_grid = steady_current(&config->l2_grid),
        .l2_solar = steady_current(&config->l2_solar),
        .f_rate_hz_s = config->f_rate_hz_s,
        .shape = config->shape,
        .battery_w = config->battery_w,
        .seed = (uint64_t)config->sim_seed * 4 + 1, /* apart from the converter's */
        .l2_angle_deg = config->l2_angle_deg,
        .upset = config->upset,
        .f_low_hz = config->f_low_hz > 0 ? config->f_low_hz : source->board->f_nominal_hz * 85 / 100,
        .f_high_hz = config->f_high_hz > 0 ? config->f_high_hz : source->board->f_nominal_hz * 115 / 100,
    };
    snprintf(steady.u_harmonics, sizeof steady.u_harmonics, "%s", config->steady_u_harmonics);
    snprintf(steady.tones, sizeof steady.tones, "%s", config->tones);
    snprintf(steady.i_harmonics, sizeof steady.i_harmonics, "%s", config->steady_i_harmonics);
    return steady_init(&source->steady, &steady, error, error_size) == 0 ? &source->steady.source : NULL;
}

/* The installation: the house or the steady load. NULL: see error. */
static struct waveform_source *open_waveforms(struct source *source, const struct config *config,
                                              double start_hour, char *error, size_t error_size)
{
    return config->sim_source == CONFIG_SIM_HOUSE ? open_house(source, config, start_hour, error, error_size)
                                                  : open_steady(source, config, error, error_size);
}

static struct sim_config effects_of(const struct config *config)
{
    struct sim_config effects = config->effects;
    effects.seed = (uint64_t)config->sim_seed;
    return effects;
}

static int take_sim(struct source *source, char *error, size_t error_size)
{
    if (source->sim == NULL) {
        snprintf(error, error_size, "no memory for the simulated front end");
        return -ENOMEM;
    }
    source->adc = adc_sim_adc(source->sim);
    return 0;
}

/* now_ms: what sim.start = now means. */
static int init_sim_clock(struct source *source, const struct config *config, int64_t now_ms,
                          int64_t *start_ms, char *error, size_t error_size)
{
    struct options_error text;
    double speed;
    if (config_sim_speed(config, &speed, &text) != 0 ||
        config_sim_start(config, now_ms, start_ms, &text) != 0) {
        snprintf(error, error_size, "%s", text.text);
        return -EINVAL;
    }
    clock_sim_init(&source->clock_sim, *start_ms, speed);
    source->clock_sim.synced = (enum clock_synced)config->clock_synced;
    source->clock = &source->clock_sim.clock;
    return clock_steps_read(&source->clock_sim, config->clock_steps, error, error_size);
}

static int init_sim(struct source *source, const struct config *config, char *error, size_t error_size)
{
    int64_t start_ms;
    clock_real_init(&source->clock_real);
    int result =
        init_sim_clock(source, config, clock_utc_ms(&source->clock_real.clock), &start_ms, error, error_size);
    if (result < 0)
        return result;

    double start_hour = (double)(start_ms % (24 * MS_PER_HOUR)) / MS_PER_HOUR;
    struct waveform_source *waveforms = open_waveforms(source, config, start_hour, error, error_size);
    if (waveforms == NULL)
        return -EINVAL;
    struct sim_config sim = effects_of(config);
    source->physical = sim.ideal;
    source->sim = adc_sim_init(source->board, &source->plan, &sim, waveforms, source->clock);
    return take_sim(source, error, error_size);
}

int source_init(struct source *source, const struct config *config, const struct board *board, int n_channels,
                const int input[], char *error, size_t error_size)
{
    *source = (struct source){.board = board, .simulated = config->adc_source == CONFIG_ADC_SIM};
    make_plan(source, config, n_channels, input);
    int result = check_plan(&source->plan, error, error_size);
    if (result < 0)
        return result;
    return source->simulated ? init_sim(source, config, error, error_size)
                             : init_real(source, error, error_size);
}

static int init_replay_clock(struct source *source, const struct config *config, const struct replay *replay,
                             char *error, size_t error_size)
{
    int64_t start_ms = replay->recording.utc_start_ms;
    if (!config_starts_with_recording(config)) {
        clock_real_init(&source->clock_real);
        start_ms = clock_utc_ms(&source->clock_real.clock);
    } else if (start_ms == 0) {
        snprintf(error, error_size, "sim.start = recording: %s does not say when it was made",
                 config->replay_file);
        return -EINVAL;
    }
    return init_sim_clock(source, config, start_ms, &start_ms, error, error_size);
}

static int init_level(struct source *source, const struct config *config, const struct replay *replay,
                      char *error, size_t error_size)
{
    int result = check_plan(&source->plan, error, error_size);
    if (result < 0)
        return result;
    source->level = adc_level_init(source->board, &replay->recording, &replay->map, replay->rate_most_hz,
                                   config->replay_loop, error, error_size);
    if (source->level == NULL)
        return -EINVAL;
    struct sim_config sim = effects_of(config);
    source->physical = sim.ideal;
    source->sim = adc_sim_init_level(source->board, &source->plan, &sim, source->level, source->clock);
    return take_sim(source, error, error_size);
}

int source_init_replay(struct source *source, const struct config *config, const struct board *board,
                       const struct replay *replay, int n_channels, const int input[], char *error,
                       size_t error_size)
{
    *source = (struct source){.board = board, .simulated = true};
    int result = init_replay_clock(source, config, replay, error, error_size);
    if (result < 0)
        return result;
    if (config->replay_through_adc) {
        make_plan(source, config, n_channels, input);
        return init_level(source, config, replay, error, error_size);
    }
    source->physical = true;
    adc_replay_init(&source->replay, &replay->recording, &replay->map, source->clock, config->replay_loop);
    source->adc = &source->replay.adc;
    source->plan =
        (struct adc_plan){.n = source->replay.n, .period_ns = (int64_t)(1e9 / replay->recording.rate_hz)};
    for (int k = 0; k < source->plan.n; k++)
        source->plan.input[k] = (uint8_t)k;
    return 0;
}

int source_reopen(struct source *source, char *error, size_t error_size)
{
    if (source->simulated)
        return 0;
    adc_close(source->adc);
    return open_spidev(source, error, error_size);
}

void source_close(struct source *source)
{
    if (source->adc != NULL)
        adc_close(source->adc);
    house_close(source->house);
    adc_level_close(source->level);
}
