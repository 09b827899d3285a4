/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/display.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GLASS       "\x1b[97;44m" /* bright white on blue, as the common LCD */
#define PLAIN       "\x1b[0m"
#define HIDE_CURSOR "\x1b[?25l"
#define SHOW_CURSOR "\x1b[?25h"
#define WRAP_OFF    "\x1b[?7l" /* a footer wider than the terminal is cut: the count of lines stays true */
#define WRAP_ON     "\x1b[?7h"
#define END_LINE    "\x1b[K\r\n"
#define EDGE        "──────────────────"

/* Output gathered into few writes, so that a redraw does not flicker. */
struct output {
    int fd;
    int error;
    size_t used;
    char bytes[2048];
};

static void output_flush(struct output *out)
{
    for (size_t done = 0; done < out->used && !out->error;) {
        ssize_t n = write(out->fd, out->bytes + done, out->used - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            out->error = -errno;
    }
    out->used = 0;
}

static void output_add(struct output *out, const char *bytes, size_t size)
{
    while (size > 0) {
        if (out->used == sizeof out->bytes)
            output_flush(out);
        size_t room = sizeof out->bytes - out->used;
        size_t part = size < room ? size : room;
        memcpy(out->bytes + out->used, bytes, part);
        out->used += part;
        bytes += part;
        size -= part;
    }
}

static void output_text(struct output *out, const char *text)
{
    output_add(out, text, strlen(text));
}

static void output_row(struct output *out, const char *row, size_t length)
{
    for (size_t c = 0; c < length; c++) {
        if (row[c] == DISPLAY_DEGREE)
            output_text(out, "°");
        else
            output_add(out, row + c, 1);
    }
}

static int output_footer(struct output *out, const char *footer)
{
    int lines = 0;
    while (footer && *footer) {
        size_t length = strcspn(footer, "\n");
        output_add(out, footer, length);
        output_text(out, END_LINE);
        footer += length + (footer[length] == '\n');
        lines++;
    }
    return lines;
}

static void draw_window(struct display_terminal *terminal, struct output *out,
                        const struct display_text *clean)
{
    char up[16];
    if (terminal->drawn) {
        snprintf(up, sizeof up, "\x1b[%dA\r", terminal->drawn);
        output_text(out, up);
    }
    output_text(out, HIDE_CURSOR WRAP_OFF GLASS "┌" EDGE "┐" PLAIN END_LINE);
    for (int r = 0; r < DISPLAY_ROWS; r++) {
        output_text(out, GLASS "│ ");
        output_row(out, clean->row[r], DISPLAY_COLUMNS);
        output_text(out, " │" PLAIN END_LINE);
    }
    output_text(out, GLASS "└" EDGE "┘" PLAIN END_LINE);
    terminal->drawn = DISPLAY_ROWS + 2 + output_footer(out, terminal->footer);
    output_text(out, WRAP_ON);
}

static void print_line(struct output *out, const struct display_text *clean)
{
    int last = DISPLAY_ROWS - 1;
    size_t length = DISPLAY_COLUMNS;
    while (length > 0 && clean->row[last][length - 1] == ' ')
        length--;
    for (int r = 0; r < last; r++) {
        output_row(out, clean->row[r], DISPLAY_COLUMNS);
        output_text(out, r + 1 < last || length > 0 ? " | " : " |");
    }
    output_row(out, clean->row[last], length);
    output_text(out, "\n");
}

static int terminal_write(struct display *display, const struct display_text *text)
{
    struct display_terminal *terminal = (struct display_terminal *)display;
    struct output out = {.fd = terminal->fd};
    struct display_text clean;
    display_text_clean(text, &clean);
    if (terminal->is_terminal)
        draw_window(terminal, &out, &clean);
    else
        print_line(&out, &clean);
    output_flush(&out);
    return out.error;
}

static void terminal_close(struct display *display)
{
    struct display_terminal *terminal = (struct display_terminal *)display;
    struct output out = {.fd = terminal->fd};
    if (terminal->drawn)
        output_text(&out, SHOW_CURSOR);
    output_flush(&out);
    terminal->drawn = 0;
}

static const struct display_ops terminal_ops = {"terminal", terminal_write, terminal_close};

void display_terminal_init(struct display_terminal *terminal, int fd, const char *footer)
{
    *terminal = (struct display_terminal){
        .display = {&terminal_ops}, .fd = fd, .is_terminal = isatty(fd), .footer = footer};
}
