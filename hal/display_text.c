/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/display.h"

#include <string.h>

void display_text_clean(const struct display_text *text, struct display_text *clean)
{
    for (int r = 0; r < DISPLAY_ROWS; r++) {
        size_t length = strnlen(text->row[r], DISPLAY_COLUMNS);
        for (size_t c = 0; c < DISPLAY_COLUMNS; c++) {
            unsigned char letter = c < length ? (unsigned char)text->row[r][c] : ' ';
            clean->row[r][c] = (char)(letter >= ' ' && letter <= DISPLAY_DEGREE ? letter : '?');
        }
        clean->row[r][DISPLAY_COLUMNS] = '\0';
    }
}
