/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laws.h - how a load's current follows from the voltage: one function per kind of circuit.
 *
 * Shape:   one cycle of current in steady state, from one cycle of voltage; circuits with a capacitor behind diodes
 *          are solved until the cycle repeats. Starting currents decay from segment to segment.
 * Units:   at the rated voltage, MAINS_RATED_V. Formulas in hal/sim/README.md.
 * Threads: pure but for the state that the caller owns.
 */
#ifndef VATIO_HAL_SIM_LAWS_H
#define VATIO_HAL_SIM_LAWS_H

#include "hal/sim/mains.h"

/* A load's plate; each law says which it reads. All at the rated voltage and frequency. */
struct law_plate {
    double p_w;
    double q_var;        /* > 0: of an inductor, < 0: of a capacitor */
    double saturation_a; /* peak of the iron's extra magnetising current */
    double start_ratio;  /* starting / running current; 0 = starts softly */
    double start_s;      /* time constant of the start */
    double capacitance_f;
    double series_ohm;
    double magnetron_v;   /* below it the magnetron does not conduct; from the mains side */
    double magnetron_ohm; /* above it */
};

struct law_state {
    double on_s;        /* since switched on, middle of the segment */
    double setting;     /* 0..1, drawn at each switching on */
    double capacitor_v; /* at the cycle's start, kept as the next solution's first guess */
};

typedef void (*law)(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                    double current_a[WAVEFORM_POINTS]);

void law_resistor(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                  double current_a[WAVEFORM_POINTS]); /* p_w */
void law_filament(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                  double current_a[WAVEFORM_POINTS]); /* p_w, start_ratio, start_s */
void law_filter(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                double current_a[WAVEFORM_POINTS]); /* p_w, q_var < 0 */
void law_motor(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
               double current_a[WAVEFORM_POINTS]); /* p_w, q_var, saturation_a, start_ratio, start_s */
void law_rectifier(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                   double current_a[WAVEFORM_POINTS]); /* p_w, capacitance_f, series_ohm */
void law_doubler(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                 double current_a[WAVEFORM_POINTS]); /* p_w and q_var beside the magnetron, capacitance_f,
                                                        series_ohm, magnetron_v, magnetron_ohm */
void law_dimmer(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                double current_a[WAVEFORM_POINTS]); /* p_w at full conduction; setting: 90..110 degrees */

#endif
