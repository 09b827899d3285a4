/* SPDX-License-Identifier: GPL-3.0-or-later */
/* interrupted.h - the intervals that a kill or a power cut left open, as the records that end them: after it the sum of
 * a stream's intervals is the register again.
 *
 * Energy:  a record's delta is the kept register less the stream's newest stored total, so what a lost batch held is in it
 *          too. Then it begins where the stored one ended, with GAP in its quality: its quantities are those of its last
 *          interval only, and metered_us says how little they cover.
 * Threads: pure.
 */
#ifndef VATIO_FIRMWARE_INTERRUPTED_H
#define VATIO_FIRMWARE_INTERRUPTED_H

#include "firmware/kept.h"

#include <stdbool.h>

/* The newest stored record of a stream may be younger than what was kept: its own interval is then closed, the others
 * reach as far as it does, and so does the time that was metered or not. Before resume_raise takes its registers or after. */
void interrupted_settle(struct kept *kept, const struct record *stored);

/* The record that ends stream k's interval; stored: the stream's newest, NULL = none. False: there is nothing to add. */
bool interrupted_record(const struct kept *kept, int k, const struct record *stored, struct record *out);

#endif
