/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/meter_settings.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

static int take(void *context, const char *section, const char *name, const char *value)
{
    struct meter_settings *settings = context;
    const struct {
        const char *section, *name;
        char *out;
    } wanted[] = {
        {"meter", "id", settings->meter_id},
        {"paths", "data_dir", settings->data_dir},
        {"paths", "board_file", settings->board_file},
        {"paths", "calibration_file", settings->calibration_file},
    };
    for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++)
        if (strcmp(section, wanted[k].section) == 0 && strcmp(name, wanted[k].name) == 0)
            snprintf(wanted[k].out, BACKUP_PATH, "%s", value);
    return 1;
}

void meter_settings_read(struct meter_settings *settings, const char *path)
{
    memset(settings, 0, sizeof *settings);
    snprintf(settings->data_dir, sizeof settings->data_dir, "/var/lib/vatio");
    ini_parse(path, take, settings);
}
