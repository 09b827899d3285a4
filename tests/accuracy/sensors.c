/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/sensors.h"

#include <stddef.h>

/* Where a figure comes from. */
#define SEEN     "seen"     /* read in the maker's material */
#define RECALLED "recalled" /* UNVERIFIED: remembered or typical of such parts */
#define COMPUTED "computed" /* from this board's component values */

static const struct part {
    const char *part, *effect, *size, *adds, *left, *mark;
} parts[] = {
    {"transformer 10:1", "ratio, load regulation", "1 %", "U, P 1 %", "0 at the calibrated voltage and load",
     RECALLED},
    {"transformer 10:1", "magnetising pole, 0.5 Hz at 60 Hz", "0.48 deg", "P 1.4 % at PF 0.5",
     "its change with voltage and temperature: about a tenth, P 0.15 % at PF 0.5", COMPUTED},
    {"transformer 10:1", "saturation of the core at +-10 % of U", "0.05 deg, 0.1 % of h3",
     "P 0.15 % at PF 0.5, THD 0.1 points", "all of it", RECALLED},
    {"transformer 10:1", "copper resistance, 0.4 %/K of a small drop", "10 ppm/K", "U, P 0.02 % over 20 K",
     "all of it", RECALLED},
    {"divider 150 k / 10 k", "tolerance 0.1 %, 25 ppm/K", "0.1 %, 25 ppm/K", "U, P 0.1 %",
     "U, P 0.05 % over 20 K", COMPUTED},
    {"AD623", "gain error at gain 1", "0.10 %", "U, P 0.1 %", "0", SEEN},
    {"AD623", "offset drift", "2 uV/K", "nothing: direct voltage takes no part in P and U", "nothing", SEEN},
    {"AD623", "bandwidth 800 kHz at gain 1", "0.0043 deg at 60 Hz", "P 0.013 % at PF 0.5", "0", SEEN},
    {"ACS758LCB-050B", "sensitivity, total error", "-1.2 to +2 %", "I, P 2 %",
     "0 at the calibrated temperature", RECALLED},
    {"ACS758LCB-050B", "sensitivity with temperature", "about 100 ppm/K", "I, P 0.2 % over 20 K", "all of it",
     RECALLED},
    {"ACS758LCB-050B", "ratiometric to its 5 V supply", "1 % for 1 %", "I, P by as much as the 5 V moves",
     "all of it: regulate the 5 V to 0.1 %", SEEN},
    {"ACS758LCB-050B", "nonlinearity", "up to 1 % of full scale", "P 0.1 to 1 % between 0.1 In and Imax",
     "most of it: calibrated at one current", RECALLED},
    {"ACS758LCB-050B", "noise, 10 mV at 120 kHz", "at most 0.04 A rms behind the RC, 0.35 LSB",
     "P 0.03 % at 0.1 In over 10 s", "all of it; it also is the dither that 10 bits need", RECALLED},
    {"ACS758LCB-050B", "zero and its drift, magnetic offset", "5 mV, some 10 mA after Imax",
     "nothing: direct current takes no part in P and I", "nothing", RECALLED},
    {"ACS758LCB-050B", "bandwidth 120 kHz", "0.029 deg at 60 Hz", "P 0.09 % at PF 0.5", "0", SEEN},
    {"RC filters", "tolerance 5 %", "0.05 deg at 60 Hz, 2 % of h50", "P 0.15 % at PF 0.5, h50 2 %",
     "h50 2 %; nothing at the fundamental", COMPUTED},
    {"reference 3.000 V", "tolerance 0.1 %, 10 to 50 ppm/K", "0.1 %", "U, I 0.1 %, P 0.2 %",
     "P 0.04 to 0.2 % over 20 K", RECALLED},
    {"MCP3008", "integral nonlinearity, 1 LSB at most", "0.5 LSB typical",
     "P up to 5 x class 1 (group boards)", "with the linearity table 0.24 x class 1 in the median", RECALLED},
    {"MCP3008", "charge kept from the conversion before", "0.061 %", "19 mA of ghost current",
     "1 % of it once calibrated", COMPUTED},
    {"Raspberry Pi", "crystal", "tens of ppm", "f 1 to 3 mHz at 60 Hz, energy as much: 0.005 %",
     "what the comparison with UTC leaves", RECALLED},
};

void sensors_print(FILE *file)
{
    fputs("\n## What the sensors add\n"
          "\n"
          "A budget, not a measurement: no part of the board has been measured. `seen`: read in its maker's "
          "material; `computed`: "
          "from the board's component values; `recalled`: remembered or typical of such parts, UNVERIFIED. "
          "*Left*: after "
          "calibration at one point and one temperature.\n"
          "\n"
          "| part | effect | size | adds | left | mark |\n|---|---|---|---|---|---|\n",
          file);
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        fprintf(file, "| %s | %s | %s | %s | %s | %s |\n", parts[k].part, parts[k].effect, parts[k].size,
                parts[k].adds, parts[k].left, parts[k].mark);
    fputs("\nWhat is left adds up, in squares, to some 0.3 to 1 % of P near unity power factor, nearly all "
          "of it the Hall sensor's: "
          "the digital chain is not what limits this meter. `hal/sim` has a switch for each of these "
          "effects.\n",
          file);
}
