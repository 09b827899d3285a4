/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/allowance.h"

bool allowance_take(struct allowance *allowance, int64_t now_ms)
{
    if (allowance->used > 0 && now_ms >= allowance->due_ms) {
        const int64_t back = 1 + (now_ms - allowance->due_ms) / allowance->every_ms;
        allowance->used = back < allowance->used ? allowance->used - back : 0;
        allowance->due_ms += back * allowance->every_ms;
    }
    if (allowance->used >= allowance->most)
        return false;
    if (allowance->used++ == 0)
        allowance->due_ms = now_ms + allowance->every_ms;
    return true;
}
