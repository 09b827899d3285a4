/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 2. */
#include "hal/gpiod/chip.h"

#include <dirent.h>
#include <errno.h>
#include <gpiod.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool has_label(struct gpiod_chip *chip, const char *label)
{
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    bool same = info && strcmp(gpiod_chip_info_get_label(info), label) == 0;
    gpiod_chip_info_free(info);
    return same;
}

static struct gpiod_chip *open_if_labelled(const char *path, const char *label)
{
    struct gpiod_chip *chip = gpiod_is_gpiochip_device(path) ? gpiod_chip_open(path) : NULL;
    if (chip && !has_label(chip, label)) {
        gpiod_chip_close(chip);
        chip = NULL;
    }
    return chip;
}

/* A label needs a search: the number of a chip changes from kernel to kernel. */
static struct gpiod_chip *find_chip(const char *label)
{
    struct gpiod_chip *chip = NULL;
    DIR *dev = opendir("/dev");
    if (!dev)
        return NULL;
    for (struct dirent *entry = readdir(dev); entry && !chip; entry = readdir(dev)) {
        char path[sizeof "/dev/" + sizeof entry->d_name];
        if (strncmp(entry->d_name, "gpiochip", 8) != 0)
            continue;
        snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        chip = open_if_labelled(path, label);
    }
    closedir(dev);
    if (!chip)
        errno = ENOENT;
    return chip;
}

struct gpiod_chip *chip_open(const char *chip)
{
    return chip[0] == '/' ? gpiod_chip_open(chip) : find_chip(chip);
}

static void set(struct gpiod_line_settings *settings, const struct chip_line *line)
{
    if (line->output) {
        gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
        gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE);
    } else {
        gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
        gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
        gpiod_line_settings_set_active_low(settings, line->active_low);
    }
}

void *chip_request(struct gpiod_chip *chip, const struct chip_line *line, const char **what)
{
    (void)what;
    struct gpiod_line_request *request = NULL;
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *config = gpiod_request_config_new();
    if (settings && lines && config) {
        set(settings, line);
        gpiod_request_config_set_consumer(config, line->consumer);
        if (gpiod_line_config_add_line_settings(lines, &line->offset, 1, settings) == 0)
            request = gpiod_chip_request_lines(chip, config, lines);
    }
    int code = errno; /* kept through the frees */
    gpiod_request_config_free(config);
    gpiod_line_config_free(lines);
    gpiod_line_settings_free(settings);
    errno = code;
    return request;
}
