/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/comtrade_cfg.h"

#include "hal/replay/comtrade_time.h"
#include "hal/replay/recording_build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
    CHANNELS_MAX = 999999,
    ANALOG_FIELDS_MIN = 10, /* those of 1991 */
    ANALOG_FIELDS_MAX = 13,
    FIELD_NAME = 1,
    FIELD_PHASE = 2,
    FIELD_UNIT = 4,
    FIELD_SIDE = 12,
};

static int next_line(struct recording_text *text, struct recording_field *line, const char *expected)
{
    if (recording_text_line(text, line))
        return 0;
    text->line++; /* the one that should be there */
    return recording_refuse(text, "the file ends: %s was expected", expected);
}

static int read_revision(struct comtrade_cfg *cfg, struct recording_text *text)
{
    struct recording_field line, field = {NULL, 0};
    char shown[RECORDING_SHOWN];
    int64_t year = 1991;
    if (next_line(text, &line, "\"station,device,year\"") != 0)
        return -EINVAL;
    for (int i = 0; i < 3 && recording_text_field(&line, &field); i++)
        if (i == 2 && field.length > 0 && !recording_integer(field, 1991, 2100, &year))
            return recording_refuse(text, "revision year \"%s\": 1991, 1999 or 2013 was expected",
                                    recording_show(shown, field));
    cfg->revision = year < 1999 ? 1991 : year < 2013 ? 1999 : 2013;
    return 0;
}

/* "24A": a count and its letter. */
static bool read_count(struct recording_field field, const char *letter, int64_t *count)
{
    if (field.length == 0 || !recording_is((struct recording_field){field.at + field.length - 1, 1}, letter))
        return false;
    field.length--;
    return recording_integer(recording_trimmed(field), 0, CHANNELS_MAX, count);
}

static int read_counts(struct comtrade_cfg *cfg, struct recording_text *text)
{
    struct recording_field line, total_field, analog, status;
    int64_t total, n_analog, n_status;
    if (next_line(text, &line, "\"total,analogueA,statusD\"") != 0)
        return -EINVAL;
    struct recording_field rest = line;
    char shown[RECORDING_SHOWN];
    if (!recording_text_field(&rest, &total_field) || !recording_text_field(&rest, &analog) ||
        !recording_text_field(&rest, &status) || !recording_integer(total_field, 0, CHANNELS_MAX, &total) ||
        !read_count(analog, "A", &n_analog) || !read_count(status, "D", &n_status))
        return recording_refuse(text, "\"%s\": channel counts like \"8,4A,4D\" were expected",
                                recording_show(shown, line));
    if (total != n_analog + n_status)
        return recording_refuse(
            text, "%lld channels: %lld analogue and %lld status channels were expected to be as many",
            (long long)total, (long long)n_analog, (long long)n_status);
    if (n_analog == 0)
        return recording_refuse(text, "no analogue channel: at least one was expected");
    /* each channel has a line of at least nine or two commas further down */
    if (n_analog * (ANALOG_FIELDS_MIN - 1) + n_status * 2 > text->end - text->at)
        return recording_refuse(text,
                                "%lld channels: a line for each was expected in the remaining %lld bytes",
                                (long long)total, (long long)(text->end - text->at));
    cfg->n_analog = (int)n_analog;
    cfg->n_status = (int)n_status;
    cfg->channel = calloc((size_t)n_analog, sizeof *cfg->channel);
    return cfg->channel == NULL ? -ENOMEM : 0;
}

struct figures {
    double a, b, skew_us, min, max, primary, secondary;
};

static int read_figures(struct figures *figures, const struct recording_field field[ANALOG_FIELDS_MAX],
                        const struct recording_text *text)
{
    static const struct {
        size_t offset;
        int field;
        const char *what;
        double fallback; /* of an empty field; infinite: it must be there */
    } numbers[] = {
        {offsetof(struct figures, a), 5, "factor a", (double)INFINITY},
        {offsetof(struct figures, b), 6, "offset b", 0},
        {offsetof(struct figures, skew_us), 7, "skew in us", 0},
        {offsetof(struct figures, min), 8, "smallest value", (double)NAN},
        {offsetof(struct figures, max), 9, "largest value", (double)NAN},
        {offsetof(struct figures, primary), 10, "primary ratio", 1},
        {offsetof(struct figures, secondary), 11, "secondary ratio", 1},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double *value = (double *)((char *)figures + numbers[i].offset);
        const struct recording_field own = field[numbers[i].field];
        char shown[RECORDING_SHOWN];
        *value = numbers[i].fallback;
        if ((own.length > 0 || isinf(*value)) && !recording_number(own, value))
            return recording_refuse(text, "field %d, the %s, \"%s\": a number was expected",
                                    numbers[i].field + 1, numbers[i].what, recording_show(shown, own));
    }
    if (figures->primary < 0 || figures->secondary < 0)
        return recording_refuse(text, "ratio %g : %g: positive numbers were expected", figures->primary,
                                figures->secondary);
    if (figures->primary == 0 ||
        figures->secondary == 0) /* how some devices write that there is no transformer */
        figures->primary = figures->secondary = 1;
    return 0;
}

