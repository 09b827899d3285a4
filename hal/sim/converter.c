/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/converter.h"

#include "hal/sim/curve.h"

void converter_init(struct converter *converter, const struct sim_config *config)
{
    *converter = (struct converter){
        .noise_lsb = config->noise_lsb,
        .crosstalk = config->crosstalk,
        .corrupt_share = config->corrupt_share,
        .stuck_input = (int)config->stuck_input - 1,
        .stuck_s = config->stuck_s,
        .curved = config->inl_lsb > 0,
    };
    if (converter->curved) {
        curve_thresholds(config->seed, config->inl_lsb, converter->threshold_lsb);
    }
}

static unsigned quantise(double level_lsb)
{
    if (!(level_lsb > 0)) {
        return 0;
    }
    return level_lsb < MCP3008_CODES - 1 ? (unsigned)level_lsb : MCP3008_CODES - 1;
}

/* Successive approximation: each bit stays if the level is not below the threshold of what stands so far. */
static unsigned search(const double threshold_lsb[MCP3008_CODES], double level_lsb)
{
    unsigned code = 0;
    for (unsigned bit = MCP3008_CODES / 2; bit > 0; bit /= 2) {
        code += level_lsb >= threshold_lsb[code + bit] ? bit : 0;
    }
    return code;
}

/* What is on the capacitor when it is disconnected from the pin. */
static double hold(struct converter *converter, double level_lsb)
{
    if (converter->crosstalk > 0 && converter->has_held) {
        level_lsb += converter->crosstalk * (converter->held_lsb - level_lsb);
    }
    converter->has_held = true;
    converter->held_lsb = level_lsb;
    return level_lsb;
}

/* From its instant on the input keeps what it had then, the noise of that conversion included. */
static double stick(struct converter *converter, int input, double t_s, double level_lsb)
{
    if (input != converter->stuck_input || t_s < converter->stuck_s) {
        return level_lsb;
    }
    if (!converter->stuck) {
        converter->stuck = true;
        converter->stuck_lsb = level_lsb;
    }
    return converter->stuck_lsb;
}

void converter_read(struct converter *converter, struct noise *noise, int input, double t_s, double level_lsb,
                    uint8_t rx[MCP3008_FRAME])
{
    if (converter->noise_lsb > 0) {
        level_lsb += converter->noise_lsb * noise_gaussian(noise);
    }
    level_lsb = stick(converter, input, t_s, hold(converter, level_lsb));
    mcp3008_respond(converter->curved ? search(converter->threshold_lsb, level_lsb) : quantise(level_lsb),
                    rx);
    if (converter->corrupt_share > 0 && noise_uniform(noise) < converter->corrupt_share) {
        unsigned bit = (unsigned)(noise_bits(noise) % MCP3008_CLOCKS);
        rx[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}
