/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PCF8574 is an I2C byte latch: each byte sent sets its eight pins. A nibble is three bytes: lines set
 * up, the same with E high, E low again, on whose fall the controller takes it. At 400 kHz a byte lasts 22
 * us: that alone keeps the 37 us that an instruction needs, so only the slow ones are waited for. */
#include "hal/display.h"

#include "hal/i2c_advice.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PIN_RS = 0x01, PIN_E = 0x04, PIN_BACKLIGHT = 0x08 };
enum {
    CLEAR = 0x01,
    ENTRY_INCREMENT = 0x06,
    DISPLAY_OFF = 0x08,
    DISPLAY_ON = 0x0c,
    FOUR_BIT_TWO_LINES = 0x28, /* 16x4 is two lines of 32 to the controller */
    SET_GLYPH_ADDRESS = 0x40,
    SET_ADDRESS = 0x80
};
enum { NIBBLE_BYTES = 3, CHARACTER_BYTES = 2 * NIBBLE_BYTES, CLEAR_US = 2000, POWER_ON_US = 50000 };
enum {
    DEGREE_GLYPH = 0
}; /* our own: the ROMs of different makers have the sign in different places or not at all */

static const uint8_t row_address[DISPLAY_ROWS] = {0x00, 0x40, 0x10, 0x50};

static int system_open(const char *path, int flags)
{
    return open(path, flags);
}

static int system_set_address(int fd, int address)
{
    return ioctl(fd, I2C_SLAVE, (long)address);
}

static long system_write(int fd, const void *bytes, size_t size)
{
    return write(fd, bytes, size);
}

static void system_delay_us(unsigned us)
{
    struct timespec left = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

const struct hd44780_calls hd44780_system_calls = {system_open, system_set_address, system_write, close,
                                                   system_delay_us};

/* Bytes on their way to the latch: at most an address and a whole row. */
struct stream {
    size_t used;
    uint8_t bytes[(1 + DISPLAY_COLUMNS) * CHARACTER_BYTES];
};

static void add_nibble(struct stream *stream, unsigned nibble, unsigned pins)
{
    uint8_t idle = (uint8_t)(nibble << 4 | pins | PIN_BACKLIGHT);
    stream->bytes[stream->used++] = idle;
    stream->bytes[stream->used++] = idle | PIN_E;
    stream->bytes[stream->used++] = idle;
}

static void add_byte(struct stream *stream, unsigned byte, unsigned pins)
{
    add_nibble(stream, byte >> 4, pins);
    add_nibble(stream, byte & 0x0f, pins);
}

static int send(struct display_hd44780 *lcd, const void *bytes, size_t size)
{
    long sent = lcd->calls->write(lcd->fd, bytes, size);
    if (sent < 0)
        return -errno;
    return (size_t)sent == size ? 0 : -EIO;
}

static int command(struct display_hd44780 *lcd, unsigned byte, unsigned wait_us)
{
    struct stream stream = {0};
    add_byte(&stream, byte, 0);
    int error = send(lcd, stream.bytes, stream.used);
    if (!error && wait_us > 0)
        lcd->calls->delay_us(wait_us);
    return error;
}

/* Three times 8-bit mode, then 4-bit: brings the controller into step from any state, even between two
 * nibbles. */
static int synchronise(struct display_hd44780 *lcd)
{
    static const struct {
        uint8_t nibble;
        uint16_t wait_us; /* data sheet: more than 4.1 ms, 100 us, then 37 us */
    } steps[] = {{3, 4500}, {3, 150}, {3, 100}, {2, 100}};
    static const uint8_t idle = PIN_BACKLIGHT;
    int error = send(lcd, &idle, 1);
    lcd->calls->delay_us(POWER_ON_US);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !error; i++) {
        struct stream stream = {0};
        add_nibble(&stream, steps[i].nibble, 0);
        error = send(lcd, stream.bytes, stream.used);
        lcd->calls->delay_us(steps[i].wait_us);
    }
    return error;
}

static int define_degree(struct display_hd44780 *lcd)
{
    static const uint8_t glyph[8] = {0x06, 0x09, 0x09, 0x06};
    struct stream stream = {0};
    add_byte(&stream, SET_GLYPH_ADDRESS | DEGREE_GLYPH << 3, 0);
    for (size_t i = 0; i < sizeof glyph; i++)
        add_byte(&stream, glyph[i], PIN_RS);
    return send(lcd, stream.bytes, stream.used);
}

