/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/i2c_advice.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

const char *i2c_advice(int code)
{
    static const struct {
        int code;
        const char *text;
    } known[] = {
        {ENOENT,
         "no such bus: enable I2C (on a Raspberry Pi dtparam=i2c_arm=on in config.txt) and load i2c-dev"},
        {EACCES, "no permission: add the user to group i2c"},
        {EBUSY, "a kernel driver holds this address"},
        {EREMOTEIO, "nothing answers: check wiring and address (i2cdetect -y 1)"},
        {ENXIO, "nothing answers: check wiring and address (i2cdetect -y 1)"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == code)
            return known[i].text;
    }
    return strerror(code);
}
