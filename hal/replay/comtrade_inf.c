/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/comtrade_inf.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset; /* in struct recording_channel */
} figures[] = {
    {"high_pass_hz", offsetof(struct recording_channel, high_pass_hz)},
    {"low_pass_hz", offsetof(struct recording_channel, low_pass_hz)},
};

/* Splits at the first `sign`; without it, all is before it. */
static struct recording_field take_until(struct recording_field *rest, char sign)
{
    const char *at = rest->length == 0 ? NULL : memchr(rest->at, sign, rest->length);
    const size_t length = at == NULL ? rest->length : (size_t)(at - rest->at);
    const size_t used = at == NULL ? length : length + 1;
    const struct recording_field before = {rest->at, length};
    *rest = recording_trimmed((struct recording_field){rest->at + used, rest->length - used});
    return recording_trimmed(before);
}

/* "A2_low_pass_hz=3404" */
static int read_entry(struct recording *recording, struct recording_text *text, struct recording_field line)
{
    struct recording_field value = line, name = take_until(&value, '=');
    const struct recording_field channel = take_until(&name, '_');
    char shown[RECORDING_SHOWN];
    int64_t number;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        double figure;
        if (!recording_is(name, figures[i].name))
            continue;
        if (channel.length < 2 || (channel.at[0] != 'A' && channel.at[0] != 'a') ||
            !recording_integer((struct recording_field){channel.at + 1, channel.length - 1}, 1,
                               recording->n_channels, &number))
            return recording_refuse(text, "\"%s\": A1 to A%d was expected", recording_show(shown, channel),
                                    recording->n_channels);
        if (!recording_number(value, &figure) || figure < 0)
            return recording_refuse(text, "\"%s\": a number of Hz, 0 for no pole, was expected",
                                    recording_show(shown, value));
        *(double *)((char *)&recording->channel[number - 1] + figures[i].offset) = figure;
    }
    return 0;
}

int comtrade_inf_read(struct recording *recording, struct recording_text *text)
{
    struct recording_field line;
    bool ours = false;
    while (recording_text_line(text, &line)) {
        line = recording_trimmed(line);
        if (line.length > 0 && line.at[0] == '[')
            ours = recording_is(line, "[Vatio Front_End]");
        else if (ours && read_entry(recording, text, line) != 0)
            return -EINVAL;
    }
    return 0;
}
