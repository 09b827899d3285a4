#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference computation against signals whose answers are known from their formula, to 1e-9."""
import math
import pathlib
import tempfile
import unittest

import numpy as np

import recordings
import reference

EXACT = 1e-9  # relative; a least-squares fit of a few thousand samples keeps 1e-12


def sines(t, f_hz, parts, dc=0.0):
    """Sum of rms * sqrt 2 * sin(2 pi h f t + deg)."""
    x = np.full(len(t), dc)
    for h, (rms, deg) in parts.items():
        x += rms * math.sqrt(2) * np.sin(2 * np.pi * h * f_hz * t + math.radians(deg))
    return x


def instants(rate_hz, duration_s, jitter_share=0.0, seed=1):
    n = int(rate_hz * duration_s)
    jitter = np.random.default_rng(seed).uniform(0, jitter_share, n)
    return (np.arange(n) + jitter) / rate_hz


class Steady(unittest.TestCase):
    def near(self, value, expected, tolerance):
        self.assertLessEqual(abs(value - expected), tolerance, f"{value!r} is not {expected!r} +- {tolerance}")

    def check(self, t_u, t_i, f_hz, u_parts, i_parts, **others):
        """Measures and compares with what the parts amount to."""
        q = reference.measure(t_u, sines(t_u, f_hz, u_parts, others.get("u_dc", 0.0)), t_i,
                              sines(t_i, f_hz, i_parts, others.get("i_dc", 0.0)))
        u = math.sqrt(sum(rms ** 2 for rms, _ in u_parts.values()))
        i = math.sqrt(sum(rms ** 2 for rms, _ in i_parts.values()))
        p = q1 = 0.0
        for h in u_parts.keys() & i_parts.keys():
            (a, da), (b, db) = u_parts[h], i_parts[h]
            p += a * b * math.cos(math.radians(da - db))
            q1 += a * b * math.sin(math.radians(da - db)) if h == 1 else 0.0
        self.near(q.f_hz, f_hz, EXACT * f_hz)
        self.near(q.u_rms_v, u, EXACT * u)
        self.near(q.i_rms_a, i, EXACT * i)
        self.near(q.p_w, p, EXACT * u * i)
        self.near(q.q1_var, q1, EXACT * u * i)
        self.near(q.s_va, u * i, EXACT * u * i)
        self.near(q.pf, p / (u * i), EXACT)
        self.near(q.u_dc_v, others.get("u_dc", 0.0), EXACT * u)
        self.near(q.i_dc_a, others.get("i_dc", 0.0), EXACT * i)
        return q

    def test_sines_at_any_frequency_and_angle(self):
        for f_hz in (42.6, 50.0, 59.97, 60.037, 68.9):
            for phi_deg in (0, 30, 90, 180, -120):
                t = instants(5000, 0.2)
                q = self.check(t, t + 31.8e-6, f_hz, {1: (120, 17)}, {1: (5, 17 - phi_deg)})
                off = (q.phi_deg - phi_deg + 180) % 360 - 180
                self.near(off, 0, 1e-7)

    def test_many_harmonics_and_means(self):
        u = {1: (230, 0), 3: (10, -70), 5: (12, 140), 7: (5, 20), 25: (1, 77)}
        i = {1: (4, -35), 2: (0.2, 10), 3: (2.5, -165), 5: (1.5, 233), 7: (1, 288), 49: (0.1, 5)}
        for rate_hz in (6400, 8000, 15700):
            t = instants(rate_hz, 0.24)
            q = self.check(t, t, 50.03, u, i, u_dc=1.5, i_dc=-0.3)
            self.near(q.thd_u_pct, 100 * math.sqrt(sum(u[h][0] ** 2 for h in u if h > 1)) / 230, 1e-7)
            self.near(q.u_h_v[5], 12, 1e-8)
            self.near(q.i_h_a[49], 0.1, 1e-8)
            self.near(q.i_h_a[48], 0, 1e-8)

    def test_uneven_instants(self):
        t = instants(8000, 0.3, jitter_share=0.6)
        self.check(t, t + 40e-6, 59.93, {1: (120, 5), 3: (4, 60), 21: (1, 0)}, {1: (5, -20), 3: (1, 10), 21: (0.4, 50)})

    def test_sampled_at_sixteen_points_a_cycle(self):
        t = instants(800.6, 0.3)
        self.check(t, t, 50.04, {1: (58.7, 5), 3: (1, 60), 5: (0.5, 0)}, {1: (0.13, -20), 5: (0.01, 10)})

    def test_worked_example_of_ieee_1459_annex_b(self):
        """Angles of the 5th and 7th currents as recalled; results recomputed from the definitions, to 0.01."""
        t = instants(8000, 0.2)
        u = {1: (100, 0), 3: (8, -70), 5: (15, 140), 7: (5, 20)}
        i = {1: (100, -30), 3: (20, -165), 5: (15, 233), 7: (10, 288)}
        q = self.check(t, t, 60, u, i)
        for value, printed in ((q.u_rms_v, 101.5579), (q.i_rms_a, 103.5616), (q.p_w, 8632.79), (q.p1_w, 8660.25),
                               (q.q1_var, 5000.00), (q.s_va, 10517.49), (q.pf, 0.82080), (q.thd_u_pct, 17.720),
                               (q.thd_i_pct, 26.926)):
            self.near(value, printed, 0.006 if abs(printed) > 1000 else 0.0006)

    def test_a_tone_between_harmonics_counts_in_the_rms(self):
        """1.5 times the mains over ten cycles is orthogonal to every harmonic: rms sqrt(1.02) exactly."""
        t = instants(8000, 0.2)
        u = sines(t, 50, {1: (1, 0), 1.5: (0.1, 0), 2: (0.1, 0)})
        keep = reference.fit(t, u, 50.0)
        self.near(keep.rms(), math.sqrt(1.02), EXACT)

    def test_noise_moves_nothing_by_more_than_its_own_scatter(self):
        t = instants(8000, 1.0)
        noise = np.random.default_rng(3).normal(0, 1.0, (2, len(t)))
        q = reference.measure(t, sines(t, 60, {1: (120, 0)}) + noise[0], t, sines(t, 60, {1: (5, -30)}) + noise[1])
        self.near(q.u_rms_v, math.hypot(120, 1), 5 * 1.0 / math.sqrt(8000))
        self.near(q.i_rms_a, math.hypot(5, 1), 5 * 1.0 / math.sqrt(8000))
        # the products of each one's noise with the other's signal
        self.near(q.p_w, 600 * math.cos(math.radians(30)), 5 * math.hypot(120, 5) / math.sqrt(8000))

    def test_white_noise_is_taken_out_of_rms_values_and_nothing_else_is(self):
        """Noise of 5 % of a current adds 1.2e-3 to its rms value, which scatters by 2.5e-3 a time, 2.5e-4 in the mean of 100. What is taken
        out scatters by a tenth, a hundredth in the mean. 3 % at 3.5 times the mains are no noise."""
        t = instants(2000, 0.2)
        random = np.random.default_rng(7)
        raw, clean = [], []
        for _ in range(100):
            i = sines(t, 50.0, {1: (1.0, 30), 3: (0.2, 10), 3.5: (0.03, 0)}) + 0.05 * random.standard_normal(len(t))
            u = sines(t, 50.0, {1: (230.0, 0)})
            raw.append(reference.measure(t, u, t, i).i_rms_a)
            clean.append(reference.measure(t, u, t, i, clean=True).i_rms_a)
        truth = math.sqrt(1 + 0.2 ** 2 + 0.03 ** 2)
        self.near(np.mean(raw) / truth - 1, 0.05 ** 2 / 2 / truth ** 2, 8e-4)
        self.near(np.mean(clean) / truth - 1, np.mean(raw) / truth - 1 - 0.05 ** 2 / 2 / truth ** 2, 5e-5)

    def test_a_signal_without_noise_loses_nothing(self):
        t = instants(5000, 0.2)
        x = sines(t, 50.0, {1: (230.0, 0), 5: (10.0, 40)})
        q = reference.measure(t, x, t, x, clean=True)
        self.near(q.s_va, 230.0 ** 2 + 10.0 ** 2, EXACT * 230.0 ** 2)

    def test_no_tone_is_said(self):
        t = instants(8000, 0.2)
        with self.assertRaises(reference.Unsteady):
            reference.measure(t, np.zeros(len(t)), t, np.zeros(len(t)))
        with self.assertRaises(reference.Unsteady):
            reference.measure(t[:150], sines(t[:150], 50, {1: (1, 0)}), t[:150], np.zeros(150))

    def test_running_rms_sees_a_step_within_one_cycle(self):
        t = instants(8000, 0.2)
        x = sines(t, 50, {1: (1, 0)}) * np.where(t < 0.1, 1, 0.5)
        at, rms = reference.running_rms(t, x, 50)
        below = at[np.argmax(rms < 0.9)]
        self.assertTrue(0.1 <= below <= 0.12, below)
        self.near(rms[0], 1, EXACT)
        self.near(rms[-1], 0.5, EXACT)
        self.near(reference.rms_between(t, x, 0.12, 0.2), 0.5, EXACT)


