/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/laws.h"

#include <math.h>

static const double pi = 3.141592653589793;
static const double rated_squared = (double)MAINS_RATED_V * MAINS_RATED_V;

enum { SOLVE_CYCLES = 100 }; /* at most, until the cycle repeats */
static const double solve_v = 1e-7;
static const double diode_v = 0.8;            /* of a silicon diode */
static const double choke_s = 60e-6;          /* rise time of a dimmer's choke */
static const double filament_exponent = 0.46; /* I goes with U^0.54 */
static const double filament_cold = 0.0045;   /* U / rated at which that has come down to a twelfth */
static const double lockout_v = 40;           /* below it a converter takes nothing from its capacitor */

void law_resistor(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                  double current_a[WAVEFORM_POINTS])
{
    (void)state;
    double conductance_s = plate->p_w / rated_squared;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        current_a[n] = conductance_s * supply->wave.u_v[n];
    }
}

/* How many times the running current flows, on_s after the start. */
static double start_factor(const struct law_plate *plate, double on_s)
{
    if (plate->start_ratio <= 1) {
        return 1;
    }
    return 1 + (plate->start_ratio - 1) * exp(-on_s / plate->start_s);
}

/* The hot filament's resistance settles with the rms voltage over it. */
static double filament_s(double p_w, double u_rms_v)
{
    return p_w / rated_squared * pow(fmax(u_rms_v / MAINS_RATED_V, filament_cold), -filament_exponent);
}

void law_filament(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                  double current_a[WAVEFORM_POINTS])
{
    double conductance_s = filament_s(plate->p_w, supply->u_rms_v) * start_factor(plate, state->on_s);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        current_a[n] = conductance_s * supply->wave.u_v[n];
    }
}

void law_filter(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                double current_a[WAVEFORM_POINTS])
{
    (void)state;
    double conductance_s = plate->p_w / rated_squared;
    double susceptance_s = -plate->q_var / rated_squared;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        current_a[n] = conductance_s * supply->wave.u_v[n] + susceptance_s * supply->wave.slope_v[n];
    }
}

void law_motor(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
               double current_a[WAVEFORM_POINTS])
{
    double start = start_factor(plate, state->on_s);
    double conductance_s = start * plate->p_w / rated_squared;
    double susceptance_s = start * plate->q_var / rated_squared;
    double rated_flux_v = sqrt(2) * MAINS_RATED_V;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double flux = supply->wave.flux_v[n] / rated_flux_v;
        current_a[n] = conductance_s * supply->wave.u_v[n] + susceptance_s * supply->wave.flux_v[n] +
                       plate->saturation_a * flux * flux * flux * flux * flux;
    }
}

static double step_s(const struct supply *supply)
{
    return 1 / (supply->f_hz * WAVEFORM_POINTS);
}

/* Bridge, series resistance, capacitor, and a converter behind it that takes constant power. Backward Euler, so the
 * charge of a cycle balances to the last digit of capacitor_v. */
static double rectifier_cycle(const struct law_plate *plate, const struct supply *supply, double capacitor_v,
                              double current_a[WAVEFORM_POINTS])
{
    double volt_per_a = step_s(supply) / plate->capacitance_f;
    double over_series = 1 / (plate->series_ohm + volt_per_a);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double u_v = supply->wave.u_v[n];
        double drained_v =
            capacitor_v > lockout_v ? capacitor_v - volt_per_a * plate->p_w / capacitor_v : capacitor_v;
        double charge_a = fmax((fabs(u_v) - 2 * diode_v - drained_v) * over_series, 0);
        capacitor_v = drained_v + volt_per_a * charge_a;
        current_a[n] = copysign(charge_a, u_v);
    }
    return capacitor_v;
}

/* Voltage doubler of a microwave oven, everything seen from the mains side of its transformer: the capacitor is
 * charged through a diode in one half wave and discharged through the magnetron in the other, whose resistance
 * makes the half waves differ: even harmonics, but no direct current. */
static double doubler_cycle(const struct law_plate *plate, const struct supply *supply, double capacitor_v,
                            double current_a[WAVEFORM_POINTS])
{
    double volt_per_a = step_s(supply) / plate->capacitance_f;
    double over_charge = 1 / (plate->series_ohm + volt_per_a);
    double over_discharge = 1 / (plate->series_ohm + plate->magnetron_ohm + volt_per_a);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double across_v = supply->wave.u_v[n] - capacitor_v;
        current_a[n] =
            fmax(across_v, 0) * over_charge + fmin(across_v + plate->magnetron_v, 0) * over_discharge;
        capacitor_v += volt_per_a * current_a[n];
    }
    return capacitor_v;
}

typedef double (*law_cycle)(const struct law_plate *plate, const struct supply *supply, double capacitor_v,
                            double current_a[WAVEFORM_POINTS]);

static void solve(law_cycle cycle, const struct law_plate *plate, struct law_state *state,
                  const struct supply *supply, double current_a[WAVEFORM_POINTS])
{
    double before_v;
    int left = SOLVE_CYCLES;
    do {
        before_v = state->capacitor_v;
        state->capacitor_v = cycle(plate, supply, before_v, current_a);
    } while (fabs(state->capacitor_v - before_v) > solve_v && --left > 0);
}

void law_rectifier(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                   double current_a[WAVEFORM_POINTS])
{
    if (!(state->capacitor_v > 0)) {
        state->capacitor_v = supply->wave.u_v[WAVEFORM_POINTS / 4]; /* a full capacitor is near the answer */
    }
    solve(rectifier_cycle, plate, state, supply, current_a);
}

void law_doubler(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                 double current_a[WAVEFORM_POINTS])
{
    solve(doubler_cycle, plate, state, supply, current_a);
    double conductance_s = plate->p_w / rated_squared;
    double susceptance_s = plate->q_var / rated_squared;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        current_a[n] += conductance_s * supply->wave.u_v[n] + susceptance_s * supply->wave.flux_v[n];
    }
}

void law_dimmer(const struct law_plate *plate, struct law_state *state, const struct supply *supply,
                double current_a[WAVEFORM_POINTS])
{
    double fire_rad = (90 + 20 * state->setting) * pi / 180;
    double choke_rad = 2 * pi * supply->f_hz * choke_s;
    double squares = 0;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double angle_rad = 2 * pi * (n % (WAVEFORM_POINTS / 2)) / WAVEFORM_POINTS;
        current_a[n] = 0;
        if (angle_rad >= fire_rad) {
            double u_v = supply->wave.u_v[n];
            squares += u_v * u_v;
            current_a[n] = u_v * (1 - exp((fire_rad - angle_rad) / choke_rad));
        }
    }
    double conductance_s = filament_s(plate->p_w, sqrt(squares / WAVEFORM_POINTS));
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        current_a[n] *= conductance_s;
    }
}
