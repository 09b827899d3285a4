/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipe stands for a log file, a pseudo-terminal with a small screen behind it for a person's terminal: what is
 * compared is what would be seen. */
#include "hal/display.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES = 24, LINE_BYTES = 256 };

/* A terminal's screen, as far as the display makes use of one. */
struct screen {
    char line[LINES][LINE_BYTES]; /* UTF-8, colours left out */
    int row, lowest;
    size_t column; /* in bytes */
    bool cursor_hidden, wraps;
};

static const char *obey(struct screen *screen, const char *escape)
{
    bool question = escape[2] == '?';
    const char *p = escape + (question ? 3 : 2);
    int number = (int)strtol(p, NULL, 10);
    p += strspn(p, "0123456789;");
    char end = *p++;
    if (question && number == 25)
        screen->cursor_hidden = end == 'l';
    else if (question && number == 7)
        screen->wraps = end == 'h';
    else if (end == 'A')
        screen->row -= number;
    else if (end == 'K')
        screen->line[screen->row][screen->column] = '\0';
    else if (end != 'm')
        fail_msg("unknown control sequence ending in %c", end);
    return p;
}

static void show(struct screen *screen, const char *bytes)
{
    while (*bytes) {
        if (*bytes == '\x1b') {
            bytes = obey(screen, bytes);
            continue;
        }
        if (*bytes == '\r') {
            screen->column = 0;
        } else if (*bytes == '\n') {
            screen->row++;
        } else {
            assert_true(screen->column + 1 < LINE_BYTES);
            screen->line[screen->row][screen->column++] = *bytes;
        }
        assert_in_range(screen->row, 0, LINES - 1);
        screen->lowest = screen->row > screen->lowest ? screen->row : screen->lowest;
        bytes++;
    }
}

static void read_all(int fd, char *text, size_t size)
{
    ssize_t n = read(fd, text, size - 1);
    assert_true(n >= 0 || errno == EAGAIN);
    text[n > 0 ? n : 0] = '\0';
}

/* The kernel hands a terminal's output on in its own time and in pieces. */
static void read_up_to(int master, const char *ending, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    while (used < strlen(ending) || strcmp(text + used - strlen(ending), ending) != 0) {
        struct pollfd ready = {.fd = master, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 10000), 1); /* ends a hanging test only */
        ssize_t n = read(master, text + used, size - 1 - used);
        assert_true(n > 0);
        used += (size_t)n;
        text[used] = '\0';
    }
}

static struct display_text text_of(const char *a, const char *b, const char *c, const char *d)
{
    struct display_text text;
    const char *rows[DISPLAY_ROWS] = {a, b, c, d};
    for (int r = 0; r < DISPLAY_ROWS; r++)
        snprintf(text.row[r], sizeof text.row[r], "%-16s", rows[r]);
    return text;
}

static const struct {
    const char *name;
    const char *row[DISPLAY_ROWS];
    const char *line;
} lines[] = {
    {"four full rows are joined",
     {"0123456789abcdef", "0123456789abcdef", "0123456789abcdef", "0123456789abcdef"},
     "0123456789abcdef | 0123456789abcdef | 0123456789abcdef | 0123456789abcdef\n"},
    {"columns stay in line, the end is stripped",
     {"120.0 V", "5.000 A", "600 W", "import"},
     "120.0 V          | 5.000 A          | 600 W            | import\n"},
    {"an empty last row leaves no blanks",
     {"a", "b", "c", ""},
     "a                | b                | c                |\n"},
    {"the degree sign is printed",
     {"12.3\x7f", "", "", "x"},
     "12.3°            |                  |                  | x\n"},
    {"what is not ASCII is a question mark",
     {"\xc3\xa4", "\x1b[2J", "a\tb", "\n"},
     "??               | ?[2J             | a?b              | ?\n"},
};

static void into_a_file_goes_one_line_per_write(void **state)
{
    (void)state;
    int end[2];
    assert_int_equal(pipe2(end, O_NONBLOCK), 0);
    struct display_terminal terminal;
    display_terminal_init(&terminal, end[1], "a footer\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *const *row = lines[i].row;
        struct display_text text = text_of(row[0], row[1], row[2], row[3]);
        char seen[512];
        assert_int_equal(display_write(&terminal.display, &text), 0);
        read_all(end[0], seen, sizeof seen);
        if (strcmp(seen, lines[i].line) != 0)
            fail_msg("%s: '%s'", lines[i].name, seen);
    }
    display_close(&terminal.display);
    char rest[16];
    read_all(end[0], rest, sizeof rest);
    assert_string_equal(rest, "");
    close(end[0]);
    close(end[1]);
}

