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

static const double same_drop_v = 1e-3; /* at the rated voltage; less is not solved anew */
static const double pi = 3.141592653589793;

enum {
    HOUR_S = 3600,
    SEGMENTS_PER_DRIFT =
        10 /* the mains moves about once a second: in between nothing has to be solved anew */
};

struct house {
    struct waveform_source source;
    struct house_config config;
    double u_ratio;  /* nominal / rated voltage */
    double t_s;      /* since the start */
    int cycles_left; /* until the mains moves */
    struct mains mains;
    struct loads loads;
    struct solar solar; /* across both legs where there are two */
    struct solar micro; /* on one leg, under the same sky */
    struct upset upset;
    bool upsets;                           /* anything of it */
    int turned;                            /* points by which everything leads */
    struct mains_drop drop[WAVEFORM_LEGS]; /* of the segment before */
    double scratch[WAVEFORM_POINTS];
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

/* What a leg's grid current drops along its conductor, seen from the leg, at the rated voltage. */
static struct mains_drop drop_of(const struct house *house, int leg, const struct waveform_segment *segment)
{
    double volt_per_a = house->config.upset.impedance_mohm / 1000 / house->u_ratio * (leg == 0 ? 1 : -1);
    struct mains_drop drop = {0};
    for (int n = 0; n < WAVEFORM_POINTS && volt_per_a != 0; n++) {
        double angle_rad = 2 * pi * n / WAVEFORM_POINTS;
        double drop_v = volt_per_a * segment->grid_a[leg][n] * 2 / WAVEFORM_POINTS;
        drop.sine_v += drop_v * sin(angle_rad);
        drop.cosine_v += drop_v * cos(angle_rad);
    }
    return drop;
}

static bool same_drop(const struct mains_drop *a, const struct mains_drop *b)
{
    return fabs(a->sine_v - b->sine_v) < same_drop_v && fabs(a->cosine_v - b->cosine_v) < same_drop_v;
}

/* True if the voltages changed. */
static bool step_upset(struct house *house)
{
    struct mains *mains = &house->mains;
    struct upset_state state = upset_at(&house->upset, house->t_s, 1 / mains->f_hz);
    house->turned = (int)lround(state.turn_rad / (2 * pi) * WAVEFORM_POINTS);
    bool same = state.ratio <= mains->upset_ratio && state.ratio >= mains->upset_ratio &&
                same_drop(&house->drop[0], &mains->drop[0]) && same_drop(&house->drop[1], &mains->drop[1]);
    if (!same) {
        mains_upset(mains, state.ratio, house->drop);
    }
    return !same;
}

/* table[n] = table[n + points], around the cycle. */
static void turn(double *scratch, double table[WAVEFORM_POINTS], int points)
{
    memcpy(scratch, table, WAVEFORM_POINTS * sizeof table[0]);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        table[n] = scratch[(n + points + 2 * WAVEFORM_POINTS) % WAVEFORM_POINTS];
    }
}

static void upset_leg(struct house *house, int leg, struct waveform_segment *segment)
{
    double dc_a = house->config.upset.i_dc_a * (leg == 0 ? 1 : -1);
    house->drop[leg] = drop_of(house, leg, segment);
    for (int n = 0; n < WAVEFORM_POINTS && dc_a != 0; n++) {
        segment->load_a[leg][n] += dc_a;
        segment->grid_a[leg][n] += dc_a;
    }
    if (house->turned != 0) {
        double *const table[] = {segment->u_v[leg], segment->grid_a[leg], segment->solar_a[leg],
                                 segment->load_a[leg]};
        for (int k = 0; k < 4; k++) {
            turn(house->scratch, table[k], house->turned);
        }
    }
}

static void fill(struct house *house, struct waveform_segment *segment)
{
    segment->f_hz = house->mains.f_hz;
    segment->rate_hz_s = 0;
    segment->n_tones = 0;
    segment->legs = house->config.legs;
    for (int leg = 0; leg < segment->legs; leg++) {
        fill_leg(house, leg, segment);
        if (house->upsets) {
            upset_leg(house, leg, segment);
        }
    }
}

static void house_next(struct waveform_source *source, struct waveform_segment *segment)
{
    struct house *house = (struct house *)source;
    segment->cycles = (int)lround(house->config.f_nominal_hz / 10);
    bool changes = house->cycles_left == 0;
    if (changes) {
        house->cycles_left = SEGMENTS_PER_DRIFT * segment->cycles;
        mains_step(&house->mains, house->cycles_left / house->mains.f_hz, neutral_ratio(house));
    }
    if (house->upsets) {
        int most = segment->cycles < house->cycles_left ? segment->cycles : house->cycles_left;
        changes |= step_upset(house);
        segment->cycles = upset_cycles(&house->upset, house->t_s, house->mains.f_hz, most);
    }
    house->cycles_left -= segment->cycles;
    double duration_s = segment->cycles / house->mains.f_hz;
    loads_step(&house->loads, &house->mains, changes, house_now_s(house), duration_s);
    solar_step(&house->solar, solar_supply(house), changes, house_now_s(house), duration_s);
    solar_step(&house->micro, micro_supply(house), changes, house_now_s(house), duration_s);

    segment->start_s = house->t_s;
    house->t_s += duration_s;
    segment->end_s = house->t_s;
    fill(house, segment);
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
    char error[256];
    struct upset upset;
    bool good = in_range(config) && upset_init(&upset, &config->upset, error, sizeof error) == 0;
    struct house *house = good ? calloc(1, sizeof *house) : NULL;
    if (house == NULL) {
        return NULL;
    }
    house->upset = upset;
    house->upsets = upset_changes(&upset) || config->upset.impedance_mohm > 0 || config->upset.i_dc_a != 0;
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
