# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of stated waveforms through the real daemon: as volts and amperes, and through the simulated converter.

usage: test_replay.py BIN_DIR [SCENARIO...]     BIN_DIR as for test_vatiod.py

Expected values come from the definition of each waveform, never from the meter.
"""
import cmath
import math
import os
import sys

from harness import until
from test_vatiod import main, near, refused

GAP, UNCALIBRATED, SIMULATED, ASSUMED = 2, 8, 128, 256


class Wave:
    """A sum of sines: {order: (rms, degrees)}."""

    def __init__(self, f_hz, parts):
        self.f_hz = f_hz
        self.parts = parts

    def at(self, t_s):
        return sum(math.sqrt(2) * rms * math.sin(2 * math.pi * h * self.f_hz * t_s + math.radians(degrees))
                   for h, (rms, degrees) in self.parts.items())

    def rms(self):
        return math.sqrt(sum(rms * rms for rms, _ in self.parts.values()))

    def thd_pct(self):
        return 100 * math.sqrt(sum(rms * rms for h, (rms, _) in self.parts.items() if h > 1)) / self.parts[1][0]


def power(u, i):
    """P over all orders, Q1 and phi of the first."""
    products = {h: cmath.rect(rms, math.radians(degrees)) * cmath.rect(*one(i, h)).conjugate()
                for h, (rms, degrees) in u.parts.items() if h in i.parts}
    return sum(s.real for s in products.values()), products[1].imag, math.degrees(cmath.phase(products[1]))


def one(wave, h):
    rms, degrees = wave.parts[h]
    return rms, math.radians(degrees)


def write_csv(path, waves, rate_hz, samples):
    with open(path, "w", encoding="ascii") as file:
        file.write(",".join(["t_s", *waves]) + "\n")
        for n in range(samples):
            t_s = n / rate_hz
            file.write(",".join([f"{t_s:.12f}", *(f"{wave.at(t_s):.12g}" for wave in waves.values())]) + "\n")


def write_comtrade(path, waves, rate_hz, samples, skew_us, ratio=(1, 1), start="21/06/2026,10:00:00.250000"):
    """1999, ASCII; one part in 1e5 of each range per step."""
    a = 0.001
    lines = ["station,1,1999", f"{len(waves)},{len(waves)}A,0D"]
    for n, name in enumerate(waves, 1):
        unit = "V" if name.startswith("u") else "A"
        lines.append(f"{n},{name},,,{unit},{a},0,{skew_us.get(name, 0)},-999999,999999,{ratio[0]},{ratio[1]},S")
    lines += ["60", "1", f"{rate_hz},{samples}", start, start, "ASCII", "1"]
    with open(path + ".cfg", "w", encoding="ascii", newline="\r\n") as file:
        file.write("\n".join(lines) + "\n")
    with open(path + ".dat", "w", encoding="ascii", newline="\r\n") as file:
        for n in range(samples):
            t_s = n / rate_hz
            codes = [round(wave.at(t_s + 1e-6 * skew_us.get(name, 0)) / a) for name, wave in waves.items()]
            file.write(",".join(str(value) for value in [n + 1, round(t_s * 1e6), *codes]) + "\n")


def play(place, path, *arguments):
    """Runs to the end and returns the minute records, newest last, of this run's database."""
    process = place.vatiod("--replay", path, "--sim-speed", "max", "--set", "sim.start=2026-06-21T10:00:00Z", *arguments)
    assert process.wait() == 0, process.text()
    with place.database() as database:
        return [dict(row) for row in database.execute("select * from minute order by seq")]


