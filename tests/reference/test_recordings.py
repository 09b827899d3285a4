#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings that nobody here made, metered by the real vatiod --replay and held against the reference computation.

usage: test_recordings.py BIN_DIR

The recordings are not part of the project: README.md says where they are looked for. Without them the test is skipped.
"""
import math
import sys

import numpy as np

import programs
import recordings
import reference

LIMIT = 1e-3  # of V, I and S, and of S for P and Q1
LIMIT_HZ = 0.02
LIMIT_SAG = 0.02  # of the nominal voltage: half-cycle values come every 10 ms, and the voltage moves by up to 1 kV/ms
LIMITS_ADC = {"u_rms_v": 0.12, "i_rms_a": 0.01, "p_w": 0.3}  # 0.1 % of 120 V; a tenth of an LSB; as for the tables

# file, its voltage and current channel, nominal frequency, nominal voltage
FILES = [("fired_fridge_50hz.csv", "u_l1_v", "i_l1_a", 50, 240.0), ("fired_kettle_50hz.csv", "u_l1_v", "i_l1_a", 50, 240.0),
         ("fired_television_50hz.csv", "u_l1_v", "i_l1_a", 50, 240.0), ("relay_60hz_c60.cfg", "#5", "#1", 50, 59.0),
         ("relay_60hz_c60.cfg", "#6", "#2", 50, 59.0), ("relay_60hz_c60.cfg", "#7", "#3", 50, 59.0),
         ("substation_50hz_110kv.cfg", "#1", "#12", 50, 63500.0), ("substation_50hz_110kv.cfg", "#6", "#17", 50, 63500.0)]

# file, voltage channel, from, to (s), is there a current to speak of
STATIONARY = [("fired_kettle_50hz.csv", "u_l1_v", 0, 0.54, False), ("fired_kettle_50hz.csv", "u_l1_v", 0.6, 1.5, True),
              ("fired_fridge_50hz.csv", "u_l1_v", 0, 0.54, False), ("fired_television_50hz.csv", "u_l1_v", 0, 0.54, True),
              ("relay_60hz_c60.cfg", "#5", 0, 0.43, True), ("relay_60hz_c60.cfg", "#6", 0, 0.43, True),
              ("relay_60hz_c60.cfg", "#7", 0, 0.43, True)]


class Report:
    """Counts what was checked and what was beyond its limit."""

    def __init__(self):
        self.checked = self.failed = 0
        self.worst = {}

    def check(self, good, text):
        self.checked += 1
        self.failed += not good
        if not good:
            print(f"  FAILED: {text}")

    def near(self, kind, what, off, limit):
        self.worst[kind] = max(self.worst.get(kind, 0), abs(off) / limit)
        self.check(abs(off) <= limit, f"{what}: {kind} off by {off:.3g}, limit {limit:.3g}")


class Recording:
    """One element of a file: samples, the windows that dsp/meter makes of them, what vatiod stored."""

    def __init__(self, bin_dir, folder, name, u, i, f_nominal_hz, u_nominal_v):
        self.name, self.label = name, f"{name.split('.')[0]} {u}"
        channels = recordings.read(folder / name)
        self.u, self.i = channels[u], channels[i]
        self.map = f"u_l1={u},grid_l1={i}" if u.startswith("#") else ""
        self.path, self.u_nominal_v, self.f_nominal_hz = folder / name, u_nominal_v, f_nominal_hz
        self.key = (name, u)
        rate_hz = 1 / reference.spacing(self.u.t_s)
        self.windows = programs.windows(bin_dir, self.u, self.i, f_nominal_hz, u_nominal_v, rate_hz)

    def minutes(self, bin_dir):
        return programs.vatiod_minutes(bin_dir, "--replay", str(self.path), replay__map=self.map,
                                       replay__u_nominal_v=self.u_nominal_v, replay__f_nominal_hz=self.f_nominal_hz)

    def seconds(self, bin_dir, speed):
        return programs.vatiod_seconds(bin_dir, speed, "--replay", str(self.path), replay__map=self.map,
                                       replay__u_nominal_v=self.u_nominal_v, replay__f_nominal_hz=self.f_nominal_hz)

    def measure(self, start_s, end_s, clean=False):
        """The reference over one window's span; clean without the recorder's white noise, as the meter has it."""
        parts = []
        for channel in (self.u, self.i):
            keep = (channel.t_s >= start_s) & (channel.t_s < end_s)
            parts += [channel.t_s[keep], channel.value[keep]]
        return reference.measure(*parts, low_hz=42.5, high_hz=57.5, clean=clean)


# --- appliances: one recorded cycle each, looped ------------------------------------------------------------------

def check_quantities(report, what, got, truth, prefix=""):
    report.near("u_rms_v", what, got[prefix + "u_rms_v"] / truth.u_rms_v - 1, LIMIT)
    for name in ("i_rms_a", "s_va"):
        report.near(name, what, got[prefix + name] / getattr(truth, name) - 1, LIMIT)
    for name in ("p_w", "q1_var"):
        report.near(f"{name} of S", what, (got[prefix + name] - getattr(truth, name)) / truth.s_va, LIMIT)
    report.near("f_hz", what, got["f_hz"] - truth.f_hz, LIMIT_HZ)


def check_appliance(report, bin_dir, path):
    channels = recordings.read(path)
    u, i = (recordings.loop(channels[name], 6) for name in ("u_l1_v", "i_l1_a"))
    truth = reference.measure(u.t_s, u.value, i.t_s, i.value)
    got = programs.vatiod_minutes(bin_dir, "--replay", str(path), "--seconds", "10", replay__loop="yes")[0]
    check_quantities(report, path.name, got, truth, "grid_")
    for name in ("thd_u_pct", "thd_i_pct"):
        report.near(name, path.name, got["grid_" + name] - getattr(truth, name), 0.01 + LIMIT * getattr(truth, name))
    u, i = (recordings.loop(channels[name], 90) for name in ("u_l1_v", "i_l1_a"))
    window = programs.windows(bin_dir, u, i, 60, 120.0, 30000.0)[-1]
    for h in range(1, 51):
        for letter, value in (("u", truth.u_h_v), ("i", truth.i_h_a)):
            unit = "v" if letter == "u" else "a"
            report.near(f"{letter}_h_{unit} of the first", f"{path.name} h{h}",
                        (window[f"{letter}_h{h}_{unit}"] - value[h]) / value[1], LIMIT)
    print(f"  {path.name[6:13]}  {truth.u_rms_v:8.3f} V {truth.i_rms_a:8.4f} A {truth.p_w:9.3f} W {truth.q1_var:9.3f} var  "
          f"THD {truth.thd_u_pct:5.2f} {truth.thd_i_pct:7.2f} %   off: "
          + " ".join(f"{got['grid_' + name] / getattr(truth, name) - 1:+.1e}" for name in ("u_rms_v", "i_rms_a", "s_va")))
    return truth


def check_through_adc(report, bin_dir, path, truth):
    minutes = programs.vatiod_minutes(bin_dir, "--replay", str(path), "--seconds", "10", replay__loop="yes",
                                      replay__through_adc="yes")
    got = minutes[0]
    for name, limit in LIMITS_ADC.items():
        report.near(f"{name} through the converter", path.name, got["grid_" + name] - getattr(truth, name), limit)
    print("                 through the converter: " + " ".join(
        f"{got['grid_' + name] - getattr(truth, name):+.4f} {name[-1].upper()}" for name in LIMITS_ADC))


# --- longer recordings ------------------------------------------------------------------------------------------------

def mean(windows, name, square=False):
    rows = [row for row in windows if not math.isnan(row[name])]
    weight = sum(row["end_s"] - row["start_s"] for row in rows)
    total = sum(row[name] ** (2 if square else 1) * (row["end_s"] - row["start_s"]) for row in rows)
    return math.sqrt(total / weight) if square else total / weight


def check_stored(report, bin_dir, recording):
    """What vatiod stored of the whole file is what the windows of the same samples, read here, come to: nothing is lost,
    scaled or skewed differently on the way. So what is said of the windows below is said of vatiod."""
    minutes = recording.minutes(bin_dir)
    report.check(len(minutes) == 1, f"{recording.label}: {len(minutes)} minute records")
    got, windows = minutes[0], recording.windows
    report.check(got["windows"] == len(windows), f"{recording.label}: {got['windows']} windows, not {len(windows)}")
    u_v, i_a = mean(windows, "u_rms_v", True), mean(windows, "i_rms_a", True)
    expected = {"grid_u_rms_v": (u_v, u_v), "grid_i_rms_a": (i_a, i_a), "grid_p_w": (mean(windows, "p_w"), u_v * i_a),
                "grid_q1_var": (mean(windows, "q1_var"), u_v * i_a), "f_hz": (mean(windows, "f_hz"), 50),
                "grid_u_min_v": (min(row["u_rms_v"] for row in windows), u_v),
                "grid_u_max_v": (max(row["u_rms_v"] for row in windows), u_v),
                "grid_p_max_w": (max(row["p_w"] for row in windows), u_v * i_a)}
    for name, (value, scale) in expected.items():
        report.near("stored", f"{recording.label} {name}", (got[name] - value) / scale, 1e-6)


def check_stationary(report, recording, start_s, end_s, has_current):
    rows = [row for row in recording.windows if row["start_s"] >= start_s and row["end_s"] <= end_s]
    report.check(len(rows) > 0, f"{recording.label}: no window within {start_s}..{end_s} s")
    for row in rows:
        truth = recording.measure(row["start_s"], row["end_s"], clean=has_current)
        what = f"{recording.label} {row['start_s']:.3f} s"
        if has_current:
            check_quantities(report, what, row, truth)
        else:
            report.near("u_rms_v", what, row["u_rms_v"] / truth.u_rms_v - 1, LIMIT)
            report.near("f_hz", what, row["f_hz"] - truth.f_hz, LIMIT_HZ)
            report.near("i_rms_a of nothing", what, row["i_rms_a"], truth.i_rms_a)
        print(f"  {what:36} {truth.f_hz:7.3f} Hz {truth.u_rms_v:9.3f} V {truth.i_rms_a:8.4f} A {truth.p_w:9.2f} W   off: "
              f"{row['f_hz'] - truth.f_hz:+.3f} Hz {row['u_rms_v'] / truth.u_rms_v - 1:+.1e} "
              f"{row['i_rms_a'] / truth.i_rms_a - 1:+.1e} {row['s_va'] / truth.s_va - 1:+.1e}")


def first(windows, condition):
    return next((row for row in windows if condition(row)), None)


def check_when(report, what, row, at_s, slack_s):
    """The window contains the instant that the samples show; half-cycle values may see it one cycle late."""
    seen = row is not None and row["start_s"] - slack_s <= at_s <= row["end_s"]
    span = "never" if row is None else f"in {row['start_s']:.3f}..{row['end_s']:.3f} s"
    report.check(seen, f"{what}: at {at_s:.3f} s, the meter saw it {span}")
    print(f"  {what:58} {at_s:7.3f} s   meter: {span}")


def check_switch_on(report, recording):
    """The first sample that no earlier current explains, and the first window with 0.1 A more than the first one's."""
    t_s, i = recording.i.t_s, np.abs(recording.i.value)
    at_s = t_s[np.argmax(i > 1.5 * np.max(i[t_s < 0.4]) + 0.1)]
    row = first(recording.windows, lambda row: row["i_rms_a"] > recording.windows[0]["i_rms_a"] + 0.1)
    check_when(report, f"{recording.label} switched on", row, at_s, 0)
    after, before = recording.windows[-1], recording.windows[0]
    step = recording.measure(after["start_s"], after["end_s"]).p_w - recording.measure(before["start_s"], before["end_s"]).p_w
    off = after["p_w"] - before["p_w"] - step
    print(f"  {recording.label + ' step of P, first to last window':58} {step:7.1f} W   meter: {off:+.2f} W of it")
    report.near("step of P", recording.label, off, LIMIT * abs(step) + 0.05)


