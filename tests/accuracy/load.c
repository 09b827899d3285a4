/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/load.h"

#include "tests/accuracy/fail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double rad_per_deg = 6.283185307179586 / 360;

/* The text has been read by the simulator too, which refuses what is wrong. */
static void read_harmonics(const char *text, double rms, double value[], double deg[])
{
    while (*text != '\0') {
        char *end;
        long h = strtol(text, &end, 10);
        if (h < 2 || h > LOAD_HARMONICS || *end != ':')
            fail("no harmonics: %s", text);
        value[h] = rms * strtod(end + 1, &end) / 100;
        if (*end != ':')
            fail("no harmonics: %s", text);
        deg[h] = strtod(end + 1, &end);
        text = *end == ',' ? end + 1 : end;
    }
}

void load_of(struct load *load, const struct steady_config *steady)
{
    memset(load, 0, sizeof *load);
    load->u_h_v[1] = steady->u_v;
    load->i_h_a[1] = steady->i_a;
    load->i_deg[1] = -steady->phi_deg;
    read_harmonics(steady->u_harmonics, steady->u_v, load->u_h_v, load->u_deg);
    read_harmonics(steady->i_harmonics, steady->i_a, load->i_h_a, load->i_deg);
    double u2 = 0, i2 = 0;
    for (int h = 1; h <= LOAD_HARMONICS; h++) {
        double angle = (load->u_deg[h] - load->i_deg[h]) * rad_per_deg;
        u2 += load->u_h_v[h] * load->u_h_v[h];
        i2 += load->i_h_a[h] * load->i_h_a[h];
        load->p_w += load->u_h_v[h] * load->i_h_a[h] * cos(angle);
        if (h == 1) {
            load->p1_w = load->p_w;
            load->q1_var = load->u_h_v[h] * load->i_h_a[h] * sin(angle);
        }
    }
    load->u_rms_v = sqrt(u2);
    load->i_rms_a = sqrt(i2);
    load->s_va = load->u_rms_v * load->i_rms_a;
}

static void append(char *text, size_t size, int h, double pct, int deg)
{
    size_t length = strlen(text);
    int written = snprintf(text + length, size - length, "%s%d:%g:%d", length > 0 ? "," : "", h, pct, deg);
    if (written < 0 || (size_t)written >= size - length)
        fail("too many harmonics");
}

void load_rich(struct steady_config *steady, int set, int sets, double u_pct, double i_pct)
{
    steady->u_harmonics[0] = steady->i_harmonics[0] = '\0';
    for (int h = 2; h <= 50; h++) {
        if (h % sets != set)
            continue;
        append(steady->u_harmonics, sizeof steady->u_harmonics, h, u_pct, h * 137 % 360);
        append(steady->i_harmonics, sizeof steady->i_harmonics, h, i_pct, h * 211 % 360);
    }
}
