/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phasor.h - a complex amplitude: x(t) = re cos(wt) - im sin(wt), peak values.
 *
 * Plain arithmetic instead of C's complex type, whose products check for NaN at every step.
 * Threads: pure.
 */
#ifndef VATIO_DSP_PHASOR_H
#define VATIO_DSP_PHASOR_H

struct phasor {
    double re;
    double im;
};

static inline struct phasor phasor_product(struct phasor a, struct phasor b)
{
    return (struct phasor){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static inline struct phasor phasor_sum(struct phasor a, struct phasor b)
{
    return (struct phasor){a.re + b.re, a.im + b.im};
}

/* Square of the magnitude: twice the square of the rms value. */
static inline double phasor_square(struct phasor a)
{
    return a.re * a.re + a.im * a.im;
}

#endif
