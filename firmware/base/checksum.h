/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checksum.h - CRC-32C (Castagnoli), reflected, initial and final value ~0: "123456789" gives e3069283. */
#ifndef VATIO_BASE_CHECKSUM_H
#define VATIO_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t checksum(const void *bytes, size_t size);

#endif
