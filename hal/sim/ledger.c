/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/ledger.h"

#include <math.h>
#include <string.h>

enum { IMPORT, EXPORT, Q1, Q2, Q3, Q4, APPARENT };

static const double micro_per_ws = 1e6 / 3600;

void ledger_init(struct ledger *ledger)
{
    memset(ledger, 0, sizeof *ledger);
    pthread_mutex_init(&ledger->lock, NULL);
}

void ledger_close(struct ledger *ledger)
{
    pthread_mutex_destroy(&ledger->lock);
}

static struct ledger_span *span_at(struct ledger *ledger, uint64_t n)
{
    return &ledger->span[n % LEDGER_SPANS];
}

/* The integrals at an instant of a span or after it. */
static struct ledger_power integral_at(const struct ledger_span *span, int point, double t_s)
{
    const struct ledger_power *power = &span->power[point];
    struct ledger_power integral = span->integral[point];
    integral.p_w += power->p_w * (t_s - span->start_s);
    integral.q1_var += power->q1_var * (t_s - span->start_s);
    integral.s_va += power->s_va * (t_s - span->start_s);
    return integral;
}

void ledger_add(struct ledger *ledger, double start_s, const struct ledger_power power[LEDGER_POINTS])
{
    pthread_mutex_lock(&ledger->lock);
    struct ledger_span *span = span_at(ledger, ledger->spans);
    struct ledger_span fresh = {.start_s = start_s};
    memcpy(fresh.power, power, sizeof fresh.power);
    if (ledger->spans > 0)
        for (int point = 0; point < LEDGER_POINTS; point++)
            fresh.integral[point] = integral_at(span_at(ledger, ledger->spans - 1), point, start_s);
    *span = fresh;
    ledger->spans++;
    pthread_mutex_unlock(&ledger->lock);
}

/* The span that holds an instant, searched from the newest backwards; NULL when it has been overwritten. */
static const struct ledger_span *find(struct ledger *ledger, double t_s)
{
    for (uint64_t back = 1; back <= LEDGER_SPANS && back <= ledger->spans; back++) {
        const struct ledger_span *span = span_at(ledger, ledger->spans - back);
        if (span->start_s <= t_s)
            return span;
    }
    return NULL;
}

static void net(double energy[LEDGER_ENERGIES], const struct ledger_power *from,
                const struct ledger_power *to)
{
    static const int quadrant[2][2] = {{Q1, Q4}, {Q2, Q3}}; /* [exporting][leading] */
    double p_ws = to->p_w - from->p_w;
    double q_vars = to->q1_var - from->q1_var;
    energy[p_ws < 0 ? EXPORT : IMPORT] += fabs(p_ws) * micro_per_ws;
    energy[quadrant[p_ws < 0][q_vars < 0]] += fabs(q_vars) * micro_per_ws;
    energy[APPARENT] += (to->s_va - from->s_va) * micro_per_ws;
}

void ledger_net(struct ledger *ledger, double end_s)
{
    pthread_mutex_lock(&ledger->lock);
    const struct ledger_span *span = find(ledger, end_s);
    ledger->overrun = ledger->overrun || span == NULL;
    for (int point = 0; point < LEDGER_POINTS && span != NULL; point++) {
        struct ledger_power now = integral_at(span, point, end_s);
        net(ledger->energy[point], &ledger->netted[point], &now);
        ledger->netted[point] = now;
    }
    ledger->netted_s = end_s;
    pthread_mutex_unlock(&ledger->lock);
}

bool ledger_read(struct ledger *ledger, double *netted_s, double energy[LEDGER_POINTS][LEDGER_ENERGIES])
{
    pthread_mutex_lock(&ledger->lock);
    *netted_s = ledger->netted_s;
    memcpy(energy, ledger->energy, sizeof ledger->energy);
    bool good = !ledger->overrun;
    pthread_mutex_unlock(&ledger->lock);
    return good;
}
