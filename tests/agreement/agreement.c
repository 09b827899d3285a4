/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agreement - meters a stream that is the same on every machine and prints each quantity with all its digits.
 *
 * The stream needs no libm: integers, sums, products and quotients, which IEEE 754 leaves no choice. Its waves are made of
 * parabolas, so that they have harmonics; stamps jitter, scans stop, codes are whole numbers.
 * Output: name, value (%.17g) and the scale to which a difference is to be compared, one line each.
 */
#include "dsp/frequency.h"
#include "dsp/meter.h"
#include "dsp/registers.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SCANS = 40000, SCAN_NS = 125000, CYCLE_NS = 19985013 };

static uint64_t state = 1;

/* 0..n-1 */
static int64_t draw(int64_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(state >> 33) % n;
}

/* Two parabolas a cycle, -1..1; at an instant from a start, turned by so many thousandths of a cycle. */
static double wave(int64_t at_ns, int64_t turn, int order)
{
    int64_t phase_ns = (at_ns * order + turn * (CYCLE_NS / 1000)) % CYCLE_NS;
    double x = 2.0 * (double)phase_ns / CYCLE_NS;
    return x < 1 ? 4 * x * (1 - x) : -4 * (x - 1) * (2 - x);
}

static void make_scan(int64_t k, struct meter_scan *scan)
{
    int64_t held_ns = k * SCAN_NS + draw(20000);
    memset(scan, 0, sizeof(*scan));
    for (int c = 0; c < 4; c++) {
        int64_t at_ns = held_ns + 31800 * c;
        double noise = (double)(draw(1000) + draw(1000) - 1000) / 1000;
        double x = c % 2 == 0 ? 360 * wave(at_ns, 500 * (c / 2), 1)
                              : 90 * wave(at_ns, 500 * (c / 2) + 870, 1) + 9 * wave(at_ns, 300, 5);
        double code = (double)(int64_t)(x + noise + 512.5);
        scan->hold_ns[c] = 1000000000 + at_ns;
        scan->value[c] = (code - 512) * (c % 2 == 0 ? 0.9 : 0.125);
    }
}

static void print(const char *what, int point, size_t n, double value, double scale)
{
    printf("%s.%d.%d %.17g %g\n", what, point, (int)n, value, scale);
}

/* V, A and their products differ in size: each value is compared to the largest of the point, whatever it is. */
static void print_reading(const struct reading *reading)
{
    print("f_hz", 0, 0, reading->f_hz, 50);
    print("duration_s", 0, 0, reading->duration_s, 0.2);
    print("mains_cycles", 0, 0, reading->mains_cycles, 1);
    print("quality", 0, 0, reading->quality, 1e-9);
    for (int p = 0; p < reading->n_points; p++) {
        const double *value = (const double *)&reading->point[p];
        for (size_t k = 0; k < sizeof(reading->point[p]) / sizeof(double); k++) {
            print("point", p, k, value[k], fmax(1, fabs(value[k])));
        }
    }
}

static void print_registers(const struct registers *registers)
{
    for (int p = 0; p < registers->topology.n_points; p++) {
        const struct energy *energy = &registers->energy[p];
        print("import_uwh", p, 0, (double)energy->import_uwh, 1e6);
        print("export_uwh", p, 0, (double)energy->export_uwh, 1e6);
        print("apparent_uvah", p, 0, (double)energy->apparent_uvah, 1e6);
    }
}

int main(void)
{
    static struct meter_config config = {.f_nominal_hz = 50, .scan_rate_hz = 8000, .u_nominal_v = 230};
    static struct registers registers;
    static struct reading reading;
    struct frequency_builder builder;
    struct frequency closed;
    const struct creep_config creep = {0, 0};
    config.topology.n_channels = 4;
    config.topology.n_elements = 2;
    config.topology.element[0] = (struct element){0, 1, CIRCUIT_GRID, 1, 0, 0};
    config.topology.element[1] = (struct element){2, 3, CIRCUIT_GRID, 2, 0, 0};
    config.response[0].low_pass_hz = 3400;
    config.response[1].high_pass_hz = 0.5;
    topology_init(&config.topology);
    registers_init(&registers, &config.topology, &creep);
    frequency_init(&builder, 1000);
    struct meter *meter = meter_init(&config);
    if (meter == NULL) {
        return 1;
    }
    for (int64_t k = 0; k < SCANS; k++) {
        struct meter_scan scan;
        make_scan(k, &scan);
        if (k % 1096 < 16 || (k > 24000 && k < 24400)) {
            continue; /* 2 ms each 137 ms; once 50 ms */
        }
        meter_add(meter, &scan);
        while (meter_read(meter, &reading)) {
            registers_add(&registers, &reading);
            print_reading(&reading);
            if (frequency_add(&builder, &reading, reading.start_ns / 1000000, reading.end_ns / 1000000,
                              &closed)) {
                print("f_1s_hz", 0, 0, closed.f_hz, 50);
            }
        }
    }
    print_registers(&registers);
    meter_close(meter);
    return 0;
}