def compare(name, row, u, i, point="grid", share=1e-6, phi=1e-5, thd=1e-4):
    p_w, q1_var, phi_deg = power(u, i)
    s_va = u.rms() * i.rms()
    expected = {"u_rms_v": (u.rms(), share * u.rms()), "i_rms_a": (i.rms(), share * i.rms()),
                "p_w": (p_w, share * s_va), "q1_var": (q1_var, share * s_va), "s_va": (s_va, 2 * share * s_va),
                "phi_deg": (phi_deg, phi), "thd_u_pct": (u.thd_pct(), thd), "thd_i_pct": (i.thd_pct(), thd)}
    for field, (value, tolerance) in expected.items():
        print(f"  {name}: {point}_{field:10} {row[f'{point}_{field}']:14.8f}  stated {value:14.8f}  limit {tolerance:.3g}")
        near(f"{name}: {point}_{field}", row[f"{point}_{field}"], value, tolerance)
    near(f"{name}: f_hz", row["f_hz"], u.f_hz, max(1e-5, share * u.f_hz))


U = Wave(59.95, {1: (118.0, 20.0), 3: (2.5, 35.0), 5: (4.0, 200.0)})
I = Wave(59.95, {1: (9.0, -15.0), 3: (2.0, 60.0), 7: (0.7, 10.0)})


def scenario_a_stated_waveform_is_read_back(place):
    path = os.path.join(place.root, "stated.csv")
    write_csv(path, {"u_l1_v": U, "i_l1_a": I}, 8000, 24000)
    row = play(place, path)[-1]
    compare("as recorded", row, U, I)
    assert row["quality"] == SIMULATED | UNCALIBRATED, row["quality"]
    assert row["h_max"] == 50, row["h_max"]


def scenario_a_stated_waveform_comes_through_the_converter(place):
    """0.1 % through 10 bits with half an LSB of noise, over 8 s; THD of 10 bits within 0.05 %."""
    path = os.path.join(place.root, "stated.csv")
    write_csv(path, {"u_l1_v": U, "i_l1_a": I}, 8000, 72000)
    rows = play(place, path, "--through-adc")
    compare("through the converter", rows[-1], U, I, share=1e-3, phi=0.05, thd=0.05)


def scenario_skew_is_honoured(place):
    """A current sampled 300 us after its voltage: without its stated skew phi would be off by 6.5 degrees."""
    path = os.path.join(place.root, "skewed")
    write_comtrade(path, {"u_l1": U, "i_l1": I}, 4800, 14400, {"i_l1": 300})
    for name, arguments in (("as recorded", ()), ("through the converter", ("--through-adc",))):
        row = play(place, path + ".cfg", *arguments)[-1]
        compare(name, row, U, I, share=1e-3, phi=0.02, thd=0.1)


def scenario_a_loop_has_no_seam(place):
    """One cycle, 6,000 times: nothing flagged, and the energy is the cycle's power times the time metered."""
    u = Wave(60, {1: (122.0, 0.0), 5: (3.0, 50.0)})
    i = Wave(60, {1: (7.0, -40.0), 3: (3.0, 10.0)})
    path = os.path.join(place.root, "cycle.csv")
    write_csv(path, {"u_l1_v": u, "i_l1_a": i}, 30000, 500)
    rows = play(place, path, "--loop", "--seconds", "100")
    p_w, _, _ = power(u, i)
    for row in rows:
        assert row["flagged"] == 0 and row["quality"] & GAP == 0, row
        assert row["metered_us"] == row["duration_us"], row
        compare("looped", row, u, i)
    metered_s = sum(row["metered_us"] for row in rows) * 1e-6
    assert 98 < metered_s <= 100, metered_s
    near("energy", rows[-1]["grid_import_uwh"], p_w * metered_s / 3600 * 1e6, 1e-6 * p_w * metered_s / 3600 * 1e6)


def scenario_the_end_of_a_recording_closes_everything(place):
    path = os.path.join(place.root, "short.csv")
    write_csv(path, {"u_l1_v": U, "i_l1_a": I}, 2000, 4000)
    rows = play(place, path)
    assert len(rows) == 1 and 1.3e6 < rows[0]["duration_us"] < 2e6, rows
    with place.database() as database:
        for stream in ("quarter", "day"):
            (row,) = database.execute(f"select * from {stream}").fetchall()
            assert row["grid_import_uwh"] == rows[0]["grid_import_uwh"] > 0, stream
        kinds = [row["kind"] for row in database.execute("select kind from event order by seq")]
    assert kinds == ["start", "stop"], kinds
    rows = play(place, path)  # registers go on
    assert rows[-1]["grid_import_uwh"] == rows[0]["grid_import_uwh"] + rows[-1]["grid_import_delta_uwh"]


