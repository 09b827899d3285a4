# SPDX-License-Identifier: GPL-3.0-or-later
"""Split phase through the whole meter: stated currents on two legs, grid and solar, and what `vatio status` says of them.

usage: test_split_phase.py BIN_DIR [CASE...]     BIN_DIR holds firmware/vatiod and tools/vatio/vatio

Each case states voltages and currents; what the meter must read of each point follows from phasors here. Registers are
compared by what they gain between two looks, per second of the meter's own time, so nothing depends on how fast it runs.
"""
import cmath
import math
import os
import sys
from functools import partial

from harness import until
from test_vatiod import live_of, near, run_cases

BOARDS = os.path.join(os.path.dirname(__file__), "../../board")
ASSUMED = 1 << 8
OFF = (0, 0)
REGISTERS = ("import_uwh", "export_uwh", "q1_uvarh", "q2_uvarh", "q3_uvarh", "q4_uvarh", "apparent_uvah")


def leg(u_v=120.0, grid=OFF, solar=OFF):
    """Currents are (A, degrees by which they lag their own leg's voltage)."""
    return {"u_v": u_v, "grid": grid, "solar": solar}


CASES = {
    # balanced loads across both legs, and both directions in all four quadrants
    "a balanced 240 V load, in phase": (leg(grid=(8, 0)), leg(grid=(8, 0))),
    "quadrant I: a balanced 240 V load that lags": (leg(grid=(8, 40)), leg(grid=(8, 40))),
    "quadrant II: balanced export, q > 0": (leg(grid=(8, 140)), leg(grid=(8, 140))),
    "quadrant III: balanced export, q < 0": (leg(grid=(8, -140)), leg(grid=(8, -140))),
    "quadrant IV: a balanced 240 V load that leads": (leg(grid=(8, -40)), leg(grid=(8, -40))),
    # one leg
    "a load on leg 1 only": (leg(grid=(12, 25)), leg()),
    "a load on leg 2 only": (leg(), leg(grid=(12, -25))),
    "export on leg 2 only": (leg(), leg(grid=(9, 160))),
    # one leg against the other
    "export on leg 1 while importing more on leg 2": (leg(grid=(7, 180)), leg(grid=(11, 20))),
    "export on leg 1 while importing less on leg 2": (leg(grid=(11, 170)), leg(grid=(4, -20))),
    "legs that cancel in reactive power": (leg(grid=(6, 60)), leg(grid=(6, -60))),
    # solar
    "solar covers part of the load": (leg(grid=(5, 30), solar=(8, 0)), leg(grid=(9, 15), solar=(8, 0))),
    "solar feeds the load and the grid": (leg(grid=(4, 175), solar=(10, 0)), leg(grid=(6, 165), solar=(10, 0))),
    "solar feeds one leg's load to the grid, not the other's": (leg(grid=(6, 180), solar=(9, 0)),
                                                                leg(grid=(8, 10), solar=(9, 0))),
    "a micro-inverter on leg 2 that gives reactive power": (leg(grid=(5, 0)), leg(grid=(3, 120), solar=(6, 30))),
    "an inverter that takes reactive power": (leg(grid=(5, 10), solar=(7, -35)), leg(grid=(5, 10), solar=(7, -35))),
    "an inverter that draws power at night": (leg(grid=(3, 0), solar=(2, 180)), leg(grid=(3, 0), solar=(2, 180))),
    # voltages that differ
    "legs of different voltage": (leg(123, grid=(10, 20)), leg(116, grid=(7, 20))),
}


def settings(legs):
    first, second = legs
    values = {"source": "steady", "f_hz": 60.02, "u_v": first["u_v"], "i_a": first["grid"][0],
              "phi_deg": first["grid"][1], "solar_i_a": first["solar"][0], "solar_phi_deg": first["solar"][1],
              "l2_u_v": second["u_v"], "l2_i_a": second["grid"][0], "l2_phi_deg": second["grid"][1],
              "l2_solar_i_a": second["solar"][0], "l2_solar_phi_deg": second["solar"][1]}
    return [word for name, value in values.items() for word in ("--set", f"sim.{name}={value}")]


