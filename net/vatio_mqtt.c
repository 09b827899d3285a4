/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vatio-mqtt - publishes vatiod's values and records. Here the parts are only put together. */
#include "firmware/base/log.h"
#include "net/arguments.h"
#include "net/service.h"

#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
    static struct service service;
    struct arguments arguments;
    struct settings settings;
    struct options_error error;

    log_init("vatio-mqtt", LOG_LEVEL_INFO);
    int result = arguments_read(&arguments, argc, argv, &error);
    if (result == 0 && arguments.action == ARGUMENTS_HELP) {
        arguments_help(stdout);
        return EXIT_SUCCESS;
    }
    if (result == 0 && arguments.action == ARGUMENTS_VERSION) {
        printf("vatio-mqtt %s\n", VATIO_VERSION);
        return EXIT_SUCCESS;
    }
    if (result == 0)
        result = arguments_settings(&arguments, &settings, &error);
    if (result != 0) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    if (arguments.action == ARGUMENTS_DUMP_CONFIG)
        return options_write(settings_options, settings_options_n, &settings, stdout) == 0 ? EXIT_SUCCESS
                                                                                           : EXIT_FAILURE;
    if (arguments.action == ARGUMENTS_CHECK_CONFIG) {
        printf("settings are good\n");
        return EXIT_SUCCESS;
    }
    if (service_open(&service, &settings, &arguments) != 0)
        return EXIT_FAILURE;
    result = service_run(&service);
    service_close(&service);
    return result;
}
