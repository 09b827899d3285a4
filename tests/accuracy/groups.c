/* SPDX-License-Identifier: GPL-3.0-or-later */
/* groups.c - the table of groups, in the order in which they are printed. */
#include "tests/accuracy/group.h"

const struct group groups[] = {
    {.name = "ideal",
     .title = "ideal converter, stationary, 45 to 65 Hz, any angle, both directions",
     .conditions = "Ideal converter; 120 V, 5 A; worst window of each point, f the power frequency of 10 s, "
                   "relative to the "
                   "clock. rich: h2..h50 in three sets, each harmonic 1 % in U and 3 % in I, all angles.",
     .run = group_ideal},
    {.name = "class",
     .title = "class 0.5 S (IEC 62053-22), both directions",
     .conditions =
         "Reference board, after calibration at 120 V, 5 A, 60 deg lagging for 120 s of a unit whose parts "
         "are "
         "off by their tolerances; In = 5 A, Imax = 35 A. Error of the energy of 10 s in percent of the "
         "true energy; bias: mean over all of them, in percent of S. Limits of the class recalled.",
     .run = group_class},
    {.name = "boards",
     .title = "random boards with integral nonlinearity within +-1 LSB",
     .conditions = "Reference boards whose parts are off by their tolerances, each with a nonlinearity of "
                   "its own (smooth and bit "
                   "steps; largest 0.5 LSB in the median, 1 at most); energy of 10 s. With the linearity "
                   "table learned from 64 s "
                   "of a sine of 0.0115 % THD, and (full set) without; then calibrated at one point. Class "
                   "0.5 and part "
                   "of class 1 recalled.",
     .run = group_boards,
     .is_long = true},
    {.name = "efficiency",
     .title = "single windows against the Cramer-Rao bound",
     .conditions = "Reference board, exact calibration, 8,000 scans/s, current lagging by 35 deg. rms error "
                   "of 2,500 windows "
                   "of 200 ms, each in units of the bound of the samples that it had; stamp errors are not "
                   "in the bound.",
     .run = group_efficiency},
    {.name = "timing",
     .title = "faults of the clock and of the scheduler on a clean sine",
     .conditions =
         "Reference board, exact calibration, 60.1 Hz, U 400 and I 200 LSB peak, 60 deg lagging; windows of "
         "200 ms, "
         "f relative to the clock of the stamps. Marks: GAP, CLIPPED, UNLOCKED, EVENT, SENSOR_FAULT.",
     .run = group_timing},
    {.name = "harmonics",
     .title = "harmonics, IEC 61000-4-7 class I",
     .conditions = "Reference board, exact calibration, 120 V, 5 A; each order alone in U and I. U per "
                   "window of 200 ms, I as the "
                   "150/180-cycle value (3 s). Limits of U seen, of I recalled; nominal is 120 V and 5 A.",
     .run = group_harmonics},
    {.name = "ramp",
     .title = "frequency ramp",
     .conditions =
         "Ideal converter, 120 V, 5 A, 60 deg lagging, 5th and 25th harmonics; worst window of 10 s.",
     .run = group_ramp},
    {.name = "influence",
     .title = "waveforms of the influence tests of IEC 62053-21, a quarter of class 1",
     .conditions = "Reference board, exact calibration, exactly 50 and 60 Hz, mean of 10 s; the whole error, "
                   "not only the variation. "
                   "Scan rates: what the firmware permits, 3,000 to 14,290 a second, by bands; the board's "
                   "own is 8,000. "
                   "Limits of the 5th harmonic and the half-wave seen, the others recalled.",
     .run = group_influence},
    {.name = "ieee1459",
     .title = "worked example of IEEE 1459, five digits",
     .conditions =
         "Ideal converter, 100 V, 100 A, one window of 200 ms; limit: half a unit of the fifth digit.",
     .run = group_ieee1459},
    {.name = "start",
     .title = "starting current and no load",
     .conditions = "Reference board with crosstalk of 6e-4, calibrated; registers over 600 s after the first "
                   "minute; no load for "
                   "600e6 / (1,000 imp/kWh x 120 V x 35 A) = 143 min (the time's formula is recalled; "
                   "reduced set: a fifth of it).",
     .run = group_start},
    {.name = "battery",
     .title = "a battery that regulates around zero, +-50 W",
     .conditions =
         "120 V, 60 Hz, levels of 0.5 to 5 s; registers against the model's, netted over the same windows.",
     .run = group_battery},
    {.name = "day",
     .title = "24 hours of the house, reference board",
     .conditions = "House of seed N with 2,500 W of sun, exact calibration; registers against the model's.",
     .run = group_day,
     .full_only = true,
     .is_long = true},
    {.name = "ideal-day",
     .title = "24 hours of the house, ideal converter",
     .conditions = "House of seed N with 2,500 W of sun; registers against the model's.",
     .run = group_ideal_day,
     .full_only = true,
     .is_long = true},
    {.name = "states",
     .title = "testing states of IEC 61000-4-30, scaled to class S",
     .conditions = "Reference board, exact calibration, Udin 120 V, each parameter in five steps in states 1 "
                   "to 3; worst window of 4 s "
                   "at each. Harmonics: class II, errors above 3 % of nominal counted so that 0.15 stands "
                   "for 5 % of the value. "
                   "Limits seen, but for class II (recalled). The peaks of state 3 at "
                   "120 % are just beyond the board's range, and clipped.",
     .run = group_states},
};
const int groups_n = sizeof groups / sizeof groups[0];
