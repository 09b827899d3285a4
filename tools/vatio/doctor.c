/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/doctor.h"

#include <stdarg.h>
#include <stdio.h>

const char *const doctor_state_name[] = {"OK", "WARN", "FAULT", "SKIPPED"};

/* From the program outwards: who mends from the top down mends causes before consequences. */
const struct doctor_check doctor_checks[] = {
    {"vatiod", NEED_NOTHING, doctor_vatiod},    {"mailbox", NEED_NOTHING, doctor_mailbox},
    {"front-end", NEED_LIVE, doctor_front_end}, {"samples", NEED_LIVE, doctor_samples},
    {"late-scans", NEED_LIVE, doctor_late},     {"ring", NEED_LIVE, doctor_ring},
    {"sensor", NEED_LIVE, doctor_sensor},       {"clipped", NEED_LIVE, doctor_clipped},
    {"quiet", NEED_LIVE, doctor_quiet},         {"noisy", NEED_LIVE, doctor_noisy},
    {"mains", NEED_LIVE, doctor_mains},         {"legs", NEED_LIVE, doctor_legs},
    {"swapped", NEED_LIVE, doctor_swapped},     {"reversed", NEED_LIVE, doctor_reversed},
    {"unmetered", NEED_LIVE, doctor_unmetered}, {"calibration", NEED_LIVE, doctor_calibration},
    {"clock", NEED_LIVE, doctor_clock},         {"journal", NEED_LIVE, doctor_journal},
    {"registers", NEED_LIVE, doctor_registers}, {"fram", NEED_LIVE, doctor_fram},
    {"database", NEED_LIVE, doctor_database},   {"replaced", NEED_LIVE, doctor_replaced},
    {"records", NEED_LIVE, doctor_records},     {"disk", NEED_LIVE, doctor_disk},
    {"mounted", NEED_LIVE, doctor_mounted},     {"audit", NEED_LIVE, doctor_audit},
    {"display", NEED_LIVE, doctor_display},     {"broker", NEED_NOTHING, doctor_broker},
};
const size_t doctor_checks_n = sizeof doctor_checks / sizeof doctor_checks[0];

void doctor_find(struct doctor_finding *finding, enum doctor_state state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finding->state = state;
    vsnprintf(finding->found, sizeof finding->found, format, args);
    va_end(args);
}

void doctor_advise(struct doctor_finding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(finding->advice, sizeof finding->advice, format, args);
    va_end(args);
}

static bool heart_beats(const struct doctor_inputs *inputs)
{
    return inputs->mailbox_error == 0 && inputs->now.heartbeat != inputs->before.heartbeat;
}

bool doctor_meter_lives(const struct doctor_inputs *inputs)
{
    return inputs->control_error == 0 || heart_beats(inputs);
}

/* Names in it come from files; JSON and terminals want text. */
static void make_plain(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

void doctor_run(const struct doctor_check *check, const struct doctor_inputs *inputs,
                struct doctor_finding *finding)
{
    *finding = (struct doctor_finding){0};
    if (check->need == NEED_LIVE && !doctor_meter_lives(inputs))
        doctor_find(finding, DOCTOR_SKIPPED, "vatiod does not answer");
    else if (check->need == NEED_LIVE && inputs->mailbox_error != 0)
        doctor_find(finding, DOCTOR_SKIPPED, "the mailbox cannot be read");
    else
        check->check(inputs, finding);
    make_plain(finding->found);
    make_plain(finding->advice);
}

size_t doctor_recent_flagged(const struct doctor_inputs *inputs, int64_t flag, size_t *n)
{
    size_t flagged = 0;
    *n = inputs->minutes < DOCTOR_RECENT ? inputs->minutes : DOCTOR_RECENT;
    for (size_t i = inputs->minutes - *n; i < inputs->minutes; i++)
        flagged += (inputs->minute[i].quality & flag) != 0;
    return flagged;
}
