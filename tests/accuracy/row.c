/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/row.h"

#include <math.h>

bool row_passes(const struct row *row)
{
    return row->kind == ROW_FIGURE || fabs(row->error) <= row->limit;
}

double row_margin_pct(const struct row *row)
{
    if (row->kind == ROW_FIGURE)
        return (double)NAN;
    if (row->limit <= 0) /* nothing may happen */
        return row_passes(row) ? 100 : -100;
    return 100 * (1 - fabs(row->error) / row->limit);
}

const char *row_kind_name(enum row_kind kind)
{
    static const char *const name[] = {"rms", "worst", "mean", "ratio", "count", "figure"};
    return name[kind];
}

const char *row_mark_name(enum row_mark mark)
{
    static const char *const name[] = {"stated", "seen", "recalled"};
    return name[mark];
}
