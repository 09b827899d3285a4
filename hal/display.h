/* SPDX-License-Identifier: GPL-3.0-or-later */
/* display.h - a character display of 4 rows of 16.
 *
 * Text:    rows of exactly 16 printable ASCII characters; anything else is shown as '?'. The degree sign is the byte
 *          DISPLAY_DEGREE, which each display maps to its own glyph.
 * Errors:  write returns 0 or -errno; a display that failed may be written again, it re-initialises itself.
 * Threads: one thread per display; write may block on the device (tens of ms on I2C).
 */
#ifndef VATIO_HAL_DISPLAY_H
#define VATIO_HAL_DISPLAY_H

#include <stddef.h>

enum { DISPLAY_ROWS = 4, DISPLAY_COLUMNS = 16, DISPLAY_DEGREE = 0x7f };

struct display_text {
    char row[DISPLAY_ROWS][DISPLAY_COLUMNS + 1]; /* each ends in NUL */
};

/* A copy fit to be shown: printable ASCII and DISPLAY_DEGREE, anything else '?', short rows filled with blanks. */
void display_text_clean(const struct display_text *text, struct display_text *clean);

struct display;
struct display_ops {
    const char *name;
    int (*write)(struct display *display, const struct display_text *text);
    void (*close)(struct display *display); /* leaves the device in a sane state */
};
struct display {
    const struct display_ops *ops; /* first member of every display's own struct */
};

static inline int display_write(struct display *display, const struct display_text *text)
{
    return display->ops->write(display, text);
}
static inline void display_close(struct display *display)
{
    display->ops->close(display);
}

/* On a terminal (isatty): a framed 16x4 window redrawn in place, footer lines below it. Else: one line per write,
 * the four rows joined by " | ", blanks at its end stripped. fd is not closed. footer (may be NULL, may hold
 * several lines) must outlive the display. */
struct display_terminal {
    struct display display;
    int fd;
    int is_terminal;
    int drawn;
    const char *footer;
};
void display_terminal_init(struct display_terminal *terminal, int fd, const char *footer);

/* HD44780 16x4 behind a PCF8574 (P0 RS, P1 RW, P2 E, P3 backlight, P4..P7 D4..D7) on i2c-dev; only changed cells are
 * written. Nothing can be read back, so each HD44780_RENEW writes it is initialised anew: what a disturbance or a short
 * loss of supply did to it heals. System calls go through a table; they return and set errno as the C library's do. */
enum { HD44780_RENEW = 300 };

struct hd44780_calls {
    int (*open)(const char *path, int flags);
    int (*set_address)(int fd, int address); /* ioctl I2C_SLAVE */
    long (*write)(int fd, const void *bytes, size_t size);
    int (*close)(int fd);
    void (*delay_us)(unsigned us);
};
extern const struct hd44780_calls hd44780_system_calls;

struct display_hd44780 {
    struct display display;
    const struct hd44780_calls *calls;
    char path[64];
    int address;
    int fd;     /* -1: to be opened and initialised at the next write */
    int writes; /* since it was initialised */
    struct display_text shown;
};
/* -errno and one sentence in error when the display does not answer; it may be written all the same, each write tries
 * again. -ENAMETOOLONG when the path does not fit. */
int display_hd44780_init(struct display_hd44780 *lcd, const char *path, int address,
                         const struct hd44780_calls *calls, char *error, size_t error_size);

#endif
