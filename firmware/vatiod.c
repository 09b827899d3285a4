/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vatiod - the metering daemon. What it consists of is in daemon.c. */
#include "firmware/arguments.h"
#include "firmware/base/log.h"
#include "firmware/daemon.h"
#include "firmware/sim_report.h"
#include "firmware/supervisor.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_CHECK = 3 };

/* The simulated run's registers beside the model's; false when they are too far apart. */
static bool check(struct daemon *daemon, double real_s)
{
    struct sim_truth truth;
    if (daemon->config.adc_source != CONFIG_ADC_SIM || daemon->config.check_pct < 0)
        return true;
    if (!adc_sim_truth(daemon->source.sim, &truth)) {
        log_error("the model's integrals are incomplete: no check");
        return false;
    }
    const struct registers *registers = &daemon->measure.registers;
    return sim_report(stdout, &registers->topology, daemon->start_energy, registers->energy, &truth,
                      daemon->config.check_pct, real_s);
}

static int run(struct daemon *daemon, char *error, size_t error_size)
{
    struct supervisor supervisor;
    supervisor_init(&supervisor);
    if (daemon_open(daemon, error, error_size) < 0)
        return EXIT_FAILURE;
    if (daemon_start(daemon, error, error_size) < 0) {
        log_error("%s", error);
        _exit(EXIT_FAILURE); /* some threads may run: nothing under them may be closed */
    }
    log_info("metering: meter %s, %s, %s, data in %s", daemon->meter_id, daemon->source.adc->ops->name,
             daemon->calibration.calibrated ? "calibrated" : "UNCALIBRATED (nominal values)",
             daemon->config.data_dir);
    supervisor_run(&supervisor, daemon);
    daemon_stop(daemon);
    log_info("stopped; registers are written");
    return check(daemon, supervisor_elapsed_s(&supervisor)) ? EXIT_SUCCESS : EXIT_CHECK;
}

static int load_and_run(const struct arguments *arguments, const struct config *config)
{
    static struct daemon daemon;
    char error[1024] = ""; /* with room for the names of a recording's channels */
    if (daemon_load(&daemon, arguments, config, error, sizeof error) < 0) {
        log_error("%s", error);
        return EXIT_USAGE;
    }
    if (arguments->action == ARGUMENTS_CHECK_CONFIG) {
        printf("settings, board %s and calibration are good\n", daemon.board.name);
        return EXIT_SUCCESS;
    }
    int status = run(&daemon, error, sizeof error);
    if (error[0] != '\0')
        log_error("%s", error);
    daemon_close(&daemon);
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct config config = {0};
    struct options_error error;
    log_init("vatiod", LOG_LEVEL_INFO);
    int result = arguments_read(&arguments, argc, argv, &error);
    if (result == 0 && arguments.action == ARGUMENTS_HELP) {
        arguments_help(stdout);
        return EXIT_SUCCESS;
    }
    if (result == 0 && arguments.action == ARGUMENTS_VERSION) {
        printf("vatiod %s\n", VATIO_VERSION);
        return EXIT_SUCCESS;
    }
    if (result == 0)
        result = arguments_config(&arguments, &config, &error);
    if (result < 0) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    log_init("vatiod", (enum log_level)config.log_level);
    if (arguments.action == ARGUMENTS_DUMP_CONFIG)
        return options_write(config_options, config_options_n, &config, stdout) == 0 ? EXIT_SUCCESS
                                                                                     : EXIT_FAILURE;
    return load_and_run(&arguments, &config);
}
