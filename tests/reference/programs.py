# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs under test: the real daemon, with what it stored, and meter_csv, with its windows."""
import contextlib
import csv
import io
import math
import os
import shutil
import sqlite3
import subprocess
import tempfile

DEADLINE_S = 240


@contextlib.contextmanager
def place():
    root = tempfile.mkdtemp(prefix="vatio-")
    try:
        yield root
    finally:
        shutil.rmtree(root)


def vatiod_minutes(bin_dir, *arguments, **settings):
    """Runs vatiod as fast as it goes until it ends by itself; its minute records, oldest first. Settings: sim__u_v=120."""
    with place() as root:
        command = [os.path.join(bin_dir, "firmware/vatiod"), "--config", "/dev/null", "--data-dir", root + "/data",
                   "--run-dir", root + "/run", "--display", "none", "--sim-speed", "max", "--sim-start",
                   "2026-01-01T00:00:00Z", "--set", "meter.id=m1", "--set", "pulse.line=none", *arguments]
        for name, value in settings.items():
            command += ["--set", f"{name.replace('__', '.')}={value}"]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S)
        if result.returncode != 0:
            raise AssertionError(f"vatiod ended with {result.returncode}: {result.stdout}{result.stderr}")
        with contextlib.closing(sqlite3.connect(root + "/data/vatio.db")) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute("select * from minute order by seq")]


def windows(bin_dir, u, i, f_nominal_hz, u_nominal_v, rate_hz):
    """dsp/meter on the samples of two channels (with t_s and value): a dict of floats for each window."""
    rows = zip(u.t_s.tolist(), u.value.tolist(), i.t_s.tolist(), i.value.tolist())
    text = "".join(f"{a:.9f} {b!r} {c:.9f} {d!r}\n" for a, b, c, d in rows)
    command = [os.path.join(bin_dir, "tests/reference/meter_csv"), repr(f_nominal_hz), repr(rate_hz), repr(u_nominal_v)]
    result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=DEADLINE_S)
    if result.returncode != 0:
        raise AssertionError(f"meter_csv ended with {result.returncode}: {result.stderr}")
    return [{name: float(value) if value else math.nan for name, value in row.items()}
            for row in csv.DictReader(io.StringIO(result.stdout))]
