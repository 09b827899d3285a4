/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_bed.h - what the tests under umockdev share: a device node whose requests a handler of the test answers, on a
 * thread of umockdev's own, while the caller waits in its system call. */
#ifndef VATIO_TESTS_TEST_BED_H
#define VATIO_TESTS_TEST_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <umockdev.h>

#include <cmocka.h>

enum { TEST_BED_SKIPPED = 77 }; /* CTest's SKIP_RETURN_CODE */

/* Runs the tests, or says why not. umockdev 0.17's own question, umockdev_in_mock_environment, is answered no even
 * under its wrapper. */
#define test_bed_run(tests)                                                                                  \
    (test_bed_is_preloaded() ? cmocka_run_group_tests(tests, NULL, NULL) : TEST_BED_SKIPPED)

static inline bool test_bed_is_preloaded(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    bool is_preloaded = preloaded && strstr(preloaded, "umockdev-preload");
    if (!is_preloaded)
        puts("skipped: has to run under umockdev-wrapper");
    return is_preloaded;
}

/* description is in the format of umockdev-record. */
static inline UMockdevIoctlBase *test_bed_attach(UMockdevTestbed *bed, const char *description,
                                                 const char *node)
{
    UMockdevIoctlBase *handler = umockdev_ioctl_base_new();
    assert_true(umockdev_testbed_add_from_string(bed, description, NULL));
    assert_true(umockdev_testbed_attach_ioctl(bed, node, handler, NULL));
    return handler;
}

static inline void test_bed_detach(UMockdevTestbed *bed, UMockdevIoctlBase *handler, const char *node)
{
    umockdev_testbed_detach_ioctl(bed, node, NULL);
    g_object_unref(handler);
}

/* Copy of the caller's memory at the pointer that stands at offset in source. */
static inline UMockdevIoctlData *test_bed_follow(UMockdevIoctlData *source, size_t offset, size_t size)
{
    UMockdevIoctlData *target = umockdev_ioctl_data_resolve(source, offset, size, NULL);
    if (!target)
        abort(); /* not the test's thread: an assertion could not unwind */
    return target;
}

/* Ends the caller's system call: result, or -errno. */
static inline gboolean test_bed_answer(UMockdevIoctlClient *client, long result)
{
    umockdev_ioctl_client_complete(client, result < 0 ? -1 : result, result < 0 ? (int)-result : 0);
    return TRUE;
}

#endif
