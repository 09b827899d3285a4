/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/comtrade_dat.h"

#include "hal/replay/recording_build.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { RECORD_HEAD = 8 }; /* number and time stamp */
#define NO_STAMP UINT32_MAX

struct dat {
    struct recording *recording;
    const struct comtrade_cfg *cfg;
    struct recording_text *text;
    int64_t n_max;   /* samples that the recording has room for */
    int64_t n;       /* read so far */
    int64_t first;   /* number of the first sample: 0 or 1 */
    double stamp0_s; /* of the first sample */
    int rate;        /* of the sample before */
};

/* At: where the record begins, for the error. */
static int refuse_record(const struct dat *dat, const char *at, const char *reason)
{
    if (dat->cfg->kind == COMTRADE_ASCII)
        return recording_refuse(dat->text, "sample %lld: %s", (long long)dat->n + 1, reason);
    return recording_refuse_byte(dat->text, at, "sample %lld: %s", (long long)dat->n + 1, reason);
}

/* Numbers rise by one from 1, from 0 in the files of some devices. */
static int add_number(struct dat *dat, const char *at, int64_t number)
{
    if (dat->n == 0) {
        if (number != 0 && number != 1)
            return refuse_record(dat, at, "the number of the first sample, 1 or 0, was expected");
        dat->first = number;
    }
    if (dat->n == dat->n_max - (dat->first == 1))
        return refuse_record(
            dat, at, "one more than the last sample that the configuration names; the end was expected");
    if (number != dat->first + dat->n)
        return refuse_record(dat, at, "the number of the sample before, plus 1, was expected");
    return 0;
}

/* stamp is NAN where the file has none. Between two samples runs the later one's rate. */
static int add_instant(struct dat *dat, const char *at, double stamp)
{
    double *time_s = dat->recording->time_s;
    if (!dat->cfg->stamped) {
        const struct comtrade_rate *rate = dat->cfg->rate;
        while (dat->rate < dat->cfg->n_rates - 1 && dat->first + dat->n > rate[dat->rate].end)
            dat->rate++;
        const int64_t from = dat->rate == 0 ? 0 : rate[dat->rate - 1].end - dat->first;
        const double from_s = dat->rate == 0 ? 0 : time_s[from];
        time_s[dat->n] = from_s + (double)(dat->n - from) / rate[dat->rate].rate_hz;
        return 0;
    }
    if (isnan(stamp))
        return refuse_record(dat, at, "a time stamp was expected, for the configuration gives no rate");
    if (dat->n == 0)
        dat->stamp0_s = stamp;
    time_s[dat->n] = (stamp - dat->stamp0_s) * dat->cfg->stamp_s;
    if (dat->n > 0 && time_s[dat->n] < time_s[dat->n - 1])
        return refuse_record(dat, at, "a time stamp not before that of the sample before was expected");
    return 0;
}

static void add_value(struct dat *dat, int c, double raw)
{
    const struct comtrade_channel *channel = &dat->cfg->channel[c];
    dat->recording->channel[c].value[dat->n] = channel->a * raw + channel->b;
}

static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* 0x8000 is no value; in 1991 it is 0xffff, unless the channel's range holds -1. */
static double get_binary(const struct dat *dat, int c, const unsigned char *p)
{
    const struct comtrade_channel *channel = &dat->cfg->channel[c];
    const int value = (p[0] | p[1] << 8) - (p[1] >= 0x80 ? 0x10000 : 0);
    const bool missing = dat->cfg->revision == 1991
                             ? value == -1 && !(channel->min <= -1 && channel->max >= -1)
                             : value == INT16_MIN;
    return missing ? (double)NAN : value;
}

static double get_binary32(const struct dat *dat, int c, const unsigned char *p)
{
    const uint32_t bits = get_u32(p);
    (void)dat;
    (void)c;
    if (bits == UINT32_C(0x80000000))
        return (double)NAN;
    return (double)((int64_t)bits - (bits > INT32_MAX ? INT64_C(0x100000000) : 0));
}

/* The most negative number is no value; nor is what is not finite. */
static double get_float32(const struct dat *dat, int c, const unsigned char *p)
{
    const uint32_t bits = get_u32(p);
    float value;
    (void)dat;
    (void)c;
    memcpy(&value, &bits, sizeof value);
    return !isfinite(value) || value == -FLT_MAX ? (double)NAN : (double)value;
}

