/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The multiplexer's crosstalk, from the simulated converter's bytes to the mailbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/firmware/measure_bench.h"

/* The voltage, first of the scan, keeps 98 % of its own: 117.6 V, 250.9 LSB rms. 2 % of that in the open current channel
 * are 5.018 LSB of 0.1220 A: 0.612 A in phase, 72.0 W. 0.05 W more come round again from the current into the voltage. */
static const struct crosstalk_case {
    const char *name;
    const char *i_a;
    double crosstalk; /* in the calibration; the converter's is 0.02 */
    int corrupt_every;
    double p_w, u_v;
    double p_tolerance_w;
} crosstalk_cases[] = {
    {"an open conductor shows the voltage", "sim.i_a=0", 0, 0, 72.0, 117.6, 0.3},
    {"calibrated it shows nothing", "sim.i_a=0", 0.02, 0, 0, 120, 0.3},
    {"nor behind corrupt scans", "sim.i_a=0", 0.02, 500, 0, 120, 0.3},
    {"a load is metered as it is", "sim.i_a=10", 0.02, 0, 1200, 120, 1.2},
};

static void test_crosstalk_is_taken_off_before_metering(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof crosstalk_cases / sizeof crosstalk_cases[0]; i++) {
        const struct crosstalk_case *c = &crosstalk_cases[i];
        static struct bench bench;
        const char *const settings[] = {"sim.crosstalk=0.02", c->i_a, NULL};
        struct mailbox_live live;
        print_message("  %s\n", c->name);
        open_bench(&bench, settings, 4.3);
        for (int k = 0; k < 2; k++)
            bench.calibration.channel[k].crosstalk = c->crosstalk;
        calibration_scale_init(&bench.measure.scale, &bench.calibration);
        run_bench(&bench, c->corrupt_every);
        assert_int_equal(mailbox_read(&bench.reader, &live), 0);
        near(live.live.point[0].p_w, c->p_w, c->p_tolerance_w);
        near(live.live.point[0].u_rms_v, c->u_v, 0.12);
        close_bench(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_crosstalk_is_taken_off_before_metering)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
