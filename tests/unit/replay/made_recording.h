/* SPDX-License-Identifier: GPL-3.0-or-later */
/* made_recording.h - recordings of each kind, written here value by value; the writer shares nothing with the reader.
 */
#ifndef VATIO_TEST_REPLAY_MADE_RECORDING_H
#define VATIO_TEST_REPLAY_MADE_RECORDING_H

#include "recording_fixture.h"

#include <float.h>
#include <math.h>

/* What a made recording is like: three analogue channels (kV, mA, deg), some status channels. */
struct made {
    const char *name; /* of the case */
    const char *kind;
    int revision;
    int n_status;
    int n_samples;
    int first;         /* number of the first sample */
    const char *rates; /* the lines from nrates on */
    const char *times; /* the lines of start and trigger */
    const char *tail;  /* the lines behind the kind */
    bool stamped;      /* stamps count; else they are all ones */
    double stamp_s;    /* expected unit of a stamp */
    double rate_hz;    /* expected; of the instants k / rate_hz */
    bool crlf;
};

static const char start_1999[] = "22/08/2016,16:04:22.250000\n22/08/2016,16:04:22.500000\n";

static const struct made kinds[] = {
    {"ASCII of 1999", "ASCII", 1999, 3, 9, 1, "1\n1200,9\n", start_1999, "1\n", false, 0, 1200, false},
    {"ASCII in small letters with CR LF", "ascii", 1999, 0, 9, 1, "1\n1200,9\n", start_1999, "1\n", false, 0,
     1200, true},
    {"BINARY without status", "BINARY", 1999, 0, 9, 1, "1\n1200,9\n", start_1999, "1\n", false, 0, 1200,
     false},
    {"BINARY with one status", "binary", 1999, 1, 9, 1, "1\n1200,9\n", start_1999, "1\n", false, 0, 1200,
     false},
    {"BINARY with 16 status", "BINARY", 1999, 16, 9, 1, "1\n1200,9\n", start_1999, "1.0\n", false, 0, 1200,
     true},
    {"BINARY with 17 status", "BINARY", 1999, 17, 9, 1, "1\n1200,9\n", start_1999, "\n", false, 0, 1200,
     false},
    {"BINARY, no line of the time factor", "BINARY", 1999, 2, 9, 1, "1\n1200,9\n", start_1999, "", false, 0,
     1200, false},
    {"BINARY numbered from 0, last sample included", "BINARY", 1999, 2, 10, 0, "1\n1200,9\n", start_1999,
     "1\n", false, 0, 1200, false},
    {"BINARY numbered from 0, as many as the last", "BINARY", 1999, 2, 9, 0, "1\n1200,9\n", start_1999, "1\n",
     false, 0, 1200, false},
    {"BINARY by stamps in us", "BINARY", 1999, 2, 9, 1, "0\n0,9\n", start_1999, "1\n", true, 1e-6, 0, false},
    {"BINARY by stamps in half us", "BINARY", 1999, 2, 9, 1, "0\n0,9\n", start_1999, "0.5\n", true, 0.5e-6, 0,
     false},
    {"ASCII by stamps times 10, rate 0", "ASCII", 1999, 2, 9, 1, "1\n0,9\n", start_1999, "10\n", true, 1e-5,
     0, false},
    {"ASCII of 1991 by stamps", "ASCII", 1991, 2, 9, 1, "0\n0,9\n",
     "08/22/16,16:04:22.250000\n08/22/16,16:04:23\n", "", true, 1e-6, 0, false},
    {"BINARY32 of 2013", "BINARY32", 2013, 5, 9, 1, "1\n1200,9\n", start_1999, "1\n0,0\n0,0\n", false, 0,
     1200, false},
    {"FLOAT32 of 2013", "FLOAT32", 2013, 1, 9, 1, "1\n1200,9\n", start_1999, "1\n0,0\n0,0\n", false, 0, 1200,
     false},
    {"FLOAT32 by stamps in ns", "float32", 2013, 1, 9, 1, "0\n0,9\n",
     "22/08/2016,16:04:22.250000000\n22/08/2016,16:04:22.500000000\n", "1\n0,0\nB,3\n", true, 1e-9, 0, false},
    {"nine digits of 1999 are still us", "ASCII", 1999, 1, 9, 1, "0\n0,9\n",
     "22/08/2016,16:04:22.250000000\n22/08/2016,16:04:22.500000000\n", "1\n", true, 1e-6, 0, false},
};

/* Both ends of 16 bits but the one that means "no value". */
static inline int raw_of(int c, int k)
{
    static const int special[] = {0, 1, -1, 32767, -32767, 256, -256};
    return k < 7 ? special[(k + c) % 7] : 100 * c - k;
}

static inline int stamp_of(int k)
{
    return 5000 + 833 * k + (k > 4) * 400; /* not even: a stamp is taken as it is */
}

