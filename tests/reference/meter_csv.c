/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meter_csv - samples on standard input, one CSV row per window of dsp/meter on standard output.
 *
 * usage:   meter_csv F_NOMINAL_HZ SCAN_RATE_HZ U_NOMINAL_V
 * Input:   one scan per line: the voltage's instant in s and its value, the current's instant and value, blank-separated.
 * Output:  a header, then per window its start and end in s (the input's time), its frequency, the quantities of its
 *          only point, quality as a number; empty where a value is absent.
 */
#include "dsp/meter.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static const struct column {
    const char *name;
    size_t offset;
} columns[] = {
#define COLUMN(field)                                                                                        \
    {                                                                                                        \
#field, offsetof(struct point_reading, field)                                                        \
    }
    COLUMN(u_rms_v),   COLUMN(i_rms_a),   COLUMN(u_dc_v),       COLUMN(i_dc_a),       COLUMN(p_w),
    COLUMN(p1_w),      COLUMN(q1_var),    COLUMN(s_va),         COLUMN(pf),           COLUMN(phi_deg),
    COLUMN(thd_u_pct), COLUMN(thd_i_pct), COLUMN(u_half_min_v), COLUMN(u_half_max_v),
#undef COLUMN
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static void write_value(double value)
{
    if (isnan(value))
        putchar(',');
    else
        printf(",%.12g", value);
}

static void write_header(void)
{
    printf("start_s,end_s,metered,quality,h_max,f_hz");
    for (size_t k = 0; k < COLUMNS; k++)
        printf(",%s", columns[k].name);
    for (int h = 1; h <= DSP_HARMONICS; h++)
        printf(",u_h%d_v,i_h%d_a", h, h);
    putchar('\n');
}

static void write_reading(const struct reading *reading)
{
    const struct point_reading *point = &reading->point[0];
    printf("%.9f,%.9f,%d,%u,%d", 1e-9 * (double)reading->start_ns, 1e-9 * (double)reading->end_ns,
           reading->metered, reading->quality, reading->h_max);
    write_value(reading->f_hz);
    for (size_t k = 0; k < COLUMNS; k++)
        write_value(*(const double *)((const char *)point + columns[k].offset));
    for (int h = 1; h <= DSP_HARMONICS; h++) {
        write_value(point->u_h_v[h]);
        write_value(point->i_h_a[h]);
    }
    putchar('\n');
}

/* 1 for a scan, 0 at the end, -1 for a line that is none. */
static int read_scan(struct meter_scan *scan)
{
    double t_s[2];
    *scan = (struct meter_scan){.quality = 0};
    int n = scanf("%lf %lf %lf %lf", &t_s[0], &scan->value[0], &t_s[1], &scan->value[1]);
    if (n == EOF)
        return 0;
    for (int k = 0; n == 4 && k < 2; k++)
        scan->hold_ns[k] = llround(1e9 * t_s[k]);
    return n == 4 ? 1 : -1;
}

int main(int argc, char **argv)
{
    static struct reading reading;
    struct meter_scan scan;
    if (argc != 4) {
        fprintf(stderr, "usage: meter_csv F_NOMINAL_HZ SCAN_RATE_HZ U_NOMINAL_V\n");
        return 2;
    }
    struct meter_config config = {
        .f_nominal_hz = strtod(argv[1], NULL),
        .scan_rate_hz = strtod(argv[2], NULL),
        .u_nominal_v = strtod(argv[3], NULL),
        .topology = {.n_channels = 2, .n_elements = 1, .element = {{0, 1, CIRCUIT_GRID, 1, 0, 0}}},
    };
    topology_init(&config.topology);
    struct meter *meter = meter_init(&config);
    if (meter == NULL) {
        fprintf(stderr, "meter_csv: the meter does not take these settings\n");
        return 2;
    }
    write_header();
    int result;
    long line = 1;
    for (; (result = read_scan(&scan)) == 1; line++) {
        meter_add(meter, &scan);
        while (meter_read(meter, &reading))
            write_reading(&reading);
    }
    meter_close(meter);
    if (result < 0)
        fprintf(stderr, "meter_csv: line %ld: four numbers were expected\n", line);
    return result < 0 ? 1 : 0;
}
