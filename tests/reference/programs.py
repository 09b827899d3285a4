# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs under test: the real daemon, with what it stored, and meter_csv, with its windows."""
import contextlib
import csv
import io
import json
import math
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time

DEADLINE_S = 240
START_S = 1767225600  # 2026-01-01T00:00:00Z, where every run starts


@contextlib.contextmanager
def place():
    root = tempfile.mkdtemp(prefix="vatio-")
    try:
        yield root
    finally:
        shutil.rmtree(root)


def vatiod_command(bin_dir, root, speed, arguments, settings):
    command = [os.path.join(bin_dir, "firmware/vatiod"), "--config", "/dev/null", "--data-dir", root + "/data", "--run-dir",
               root + "/run", "--display", "none", "--sim-speed", str(speed), "--sim-start", "2026-01-01T00:00:00Z", "--set",
               "meter.id=m1", "--set", "pulse.line=none", *arguments]
    for name, value in settings.items():
        command += ["--set", f"{name.replace('__', '.')}={value}"]
    return command


def vatiod_minutes(bin_dir, *arguments, **settings):
    """Runs vatiod as fast as it goes until it ends by itself; its minute records, oldest first. Settings: sim__u_v=120."""
    with place() as root:
        result = subprocess.run(vatiod_command(bin_dir, root, "max", arguments, settings), stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=DEADLINE_S)
        if result.returncode != 0:
            raise AssertionError(f"vatiod ended with {result.returncode}: {result.stdout}{result.stderr}")
        with contextlib.closing(sqlite3.connect(root + "/data/vatio.db")) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute("select * from minute order by seq")]


def vatiod_seconds(bin_dir, speed, *arguments, **settings):
    """The live records, one a second of the recording, that "vatio watch" sees of a vatiod that runs until it ends by itself.
    Under load some may be missed. Their times are in s since the start."""
    with place() as root:
        vatiod = subprocess.Popen(vatiod_command(bin_dir, root, speed, arguments, settings), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        vatio = [os.path.join(bin_dir, "tools/vatio/vatio"), "--run-dir", root + "/run"]
        try:
            while vatiod.poll() is None and subprocess.run([*vatio, "status"], capture_output=True, check=False).returncode != 0:
                time.sleep(0.02)
            watch = subprocess.Popen([*vatio, "watch", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            vatiod.wait(DEADLINE_S)
        finally:
            vatiod.kill()
            vatiod.wait()
        watch.terminate()
        lines = watch.communicate()[0].splitlines()
    records = {record["mono_end_us"]: record for record in map(json.loads, lines)}
    for record in records.values():
        record["start_s"] = record["utc_start_ms"] / 1e3 - START_S
        record["end_s"] = record["utc_end_ms"] / 1e3 - START_S
    return [record for record in records.values() if record["windows"] > 0]


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
