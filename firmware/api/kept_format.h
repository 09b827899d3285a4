/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kept_format.h - what others than vatiod may know of the registers' journal: its file, the magic and size of its records, and
 * that a record begins with the meter's id. All else of it is bytes to them.
 */
#ifndef VATIO_API_KEPT_FORMAT_H
#define VATIO_API_KEPT_FORMAT_H

#include <stdint.h>

#define KEEPER_FILE "registers.journal"
#define KEPT_MAGIC  UINT32_C(0x52475603) /* register record, version 3 */
#define KEPT_OLDER  UINT32_C(0x52475601) /* the oldest version that is read */

enum { KEPT_BYTES_MAX = 6144 };

#endif
