/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/watch_scans.h"

static const int64_t second_ns = 1000000000;

void watch_scans_init(struct watch_scans *scans)
{
    *scans = (struct watch_scans){.start_ns = 0};
}

void watch_scans_add(struct watch_scans *scans, const struct adc_scan *scan)
{
    if (scans->start_ns == 0)
        scans->start_ns = scan->hold_ns[0];
    scans->scans++;
    scans->corrupt += (scan->faults & ADC_CORRUPT) != 0;
    if (scan->faults != 0 || scan->physical)
        return;
    for (int k = 0; k < scan->n; k++) {
        const uint16_t code = scan->code[k];
        if (scans->n == 0 || code < scans->least[k])
            scans->least[k] = code;
        if (scans->n == 0 || code > scans->most[k])
            scans->most[k] = code;
    }
    scans->n = scan->n;
}

bool watch_scans_read(struct watch_scans *scans, int64_t now_ns, int64_t failed, struct watch_second *second)
{
    if (scans->start_ns == 0 && failed > scans->failed)
        scans->start_ns = now_ns;
    if (scans->start_ns == 0 || now_ns - scans->start_ns < second_ns)
        return false;
    *second = (struct watch_second){
        .start_ns = scans->start_ns,
        .end_ns = now_ns,
        .missing = scans->scans == 0 || failed > scans->failed,
        .corrupt_pct = scans->scans > 0 ? 100.0 * (double)scans->corrupt / (double)scans->scans : 0,
        .n = scans->n,
    };
    for (int k = 0; k < scans->n; k++) {
        second->still[k] = scans->least[k] == scans->most[k];
        second->code[k] = scans->least[k];
    }
    *scans = (struct watch_scans){.start_ns = now_ns, .failed = failed};
    return true;
}
