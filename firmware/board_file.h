/* SPDX-License-Identifier: GPL-3.0-or-later */
/* board_file.h - a board's INI file into struct board; keys and units in board/README.md.
 *
 * Errors:  -errno for what the system said; -EINVAL for a wrong file. error then holds one sentence with file, line
 *          and what was expected; the board is left alone.
 * Threads: none; call before threads start.
 */
#ifndef VATIO_FIRMWARE_BOARD_FILE_H
#define VATIO_FIRMWARE_BOARD_FILE_H

#include "board/board.h"

#include <stddef.h>

int board_file_read(const char *path, struct board *board, char *error, size_t error_size);

/* The same from memory; name stands for the path in errors. */
int board_file_read_text(const char *name, const char *text, struct board *board, char *error,
                         size_t error_size);

/* The reference board, whose file is compiled in. */
void board_file_default(struct board *board);

#endif
