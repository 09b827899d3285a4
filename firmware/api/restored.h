/* SPDX-License-Identifier: GPL-3.0-or-later */
/* restored.h - what vatio restore leaves in the data directory for vatiod.
 *
 * Half:  is there while a restore is under way; vatiod does not start beside it.
 * File:  the same file, renamed when all the rest is on the disk. Its line becomes the event "restored" at the next start,
 *        which removes it.
 */
#ifndef VATIO_API_RESTORED_H
#define VATIO_API_RESTORED_H

#define RESTORED_HALF "restoring"
#define RESTORED_FILE "restored"

#endif