static int read_binary(struct dat *dat)
{
    static const struct {
        int bytes;
        double (*get)(const struct dat *dat, int c, const unsigned char *p);
    } forms[] = {{2, get_binary}, {4, get_binary32}, {4, get_float32}}; /* from COMTRADE_BINARY on */
    const int form = (int)dat->cfg->kind - COMTRADE_BINARY;
    struct recording_text *text = dat->text;
    const ptrdiff_t size = (ptrdiff_t)comtrade_cfg_record_bytes(dat->cfg);
    for (; text->at < text->end; text->at += size, dat->n++) {
        if (text->end - text->at < size)
            return recording_refuse_byte(text, text->at, "%lld bytes: a record of %lld bytes was expected",
                                         (long long)(text->end - text->at), (long long)size);
        const unsigned char *p = (const unsigned char *)text->at;
        const uint32_t stamp = get_u32(p + 4);
        if (add_number(dat, text->at, get_u32(p)) != 0 ||
            add_instant(dat, text->at, stamp == NO_STAMP ? (double)NAN : stamp) != 0)
            return -EINVAL;
        for (int c = 0; c < dat->cfg->n_analog; c++)
            add_value(dat, c, forms[form].get(dat, c, p + RECORD_HEAD + c * forms[form].bytes));
    }
    return 0;
}

/* 99999 is no value, unless the channel's range goes beyond it, and so is nothing. */
static int read_ascii_value(struct dat *dat, int c, struct recording_field field)
{
    double raw = (double)NAN;
    char shown[RECORDING_SHOWN];
    if (field.length > 0 && !recording_number(field, &raw))
        return recording_refuse(dat->text, "field %d, \"%s\": a number was expected", c + 3,
                                recording_show(shown, field));
    if (raw == 99999 && dat->cfg->revision > 1991 && !(dat->cfg->channel[c].max >= 99999))
        raw = (double)NAN;
    add_value(dat, c, raw);
    return 0;
}

static int read_ascii_head(struct dat *dat, struct recording_field *line)
{
    struct recording_field number_field, stamp_field = {NULL, 0};
    int64_t number;
    double stamp = (double)NAN;
    char shown[RECORDING_SHOWN];
    recording_text_field(line, &number_field);
    if (!recording_integer(number_field, 0, UINT32_MAX, &number))
        return recording_refuse(dat->text, "sample number \"%s\": a whole number was expected",
                                recording_show(shown, number_field));
    if (recording_text_field(line, &stamp_field) && stamp_field.length > 0 &&
        !recording_number(stamp_field, &stamp))
        return recording_refuse(dat->text, "time stamp \"%s\": a number was expected",
                                recording_show(shown, stamp_field));
    if (stamp == NO_STAMP)
        stamp = (double)NAN;
    return add_number(dat, line->at, number) != 0 ? -EINVAL : add_instant(dat, line->at, stamp);
}

static int read_ascii_line(struct dat *dat, struct recording_field line)
{
    const int n_channels = dat->cfg->n_analog + dat->cfg->n_status;
    struct recording_field field;
    int n = 0;
    if (read_ascii_head(dat, &line) != 0)
        return -EINVAL;
    for (; n < n_channels && recording_text_field(&line, &field); n++)
        if (n < dat->cfg->n_analog && read_ascii_value(dat, n, field) != 0)
            return -EINVAL;
    if (n < n_channels || (recording_text_field(&line, &field) && (field.length > 0 || line.at != NULL)))
        return recording_refuse(dat->text, "%s fields: number, time stamp and %d channels were expected",
                                n < n_channels ? "too few" : "too many", n_channels);
    return 0;
}

static int read_ascii(struct dat *dat)
{
    struct recording_field line;
    while (recording_text_line(dat->text, &line)) {
        line = recording_trimmed(line);
        if (line.length == 0 || (line.length == 1 && line.at[0] == '\x1a')) /* how DOS ended a text */
            continue;
        if (read_ascii_line(dat, line) != 0)
            return -EINVAL;
        dat->n++;
    }
    dat->text->line++; /* the one that should be there, if samples are missing */
    return 0;
}

int comtrade_dat_read(struct recording *recording, const struct comtrade_cfg *cfg,
                      struct recording_text *text)
{
    const int64_t last = cfg->rate[cfg->n_rates - 1].end;
    struct dat dat = {.recording = recording, .cfg = cfg, .text = text, .n_max = last + 1};
    const int64_t record_bytes = comtrade_cfg_record_bytes(cfg);
    if (last > (text->end - text->at + 1) / record_bytes) /* the last line need not be ended */
        return recording_refuse_byte(text, text->end,
                                     "the file ends: %lld samples of at least %lld bytes were expected",
                                     (long long)last, (long long)record_bytes);
    const int made = recording_allocate(recording, text, cfg->n_analog, dat.n_max);
    if (made != 0)
        return made;
    const int result = cfg->kind == COMTRADE_ASCII ? read_ascii(&dat) : read_binary(&dat);
    if (result != 0)
        return result;
    if (dat.n < last)
        return refuse_record(&dat, text->at, "the file ends; a sample was expected");
    recording->n_samples = dat.n;
    return recording_finish(recording, text);
}
