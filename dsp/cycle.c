/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/cycle.h"

#include <string.h>

bool cycle_init(struct cycle *cycle, int grid_points)
{
    memset(cycle, 0, sizeof(*cycle));
    cycle->per_point = TABLE_POINTS / grid_points;
    cycle->bin = fftw_alloc_complex(TABLE_POINTS / 2 + 1);
    cycle->point = fftw_alloc_real(TABLE_POINTS);
    if (cycle->bin == NULL || cycle->point == NULL) {
        return false;
    }
    cycle->plan = fftw_plan_dft_c2r_1d(TABLE_POINTS, cycle->bin, cycle->point, FFTW_ESTIMATE);
    return cycle->plan != NULL;
}

void cycle_close(struct cycle *cycle)
{
    if (cycle->plan != NULL) {
        fftw_destroy_plan(cycle->plan);
    }
    fftw_free(cycle->bin);
    fftw_free(cycle->point);
}

void cycle_write(struct cycle *cycle, const struct phasor harmonic[DSP_HARMONICS + 1])
{
    memset(cycle->bin, 0,
           (TABLE_POINTS / 2 + 1) * sizeof(*cycle->bin)); /* the transform destroys its input */
    cycle->bin[0][0] = harmonic[0].re;
    for (int h = 1; h <= DSP_HARMONICS; h++) {
        cycle->bin[h][0] = harmonic[h].re / 2;
        cycle->bin[h][1] = harmonic[h].im / 2;
    }
    fftw_execute(cycle->plan);
    memcpy(&cycle->table[1], cycle->point, TABLE_POINTS * sizeof(double));
    cycle->table[0] = cycle->point[TABLE_POINTS - 1];
    cycle->table[TABLE_POINTS + 1] = cycle->point[0];
    cycle->table[TABLE_POINTS + 2] = cycle->point[1];
}
