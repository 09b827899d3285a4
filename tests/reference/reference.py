# SPDX-License-Identifier: GPL-3.0-or-later
"""What a voltage and a current amount to, from their samples: an independent computation beside the meter's.

Method: a Fourier series is fitted to the samples by least squares at their own instants, its frequency along with its
coefficients (Gauss-Newton); what the series leaves over keeps its own mean square and mean product. No window, no
transform, no interpolation, no grid: nothing is shared with the meter's way but the definitions. White noise is told from
the remainder's second differences, and taken out of rms values where that is asked for.

Units: s, V, A, W, var, VA, degrees. p_w > 0 is import, q1_var > 0 a lagging current, as in the meter. Values are AC, DC
stands apart. Source of the definitions: IEEE 1459-2010.
"""
import dataclasses
import math

import numpy as np

BAND = 0.45  # harmonics are fitted up to this share of the sampling rate
HARMONICS_MOST = 100  # and at most so many; what is above stays in the remainder


class Unsteady(ValueError):
    """There is no steady tone in the samples."""


@dataclasses.dataclass
class Series:
    """x(t) = dc + sum Re(peak[h] exp(j 2 pi h f t)) + rest, on the given instants."""

    f_hz: float
    dc: float
    peak: np.ndarray  # complex, [0] unused
    rest: np.ndarray

    def mean_square(self):
        return float(np.sum(np.abs(self.peak[1:]) ** 2) / 2 + np.mean(self.rest ** 2))

    def rms(self):
        return math.sqrt(self.mean_square())

    def noise_variance(self):
        """Of one sample. What is left of white noise by a fit of p unknowns to n samples has (n - p) / n of its variance; its
        second differences have six times that, while slow things hardly have any."""
        n, unknowns = len(self.rest), 2 * len(self.peak) - 1
        return float(np.mean(np.diff(self.rest, 2) ** 2)) / 6 * n / max(1, n - unknowns)

    def clean_rms(self):
        """Without white noise; the mean that stands apart has an n-th of it."""
        n = len(self.rest)
        return math.sqrt(max(0.0, self.mean_square() - self.noise_variance() * (n - 1) / n))

    def thd_pct(self, h_max):
        return 100 * math.sqrt(np.sum(np.abs(self.peak[2:h_max + 1]) ** 2)) / abs(self.peak[1])

    def harmonic_rms(self, h):
        return abs(self.peak[h]) / math.sqrt(2)


@dataclasses.dataclass
class Quantities:
    f_hz: float
    u_rms_v: float
    i_rms_a: float
    u_dc_v: float
    i_dc_a: float
    p_w: float
    p1_w: float
    q1_var: float
    s_va: float
    pf: float
    phi_deg: float
    thd_u_pct: float
    thd_i_pct: float
    u_h_v: np.ndarray
    i_h_a: np.ndarray


def spacing(t):
    return float(t[-1] - t[0]) / (len(t) - 1)


def order(t, f_hz):
    """How many harmonics the samples can tell apart."""
    return max(1, min(HARMONICS_MOST, int(BAND / spacing(t) / f_hz)))


def columns(t, f_hz, harmonics):
    """The series' functions at the instants: 1, then cosines, then sines."""
    angle = 2 * np.pi * f_hz * np.outer(t, np.arange(1, harmonics + 1))
    return np.hstack([np.ones((len(t), 1)), np.cos(angle), np.sin(angle)])


def solve(matrix, x):
    """By the normal equations: over whole cycles the columns are nearly orthogonal, so that squaring costs no digits."""
    try:
        return np.linalg.solve(matrix.T @ matrix, matrix.T @ x)
    except np.linalg.LinAlgError as error:
        raise Unsteady("the samples do not tell the harmonics apart") from error


def tone_energy(t, x, f_hz):
    """How much of x one tone explains."""
    matrix = columns(t, f_hz, 1)
    return float(np.sum((matrix @ solve(matrix, x)) ** 2))


def coarse_frequency(t, x, low_hz, high_hz):
    """The tone that explains most, to a tenth of what the length of the stretch can tell apart."""
    steps = max(3, int(10 * (t[-1] - t[0]) * (high_hz - low_hz)) + 1)
    candidates = np.linspace(low_hz, high_hz, steps)
    return float(max(candidates, key=lambda f: tone_energy(t, x, f)))


