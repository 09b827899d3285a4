/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_cases.h - checks on inputs in which one thing was spoilt: the check that is named says so, and advises.
 */
#ifndef VATIO_TESTS_DOCTOR_CASES_H
#define VATIO_TESTS_DOCTOR_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools/doctor_bench.h"
#include "tools/vatio/doctor.h"

#include <errno.h>

static struct doctor_inputs in; /* 180 kB */

struct doctor_case {
    const char *name;
    void (*spoil)(void);
    const char *check;
    enum doctor_state state;
    const char *found, *advice; /* parts; NULL: no advice */
};

static inline struct doctor_finding find(const char *name)
{
    struct doctor_finding finding = {0};
    for (size_t i = 0; i < doctor_checks_n; i++) {
        if (strcmp(doctor_checks[i].name, name) != 0)
            continue;
        doctor_run(&doctor_checks[i], &in, &finding);
        return finding;
    }
    fail_msg("there is no check %s", name);
    return finding;
}

static inline void spoil_nothing(void)
{
}

static inline void spoil_meter_gone(void)
{
    in.control_error = in.mailbox_error = -ENOENT;
}

/* Whatever was spoilt, each check has a sentence, and advice where it warns. */
static inline void assert_all_checks_speak(void)
{
    for (size_t k = 0; k < doctor_checks_n; k++) {
        struct doctor_finding finding;
        doctor_run(&doctor_checks[k], &in, &finding);
        const bool bad = finding.state == DOCTOR_FAULT || finding.state == DOCTOR_WARN;
        assert_int_equal(finding.advice[0] != '\0', bad);
        assert_true(finding.found[0] != '\0');
        assert_true(strlen(finding.found) < sizeof finding.found - 1); /* nothing was cut */
        assert_true(strlen(finding.advice) < sizeof finding.advice - 1);
    }
}

static inline void assert_cases(const struct doctor_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        print_message("%s\n", cases[i].name);
        bench_init(&in, 1);
        cases[i].spoil();
        const struct doctor_finding finding = find(cases[i].check);
        if (finding.state != cases[i].state || strstr(finding.found, cases[i].found) == NULL)
            fail_msg("%s: %s", doctor_state_name[finding.state], finding.found);
        if (cases[i].advice == NULL)
            assert_string_equal(finding.advice, "");
        else if (strstr(finding.advice, cases[i].advice) == NULL)
            fail_msg("advice: %s", finding.advice);
        assert_all_checks_speak();
    }
}

#endif