def phasor(current):
    return cmath.rect(current[0], -math.radians(current[1]))


def add_registers(point, p_w, q_var, s_va):
    quadrant = {(False, False): "q1_uvarh", (True, False): "q2_uvarh", (True, True): "q3_uvarh",
                (False, True): "q4_uvarh"}[p_w < 0, q_var < 0]
    point.update(dict.fromkeys(REGISTERS, 0.0))
    point["export_uwh" if p_w < 0 else "import_uwh"] = abs(p_w)
    point[quadrant] = abs(q_var)
    point["apparent_uvah"] = s_va


def points_of(legs, circuits):
    """What each point must read; each leg against its own voltage. Registers in W, var and VA."""
    points = {}
    for circuit, members in circuits.items():
        currents = [sum(phasor(one[member]) for member in members) for one in legs]
        powers = [one["u_v"] * i.conjugate() for one, i in zip(legs, currents)]
        for number, (one, i, s) in enumerate(zip(legs, currents, powers), 1):
            points[f"{circuit}_l{number}"] = {"u_rms_v": one["u_v"], "i_rms_a": abs(i), "p_w": s.real,
                                              "q1_var": s.imag, "s_va": abs(s)}
        total = sum(powers)
        points[circuit] = {"p_w": total.real, "q1_var": total.imag, "s_va": sum(map(abs, powers)),
                           "i_neutral_a": abs(currents[0] - currents[1])}
        for name in (circuit, f"{circuit}_l1", f"{circuit}_l2"):
            point = points[name]
            add_registers(point, point["p_w"], point["q1_var"], point["s_va"])
    voltages = [one["u_v"] for one in legs]
    mean = sum(voltages) / 2
    for circuit in circuits:
        points[circuit]["u_ll_v"] = sum(voltages)
        points[circuit]["u_unbalance_pct"] = 100 * max(abs(u - mean) for u in voltages) / mean
    return points


def tolerance(name, point):
    """Noise: 0.6 steps a sample, 800 samples a window, five windows a second. 0.47 V and 0.12 A a step leave 5 mV and
    1.3 mA rms in a second of one leg, 0.16 W of its power; five of those, for two legs, and 0.05 % of the value. A
    current next to nothing is the square root of what is left of its noise: a window's square scatters by 0.333 sqrt(2 / 800) of
    its own and by 0.145 of 0.333 of what its few bins above h_max say of the noise, 0.051 in all, a second's by 0.023 steps
    squared; four of those are 37 mA. Load's is of two sensors, its neutral of four: 44 and 56 mA; with 120 V two legs of
    load are 10.6 VA."""
    s_va = point["s_va"]
    if name in REGISTERS:
        return (5.0 if name == "apparent_uvah" else 1.0) + 5e-4 * s_va
    return {"u_rms_v": 0.05 + 1e-4 * 120, "u_ll_v": 0.1 + 1e-4 * 240, "u_unbalance_pct": 0.05, "i_rms_a": 0.044,
            "i_neutral_a": 0.056, "p_w": 1.2 + 5e-4 * s_va, "q1_var": 1.2 + 5e-4 * s_va,
            "s_va": 10.6 + 5e-4 * s_va}[name]


def two_looks(place):
    """Two live records at least 20 s of the meter's time apart, after it has settled."""
    def live_after(mono_us):
        status = place.status()
        live = live_of(status) if status else {}
        return live if live.get("grid_p_w") is not None and live["mono_end_us"] >= mono_us else None

    first = until(lambda: live_after(0), "a first second")
    first = until(lambda: live_after(first["mono_end_us"] + 5e6), "five seconds more")
    return first, until(lambda: live_after(first["mono_end_us"] + 20e6), "twenty seconds more")


