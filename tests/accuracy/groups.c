/* SPDX-License-Identifier: GPL-3.0-or-later */
/* groups.c - the table of groups, in the order in which they are printed. */
#include "tests/accuracy/group.h"

const struct group groups[] = {
    {.name = "ideal",
     .title = "ideal converter, stationary, 45 to 65 Hz, any angle, both directions",
     .conditions =
         "Ideal converter; 120 V, 5 A; worst window of each point, f as the mean of 10 s, relative to the "
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
};
const int groups_n = sizeof groups / sizeof groups[0];
