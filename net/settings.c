/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/settings.h"

#include "net/password.h"
#include "net/topics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELD(name) offsetof(struct settings, name)

const struct option settings_options[] = {
    {"mqtt", "host", "", OPTION_STRING, FIELD(host), "127.0.0.1", 1, SETTINGS_HOST - 1, NULL,
     "name or address of the broker"},
    {"mqtt", "port", "", OPTION_INT, FIELD(port), "1883", 1, 65535, NULL,
     "TCP port of the broker; with TLS usually 8883"},
    {"mqtt", "base", "", OPTION_STRING, FIELD(base), "vatio", 1, TOPIC_BASE_MAX, NULL,
     "first part of every topic: <base>/v1/<meter_id>/..."},
    {"mqtt", "user", "", OPTION_STRING, FIELD(user), "", 0, SETTINGS_WORD - 1, NULL,
     "user name; empty: none"},
    {"mqtt", "password_file", "", OPTION_STRING, FIELD(password_file), "", 0, SETTINGS_PATH - 1, NULL,
     "file whose first line is the password, not readable for others; empty: none"},
    {"mqtt", "keepalive_s", "s", OPTION_INT, FIELD(keepalive_s), "30", 5, 3600, NULL,
     "a connection silent for this long is probed"},
    {"mqtt", "tls", "", OPTION_BOOL, FIELD(tls), "off", 0, 0, NULL,
     "encrypt, and verify the broker's certificate and name"},
    {"mqtt", "ca_file", "", OPTION_STRING, FIELD(ca_file), "", 0, SETTINGS_PATH - 1, NULL,
     "PEM file of the authorities to trust; empty: those of the system"},
    {"mqtt", "cert_file", "", OPTION_STRING, FIELD(cert_file), "", 0, SETTINGS_PATH - 1, NULL,
     "PEM file of the meter's own certificate; empty: none"},
    {"mqtt", "key_file", "", OPTION_STRING, FIELD(key_file), "", 0, SETTINGS_PATH - 1, NULL,
     "PEM file of its private key"},
    {"mqtt", "live_period_s", "s", OPTION_DOUBLE, FIELD(live_period_s), "5", 0, 3600, NULL,
     "between two live messages; 0 = none; a value changes once a second"},
    {"mqtt", "session_expiry_s", "s", OPTION_INT, FIELD(session_expiry_s), "3600", 0, 604800, NULL,
     "how long the broker keeps the session, and holds the will back 10 s at most"},
    {"mqtt", "window", "", OPTION_INT, FIELD(window), "16", 1, 64, NULL,
     "stored records on their way without acknowledgement"},
    {"mqtt", "backoff_min_s", "s", OPTION_DOUBLE, FIELD(backoff_min_s), "5", 0.05, 3600, NULL,
     "ceiling of the first random delay before connecting"},
    {"mqtt", "backoff_max_s", "s", OPTION_DOUBLE, FIELD(backoff_max_s), "600", 0.05, 86400, NULL,
     "the ceiling doubles with each failure up to this"},
    {"paths", "run_dir", "", OPTION_STRING, FIELD(run_dir), "/run/vatio", 1, 90, NULL,
     "where vatiod's control socket and live mailbox are"},
    {"paths", "state_dir", "", OPTION_STRING, FIELD(state_dir), "/var/lib/vatio-mqtt", 1, SETTINGS_PATH - 1,
     NULL, "where the delivery cursors are kept"},
};
const size_t settings_options_n = sizeof settings_options / sizeof settings_options[0];

void settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    options_defaults(settings_options, settings_options_n, settings);
}

int settings_read(struct settings *settings, const char *path, struct options_error *error)
{
    if (path != NULL && path[0] == '\0')
        return 0;
    if (path == NULL && access(SETTINGS_FILE, F_OK) != 0 && errno == ENOENT)
        return 0;
    return options_read(settings_options, settings_options_n, settings, path != NULL ? path : SETTINGS_FILE,
                        NULL, error);
}

static int refuse_broker(const char *text, struct options_error *error)
{
    snprintf(error->text, sizeof error->text,
             "--broker %.100s: expected HOST, HOST:PORT or [ADDRESS]:PORT with a port from 1 to 65535", text);
    return -EINVAL;
}