/* P or S; a file that says neither means what it holds. */
static int read_side(struct recording_channel *about, struct recording_field side,
                     const struct recording_text *text)
{
    char shown[RECORDING_SHOWN];
    about->in_primary = side.length == 0 || recording_is(side, "P");
    if (!about->in_primary && !recording_is(side, "S"))
        return recording_refuse(text, "field %d, \"%s\": P (primary) or S (secondary) was expected",
                                FIELD_SIDE + 1, recording_show(shown, side));
    return 0;
}

static int read_analog(struct comtrade_channel *channel, struct recording_text *text)
{
    struct recording_field line, rest, further, field[ANALOG_FIELDS_MAX] = {{NULL, 0}};
    int n = 0;
    if (next_line(text, &line, "an analogue channel") != 0)
        return -EINVAL;
    rest = line;
    while (n < ANALOG_FIELDS_MAX && recording_text_field(&rest, &field[n]))
        n++;
    bool more = false;
    while (recording_text_field(&rest, &further))
        more = more || further.length > 0;
    if (n < ANALOG_FIELDS_MIN || more)
        return recording_refuse(text, "%s fields of an analogue channel: %d to %d were expected",
                                more ? "too many" : "too few", ANALOG_FIELDS_MIN, ANALOG_FIELDS_MAX);
    struct figures figures;
    double unit;
    if (read_figures(&figures, field, text) != 0 || read_side(&channel->about, field[FIELD_SIDE], text) != 0)
        return -EINVAL;
    recording_copy_name(channel->about.name, sizeof channel->about.name, field[FIELD_NAME]);
    recording_copy_name(channel->about.phase, sizeof channel->about.phase, field[FIELD_PHASE]);
    channel->about.unit = recording_unit_of(field[FIELD_UNIT], &unit);
    channel->about.primary = figures.primary;
    channel->about.secondary = figures.secondary;
    channel->about.skew_s = figures.skew_us * 1e-6;
    channel->a = figures.a * unit;
    channel->b = figures.b * unit;
    channel->min = figures.min;
    channel->max = figures.max;
    return 0;
}

static int read_channels(struct comtrade_cfg *cfg, struct recording_text *text)
{
    struct recording_field line, field;
    for (int c = 0; c < cfg->n_analog; c++)
        if (read_analog(&cfg->channel[c], text) != 0)
            return -EINVAL;
    for (int c = 0; c < cfg->n_status; c++) { /* only counted: the meter has no use for them */
        int n = 0;
        if (next_line(text, &line, "a status channel") != 0)
            return -EINVAL;
        while (recording_text_field(&line, &field))
            n++;
        if (n < 3)
            return recording_refuse(text, "%d fields of a status channel: 3 to 5 were expected", n);
    }
    return 0;
}

static int read_rate(struct comtrade_cfg *cfg, int index, struct recording_text *text)
{
    struct comtrade_rate *rate = &cfg->rate[index];
    const int64_t before = index == 0 ? 0 : cfg->rate[index - 1].end;
    struct recording_field line, rate_field, end;
    char shown[RECORDING_SHOWN];
    if (next_line(text, &line, "\"rate in Hz,last sample\"") != 0)
        return -EINVAL;
    struct recording_field rest = line;
    if (!recording_text_field(&rest, &rate_field) || !recording_text_field(&rest, &end) ||
        !recording_number(rate_field, &rate->rate_hz) || rate->rate_hz < 0 ||
        rate->rate_hz > RECORDING_RATE_MAX_HZ)
        return recording_refuse(text, "\"%s\": a rate of 0 to %g Hz and its last sample were expected",
                                recording_show(shown, line), RECORDING_RATE_MAX_HZ);
    if (!recording_integer(end, before + 1, RECORDING_VALUES_MAX, &rate->end))
        return recording_refuse(text, "last sample \"%s\": a number from %lld to %lld was expected",
                                recording_show(shown, end), (long long)before + 1,
                                (long long)RECORDING_VALUES_MAX);
    cfg->stamped = cfg->stamped || rate->rate_hz == 0;
    return 0;
}

