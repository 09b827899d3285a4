/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quality.h - flags that travel with every value to its last reader.
 *
 * A flag says what is doubtful about a value; a value that could not be measured at all is absent (NaN).
 * The bit numbers are part of every stored record and of the MQTT messages: never renumber, only append.
 */
#ifndef VATIO_DSP_QUALITY_H
#define VATIO_DSP_QUALITY_H

enum quality {
    QUALITY_CLIPPED = 1 << 0,      /* a converter code stood at an end of its range */
    QUALITY_GAP = 1 << 1,          /* samples were missing; up to one cycle is bridged */
    QUALITY_UNLOCKED = 1 << 2,     /* the frequency was not tracked on a live voltage */
    QUALITY_UNCALIBRATED = 1 << 3, /* nominal scales, never adjusted on this unit */
    QUALITY_UNSYNCED = 1 << 4,     /* UTC was not synchronised: the labels are doubtful, the energy is not */
    QUALITY_EVENT = 1 << 5,        /* a dip, swell or interruption fell into it */
    QUALITY_SENSOR_FAULT = 1 << 6, /* converter frames were corrupt or a sensor is implausible */
    QUALITY_SIMULATED = 1 << 7,    /* not measured: from the simulated front end */
    QUALITY_ASSUMED = 1 << 8 /* a leg's voltage was not measured but taken from the other leg, turned round */
};

#endif
