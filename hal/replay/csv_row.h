/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv_row.h - cells of a CSV text by the quoting of RFC 4180.
 *
 * A cell in quotes may hold commas, line breaks and doubled quotes. Rows end in LF, CR LF or with the text.
 * Errors:  -EINVAL with a sentence in the text's error.
 */
#ifndef VATIO_HAL_REPLAY_CSV_ROW_H
#define VATIO_HAL_REPLAY_CSV_ROW_H

#include "hal/replay/recording_text.h"

struct csv_cell {
    struct recording_field field; /* without outer blanks and quotes; doubled quotes are still doubled */
    bool last;                    /* of its row */
};

/* The cell at text->at, which must lie within a row: begins behind the row's start or the comma before. */
int csv_row_cell(struct recording_text *text, struct csv_cell *cell);

#endif
