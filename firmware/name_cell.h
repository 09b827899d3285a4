/* SPDX-License-Identifier: GPL-3.0-or-later */
/* name_cell.h - a name that one thread gives and any other takes; neither waits.
 *
 * Errors:  -EAGAIN from name_take when none was given yet, or the giver was busy throughout; name is left as it was.
 */
#ifndef VATIO_FIRMWARE_NAME_CELL_H
#define VATIO_FIRMWARE_NAME_CELL_H

#include "firmware/api/record.h"
#include "firmware/api/shared_file.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

enum { NAME_WORDS = (RECORD_ID + 7) / 8 };

struct name_cell {
    _Atomic uint64_t sequence;
    _Atomic uint64_t word[NAME_WORDS];
};

static inline void name_give(struct name_cell *cell, const char name[RECORD_ID])
{
    shared_write(&cell->sequence, cell->word, name, RECORD_ID);
}

static inline int name_take(const struct name_cell *cell, char name[RECORD_ID])
{
    char newest[RECORD_ID];
    const int result = shared_read(&cell->sequence, cell->word, newest, sizeof newest);
    if (result == 0)
        memcpy(name, newest, sizeof newest);
    return result;
}

#endif
