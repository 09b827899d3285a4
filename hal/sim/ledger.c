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
    integral.u2_v2 += power->u2_v2 * (t_s - span->start_s);
    integral.i2_a2 += power->i2_a2 * (t_s - span->start_s);
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
}

/* sqrt(U^2 T I^2 T), where rounding may have left less than nothing of either. */
static double apparent(const struct ledger_power *from, const struct ledger_power *to)
{
    return sqrt(fmax(to->u2_v2 - from->u2_v2, 0) * fmax(to->i2_a2 - from->i2_a2, 0)) * micro_per_ws;
}

static void net_circuit(struct ledger *ledger, int circuit, const struct ledger_span *span, double end_s)
{
    double sum = 0;
    for (int leg = 0; leg <= LEDGER_LEGS; leg++) {
        int point = ledger_point(circuit, leg);
        struct ledger_power now = integral_at(span, point, end_s);
        double more = leg > 0 ? apparent(&ledger->netted[point], &now) : 0;
        net(ledger->energy[point], &ledger->netted[point], &now);
        ledger->netted[point] = now;
        ledger->energy[point][APPARENT] += more;
        sum += more;
    }
    ledger->energy[ledger_point(circuit, 0)][APPARENT] += sum;
}

void ledger_net(struct ledger *ledger, double end_s)
{
    pthread_mutex_lock(&ledger->lock);
    const struct ledger_span *span = find(ledger, end_s);
    ledger->overrun = ledger->overrun || span == NULL;
    for (int circuit = 0; circuit < LEDGER_CIRCUITS && span != NULL; circuit++) {
        net_circuit(ledger, circuit, span, end_s);
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