/* Where the host ends; *port is behind the colon, or NULL. Returns NULL when brackets do not match. */
static const char *split(const char *text, const char **host, const char **port)
{
    const char *end = *text == '[' ? strchr(text, ']') : strchr(text, ':');
    *host = *text == '[' ? text + 1 : text;
    *port = NULL;
    if (*text != '[' && end == NULL)
        return text + strlen(text);
    if (end == NULL)
        return NULL;
    const char *colon = *text == '[' ? end + 1 : end;
    if (*colon == ':')
        *port = colon + 1;
    else if (*colon != '\0')
        return NULL;
    return end;
}

int settings_broker(struct settings *settings, const char *text, struct options_error *error)
{
    const char *host, *port;
    const char *end = split(text, &host, &port);
    if (end == NULL || end == host || (size_t)(end - host) >= sizeof settings->host)
        return refuse_broker(text, error);
    if (port != NULL) {
        char *rest;
        errno = 0;
        const long number = strtol(port, &rest, 10);
        if (*port < '0' || *port > '9' || *rest != '\0' || errno != 0 || number < 1 || number > 65535)
            return refuse_broker(text, error);
        settings->port = number;
    }
    memset(settings->host, 0, sizeof settings->host);
    memcpy(settings->host, host, (size_t)(end - host));
    return 0;
}

static int check_files(const struct settings *settings, struct options_error *error)
{
    const struct {
        const char *name, *path;
    } files[] = {
        {"ca_file", settings->ca_file}, {"cert_file", settings->cert_file}, {"key_file", settings->key_file}};

    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
        if (files[k].path[0] == '\0' || access(files[k].path, R_OK) == 0)
            continue;
        snprintf(error->text, sizeof error->text, "mqtt.%s %.150s: %s; expected a readable PEM file",
                 files[k].name, files[k].path, strerror(errno));
        return -EINVAL;
    }
    return 0;
}

static int check_password(const struct settings *settings, struct options_error *error)
{
    char password[PASSWORD_MAX + 1];

    if (settings->password_file[0] == '\0')
        return 0;
    const int result = password_read(settings->password_file, password);
    explicit_bzero(password, sizeof password);
    if (result != 0)
        snprintf(error->text, sizeof error->text, "mqtt.password_file %.120s: %s", settings->password_file,
                 password_error(result));
    return result != 0 ? -EINVAL : 0;
}

int settings_check(const struct settings *settings, struct options_error *error)
{
    const struct {
        bool wrong;
        const char *sentence;
    } rules[] = {
        {!topics_base_valid(settings->base), "mqtt.base: expected printable characters without blank, + # $ "
                                             "\", at most three '/', no empty level"},
        {strpbrk(settings->host, " /\\") != NULL, "mqtt.host: expected a host name or an address, not a URL"},
        {settings->backoff_max_s < settings->backoff_min_s,
         "mqtt.backoff_max_s: expected at least mqtt.backoff_min_s"},
        {settings->password_file[0] != '\0' && settings->user[0] == '\0',
         "mqtt.password_file: expected mqtt.user beside it"},
        {(settings->cert_file[0] == '\0') != (settings->key_file[0] == '\0'),
         "mqtt.cert_file and mqtt.key_file: expected both or none"},
        {!settings->tls && (settings->ca_file[0] != '\0' || settings->cert_file[0] != '\0'),
         "mqtt.ca_file and mqtt.cert_file: expected mqtt.tls = on beside them"},
    };
    for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++) {
        if (!rules[k].wrong)
            continue;
        snprintf(error->text, sizeof error->text, "%s", rules[k].sentence);
        return -EINVAL;
    }
    const int result = check_files(settings, error);
    return result != 0 ? result : check_password(settings, error);
}

void settings_broker_text(const struct settings *settings, char text[SETTINGS_BROKER])
{
    const bool v6 = strchr(settings->host, ':') != NULL;
    snprintf(text, SETTINGS_BROKER, "%s%s%s:%" PRId64, v6 ? "[" : "", settings->host, v6 ? "]" : "",
             settings->port);
}