def scenario_a_low_rate_has_few_harmonics(place):
    """16 samples per cycle: orders up to 6; through a converter of 8 kHz no more than that either."""
    u = Wave(50, {1: (57.0, 0.0), 3: (1.0, 0.0), 5: (2.0, 0.0)})
    i = Wave(50, {1: (3.0, -70.0), 5: (0.5, 0.0)})
    path = os.path.join(place.root, "relay.csv")
    write_csv(path, {"u_l1_v": u, "i_l1_a": i}, 800, 4000)
    for name, arguments, share in (("as recorded", (), 1e-4), ("through the converter", ("--through-adc",), 2e-3)):
        row = play(place, path, *arguments)[-1]
        assert row["h_max"] == 6, row["h_max"]
        compare(name, row, u, i, share=share, phi=0.1, thd=0.2)
    process = place.vatiod("--replay", path, "--loop", "--sim-speed", "20")
    harmonics = until(lambda: (place.status() or {}).get("harmonics"), "a window's harmonics")
    assert process.stop() == 0, process.text()
    for order, part in u.parts.items():
        near(f"harmonic {order}", harmonics["grid_u_h_v"][order], part[0], 1e-4 * part[0])
    assert len(harmonics["grid_u_h_v"]) == len(harmonics["grid_i_h_a"]) == 7, harmonics  # DC and 1..6: the rest is absent


def scenario_the_rate_may_change(place):
    """First 2,000, then 8,000 samples per second: nothing flagged, and the slower rate limits the harmonics."""
    u = Wave(60, {1: (120.0, 10.0), 5: (3.0, 0.0)})
    i = Wave(60, {1: (10.0, -20.0), 3: (1.5, 0.0)})
    path = os.path.join(place.root, "rates.csv")
    with open(path, "w", encoding="ascii") as file:
        file.write("t_s,u_l1_v,i_l1_a\n")
        t_s = 0.0
        for n in range(24000):
            file.write(f"{t_s:.12f},{u.at(t_s):.12g},{i.at(t_s):.12g}\n")
            t_s += 1 / 2000 if n < 6000 else 1 / 8000
    for name, arguments, share in (("as recorded", (), 1e-5), ("through the converter", ("--through-adc",), 1e-3)):
        row = play(place, path, *arguments)[-1]
        assert row["flagged"] == 0 and row["metered_us"] == row["duration_us"] > 5e6, row
        assert row["h_max"] == 13, row["h_max"]  # floor(0.42 * 2000 / 60)
        compare(name, row, u, i, share=share, phi=0.05, thd=0.05)


def scenario_two_legs(place):
    """Both legs, one of them exporting, and the same with the second leg's voltage assumed."""
    u1 = Wave(60, {1: (121.0, 0.0)})
    u2 = Wave(60, {1: (121.0, 180.0)})
    i1 = Wave(60, {1: (5.0, -30.0)})
    i2 = Wave(60, {1: (8.0, 10.0)})  # against -u2: export on leg 2
    path = os.path.join(place.root, "split.csv")
    write_csv(path, {"ua_v": u1, "ub_v": u2, "ia_a": i1, "ib_a": i2}, 4800, 14400)
    for name, text, assumed in (("two voltages", "u_l1=ua,u_l2=ub,grid_l1=ia,grid_l2=ib", 0),
                                ("one voltage", "u_l1=ua,grid_l1=ia,grid_l2=ib", ASSUMED)):
        row = play(place, path, "--set", f"replay.map={text}")[-1]
        p1, p2 = power(u1, i1)[0], power(u2, i2)[0]
        assert p1 > 0 > p2
        for point, expected in (("grid_l1", p1), ("grid_l2", p2), ("grid", p1 + p2)):
            near(f"{name}: {point}", row[f"{point}_p_w"], expected, 1e-5 * 121 * 13)
        assert row["quality"] & ASSUMED == assumed, f"{name}: {row['quality']}"
        assert row["grid_l1_import_delta_uwh"] > 0 and row["grid_l1_export_delta_uwh"] == 0
        assert row["grid_l2_import_delta_uwh"] == 0 and row["grid_l2_export_delta_uwh"] > 0