def check_drop(report, recording, share):
    """The voltage falls below a share of what it was at first: by the samples, and by the windows' half-cycle minimum."""
    before_v = recording.windows[0]["u_rms_v"]
    at, rms = reference.running_rms(recording.u.t_s, recording.u.value, recording.windows[0]["f_hz"])
    at_s = at[np.argmax(rms < share * before_v)]
    row = first(recording.windows, lambda row: row["u_half_min_v"] < share * before_v)
    check_when(report, f"{recording.label} below {100 * share:.0f} % of {before_v:.1f} V", row, at_s, 1 / 50)
    return row


def check_interruption(report, recording):
    """Below a tenth the mains is gone: no frequency is claimed for windows that have nothing else."""
    row = check_drop(report, recording, 0.1)
    dead = [w for w in recording.windows if row is not None and w["start_s"] >= row["end_s"]]
    report.check(len(dead) > 0, f"{recording.label}: nothing after the interruption")
    for w in dead:
        report.check(math.isnan(w["f_hz"]), f"{recording.label}: a frequency at {w['start_s']:.3f} s, in the dead voltage")
        raw_v = reference.rms_between(recording.u.t_s, recording.u.value, w["start_s"], w["end_s"])
        report.near("rest of the voltage, of what it was", recording.label,
                    (w["u_rms_v"] - raw_v) / recording.windows[0]["u_rms_v"], 0.02)


