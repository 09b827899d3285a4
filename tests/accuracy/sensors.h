/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sensors.h - what the sensors and the analogue parts add to the digital chain: a budget, not a measurement. */
#ifndef VATIO_ACCURACY_SENSORS_H
#define VATIO_ACCURACY_SENSORS_H

#include <stdio.h>

void sensors_print(FILE *file);

#endif
