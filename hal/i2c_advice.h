/* SPDX-License-Identifier: GPL-3.0-or-later */
/* i2c_advice.h - what a person can do about an error of an I2C bus or of a device on it; else the system's text. */
#ifndef VATIO_HAL_I2C_ADVICE_H
#define VATIO_HAL_I2C_ADVICE_H

/* code: an errno, positive. The text is static, or strerror's. */
const char *i2c_advice(int code);

#endif
