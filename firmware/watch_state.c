/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/watch_state.h"

bool watch_state_see(struct watch_state *state, const struct watch_hold *hold, bool seen,
                     const struct watch_span *span)
{
    const bool first = seen != state->on && state->changed_s <= 0;
    if (first)
        state->since_ns = span->start_ns;
    if (first && seen)
        state->seen_s = 0;
    if (seen)
        state->seen_s += span->duration_s;
    if (seen == state->on) {
        state->changed_s = 0;
        return false;
    }
    state->changed_s += span->duration_s;
    if (state->changed_s < (seen ? hold->begin_s : hold->end_s))
        return false;
    state->on = seen;
    state->changed_s = 0;
    return true;
}
