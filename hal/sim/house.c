/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/house.h"

#include "hal/sim/loads.h"
#include "hal/sim/mains.h"
#include "hal/sim/solar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)HOUSE_LOADS == (int)LOADS_ONE_LEG && (int)HOUSE_LOADS_TWO_LEGS == (int)LOADS,
               "house.h and loads.h count the same loads");

static const double neutral_ohm = 0.03; /* some 30 m of 16 mm2 */

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
    struct solar solar; /* across both legs where there are two */
    struct solar micro; /* on one leg, under the same sky */
};

static double house_now_s(const struct house *house)
{
    return house->config.start_hour * HOUR_S + house->t_s;
}

static bool micro_feeds(const struct house *house, int leg)
{
    return house->config.micro_peak_w > 0 && house->config.micro_leg == leg + 1;
}

static void fill_leg(const struct house *house, int leg, struct waveform_segment *segment)
{
    const double *u_v = house->mains.supply[leg == 0 ? SUPPLY_L1 : SUPPLY_L2].wave.u_v;
    double direction = leg == 0 ? 1 : -1; /* leg 2 is leg 1 turned round */
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double solar_a = house->solar.current_a[n];
        if (micro_feeds(house, leg)) {
            solar_a += house->micro.current_a[n];
        }
        segment->u_v[leg][n] = direction * u_v[n] * house->u_ratio;
        segment->load_a[leg][n] = house->loads.current_a[leg][n];
        segment->solar_a[leg][n] = direction * solar_a;
        segment->grid_a[leg][n] = segment->load_a[leg][n] - segment->solar_a[leg][n];
    }
}

/* The part of the neutral's current in phase with leg 1, times its resistance, as a share of the nominal voltage. What
 * flows across both legs is not in it. The mains moves once a second, and this drop with it: the current is that of the
 * moment before. */
static double neutral_ratio(const struct house *house)
{
    double sum_w = 0, squares = 0;
    for (int n = 0; n < WAVEFORM_POINTS && house->config.legs == 2; n++) {
        double u_v = house->mains.rated.u_v[n];
        double i_a = house->loads.current_a[0][n] + house->loads.current_a[1][n];
        if (micro_feeds(house, 0) || micro_feeds(house, 1)) {
            i_a -= house->micro.current_a[n] * (house->config.micro_leg == 1 ? 1 : -1);
        }
        sum_w += u_v * i_a;
        squares += u_v * u_v;
    }
    return squares > 0 ? neutral_ohm * sum_w / squares * MAINS_RATED_V / house->config.u_nominal_v : 0;
}

static const struct supply *solar_supply(const struct house *house)
{
    return &house->mains.supply[house->config.legs == 2 ? SUPPLY_BOTH : SUPPLY_L1];
}

static const struct supply *micro_supply(const struct house *house)
{
    return &house->mains.supply[house->config.micro_leg == 2 ? SUPPLY_L2 : SUPPLY_L1];
}

static void house_next(struct waveform_source *source, struct waveform_segment *segment)
{
    struct house *house = (struct house *)source;
    bool drifts = house->segments++ % SEGMENTS_PER_DRIFT == 0;
    segment->cycles = (int)lround(house->config.f_nominal_hz / 10);
    if (drifts) {
        mains_step(&house->mains, SEGMENTS_PER_DRIFT * segment->cycles / house->mains.f_hz,
                   neutral_ratio(house));
    }
    double duration_s = segment->cycles / house->mains.f_hz;
    loads_step(&house->loads, &house->mains, drifts, house_now_s(house), duration_s);
    solar_step(&house->solar, solar_supply(house), drifts, house_now_s(house), duration_s);
    solar_step(&house->micro, micro_supply(house), drifts, house_now_s(house), duration_s);

    segment->start_s = house->t_s;
    house->t_s += duration_s;
    segment->end_s = house->t_s;
    segment->f_hz = house->mains.f_hz;
    segment->legs = house->config.legs;
    for (int leg = 0; leg < segment->legs; leg++) {
        fill_leg(house, leg, segment);
    }
}

static const struct waveform_source_ops house_ops = {.name = "house", .next = house_next};

static bool in_range(const struct house_config *config)
{
    return config->f_nominal_hz >= 45 && config->f_nominal_hz <= 65 && config->u_nominal_v > 0 &&
           config->start_hour >= 0 && config->start_hour <= 24 && config->solar_peak_w >= 0 &&
           config->micro_peak_w >= 0 && config->legs >= 0 && config->legs <= WAVEFORM_LEGS &&
           config->micro_leg >= 0 && config->micro_leg <= (config->legs == 2 ? 2 : 1);
}

/* Panels of one roof: both inverters see the same clouds. */
static void init_solar(struct house *house)
{
    const struct house_config *config = &house->config;
    uint64_t seed = config->seed * 4 + 3;
    solar_init(&house->solar, config->u_nominal_v * config->legs, config->solar_peak_w, house_now_s(house),
               seed);
    solar_init(&house->micro, config->u_nominal_v, config->micro_peak_w, house_now_s(house), seed);
}

struct house *house_init(const struct house_config *config)
{
    struct house *house = in_range(config) ? calloc(1, sizeof *house) : NULL;
    if (house == NULL) {
        return NULL;
    }
    house->source.ops = &house_ops;
    house->config = *config;
    house->config.legs = config->legs == 2 ? 2 : 1;
    house->config.micro_leg = config->micro_leg == 2 ? 2 : 1;
    house->u_ratio = config->u_nominal_v / MAINS_RATED_V;
    mains_init(&house->mains, config->f_nominal_hz, house->config.legs, config->seed * 4 + 1);
    loads_init(&house->loads, config->u_nominal_v, house->config.legs, house_now_s(house),
               config->seed * 4 + 2);
    init_solar(house);
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
    return loads_count(&house->loads);
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

int house_load_leg(const struct house *house, int load)
{
    static const int leg[SUPPLIES] = {[SUPPLY_L1] = 1, [SUPPLY_L2] = 2, [SUPPLY_BOTH] = 0};
    return leg[loads_supply(&house->loads, load)];
}

const double *house_load_current(const struct house *house, int load)
{
    return house->loads.load[load].current_a;
}
