/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adc.h - scans from a converter: one code per channel of the plan, each with the instant at which it was held.
 *
 * Sources: adc_spidev (the real one), adc_sim (a model down to the bytes, hal/sim), adc_replay (a recording, hal/replay).
 * Time:    CLOCK_MONOTONIC_RAW, or the simulated clock's; see clock.h.
 * Errors:  read returns 0 for a scan (which may carry faults), -EINTR when the wait ended early, -ENODATA when no scan
 *          will follow (a recording's end), or another -errno when the device failed. In either case nothing was read.
 * Threads: one thread per source; read is called by the acquire thread only and allocates nothing.
 */
#ifndef VATIO_HAL_ADC_H
#define VATIO_HAL_ADC_H

#include <stdbool.h>
#include <stdint.h>

enum { ADC_CHANNELS = 8 };

enum adc_fault {
    ADC_LATE = 1 << 0,    /* the scan began or lasted far longer than planned: stamps are doubtful */
    ADC_CORRUPT = 1 << 1, /* at least one frame failed its check; see corrupt */
};

struct adc_plan {
    int n;                         /* conversions in a scan, 1..8 */
    uint8_t input[ADC_CHANNELS];   /* the converter's input of each, in order of conversion */
    uint32_t clock_hz;             /* SPI clock */
    int32_t conversion_spacing_ns; /* between neighbouring hold instants, nominal */
    int32_t hold_offset_ns;        /* from the start of the transfer to the first hold instant, nominal */
    int64_t period_ns;             /* between scans, nominal */
};

/* Codes from a converter, or from a recording values in V and A at the meter's terminals. */
struct adc_scan {
    int64_t hold_ns[ADC_CHANNELS]; /* in the plan's order */
    uint16_t code[ADC_CHANNELS];   /* 0..1023; meaningless where corrupt has its bit */
    bool physical;                 /* value holds the scan, code does not */
    double value[ADC_CHANNELS];    /* V or A, when physical */
    uint8_t n;
    uint8_t faults;  /* enum adc_fault */
    uint8_t corrupt; /* bit k: frame k failed its check */
};

struct adc;
struct adc_ops {
    const char *name; /* "spidev", "sim", "replay" */
    bool own_pace;    /* scans come at instants of their own: due_ns is not heeded */
    /* Waits until due_ns, then converts one scan. */
    int (*read)(struct adc *adc, int64_t due_ns, struct adc_scan *scan);
    void (*close)(struct adc *adc);
};
struct adc {
    const struct adc_ops *ops; /* first member of every source's own struct */
};

static inline int adc_read(struct adc *adc, int64_t due_ns, struct adc_scan *scan)
{
    return adc->ops->read(adc, due_ns, scan);
}
static inline void adc_close(struct adc *adc)
{
    adc->ops->close(adc);
}

#endif