static int read_rates(struct comtrade_cfg *cfg, struct recording_text *text)
{
    struct recording_field line;
    char shown[RECORDING_SHOWN];
    int64_t n;
    if (next_line(text, &line, "the line frequency") != 0)
        return -EINVAL;
    line = recording_trimmed(line);
    if (line.length > 0 && (!recording_number(line, &cfg->f_nominal_hz) || cfg->f_nominal_hz < 0))
        return recording_refuse(text, "line frequency \"%s\": a number of Hz was expected",
                                recording_show(shown, line));
    if (next_line(text, &line, "the number of sampling rates") != 0)
        return -EINVAL;
    line = recording_trimmed(line);
    if (!recording_integer(line, 0, (text->end - text->at) / 3, &n)) /* "1,1" is a line of three characters */
        return recording_refuse(text,
                                "\"%s\" sampling rates: a whole number, and a line for each, was expected",
                                recording_show(shown, line));
    cfg->n_rates = n == 0 ? 1 : (int)n; /* none also has its line */
    cfg->rate = calloc((size_t)cfg->n_rates, sizeof *cfg->rate);
    if (cfg->rate == NULL)
        return -ENOMEM;
    for (int i = 0; i < cfg->n_rates; i++)
        if (read_rate(cfg, i, text) != 0)
            return -EINVAL;
    cfg->stamped = cfg->stamped || n == 0;
    return 0;
}

static int read_kind(struct comtrade_cfg *cfg, struct recording_text *text)
{
    static const struct {
        const char *word;
        enum comtrade_kind kind;
    } kinds[] = {{"ASCII", COMTRADE_ASCII},
                 {"BINARY", COMTRADE_BINARY},
                 {"BINARY32", COMTRADE_BINARY32},
                 {"FLOAT32", COMTRADE_FLOAT32}};
    struct recording_field line;
    char shown[RECORDING_SHOWN];
    if (next_line(text, &line, "the data's type") != 0)
        return -EINVAL;
    line = recording_trimmed(line);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (recording_is(line, kinds[i].word)) {
            cfg->kind = kinds[i].kind;
            return 0;
        }
    return recording_refuse(text, "data of type \"%s\": ASCII, BINARY, BINARY32 or FLOAT32 was expected",
                            recording_show(shown, line));
}

/* The factor of the time stamps, 1 where there is none; then (2013) how far the clock was from UTC. */
static int read_tail(struct comtrade_cfg *cfg, struct recording_text *text)
{
    struct recording_field line, field;
    char shown[RECORDING_SHOWN];
    double factor = 1;
    if (recording_text_line(text, &line)) {
        line = recording_trimmed(line);
        if (line.length > 0 && (!recording_number(line, &factor) || factor <= 0))
            return recording_refuse(text, "time factor \"%s\": a positive number was expected",
                                    recording_show(shown, line));
    }
    cfg->stamp_s *= factor;
    if (cfg->revision < 2013 || !recording_text_line(text, &line) || !recording_text_field(&line, &field))
        return 0;
    int64_t ahead_min;
    if (!comtrade_time_offset(field, &ahead_min))
        return recording_refuse(text, "time code \"%s\": hours from UTC like -6 or +5h30 were expected",
                                recording_show(shown, field));
    if (cfg->utc_start_ms != 0)
        cfg->utc_start_ms -= ahead_min * 60000;
    return 0;
}

static int read_times(struct comtrade_cfg *cfg, struct recording_text *text)
{
    static const char *const what[] = {"the first sample's time", "the trigger's time"};
    cfg->stamp_s = 1e-6;
    for (int i = 0; i < 2; i++) {
        struct comtrade_time time;
        struct recording_field line;
        char shown[RECORDING_SHOWN];
        if (next_line(text, &line, what[i]) != 0)
            return -EINVAL;
        if (!comtrade_time_read(&time, line, cfg->revision == 1991))
            return recording_refuse(text, "%s, \"%s\": %s,hh:mm:ss.ssssss was expected", what[i],
                                    recording_show(shown, line),
                                    cfg->revision == 1991 ? "mm/dd/yy" : "dd/mm/yyyy");
        if (i == 0)
            cfg->utc_start_ms = time.unix_ms;
        if (cfg->revision == 2013 && time.digits > 6)
            cfg->stamp_s = 1e-9;
    }
    return 0;
}

int comtrade_cfg_read(struct comtrade_cfg *cfg, struct recording_text *text)
{
    static int (*const parts[])(struct comtrade_cfg * cfg, struct recording_text * text) = {
        read_revision, read_counts, read_channels, read_rates, read_times, read_kind, read_tail};
    *cfg = (struct comtrade_cfg){0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const int result = parts[i](cfg, text);
        if (result == -ENOMEM)
            recording_refuse(text, "no memory for the channels");
        if (result != 0)
            return result;
    }
    return 0;
}

void comtrade_cfg_close(struct comtrade_cfg *cfg)
{
    free(cfg->channel);
    free(cfg->rate);
    *cfg = (struct comtrade_cfg){0};
}

int64_t comtrade_cfg_record_bytes(const struct comtrade_cfg *cfg)
{
    const int64_t n_words = (cfg->n_status + 15) / 16;
    if (cfg->kind == COMTRADE_ASCII) /* a digit, the commas, the line feed */
        return 3 + (int64_t)cfg->n_analog + cfg->n_status;
    return 8 + (int64_t)cfg->n_analog * (cfg->kind == COMTRADE_BINARY ? 2 : 4) + 2 * n_words;
}
