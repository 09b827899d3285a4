/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/pages.h"

#include "dsp/quality.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_MAX = 32, FIRST_PAGES = 4, POINTS_PER_CIRCUIT = 3 };

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

/* Of two registers; absent when one is, or when no register could hold it. */
static int64_t sum(int64_t a, int64_t b)
{
    return a == RECORD_ABSENT || b == RECORD_ABSENT || a > INT64_MAX - b ? RECORD_ABSENT : a + b;
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

/* The current with its power's sign. */
static double signed_a(const struct record_point *point)
{
    return point->p_w < 0 ? -point->i_rms_a : point->i_rms_a;
}

/* One phase: its voltage and current. Split phase: the voltage between the legs and the neutral's current. */
static void render_now(const struct page *page, const struct mailbox_live *live, struct display_text *text)
{
    const struct record_point *point = &live->live.point[page->point];
    bool split = isnan(point->u_rms_v) && !isnan(point->u_ll_v);
    char a[FIELD_MAX], b[FIELD_MAX];
    put(text, 0, "%sV %sHz", number(split ? point->u_ll_v : point->u_rms_v, 6, 2, false, a),
        number(live->live.f_hz, 6, 3, false, b));
    number(point->pf, 5, 2, true, b);
    if (split)
        put(text, 1, "N%sA PF%s", number(point->i_neutral_a, 6, 3, false, a), b);
    else
        put(text, 1, "%sA PF%s", number(signed_a(point), 7, 3, false, a), b);
    put(text, 2, "P %s W", number(point->p_w, 12, 1, true, a));
    clock_text(live->live.utc_end_ms, b);
    put(text, 3, "%s  %s", direction(point->p_w), b);
}

static void render_power(const struct page *page, const struct mailbox_live *live, struct display_text *text)
{
    const struct record_point *point = &live->live.point[page->point];
    char a[FIELD_MAX];
    put(text, 0, "P %s W", number(point->p_w, 11, 1, true, a));
    put(text, 1, "Q1%s var", number(point->q1_var, 10, 1, true, a));
    put(text, 2, "S %s VA", number(point->s_va, 11, 1, false, a));
    put(text, 3, "phi %s %c", number(point->phi_deg, 9, 2, true, a), DISPLAY_DEGREE);
}

static void render_energy(const struct page *page, const struct mailbox_live *live, struct display_text *text)
{
    const struct record_energy *energy = &live->energy[page->point];
    char a[FIELD_MAX];
    put(text, 0, "Imp%skWh", kilo(energy->import_uwh, 10, a));
    put(text, 1, "Exp%skWh", kilo(energy->export_uwh, 10, a));
    put(text, 2, "+R%skvarh", kilo(sum(energy->q1_uvarh, energy->q2_uvarh), 9, a));
    put(text, 3, "-R%skvarh", kilo(sum(energy->q3_uvarh, energy->q4_uvarh), 9, a));
}

/* A further circuit: power and registers on one page. */
static void render_circuit(const struct page *page, const struct mailbox_live *live,
                           struct display_text *text)
{
    const struct record_point *point = &live->live.point[page->point];
    const struct record_energy *energy = &live->energy[page->point];
    char a[FIELD_MAX];
    put(text, 0, "%-5s%s W", page->title, number(point->p_w, 9, 1, true, a));
    put(text, 1, "Q1%s var", number(point->q1_var, 10, 1, true, a));
    put(text, 2, "Imp%skWh", kilo(energy->import_uwh, 10, a));
    put(text, 3, "Exp%skWh", kilo(energy->export_uwh, 10, a));
}

static void render_legs(const struct page *page, const struct mailbox_live *live, struct display_text *text)
{
    const struct record_point *l1 = &live->live.point[page->legs[0]];
    const struct record_point *l2 = &live->live.point[page->legs[1]];
    char a[FIELD_MAX], b[FIELD_MAX];
    put(text, 0, "%-5s L1      L2", page->title);
    put(text, 1, "%sV  %sV", number(l1->u_rms_v, 6, 2, false, a), number(l2->u_rms_v, 6, 2, false, b));
    put(text, 2, "%sA  %sA", number(signed_a(l1), 6, 2, false, a), number(signed_a(l2), 6, 2, false, b));
    put(text, 3, "%sW  %sW", number(l1->p_w, 6, 0, true, a), number(l2->p_w, 6, 0, true, b));
}

static void render_quality(const struct page *page, const struct mailbox_live *live,
                           struct display_text *text)
{
    static const struct {
        int64_t flag;
        const char *word;
    } words[] = {
        {QUALITY_SENSOR_FAULT, "FAULT"}, {QUALITY_CLIPPED, "CLIP"},  {QUALITY_GAP, "GAP"},
        {QUALITY_UNLOCKED, "UNLOCK"},    {QUALITY_EVENT, "EVENT"},   {QUALITY_UNSYNCED, "TIME"},
        {QUALITY_UNCALIBRATED, "UNCAL"}, {QUALITY_SIMULATED, "SIM"}, {QUALITY_ASSUMED, "ASSUM"},
    };
    const struct record_point *point = &live->live.point[page->point];
    char a[FIELD_MAX], flags[64] = "";
    put(text, 0, "f   %s Hz", number(live->live.f_hz, 9, 4, false, a));
    put(text, 1, "THD-U %s %%", number(point->thd_u_pct, 8, 2, false, a));
    put(text, 2, "THD-I %s %%", number(point->thd_i_pct, 8, 2, false, a));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (live->live.quality & words[i].flag)
            snprintf(flags + strlen(flags), sizeof flags - strlen(flags), "%s ", words[i].word);
    put(text, 3, "%s", flags[0] == '\0' ? "OK" : flags);
}

static void add_page(struct pages *pages, const struct page *page)
{
    if (pages->n < PAGES_MAX)
        pages->page[pages->n++] = *page;
}

static int find_point(int64_t n_points, const int64_t point_id[], int64_t id)
{
    for (int p = 0; p < n_points; p++)
        if (point_id[p] == id)
            return p;
    return -1;
}

static void add_circuit(struct pages *pages, int64_t circuit, int point, const int legs[2])
{
    static const char *const titles[] = {"GRID", "SOLAR", "LOAD"};
    static const char *const names[] = {"grid", "solar", "load"};
    struct page page = {.point = point, .legs = {legs[0], legs[1]}};
    snprintf(page.title, sizeof page.title, "%s", titles[circuit]);
    if (point > 0) { /* the first point's own pages are there already */
        snprintf(page.name, sizeof page.name, "%s", names[circuit]);
        page.render = render_circuit;
        add_page(pages, &page);
    }
    if (legs[0] >= 0 && legs[1] >= 0) {
        snprintf(page.name, sizeof page.name, "%s legs", names[circuit]);
        page.render = render_legs;
        add_page(pages, &page);
    }
}

void pages_init(struct pages *pages, int64_t n_points, const int64_t point_id[RECORD_POINTS])
{
    static const struct page first[] = {
        {.name = "now", .render = render_now},
        {.name = "power", .render = render_power},
        {.name = "energy", .render = render_energy},
        {.name = "quality", .render = render_quality},
    };
    _Static_assert(sizeof first / sizeof first[0] == FIRST_PAGES, "the first point's pages");
    *pages = (struct pages){.n = 0};
    for (int k = 0; k < FIRST_PAGES; k++)
        add_page(pages, &first[k]);
    for (int p = 0; p < n_points; p++) {
        int64_t circuit = point_id[p] / POINTS_PER_CIRCUIT;
        int legs[2] = {find_point(n_points, point_id, point_id[p] + 1),
                       find_point(n_points, point_id, point_id[p] + 2)};
        bool whole = point_id[p] % POINTS_PER_CIRCUIT == 0;
        if (whole)
            add_circuit(pages, circuit, p, legs);
    }
}

void pages_render(const struct pages *pages, int page, const struct mailbox_live *live,
                  struct display_text *text)
{
    pages->page[page].render(&pages->page[page], live, text);
}

void pages_render_start(const char *meter_id, const char *version, struct display_text *text)
{
    put(text, 0, "Vatio %s", version);
    put(text, 1, "%s", meter_id);
    put(text, 2, "waiting for");
    put(text, 3, "the mains ...");
}
