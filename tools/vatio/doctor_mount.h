/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_mount.h - the file system that the database lies on, as /proc/self/mountinfo tells of it.
 *
 * Shape:   found by its device and not by its path, so links and bind mounts lead to it too.
 * Errors:  none; what cannot be told leaves type "".
 * Source:  proc_pid_mountinfo(5); ext4 shows commit= there when it is not its own 5 s.
 */
#ifndef VATIO_TOOLS_DOCTOR_MOUNT_H
#define VATIO_TOOLS_DOCTOR_MOUNT_H

#include "tools/vatio/doctor.h"

#include <stdio.h>
#include <sys/types.h>

void doctor_mount_read(FILE *mountinfo, dev_t device, struct doctor_mount *mount);

/* Of the folder of this database: the user may not be allowed to look into it. */
void doctor_collect_mount(const char *database, struct doctor_mount *mount);

#endif
