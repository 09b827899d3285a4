# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded waveforms into numpy arrays: COMTRADE (binary, ASCII) and CSV, written apart from the meter's own readers.

A channel is (instants in s, values in V or A). Where the recordings are: the folder named by VATIO_WAVEFORMS, else the
one beside the repository that is named below; they are not part of the project.
"""
import dataclasses
import os
import pathlib

import numpy as np

SKIPPED = 77  # a test's exit code that says: skipped, the reason is printed
SCALES = {"V": 1.0, "kV": 1e3, "A": 1.0, "kA": 1e3, "mV": 1e-3, "mA": 1e-3}


@dataclasses.dataclass
class Channel:
    name: str
    t_s: np.ndarray
    value: np.ndarray


def folder():
    """The folder of the recordings, or None."""
    named = os.environ.get("VATIO_WAVEFORMS")
    repository = pathlib.Path(__file__).resolve().parents[2]
    place = pathlib.Path(named) if named else repository.joinpath("..", "shared", "cases", "waveforms")
    return place.resolve() if place.is_dir() else None


def read_csv(path):
    """Columns named NAME_v or NAME_a, and t_s."""
    with open(path, encoding="ascii") as file:
        names = file.readline().strip().split(",")
        table = np.loadtxt(file, delimiter=",", ndmin=2)
    t_s = table[:, names.index("t_s")]
    return {name: Channel(name, t_s, table[:, k]) for k, name in enumerate(names) if name != "t_s"}


def read_rates(lines):
    """A .cfg's rate lines: [(samples per second, last sample)], the number of samples, and the lines that follow."""
    n = int(lines[0])
    rates = [tuple(float(field) for field in line.split(",")) for line in lines[1:1 + max(n, 1)]]
    return rates[:n], int(rates[-1][1]), lines[1 + max(n, 1):]


def sample_times(rates, stamps_s):
    """By the sampling rates where the file states them: stamps are rounded to its microseconds then. Else by the stamps."""
    if not rates:
        return stamps_s - stamps_s[0]
    steps = np.concatenate([np.full(int(last - before), 1 / rate)
                            for (rate, last), before in zip(rates, [0] + [last for _, last in rates])])
    return np.concatenate([[0.0], np.cumsum(steps[1:])])[:len(stamps_s)]


def read_comtrade(path):
    """Keyed by the channel's place as text, "#5". Each channel's skew is in its instants."""
    path = pathlib.Path(path)
    lines = path.read_text(encoding="latin-1").splitlines()
    analogue, digital = (int(part.strip().rstrip("AD")) for part in lines[1].split(",")[1:3])
    fields = [[field.strip() for field in line.split(",")] for line in lines[2:2 + analogue]]
    rates, samples, rest = read_rates(lines[2 + analogue + digital + 1:])
    binary = rest[2].strip().upper() == "BINARY"
    multiplier = float(rest[3]) if len(rest) > 3 and rest[3].strip() else 1.0
    if binary:
        row = np.dtype([("n", "<u4"), ("t", "<u4"), ("a", "<i2", (analogue,)), ("d", "<u2", ((digital + 15) // 16,))])
        table = np.fromfile(path.with_suffix(".dat"), dtype=row)[:samples]
        stamps, values = table["t"].astype(float), table["a"].astype(float)
    else:
        table = np.loadtxt(path.with_suffix(".dat"), delimiter=",", ndmin=2)[:samples]
        stamps, values = table[:, 1], table[:, 2:2 + analogue]
    t_s = sample_times(rates, stamps * multiplier * 1e-6)
    channels = {}
    for k, field in enumerate(fields):
        scale = SCALES.get(field[4], 1.0)
        value = (float(field[5]) * values[:, k] + float(field[6])) * scale
        channels[f"#{k + 1}"] = Channel(field[1], t_s + float(field[7]) * 1e-6, value)
    return channels


def read(path):
    return read_csv(path) if str(path).endswith(".csv") else read_comtrade(path)


def loop(channel, times):
    """The channel, repeated; the last sample is one spacing before the next first one."""
    n = len(channel.t_s)
    period = (channel.t_s[-1] - channel.t_s[0]) * n / (n - 1)
    t_s = np.concatenate([channel.t_s + k * period for k in range(times)])
    return Channel(channel.name, t_s, np.tile(channel.value, times))