static int start(struct display_hd44780 *lcd)
{
    static const struct {
        uint8_t command;
        uint16_t wait_us;
    } steps[] = {
        {FOUR_BIT_TWO_LINES, 0}, {DISPLAY_OFF, 0}, {CLEAR, CLEAR_US}, {ENTRY_INCREMENT, 0}, {DISPLAY_ON, 0}};
    lcd->writes = 0;
    int error = synchronise(lcd);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !error; i++)
        error = command(lcd, steps[i].command, steps[i].wait_us);
    if (!error)
        error = define_degree(lcd);
    for (int r = 0; r < DISPLAY_ROWS; r++)
        snprintf(lcd->shown.row[r], sizeof lcd->shown.row[r], "%*s", DISPLAY_COLUMNS, "");
    return error;
}

static void drop(struct display_hd44780 *lcd)
{
    if (lcd->fd >= 0)
        lcd->calls->close(lcd->fd);
    lcd->fd = -1;
}

static int open_and_start(struct display_hd44780 *lcd)
{
    lcd->fd = lcd->calls->open(lcd->path, O_RDWR | O_CLOEXEC);
    if (lcd->fd < 0)
        return -errno;
    int error = lcd->calls->set_address(lcd->fd, lcd->address) < 0 ? -errno : start(lcd);
    if (error)
        drop(lcd);
    return error;
}

static int write_run(struct display_hd44780 *lcd, int row, const char *wanted, int first, int end)
{
    struct stream stream = {0};
    add_byte(&stream, SET_ADDRESS | (unsigned)(row_address[row] + first), 0);
    for (int c = first; c < end; c++) {
        unsigned letter = (unsigned char)wanted[c];
        add_byte(&stream, letter == DISPLAY_DEGREE ? DEGREE_GLYPH : letter, PIN_RS);
        lcd->shown.row[row][c] = wanted[c];
    }
    return send(lcd, stream.bytes, stream.used);
}

static int write_row(struct display_hd44780 *lcd, int row, const char *wanted)
{
    const char *shown = lcd->shown.row[row];
    int error = 0;
    for (int first = 0; first < DISPLAY_COLUMNS && !error; first++) {
        int end = first;
        while (end < DISPLAY_COLUMNS && wanted[end] != shown[end])
            end++;
        if (end > first)
            error = write_run(lcd, row, wanted, first, end);
        first = end;
    }
    return error;
}

static int hd44780_write(struct display *display, const struct display_text *text)
{
    struct display_hd44780 *lcd = (struct display_hd44780 *)display;
    struct display_text clean;
    display_text_clean(text, &clean);
    int error = 0;
    if (lcd->fd < 0)
        error = open_and_start(lcd);
    else if (++lcd->writes == HD44780_RENEW)
        error = start(lcd);
    for (int r = 0; r < DISPLAY_ROWS && !error; r++)
        error = write_row(lcd, r, clean.row[r]);
    if (error)
        drop(lcd);
    return error;
}

/* Dark and empty: a reading that nobody renews must not stay on the glass. */
static void hd44780_close(struct display *display)
{
    static const uint8_t dark = 0;
    struct display_hd44780 *lcd = (struct display_hd44780 *)display;
    if (lcd->fd >= 0 && command(lcd, CLEAR, CLEAR_US) == 0 && command(lcd, DISPLAY_OFF, 0) == 0)
        send(lcd, &dark, 1);
    drop(lcd);
}

static const struct display_ops hd44780_ops = {"hd44780", hd44780_write, hd44780_close};

int display_hd44780_init(struct display_hd44780 *lcd, const char *path, int address,
                         const struct hd44780_calls *calls, char *error, size_t error_size)
{
    *lcd = (struct display_hd44780){.display = {&hd44780_ops}, .calls = calls, .address = address, .fd = -1};
    bool fits = strlen(path) < sizeof lcd->path;
    if (fits)
        strcpy(lcd->path, path);
    int status = fits ? open_and_start(lcd) : -ENAMETOOLONG;
    if (status)
        snprintf(error, error_size, "LCD at 0x%02x on %s: %s", (unsigned)address, path, i2c_advice(-status));
    return status;
}