def check_point(name, point, first, second):
    seconds = (second["mono_end_us"] - first["mono_end_us"]) * 1e-6
    for key, expected in point.items():
        if key in REGISTERS:
            value = (second[f"{name}_{key}"] - first[f"{name}_{key}"]) * 3600e-6 / seconds
        else:
            value = second[f"{name}_{key}"]
        assert value is not None, f"{name}_{key} is absent"
        near(f"{name}_{key}", value, expected, tolerance(key, point))


def run(place, board, legs):
    vatiod = place.vatiod("--board", os.path.join(BOARDS, board), "--sim-speed", "max", *settings(legs))
    first, second = two_looks(place)
    assert vatiod.stop() == 0, vatiod.text()
    return first, second


def check_split(place, legs):
    first, second = run(place, "split_phase.ini", legs)
    points = points_of(legs, {"grid": ["grid"], "solar": ["solar"], "load": ["grid", "solar"]})
    for name, point in points.items():
        check_point(name, point, first, second)
        if points[name.split("_")[0]]["s_va"] == 0:  # a circuit that stands registers nothing at all
            for key in REGISTERS:
                assert second[f"{name}_{key}"] == first[f"{name}_{key}"], f"{name}_{key} rose without any current"
    for key in ("p_w", "q1_var"):
        for suffix in ("", "_l1", "_l2"):
            near(f"load{suffix}_{key}", second[f"load{suffix}_{key}"],
                 second[f"grid{suffix}_{key}"] + second[f"solar{suffix}_{key}"], 1e-6)
    assert not second["quality"] & ASSUMED
    assert second["h_max"] == 27, second["h_max"]  # 0.42 x 4000 / 60.02 = 27.99


def check_assumed(place, legs):
    """L2's voltage is not measured: its power is that with L1's, and the record says so."""
    first, second = run(place, "assumed_leg.ini", legs)
    seen = (legs[0], dict(legs[1], u_v=legs[0]["u_v"]))
    for name, point in points_of(seen, {"grid": ["grid"]}).items():
        for absent in ("u_ll_v", "u_unbalance_pct"):
            point.pop(absent, None)
            assert second.get(f"{name}_{absent}") is None, f"{name}_{absent} was not measured"
        check_point(name, point, first, second)
    assert second["quality"] & ASSUMED


def check_house(place, hour, limit_pct):
    """Every register of every point beside the simulated house's own integrals, by vatiod's own comparison."""
    vatiod = place.vatiod("--board", os.path.join(BOARDS, "split_phase.ini"), "--sim-speed", "max", "--seconds", "1200",
                          "--sim-start", "2026-06-21T00:00:00Z", "--set", f"sim.house_hour={hour}", "--set",
                          "sim.micro_peak_w=400", "--set", "sim.micro_leg=2", "--set", f"sim.check_pct={limit_pct}")
    code = vatiod.wait()
    for name in ("grid", "grid_l1", "grid_l2", "solar", "solar_l1", "solar_l2", "load", "load_l1", "load_l2"):
        assert any(line.startswith(f"{name} register") for line in vatiod.lines), vatiod.text()
    assert code == 0, vatiod.text()


def check_refusal(place):
    """What cannot be is said in one sentence."""
    vatiod = place.vatiod("--set", "sim.micro_leg=2", "--seconds", "1")
    assert vatiod.wait() != 0 and "sim.micro_leg = 2" in vatiod.text(), vatiod.text()


def main():
    cases = {name: partial(check_split, legs=legs) for name, legs in CASES.items()}
    cases["one voltage for two legs"] = partial(check_assumed, legs=(leg(120, grid=(9, 15)), leg(118, grid=(6, 165))))
    # a short while of a few hundred watt-hours: what noise leaves is a larger share of it than of a day
    cases["the house at noon"] = lambda place: check_house(place, 12.5, 0.2)
    cases["the house in the evening"] = lambda place: check_house(place, 18.5, 0.1)
    cases["a micro-inverter on a leg that is not there"] = check_refusal
    return run_cases(cases)


if __name__ == "__main__":
    sys.exit(main())
