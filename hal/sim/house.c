/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/house.h"

#include "hal/sim/loads.h"
#include "hal/sim/mains.h"
#include "hal/sim/solar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)HOUSE_LOADS == (int)LOADS, "house.h and loads.h count the same loads");

enum {
    HOUR_S = 3600,
    SEGMENTS_PER_DRIFT =
        10 /* the mains moves about once a second: in between nothing has to be solved anew */
};

struct house {
    struct waveform_source source;
    struct house_config config;
    double u_ratio; /* nominal / rated voltage */
    double t_s;     /* since the start */
    int64_t segments;
    struct mains mains;
    struct loads loads;
    struct solar solar;
};

static double house_now_s(const struct house *house)
{
    return house->config.start_hour * HOUR_S + house->t_s;
}

static void fill(const struct house *house, struct waveform_segment *segment)
{
    segment->legs = 1;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        segment->u_v[0][n] = house->mains.wave.u_v[n] * house->u_ratio;
        segment->load_a[0][n] = house->loads.current_a[n];
        segment->solar_a[0][n] = house->solar.current_a[n];
        segment->grid_a[0][n] = house->loads.current_a[n] - house->solar.current_a[n];
    }
}

static void house_next(struct waveform_source *source, struct waveform_segment *segment)
{
    struct house *house = (struct house *)source;
    bool drifts = house->segments++ % SEGMENTS_PER_DRIFT == 0;
    segment->cycles = (int)lround(house->config.f_nominal_hz / 10);
    if (drifts) {
        mains_step(&house->mains, SEGMENTS_PER_DRIFT * segment->cycles / house->mains.f_hz);
    }
    double duration_s = segment->cycles / house->mains.f_hz;
    loads_step(&house->loads, &house->mains, drifts, house_now_s(house), duration_s);
    solar_step(&house->solar, &house->mains, drifts, house_now_s(house), duration_s);

    segment->start_s = house->t_s;
    house->t_s += duration_s;
    segment->end_s = house->t_s;
    segment->f_hz = house->mains.f_hz;
    fill(house, segment);
}

static const struct waveform_source_ops house_ops = {.name = "house", .next = house_next};

struct house *house_init(const struct house_config *config)
{
    bool in_range = config->f_nominal_hz >= 45 && config->f_nominal_hz <= 65 && config->u_nominal_v > 0 &&
                    config->start_hour >= 0 && config->start_hour <= 24 && config->solar_peak_w >= 0;
    struct house *house = in_range ? calloc(1, sizeof *house) : NULL;
    if (house == NULL) {
        return NULL;
    }
    house->source.ops = &house_ops;
    house->config = *config;
    house->u_ratio = config->u_nominal_v / MAINS_RATED_V;
    mains_init(&house->mains, config->f_nominal_hz, config->seed * 4 + 1);
    loads_init(&house->loads, config->u_nominal_v, house_now_s(house), config->seed * 4 + 2);
    solar_init(&house->solar, config->u_nominal_v, config->solar_peak_w, house_now_s(house),
               config->seed * 4 + 3);
    return house;
}

void house_close(struct house *house)
{
    free(house);
}

struct waveform_source *house_source(struct house *house)
{
    return &house->source;
}

int house_loads(const struct house *house)
{
    (void)house;
    return LOADS;
}

const char *house_load_name(const struct house *house, int load)
{
    (void)house;
    return load_kinds[load].name;
}

bool house_load_on(const struct house *house, int load)
{
    return house->loads.load[load].on;
}

const double *house_load_current(const struct house *house, int load)
{
    return house->loads.load[load].current_a;
}
