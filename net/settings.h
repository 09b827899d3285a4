/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.h - what vatio-mqtt can be told, by /etc/vatio/vatio-mqtt.ini and the command line.
 *
 * Order: defaults, the file, then the command line from left to right.
 * Errors: one sentence, with file and line where there is one.
 */
#ifndef VATIO_NET_SETTINGS_H
#define VATIO_NET_SETTINGS_H

#include "firmware/base/options.h"

#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_FILE "/etc/vatio/vatio-mqtt.ini"
enum { SETTINGS_HOST = 254, SETTINGS_PATH = 256, SETTINGS_BROKER = SETTINGS_HOST + 10, SETTINGS_WORD = 129 };

struct settings {
    char host[SETTINGS_HOST];
    int64_t port;
    char base[65];
    char user[SETTINGS_WORD];
    char password_file[SETTINGS_PATH];
    int64_t keepalive_s;
    bool tls;
    char ca_file[SETTINGS_PATH];
    char cert_file[SETTINGS_PATH];
    char key_file[SETTINGS_PATH];
    double live_period_s; /* 0 = no live messages */
    int64_t session_expiry_s;
    int64_t window;
    double backoff_min_s;
    double backoff_max_s;
    char run_dir[SETTINGS_PATH];
    char state_dir[SETTINGS_PATH];
};

/* The table behind the file, --set and --dump-config. */
extern const struct option settings_options[];
extern const size_t settings_options_n;

/* Defaults alone. */
void settings_init(struct settings *settings);

/* The file; NULL: SETTINGS_FILE where that exists; "": none. */
int settings_read(struct settings *settings, const char *path, struct options_error *error);

/* "HOST:PORT", "[v6]:PORT" or "HOST" (the port stays). */
int settings_broker(struct settings *settings, const char *text, struct options_error *error);

/* What the ranges of single options cannot say: together they must make sense, and named files must be readable. */
int settings_check(const struct settings *settings, struct options_error *error);

/* "host:port", the name under which cursors are kept and errors reported. */
void settings_broker_text(const struct settings *settings, char text[SETTINGS_BROKER]);

#endif