static inline void make_cfg(struct fixture_bytes *cfg, const struct made *made)
{
    const int n_analog = 3;
    *cfg = (struct fixture_bytes){.size = 0};
    fixture_print(cfg, made->revision == 1991 ? "Station,dev\n" : "Station,dev,%d\n", made->revision);
    fixture_print(cfg, "%d,%dA,%dD\n", n_analog + made->n_status, n_analog, made->n_status);
    fixture_print(cfg, "1,Ua bus,A,line,kV,0.01,0.5,0,-32767,32767%s\n",
                  made->revision == 1991 ? "" : ",1100.0,1,P");
    fixture_print(cfg, "2, Ib ,B,line, mA ,-2,0,312.5,-32767,32767%s\n",
                  made->revision == 1991 ? "" : ",60,5,s");
    fixture_print(cfg, "3,angle,,,deg,5.493164E-03,0,-13,-32767,32767%s\n",
                  made->revision == 1991 ? "" : ",0,0,S");
    for (int c = 0; c < made->n_status; c++)
        fixture_print(cfg, made->revision == 1991 ? "%d,S%d,0\n" : "%d,S%d,,,0\n", c + 1, c + 1);
    fixture_print(cfg, "50\n%s%s%s\n%s", made->rates, made->times, made->kind, made->tail);
}

static inline void make_ascii(struct fixture_bytes *dat, const struct made *made)
{
    for (int k = 0; k < made->n_samples; k++) {
        fixture_print(dat, "%d,", made->first + k);
        if (made->stamped)
            fixture_print(dat, " %d", stamp_of(k));
        for (int c = 0; c < 3; c++)
            fixture_print(dat, ",%d", raw_of(c, k));
        for (int c = 0; c < made->n_status; c++)
            fixture_print(dat, ",%d", (c + k) % 2);
        fixture_print(dat, made->crlf ? "\r\n" : "\n");
    }
}

static inline void make_binary(struct fixture_bytes *dat, const struct made *made)
{
    for (int k = 0; k < made->n_samples; k++) {
        fixture_put_number(dat, (uint32_t)(made->first + k), 4);
        fixture_put_number(dat, made->stamped ? (uint32_t)stamp_of(k) : 0xffffffff, 4);
        for (int c = 0; c < 3; c++) {
            const float value = (float)raw_of(c, k);
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            if (strchr(made->kind, '3') == NULL)
                fixture_put_number(dat, (uint32_t)raw_of(c, k), 2);
            else
                fixture_put_number(dat, made->kind[0] == 'B' ? (uint32_t)raw_of(c, k) : bits, 4);
        }
        for (int word = 0; word < made->n_status; word += 16)
            fixture_put_number(dat, 0xa5a5, 2);
    }
}

static inline void make(struct fixture_bytes *cfg, struct fixture_bytes *dat, const struct made *made)
{
    make_cfg(cfg, made);
    *dat = (struct fixture_bytes){.size = 0};
    if (strstr("ASCII ascii", made->kind) != NULL)
        make_ascii(dat, made);
    else
        make_binary(dat, made);
    if (!made->crlf)
        return;
    struct fixture_bytes lines = *cfg;
    cfg->size = 0;
    for (size_t i = 0; i < lines.size; i++) {
        if (lines.at[i] == '\n')
            fixture_put(cfg, "\r", 1);
        fixture_put(cfg, &lines.at[i], 1);
    }
}

static inline void check_channel(const struct recording_channel *channel, const char *name, const char *phase,
                                 enum recording_unit unit, double skew_s)
{
    assert_string_equal(channel->name, name);
    assert_string_equal(channel->phase, phase);
    assert_int_equal(channel->unit, unit);
    assert_true(fabs(channel->skew_s - skew_s) < 1e-18); /* the last bit of a product by 1e-6 */
}

static inline void check_values(const struct recording *recording)
{
    for (int k = 0; k < (int)recording->n_samples; k++) {
        /* kV and mA to V and A; the tolerance is a few last bits of the largest value */
        assert_true(fabs(recording->channel[0].value[k] - (raw_of(0, k) * 10.0 + 500)) < 1e-9);
        assert_true(fabs(recording->channel[1].value[k] - raw_of(1, k) * -0.002) < 1e-12);
        assert_true(fabs(recording->channel[2].value[k] - raw_of(2, k) * 0.005493164) < 1e-12);
    }
}

static inline void check_instants(const struct recording *recording, const struct made *made)
{
    for (int k = 0; k < (int)recording->n_samples; k++) {
        const double expected_s =
            made->stamped ? (stamp_of(k) - stamp_of(0)) * made->stamp_s : k / made->rate_hz;
        assert_true(fabs(recording->time_s[k] - expected_s) < 1e-15);
    }
    const double last_s = recording->time_s[recording->n_samples - 1];
    assert_true(fabs(recording->rate_hz * last_s - (double)(recording->n_samples - 1)) < 1e-9);
}

#endif
