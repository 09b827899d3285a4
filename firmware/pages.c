/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/pages.h"

#include "dsp/quality.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_MAX = 32 };

/* A number right-aligned in width characters with the given decimals; dashes if absent or too wide. */
static const char *number(double value, int width, int decimals, bool sign, char field[FIELD_MAX])
{
    int length = width + 1;
    if (fabs(value) < 1e15) /* false for NaN */
        length = sign ? snprintf(field, FIELD_MAX, "%+*.*f", width, decimals, value)
                      : snprintf(field, FIELD_MAX, "%*.*f", width, decimals, value);
    if (length > width)
        snprintf(field, FIELD_MAX, "%*s", width, "---");
    return field;
}

/* micro-units as kilo-units with three decimals in width characters. */
static const char *kilo(int64_t micro, int width, char field[FIELD_MAX])
{
    char text[FIELD_MAX];
    record_format_kwh(micro, text, sizeof text);
    int length = micro == RECORD_ABSENT ? width + 1 : (int)strlen(text);
    snprintf(field, FIELD_MAX, "%*s", width, length > width ? "---" : text);
    return field;
}

static void put(struct display_text *text, int row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fills a row, padded with blanks to the full width. */
static void put(struct display_text *text, int row, const char *format, ...)
{
    char line[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    snprintf(text->row[row], sizeof text->row[row], "%-*.*s", DISPLAY_COLUMNS, DISPLAY_COLUMNS, line);
}

static const char *direction(double p_w)
{
    if (isnan(p_w))
        return "------";
    return p_w < 0 ? "EXPORT" : "IMPORT";
}

static void clock_text(int64_t utc_ms, char field[FIELD_MAX])
{
    int64_t second = utc_ms / 1000 % 86400;
    snprintf(field, FIELD_MAX, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60),
             (int)(second % 60));
}

/* The page shows the first point, the grid; circuits and elements have pages of their own. */
static void render_now(const struct mailbox_live *live, struct display_text *text)
{
    const struct record_point *grid = &live->live.point[0];
    char a[FIELD_MAX], b[FIELD_MAX];
    put(text, 0, "%sV %sHz", number(grid->u_rms_v, 6, 2, false, a), number(live->live.f_hz, 6, 3, false, b));
    put(text, 1, "%sA PF%s", number(grid->i_rms_a, 7, 3, false, a), number(grid->pf, 5, 2, true, b));
    put(text, 2, "P %s W", number(grid->p_w, 12, 1, true, a));
    clock_text(live->live.utc_end_ms, b);
    put(text, 3, "%s  %s", direction(grid->p_w), b);
}

static void render_power(const struct mailbox_live *live, struct display_text *text)
{
    const struct record_point *grid = &live->live.point[0];
    char a[FIELD_MAX];
    put(text, 0, "P %s W", number(grid->p_w, 11, 1, true, a));
    put(text, 1, "Q1%s var", number(grid->q1_var, 10, 1, true, a));
    put(text, 2, "S %s VA", number(grid->s_va, 11, 1, false, a));
    put(text, 3, "phi %s %c", number(grid->phi_deg, 9, 2, true, a), DISPLAY_DEGREE);
}

static void render_energy(const struct mailbox_live *live, struct display_text *text)
{
    const struct record_energy *energy = &live->energy[0];
    char a[FIELD_MAX];
    put(text, 0, "Imp%skWh", kilo(energy->import_uwh, 10, a));
    put(text, 1, "Exp%skWh", kilo(energy->export_uwh, 10, a));
    put(text, 2, "+R %skvarh", kilo(energy->q1_uvarh + energy->q2_uvarh, 8, a));
    put(text, 3, "-R %skvarh", kilo(energy->q3_uvarh + energy->q4_uvarh, 8, a));
}

static void render_quality(const struct mailbox_live *live, struct display_text *text)
{
    static const struct {
        int64_t flag;
        const char *word;
    } words[] = {
        {QUALITY_SENSOR_FAULT, "FAULT"}, {QUALITY_CLIPPED, "CLIP"},  {QUALITY_GAP, "GAP"},
        {QUALITY_UNLOCKED, "UNLOCK"},    {QUALITY_EVENT, "EVENT"},   {QUALITY_UNSYNCED, "TIME"},
        {QUALITY_UNCALIBRATED, "UNCAL"}, {QUALITY_SIMULATED, "SIM"},
    };
    const struct record_point *grid = &live->live.point[0];
    char a[FIELD_MAX], flags[64] = "";
    put(text, 0, "f   %s Hz", number(live->live.f_hz, 9, 4, false, a));
    put(text, 1, "THD-U %s %%", number(grid->thd_u_pct, 8, 2, false, a));
    put(text, 2, "THD-I %s %%", number(grid->thd_i_pct, 8, 2, false, a));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (live->live.quality & words[i].flag)
            snprintf(flags + strlen(flags), sizeof flags - strlen(flags), "%s ", words[i].word);
    put(text, 3, "%s", flags[0] == '\0' ? "OK" : flags);
}

static const struct {
    const char *name;
    void (*render)(const struct mailbox_live *live, struct display_text *text);
} pages[] = {
    {"now", render_now},
    {"power", render_power},
    {"energy", render_energy},
    {"quality", render_quality},
};

int pages_count(void)
{
    return (int)(sizeof pages / sizeof pages[0]);
}

const char *pages_name(int page)
{
    return pages[page].name;
}

void pages_render(int page, const struct mailbox_live *live, struct display_text *text)
{
    pages[page].render(live, text);
}

void pages_render_start(const char *meter_id, const char *version, struct display_text *text)
{
    put(text, 0, "Vatio %s", version);
    put(text, 1, "%s", meter_id);
    put(text, 2, "waiting for");
    put(text, 3, "the mains ...");
}