CFG = """site,1,1999
3,2A,1D
1,Ua,A,,kV,0.5,0.25,100,-2048,2047,110,0.1,P
2,Ia,A,,A,0.1,0,300,-2048,2047,80,1,P
1,trip,,,0
50
{rates}
01/01/2020,00:00:00.000000
01/01/2020,00:00:00.000000
{kind}
{multiplier}
"""


class Readers(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.path = pathlib.Path(self.place.name)

    ROWS = [(1, 0, 0, 0, 0), (2, 1000, 1, 1, 1), (3, 2000, -1, -1, 0), (4, 3000, -32768, 10, 1)]

    def check_comtrade(self, kind, rates="0\n0,4", spacing_s=2e-3):
        (self.path / "a.cfg").write_text(CFG.format(kind=kind, rates=rates, multiplier="2"), encoding="ascii")
        channels = recordings.read(self.path / "a.cfg")
        np.testing.assert_allclose(channels["#1"].value, [250, 750, -250, -16383750], rtol=1e-12)
        np.testing.assert_allclose(channels["#2"].value, [0, 0.1, -0.1, 1.0], rtol=1e-12)
        np.testing.assert_allclose(channels["#1"].t_s, 1e-4 + spacing_s * np.arange(4), rtol=1e-12)
        np.testing.assert_allclose(channels["#2"].t_s - channels["#1"].t_s, 2e-4, rtol=1e-9)
        self.assertEqual(channels["#1"].name, "Ua")

    def write_ascii(self):
        (self.path / "a.dat").write_text("".join(",".join(map(str, row)) + "\n" for row in self.ROWS), encoding="ascii")

    def test_comtrade_binary(self):
        row = np.dtype([("n", "<u4"), ("t", "<u4"), ("a", "<i2", (2,)), ("d", "<u2")])
        np.array([(n, t, (a, b), d) for n, t, a, b, d in self.ROWS], dtype=row).tofile(self.path / "a.dat")
        self.check_comtrade("BINARY")

    def test_comtrade_ascii_by_its_stamps(self):
        self.write_ascii()
        self.check_comtrade("ASCII")

    def test_comtrade_ascii_by_its_rate(self):
        self.write_ascii()
        self.check_comtrade("ASCII", "1\n1200,4", 1 / 1200)

    def test_comtrade_of_two_rates(self):
        self.write_ascii()
        (self.path / "a.cfg").write_text(CFG.format(kind="ASCII", rates="2\n1000,2\n100,4", multiplier="1"),
                                         encoding="ascii")
        t_s = recordings.read(self.path / "a.cfg")["#1"].t_s
        np.testing.assert_allclose(np.diff(t_s), [1e-3, 1e-2, 1e-2], rtol=1e-12)

    def test_csv_and_loop(self):
        (self.path / "a.csv").write_text("t_s,u_l1_v,i_l1_a\n0,1,2\n0.5,3,4\n", encoding="ascii")
        channels = recordings.read(self.path / "a.csv")
        looped = recordings.loop(channels["i_l1_a"], 3)
        np.testing.assert_array_equal(looped.value, [2, 4, 2, 4, 2, 4])
        np.testing.assert_allclose(looped.t_s, [0, 0.5, 1, 1.5, 2, 2.5])


if __name__ == "__main__":
    unittest.main()