static void rows_that_end_early_are_filled_with_blanks(void **state)
{
    (void)state;
    struct display_text text, clean;
    memset(&text, 'x', sizeof text); /* what stands behind the end must not show */
    strcpy(text.row[0], "");
    strcpy(text.row[1], "abc");
    display_text_clean(&text, &clean);
    assert_string_equal(clean.row[0], "                ");
    assert_string_equal(clean.row[1], "abc             ");
    assert_string_equal(clean.row[2], "xxxxxxxxxxxxxxxx");
}

static int open_terminal(int *master)
{
    *master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    int slave = -1;
    if (*master >= 0 && grantpt(*master) == 0 && unlockpt(*master) == 0)
        slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
    if (slave < 0) {
        puts("skipped: no pseudo-terminals here (is /dev/pts mounted?)");
        close(*master);
        skip();
    }
    return slave;
}

static void on_a_terminal_the_window_is_redrawn_in_place(void **state)
{
    (void)state;
    int master;
    int slave = open_terminal(&master);
    struct display_terminal terminal;
    struct screen screen = {.wraps = true};
    char bytes[4096];
    display_terminal_init(&terminal, slave, "database: /tmp/x.db\nsubscribe: y");
    for (int n = 0; n < 3; n++) {
        char power[DISPLAY_COLUMNS + 1];
        snprintf(power, sizeof power, "%d W", n);
        struct display_text text = text_of("120.0 V", power, "-12.3\x7f", "0123456789abcdef");
        assert_int_equal(display_write(&terminal.display, &text), 0);
        read_up_to(master, "\x1b[?7h", bytes, sizeof bytes);
        show(&screen, bytes);
        assert_true(screen.cursor_hidden);
        assert_true(screen.wraps);
        assert_string_equal(screen.line[0], "┌──────────────────┐");
        assert_string_equal(screen.line[1], "│ 120.0 V          │");
        snprintf(bytes, sizeof bytes, "│ %-16s │", power);
        assert_string_equal(screen.line[2], bytes);
        assert_string_equal(screen.line[3], "│ -12.3°           │");
        assert_string_equal(screen.line[4], "│ 0123456789abcdef │");
        assert_string_equal(screen.line[5], "└──────────────────┘");
        assert_string_equal(screen.line[6], "database: /tmp/x.db");
        assert_string_equal(screen.line[7], "subscribe: y");
        assert_int_equal(screen.row, 8); /* the cursor waits below, for the shell or a message */
        assert_int_equal(screen.lowest, 8);
    }
    display_close(&terminal.display);
    read_up_to(master, "\x1b[?25h", bytes, sizeof bytes);
    show(&screen, bytes);
    assert_false(screen.cursor_hidden);
    assert_int_equal(screen.row, 8);
    close(slave);
    close(master);
}

static void a_footer_longer_than_the_buffer_is_written_whole(void **state)
{
    (void)state;
    static char footer[3000];
    static char bytes[8192];
    memset(footer, 'f', sizeof footer - 1);
    int master;
    int slave = open_terminal(&master);
    struct display_terminal terminal;
    struct display_text text = text_of("", "", "", "");
    display_terminal_init(&terminal, slave, footer);
    assert_int_equal(display_write(&terminal.display, &text), 0);
    read_up_to(master, "\x1b[?7h", bytes, sizeof bytes);
    assert_non_null(strstr(bytes, footer));
    assert_int_equal(terminal.drawn, DISPLAY_ROWS + 3);
    close(slave);
    close(master);
}

static void a_closed_output_is_an_error_and_an_undrawn_display_writes_nothing(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY);
    struct display_terminal terminal;
    struct display_text text = text_of("a", "b", "c", "d");
    display_terminal_init(&terminal, fd, NULL);
    assert_int_equal(display_write(&terminal.display, &text), -ENOSPC);
    display_close(&terminal.display);
    close(fd);
    assert_int_equal(display_write(&terminal.display, &text), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(into_a_file_goes_one_line_per_write),
        cmocka_unit_test(rows_that_end_early_are_filled_with_blanks),
        cmocka_unit_test(on_a_terminal_the_window_is_redrawn_in_place),
        cmocka_unit_test(a_footer_longer_than_the_buffer_is_written_whole),
        cmocka_unit_test(a_closed_output_is_an_error_and_an_undrawn_display_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