def find_frequency(t, x, low_hz, high_hz):
    """The fundamental of a steady waveform: the frequency is one more unknown of the fit, linearised anew each time."""
    centre = (t[0] + t[-1]) / 2
    t = t - centre
    mean = np.mean(x)
    if (t[-1] - t[0]) * low_hz < 1:
        raise Unsteady("less than one cycle")
    if not np.sum((x - mean) ** 2) > 0:
        raise Unsteady("a constant has no frequency")
    f_hz = coarse_frequency(t, x - mean, low_hz, high_hz)
    for _ in range(50):
        harmonics = order(t, f_hz)
        matrix = columns(t, f_hz, harmonics)
        a = solve(matrix, x)
        h = np.arange(1, harmonics + 1)
        # d/df of a cos + b sin, from the columns that are there
        slope = 2 * np.pi * t * (matrix[:, 1 + harmonics:] @ (-h * a[1:1 + harmonics])
                                 + matrix[:, 1:1 + harmonics] @ (h * a[1 + harmonics:]))
        step = solve(np.hstack([matrix, slope[:, None]]), x)[-1]
        f_hz += float(step)
        if not low_hz <= f_hz <= high_hz:
            raise Unsteady(f"the frequency runs out of {low_hz}..{high_hz} Hz")
        if abs(step) < 1e-13 * f_hz:
            break
    return f_hz


def fit(t, x, f_hz):
    harmonics = order(t, f_hz)
    matrix = columns(t, f_hz, harmonics)
    a = solve(matrix, x)
    peak = np.zeros(harmonics + 1, dtype=complex)
    peak[1:] = a[1:1 + harmonics] - 1j * a[1 + harmonics:]
    return Series(f_hz, float(a[0]), peak, x - matrix @ a)


def whole_cycles(t, f_hz):
    """The samples of a whole number of cycles from the first one on, the last of which may lack one sample."""
    cycles = math.floor((t[-1] - t[0] + 2 * spacing(t)) * f_hz + 1e-6)
    return t < t[0] + cycles / f_hz - spacing(t) / 2


def measure(t_u, u, t_i, i, low_hz=42.5, high_hz=69.0, h_max=50, clean=False):
    """All quantities of one stretch; voltage and current have instants of their own. THD reaches to h_max. clean takes white
    noise out of rms values and of what is made of them."""
    f_hz = find_frequency(t_u, u, low_hz, high_hz)
    keep = whole_cycles(t_u, f_hz)
    t_u, u, t_i, i = t_u[keep], u[keep], t_i[keep], i[keep]
    u, i = fit(t_u, u, f_hz), fit(t_i, i, f_hz)
    n = min(len(u.peak), len(i.peak))
    power = u.peak[:n] * np.conj(i.peak[:n]) / 2
    p_w = float(np.sum(power.real)) + float(np.mean(u.rest * np.interp(t_u, t_i, i.rest)))
    u_rms_v, i_rms_a = (u.clean_rms(), i.clean_rms()) if clean else (u.rms(), i.rms())
    s_va = u_rms_v * i_rms_a
    h_max = min(h_max, n - 1)
    return Quantities(
        f_hz=f_hz, u_rms_v=u_rms_v, i_rms_a=i_rms_a, u_dc_v=u.dc, i_dc_a=i.dc, p_w=p_w, p1_w=float(power[1].real),
        q1_var=float(power[1].imag), s_va=s_va, pf=p_w / s_va if s_va > 0 else math.nan,
        phi_deg=math.degrees(math.atan2(power[1].imag, power[1].real)), thd_u_pct=u.thd_pct(h_max),
        thd_i_pct=i.thd_pct(h_max), u_h_v=np.abs(u.peak) / math.sqrt(2), i_h_a=np.abs(i.peak) / math.sqrt(2))


def rms_between(t, x, start_s, end_s):
    """Rms of the samples of [start_s, end_s) as they are, mean taken off: for waveforms that do not repeat."""
    part = x[(t >= start_s) & (t < end_s)]
    return float(np.std(part))


def running_rms(t, x, f_hz):
    """Rms over one cycle ending at each sample, from the running sum of squares: (instants, values). For events."""
    n = max(2, round(1 / (f_hz * spacing(t))))
    sums = np.concatenate([[0.0], np.cumsum(x ** 2)])
    return t[n - 1:], np.sqrt((sums[n:] - sums[:-n]) / n)
