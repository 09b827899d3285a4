/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `vatiod --check-config` reads. The first byte chooses: 'b' a board's file, 'c' a calibration of the reference
 * board, '=' what follows --set, else a file of settings. Errors are one printable sentence each. What was taken keeps its
 * ranges, and settings that are written come back the same. */
#include "tests/fuzz/fuzz.h"

#include "calibration/unit/unit.h"
#include "firmware/board_file.h"
#include "firmware/config.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct board reference; /* made by the first input */

/* In memory: the process's own file, made once. */
static const char *file_with(const uint8_t *bytes, size_t size)
{
    static char path[32];
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    fuzz_require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
    return path;
}

/* Written and read again; what cannot stand in a file was said by options_write. */
static void check_written(const struct config *config)
{
    static struct config again;
    struct options_error error;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    fuzz_require(file != NULL);
    const int result = options_write(config_options, config_options_n, config, file);
    fclose(file);
    fuzz_require(result == 0 || result == -EINVAL);
    options_defaults(config_options, config_options_n, &again);
    if (result == 0) {
        fuzz_require(
            options_read_text(config_options, config_options_n, &again, "again", text, NULL, &error) == 0);
        fuzz_require(again.page_s == config->page_s && again.log_level == config->log_level);
        fuzz_require(config_apply_live(&again, config) == 0);
    }
    free(text);
}

static void check_settings(const char *path)
{
    static struct config config;
    struct options_error error;
    memset(&error, 1, sizeof error);
    memset(&config, 0, sizeof config);
    options_defaults(config_options, config_options_n, &config);
    int result = options_read(config_options, config_options_n, &config, path, NULL, &error);
    if (result == 0) {
        check_written(&config);
        result = config_check(&config, &error);
    }
    fuzz_check_error(result, error.text, sizeof error.text);
    double speed;
    int64_t start_ms;
    if (result == 0)
        fuzz_require(config_sim_speed(&config, &speed, &error) == 0 && speed >= 0 &&
                     config_sim_start(&config, 0, &start_ms, &error) == 0 && start_ms >= 0);
}

static void check_set(const uint8_t *bytes, size_t size)
{
    static struct config config;
    struct options_error error;
    char *text = strndup((const char *)bytes, size);
    memset(&error, 1, sizeof error);
    memset(&config, 0, sizeof config);
    options_defaults(config_options, config_options_n, &config);
    const int result = options_set(config_options, config_options_n, &config, text, &error);
    fuzz_check_error(result, error.text, sizeof error.text);
    if (result == 0)
        check_written(&config);
    free(text);
}

static void check_board(const char *path)
{
    struct board board;
    struct topology topology;
    struct calibration calibration;
    int input[DSP_CHANNELS];
    char error[FUZZ_ERROR];
    memset(error, 1, sizeof error);
    const int result = board_file_read(path, &board, error, sizeof error);
    fuzz_check_error(result, error, sizeof error);
    if (result != 0)
        return;
    const int n = unit_topology(&board, &topology, input);
    fuzz_require(n > 1 && n <= DSP_CHANNELS && topology.n_elements > 0 && topology.n_points > 0);
    unit_nominal(&board, &calibration);
    fuzz_require(calibration.n_channels == n);
    for (int k = 0; k < n; k++)
        fuzz_require(isfinite(calibration.channel[k].gain) && calibration.channel[k].gain != 0 &&
                     isfinite(calibration.channel[k].offset_lsb));
}

static void check_calibration(const char *path)
{
    static struct calibration calibration;
    char error[FUZZ_ERROR];
    memset(error, 1, sizeof error);
    unit_nominal(&reference, &calibration);
    const int n = calibration.n_channels;
    const int result = unit_read(path, &reference, &calibration, error, sizeof error);
    fuzz_check_error(result, error, sizeof error);
    fuzz_require(calibration.n_channels == n && calibration.calibrated == (result == 0));
    for (int k = 0; k < n; k++)
        for (int code = 0; code < CALIBRATION_CODES; code++)
            fuzz_require(fabs(calibration.channel[k].linearity_lsb[code]) <= 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0) /* bytes may then be NULL */
        return 0;
    if (reference.schema == 0)
        board_file_default(&reference);
    if (bytes[0] == 'b')
        check_board(file_with(bytes + 1, size - 1));
    else if (bytes[0] == 'c')
        check_calibration(file_with(bytes + 1, size - 1));
    else if (bytes[0] == '=')
        check_set(bytes + 1, size - 1);
    else
        check_settings(file_with(bytes + 1, size - 1));
    return 0;
}