def local_minima(t_s, rms, apart_s):
    """Where the rms is the least within apart_s on either side, not at the ends."""
    n = round(apart_s / reference.spacing(t_s))
    return [(t_s[k], rms[k]) for k in range(n, len(rms) - n) if k - n + int(np.argmin(rms[k - n:k + n + 1])) == k]


def check_sags(report, recording):
    """The power swings about once a second: the window of each sag of the samples has its depth as smallest half-cycle value."""
    at, rms = reference.running_rms(recording.u.t_s, recording.u.value, 50)
    sags = [(t, v) for t, v in local_minima(at, rms, 0.25) if v < 0.9 * recording.u_nominal_v]
    report.check(len(sags) >= 15, f"{recording.label}: {len(sags)} sags")
    for t, v in sags:
        there = [row["u_half_min_v"] for row in recording.windows if row["start_s"] <= t and row["end_s"] > t - 0.02]
        off_v = min(there, default=math.inf) - v
        report.near("sag's depth", f"{recording.label} {t:.3f} s", off_v / recording.u_nominal_v, LIMIT_SAG)
        print(f"  {recording.label + ' sag':58} {t:7.3f} s   meter: {v:.0f} {off_v:+.0f} V")
    raw = [reference.rms_between(recording.u.t_s, recording.u.value, w["start_s"], w["end_s"]) for w in recording.windows]
    offs = np.array([w["u_rms_v"] / r - 1 for w, r in zip(recording.windows, raw)])
    print(f"  {recording.label}: V of {len(offs)} windows, off by {np.sqrt(np.mean(offs ** 2)):.1e} rms, "
          f"{np.max(np.abs(offs)):.1e} at most")
    report.near("V of a swinging window", recording.label, float(np.sqrt(np.mean(offs ** 2))), 0.005)


