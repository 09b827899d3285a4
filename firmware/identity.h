/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identity.h - who this meter is, and which run of it this is.
 *
 * meter_id: as configured; "auto" makes "v" and 12 hexadecimal digits from the machine's id (hashed, so that the id
 *           itself does not leave the machine) or, where there is none, at random, and keeps it in data_dir/meter_id.
 * boot_id:  32 random hexadecimal digits per start of vatiod.
 */
#ifndef VATIO_FIRMWARE_IDENTITY_H
#define VATIO_FIRMWARE_IDENTITY_H

#include "firmware/api/record.h"

#include <stddef.h>

int identity_meter(const char *configured, const char *data_dir, char meter_id[RECORD_ID], char *error,
                   size_t error_size);

int identity_boot(char boot_id[RECORD_ID]);

#endif
