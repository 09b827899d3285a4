/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/comtrade_write.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

/* 0xFFFFFFFF says that there is no stamp. */
static const int64_t last_stamp = UINT32_MAX - 1;

/* The line through the first and the last code, if all codes lie on it: to a thousand-millionth of a step, which is
 * far below what either way of rounding does. */
static bool find_line(const struct scan_ring_channel *channel, double *a, double *b)
{
    *a = (channel->value[SCAN_RING_CODES - 1] - channel->value[0]) / (SCAN_RING_CODES - 1);
    *b = channel->value[0];
    for (int code = 0; code < SCAN_RING_CODES; code++)
        if (!(fabs(*a * code + *b - channel->value[code]) <= 1e-9 * fabs(*a)))
            return false;
    return *a != 0;
}

void comtrade_layout(struct comtrade_layout *layout, const struct waveform *waveform)
{
    const struct scan_ring_plan *plan = waveform->plan;
    layout->step_ns = waveform_ns(waveform, waveform->n_scans - 1) / last_stamp + 1;
    layout->codes = plan->physical == 0;
    for (int64_t k = 0; k < plan->n_channels && layout->codes; k++)
        layout->codes = find_line(&plan->channel[k], &layout->a[k], &layout->b[k]);
    for (int64_t k = 0; k < plan->n_channels && !layout->codes; k++) {
        layout->a[k] = 1;
        layout->b[k] = 0;
    }
}

static void write_channel(const struct comtrade_layout *layout, const struct waveform *waveform, int64_t k,
                          FILE *file)
{
    const struct scan_ring_channel *channel = &waveform->plan->channel[k];
    double min = 0, max = SCAN_RING_CODES - 1;
    for (int64_t i = 0; i < waveform->n_scans && !layout->codes; i++) {
        const double value = waveform->scan[i].value[k];
        min = i == 0 ? value : fmin(min, value);
        max = i == 0 ? value : fmax(max, value);
    }
    fprintf(file, "%" PRId64 ",%s,", k + 1, channel->name);
    if (channel->leg > 0)
        fprintf(file, "L%" PRId64, channel->leg);
    fprintf(file, ",%s,%s,%.17g,%.17g,%.6f,%.9g,%.9g,1,1,P\r\n", channel->circuit, waveform_unit(channel),
            layout->a[k], layout->b[k], waveform->skew_ns[k] / 1e3, min, max);
}

static void write_time(int64_t utc_ms, FILE *file)
{
    const time_t seconds = (time_t)(utc_ms / 1000);
    struct tm calendar;
    char text[32];
    gmtime_r(&seconds, &calendar);
    strftime(text, sizeof text, "%d/%m/%Y,%H:%M:%S", &calendar);
    fprintf(file, "%s.%03d000\r\n", text, (int)(utc_ms % 1000));
}

void comtrade_write_cfg(const struct comtrade_layout *layout, const struct waveform *waveform, FILE *file)
{
    const struct scan_ring_plan *plan = waveform->plan;
    fprintf(file, "vatio,%s,2013\r\n%" PRId64 ",%" PRId64 "A,0D\r\n", plan->meter_id, plan->n_channels,
            plan->n_channels);
    for (int64_t k = 0; k < plan->n_channels; k++)
        write_channel(layout, waveform, k, file);
    fprintf(file, "%.9g\r\n0\r\n0,%" PRId64 "\r\n", plan->f_nominal_hz, waveform->n_scans);
    write_time(waveform->utc_start_ms, file); /* of the first sample */
    write_time(waveform->utc_start_ms, file); /* of the trigger: there was none */
    fprintf(file, "%s\r\n%" PRId64 ".%03" PRId64 "\r\n", layout->codes ? "BINARY" : "FLOAT32",
            layout->step_ns / 1000, layout->step_ns % 1000);
    /* The times are UTC. How far the clock may be off: 8 = 10 ms, which NTP keeps; F = not reliable. Whether a
     * leap second is near is not known (3). */
    fprintf(file, "0,0\r\n%s,3\r\n", waveform->utc_synced ? "8" : "F");
}

static void put_little_endian(uint32_t word, int bytes, FILE *file)
{
    for (int i = 0; i < bytes; i++)
        fputc((int)(word >> 8 * i & 0xff), file);
}

static void put_float(double value, FILE *file)
{
    const float narrow = (float)value;
    uint32_t bits;
    _Static_assert(sizeof bits == sizeof narrow, "a float has 32 bits");
    memcpy(&bits, &narrow, sizeof bits);
    put_little_endian(bits, 4, file);
}

void comtrade_write_dat(const struct comtrade_layout *layout, const struct waveform *waveform, FILE *file)
{
    for (int64_t i = 0; i < waveform->n_scans; i++) {
        const struct scan_ring_scan *scan = &waveform->scan[i];
        const int64_t stamp = (waveform_ns(waveform, i) + layout->step_ns / 2) / layout->step_ns;
        put_little_endian((uint32_t)(i + 1), 4, file);
        put_little_endian((uint32_t)(stamp < last_stamp ? stamp : last_stamp), 4, file);
        for (int64_t k = 0; k < waveform->plan->n_channels; k++) {
            if (layout->codes)
                put_little_endian(scan->code[k], 2, file);
            else
                put_float(scan->value[k], file);
        }
    }
}

void comtrade_write_inf(const struct waveform *waveform, FILE *file)
{
    const struct scan_ring_plan *plan = waveform->plan;
    fprintf(file, "[Vatio Front_End]\r\n");
    for (int64_t k = 0; k < plan->n_channels; k++)
        fprintf(file, "A%" PRId64 "_high_pass_hz=%.9g\r\nA%" PRId64 "_low_pass_hz=%.9g\r\n", k + 1,
                plan->channel[k].high_pass_hz, k + 1, plan->channel[k].low_pass_hz);
}