def check_live(report, bin_dir, recording):
    """What the running vatiod says of each second is said of the right second: labels are milliseconds, rounded."""
    seconds = recording.seconds(bin_dir, 4)
    report.check(len(seconds) >= 5, f"{recording.label}: {len(seconds)} live records")
    for second in seconds:
        rows = [w for w in recording.windows if w["start_s"] > second["start_s"] - 0.002 and w["end_s"] < second["end_s"] + 0.002]
        what = f"{recording.label} second to {second['end_s']:.3f} s"
        report.check(len(rows) == second["windows"], f"{what}: {second['windows']} windows, not {len(rows)}")
        for name, value in (("grid_u_min_v", min(w["u_rms_v"] for w in rows)), ("grid_u_max_v", max(w["u_rms_v"] for w in rows))):
            report.near("live", f"{what} {name}", second[name] / value - 1, 1e-6)
    print(f"  {recording.label}: the lowest and highest voltage of {len(seconds)} seconds as the running vatiod told them, each in "
          "its second")


def main():
    bin_dir, folder = sys.argv[1], recordings.folder()
    if folder is None:
        print("skipped: the recordings are not here; VATIO_WAVEFORMS names their folder")
        return recordings.SKIPPED
    report = Report()
    print("one cycle each of twelve kinds of appliance, looped for 10 s:")
    appliances = sorted(folder.glob("plaid_class*_cycle.csv"))
    report.check(len(appliances) == 12, f"{len(appliances)} appliances")
    for path in appliances:
        truth = check_appliance(report, bin_dir, path)
        check_through_adc(report, bin_dir, path, truth)
    rows = {file[:2]: Recording(bin_dir, folder, *file) for file in FILES}
    for recording in rows.values():
        check_stored(report, bin_dir, recording)
    print("stationary stretches, window by window:")
    for name, u, start_s, end_s, has_current in STATIONARY:
        check_stationary(report, rows[name, u], start_s, end_s, has_current)
    print("events:")
    for key, recording in rows.items():
        if key[0].startswith("fired"):
            check_switch_on(report, recording)
        elif key[0].startswith("relay"):
            check_interruption(report, recording)
        else:
            check_sags(report, recording)
    check_drop(report, rows["relay_60hz_c60.cfg", "#6"], 0.9)
    check_live(report, bin_dir, rows["substation_50hz_110kv.cfg", "#1"])
    print("largest deviations, as shares of their limits:")
    for kind, share in sorted(report.worst.items()):
        print(f"  {kind:36} {100 * share:6.1f} %")
    print(f"{report.checked} checked, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