def scenario_a_current_turned_round_is_export(place):
    path = os.path.join(place.root, "stated.csv")
    write_csv(path, {"u_l1_v": U, "i_l1_a": I}, 4000, 12000)
    p_w, _, _ = power(U, I)
    for text, sign in (("u_l1=u_l1,grid_l1=i_l1", 1), ("u_l1=u_l1,grid_l1=-i_l1", -1), ("u_l1=#1,grid_l1=#2*-2", -2)):
        row = play(place, path, "--set", f"replay.map={text}")[-1]
        near(text, row["grid_p_w"], sign * p_w, 1e-4 * p_w)
        assert (row["grid_import_delta_uwh"] > 0) == (sign > 0) and (row["grid_export_delta_uwh"] > 0) == (sign < 0)


def scenario_either_side_of_the_transformers(place):
    path = os.path.join(place.root, "relay")
    write_comtrade(path, {"u_l1": U, "i_l1": I}, 4800, 9600, {}, ratio=(400, 5))
    for side, factor in (("recorded", 1), ("secondary", 1), ("primary", 80)):
        row = play(place, path + ".cfg", "--set", f"replay.side={side}")[-1]
        near(side, row["grid_u_rms_v"], factor * U.rms(), 1e-4 * factor * U.rms())
        near(side, row["grid_i_rms_a"], factor * I.rms(), 1e-3 * factor * I.rms())


def scenario_records_can_bear_the_recordings_time(place):
    path = os.path.join(place.root, "dated")
    write_comtrade(path, {"u_l1": U, "i_l1": I}, 4800, 9600, {})
    row = play(place, path + ".cfg", "--set", "sim.start=recording")[-1]
    start_ms = 1782036000250  # date -u -d '2026-06-21 10:00:00.250' +%s%3N
    assert start_ms <= row["utc_start_ms"] < start_ms + 20, row["utc_start_ms"]  # the first zero crossing


def scenario_wrong_recordings_get_one_sentence(place):
    good = os.path.join(place.root, "good.csv")
    write_csv(good, {"u_l1_v": U, "i_l1_a": I}, 2000, 200)
    bad = os.path.join(place.root, "bad.csv")
    with open(bad, "w", encoding="ascii") as file:
        file.write("t_s,u_l1_v,i_l1_a\n0,1,2\n0.001,1\n")
    refused(place, 2, "bad.csv:3", "--replay", bad)
    refused(place, 2, "/nonexistent/x.csv", "--replay", "/nonexistent/x.csv")
    refused(place, 2, "no such channel; there are #1 u_l1 (V), #2 i_l1 (A)", "--replay", good, "--set",
            "replay.map=u_l1=u_l1,grid_l1=i_l9")
    refused(place, 2, "sim.check_pct", "--replay", good, "--set", "sim.check_pct=1")
    refused(place, 2, "replay.loop", "--loop")
    slow = os.path.join(place.root, "slow.csv")
    write_csv(slow, {"u_l1_v": U, "i_l1_a": I}, 300, 300)
    refused(place, 2, "samples per second; 400 to 200000", "--replay", slow)
    process = place.vatiod("--replay", good, "--check-config")
    assert process.wait() == 0 and "are good" in process.text(), process.text()


if __name__ == "__main__":
    sys.exit(main(globals()))
