/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_collect.h - fills the doctor's inputs from mailbox, control socket, status file and the kernel's mounts. Nothing is reported here:
 * what could not be had is an -errno in the inputs.
 */
#ifndef VATIO_TOOLS_DOCTOR_COLLECT_H
#define VATIO_TOOLS_DOCTOR_COLLECT_H

#include "tools/vatio/cli.h"
#include "tools/vatio/doctor.h"

/* False when the user ended the waiting between the two looks. */
bool doctor_collect(struct cli *cli, struct doctor_inputs *inputs);

/* The status file alone. */
void doctor_collect_mqtt(const char *path, struct doctor_mqtt *mqtt);

#endif
