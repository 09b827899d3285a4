/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meter_settings.h - the few of vatiod's settings that a backup needs when no vatiod runs to ask: they are taken as they stand,
 * vatiod alone judges them.
 *
 * Errors:  none: what the file does not say, or a file that is not there, leaves the defaults.
 */
#ifndef VATIO_TOOLS_METER_SETTINGS_H
#define VATIO_TOOLS_METER_SETTINGS_H

#include "tools/vatio/backup.h"

struct meter_settings {
    char meter_id[BACKUP_PATH]; /* "" or "auto" = left to vatiod */
    char data_dir[BACKUP_PATH];
    char board_file[BACKUP_PATH];
    char calibration_file[BACKUP_PATH];
};

void meter_settings_read(struct meter_settings *settings, const char *path);

#endif
