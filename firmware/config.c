/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int refuse(struct options_error *error, const char *name, const char *value, const char *expected)
{
    snprintf(error->text, sizeof error->text, "%s = %s: expected %s", name, value, expected);
    return -EINVAL;
}

int config_sim_speed(const struct config *config, double *speed, struct options_error *error)
{
    if (strcmp(config->sim_speed, "max") == 0) {
        *speed = 0;
        return 0;
    }
    char *end;
    *speed = strtod(config->sim_speed, &end);
    if (end == config->sim_speed || *end != '\0' || !(*speed >= 0.001 && *speed <= 1e6))
        return refuse(error, "sim.speed", config->sim_speed, "a number from 0.001 to 1000000, or max");
    return 0;
}

int config_sim_start(const struct config *config, int64_t now_ms, int64_t *start_ms,
                     struct options_error *error)
{
    if (strcmp(config->sim_start, "now") == 0 || config_starts_with_recording(config)) {
        *start_ms = now_ms;
        return 0;
    }
    struct tm tm = {0};
    const char *end = strptime(config->sim_start, "%Y-%m-%dT%H:%M:%S", &tm);
    if (end == NULL || strcmp(end, "Z") != 0)
        return refuse(error, "sim.start", config->sim_start, "now, or UTC like 2026-06-21T00:00:00Z");
    *start_ms = (int64_t)timegm(&tm) * 1000;
    if (*start_ms < 0)
        return refuse(error, "sim.start", config->sim_start, "a time from 1970 on");
    return 0;
}

bool config_starts_with_recording(const struct config *config)
{
    return strcmp(config->sim_start, "recording") == 0;
}

/* What replay needs, and what goes only with it or never with it. */
static int check_replay(const struct config *config, struct options_error *error)
{
    const double f_hz = config->replay_f_nominal_hz;
    if (fabs(f_hz) > 0 && fabs(f_hz - 50) > 0 && fabs(f_hz - 60) > 0)
        return refuse(error, "replay.f_nominal_hz", "neither", "0, 50 or 60 Hz");
    bool replay = config->adc_source == CONFIG_ADC_REPLAY;
    if (!replay && config_starts_with_recording(config))
        return refuse(error, "sim.start", config->sim_start, "a time, as adc.source is not replay");
    if (!replay && (config->replay_through_adc || config->replay_loop))
        return refuse(error, config->replay_loop ? "replay.loop" : "replay.through_adc", "yes",
                      "adc.source = replay beside it");
    if (!replay)
        return 0;
    if (config->replay_file[0] == '\0')
        return refuse(error, "replay.file", "nothing", "a recording, as adc.source is replay");
    if (config->check_pct >= 0)
        return refuse(error, "sim.check_pct", "0 or more", "-1, as a recording has no model to compare with");
    return 0;
}

static int check_effects(const struct sim_config *effects, struct options_error *error)
{
    if (effects->gap_ms > 0 && effects->gap_every_ms > 0 && effects->gap_ms >= effects->gap_every_ms)
        return refuse(error, "sim.gap_ms", "gap_every_ms or more", "less than sim.gap_every_ms");
    if (effects->amplifier_low_v > 0 && effects->amplifier_low_v >= effects->amplifier_high_v)
        return refuse(error, "sim.amplifier_low_v", "above 0", "less than sim.amplifier_high_v");
    return 0;
}

int config_check(const struct config *config, struct options_error *error)
{
    double speed;
    int64_t start_ms;
    int result = config_sim_speed(config, &speed, error);
    if (result == 0)
        result = config_sim_start(config, 0, &start_ms, error);
    if (result == 0 && config->stop_va > config->start_va)
        result = refuse(error, "meter.stop_va", "above meter.start_va", "at most meter.start_va");
    if (result == 0 && config->scan_rate_hz != 0 && config->scan_rate_hz < 3000)
        result = refuse(error, "adc.scan_rate_hz", "too low", "0, or 3000 to 20000 Hz");
    if (result == 0 && strpbrk(config->meter_id, "/+#\" \t") != NULL)
        result = refuse(error, "meter.id", config->meter_id,
                        "no blank and none of / + # \", as it becomes a topic");
    if (result == 0)
        result = check_effects(&config->effects, error);
    return result == 0 ? check_replay(config, error) : result;
}

int config_apply_live(struct config *config, const struct config *fresh)
{
    config->page_s = fresh->page_s;
    config->log_level = fresh->log_level;
    int differing = 0;
    for (size_t i = 0; i < config_options_n; i++) {
        const struct option *option = &config_options[i];
        const char *a = (const char *)config + option->offset;
        const char *b = (const char *)fresh + option->offset;
        switch (option->type) {
        case OPTION_BOOL:
            differing += *(const bool *)a != *(const bool *)b;
            break;
        case OPTION_INT:
            differing += *(const int64_t *)a != *(const int64_t *)b;
            break;
        case OPTION_DOUBLE:
            differing += memcmp(a, b, sizeof(double)) != 0;
            break;
        case OPTION_STRING:
            differing += strcmp(a, b) != 0;
            break;
        case OPTION_CHOICE:
            differing += *(const int *)a != *(const int *)b;
            break;
        }
    }
    return differing;
}
