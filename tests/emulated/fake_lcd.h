/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_lcd.h - a PCF8574 with an HD44780 of 16x4 behind it: bytes of the I2C bus in, characters on the glass out.
 *
 * Latch:   each byte sets the pins; powered up, all are high.
 * Takes:   the controller takes D7..D4 when E falls with RW low; in 4-bit mode two nibbles make a byte.
 * Time:    a byte lasts 9 clocks of 400 kHz, the fastest bus in use. What comes before the last instruction is done is
 *          lost and counted; an E pulse that RS or RW changed with is counted as a violation of the set-up time.
 */
#ifndef VATIO_TESTS_FAKE_LCD_H
#define VATIO_TESTS_FAKE_LCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LCD_RS = 1, LCD_RW = 2, LCD_E = 4, LCD_LIGHT = 8 };
enum { LCD_BYTE_NS = 22500, LCD_QUICK_NS = 41000, LCD_SLOW_NS = 1520000 };
enum { LCD_GLYPHS = 8, LCD_WRITES = 256 };

struct fake_lcd {
    int64_t now_ns, busy_until_ns;
    int64_t power_ns; /* when the supply came up */
    uint8_t pins;
    bool four_bit, high_nibble_taken, on, two_lines, glyph_address;
    uint8_t nibble;
    uint8_t address;
    uint8_t ddram[128];
    uint8_t glyph[LCD_GLYPHS][8];
    int wakes; /* 8-bit function sets since power up; the first three are the wake-up */
    int too_early, violations;
    int characters; /* data bytes written to the DDRAM */
    uint8_t written[LCD_WRITES];
};

static inline void fake_lcd_power_up(struct fake_lcd *lcd)
{
    int64_t now_ns = lcd->now_ns;
    *lcd = (struct fake_lcd){.now_ns = now_ns, .power_ns = now_ns, .pins = 0xff};
    memset(lcd->ddram, 0xff, sizeof lcd->ddram); /* whatever it is, it is not text */
}

static inline void fake_lcd_function_set(struct fake_lcd *lcd, uint8_t byte)
{
    /* data sheet: 40 ms after power, then 4.1 ms after the first, 100 us after the second */
    static const int64_t pause_ns[] = {4100000, 100000, LCD_QUICK_NS};
    bool waking = !lcd->four_bit && (byte & 0x10);
    if (lcd->wakes == 0)
        lcd->too_early += lcd->now_ns < lcd->power_ns + 40000000;
    lcd->four_bit = !(byte & 0x10);
    lcd->two_lines = byte & 0x08;
    lcd->busy_until_ns = lcd->now_ns + (waking && lcd->wakes < 3 ? pause_ns[lcd->wakes] : LCD_QUICK_NS);
    lcd->wakes += waking;
}

static inline void fake_lcd_instruction(struct fake_lcd *lcd, uint8_t byte)
{
    lcd->busy_until_ns = lcd->now_ns + (byte <= 0x03 ? LCD_SLOW_NS : LCD_QUICK_NS);
    if (byte & 0x80) {
        lcd->address = byte & 0x7f;
        lcd->glyph_address = false;
    } else if (byte & 0x40) {
        lcd->address = byte & 0x3f;
        lcd->glyph_address = true;
    } else if (byte & 0x20) {
        fake_lcd_function_set(lcd, byte);
    } else if (byte & 0x08) {
        lcd->on = byte & 0x04;
    } else if (byte == 0x01) {
        memset(lcd->ddram, ' ', sizeof lcd->ddram);
        lcd->address = 0;
        lcd->glyph_address = false;
    }
}

/* Two lines of 40: the address runs 0x00..0x27, 0x40..0x67. */
static inline void fake_lcd_letter(struct fake_lcd *lcd, uint8_t byte)
{
    lcd->busy_until_ns = lcd->now_ns + LCD_QUICK_NS;
    if (lcd->glyph_address) {
        lcd->glyph[lcd->address / 8 % LCD_GLYPHS][lcd->address % 8] = byte;
        lcd->address = (lcd->address + 1) & 0x3f;
        return;
    }
    lcd->written[lcd->characters++ % LCD_WRITES] = lcd->address;
    lcd->ddram[lcd->address] = byte;
    lcd->address++;
    if (lcd->address == 0x28)
        lcd->address = 0x40;
    else if (lcd->address == 0x68)
        lcd->address = 0;
}

static inline void fake_lcd_take(struct fake_lcd *lcd, uint8_t pins)
{
    uint8_t high = pins & 0xf0;
    if (lcd->now_ns < lcd->busy_until_ns) {
        lcd->too_early++;
        return;
    }
    if (lcd->four_bit && !lcd->high_nibble_taken) {
        lcd->nibble = high;
        lcd->high_nibble_taken = true;
        return;
    }
    uint8_t byte = lcd->four_bit ? (uint8_t)(lcd->nibble | high >> 4) : high;
    lcd->high_nibble_taken = false;
    if (pins & LCD_RS)
        fake_lcd_letter(lcd, byte);
    else
        fake_lcd_instruction(lcd, byte);
}

static inline void fake_lcd_bytes(struct fake_lcd *lcd, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t before = lcd->pins;
        uint8_t after = bytes[i];
        lcd->now_ns += LCD_BYTE_NS;
        lcd->pins = after;
        if (!(before & LCD_E) && (after & LCD_E) && ((before ^ after) & (LCD_RS | LCD_RW)))
            lcd->violations++;
        if ((before & LCD_E) && !(after & LCD_E) && !(before & LCD_RW))
            fake_lcd_take(lcd, before);
    }
}

/* The DDRAM as the glass of a 16x4 shows it. */
static inline void fake_lcd_row(const struct fake_lcd *lcd, int row, char text[17])
{
    static const uint8_t start[4] = {0x00, 0x40, 0x10, 0x50};
    memcpy(text, &lcd->ddram[start[row]], 16);
    text[16] = '\0';
}

#endif
