/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_fram_calls.h - a driver's system calls on one fake_fram behind /dev/i2c-1; included by the tests that hold a FRAM. */
#ifndef VATIO_TESTS_FAKE_FRAM_CALLS_H
#define VATIO_TESTS_FAKE_FRAM_CALLS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hal/fram.h"

#include "tests/emulated/fake_fram.h"

#include <linux/i2c-dev.h>

static struct fake_fram chip; /* the system calls have no context */
static int open_errno, opened, closed;

static int fake_open(const char *path, int flags)
{
    (void)flags;
    assert_string_equal(path, "/dev/i2c-1");
    errno = open_errno;
    opened += open_errno == 0;
    return open_errno == 0 ? 3 : -1;
}

static int fake_transfer(int fd, struct i2c_rdwr_ioctl_data *messages)
{
    assert_int_equal(fd, 3);
    const int result = fake_fram_transfer(&chip, messages->msgs, messages->nmsgs);
    errno = result < 0 ? -result : 0;
    return result < 0 ? -1 : result;
}

static int fake_close(int fd)
{
    assert_int_equal(fd, 3);
    closed++;
    return 0;
}

static const struct fram_calls calls = {fake_open, fake_transfer, fake_close};

#endif
