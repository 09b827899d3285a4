/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backup_card.h - what a backup needs of a meter whose vatiod does not run: the journal's newest record, where the files are,
 * the head of the audit log. vatiod's lock of the data directory is held meanwhile.
 *
 * Errors:  -errno, with a sentence in error.
 */
#ifndef VATIO_TOOLS_BACKUP_CARD_H
#define VATIO_TOOLS_BACKUP_CARD_H

#include "tools/vatio/backup.h"

struct backup_card {
    const char *root;     /* where the card is mounted; "" = this system */
    const char *config;   /* vatiod's settings */
    const char *data_dir; /* "" = as in the settings */
};

int backup_card_read(struct control_backup *meter, const struct backup_card *card, char *error,
                     size_t error_size);

#endif
