# SPDX-License-Identifier: GPL-3.0-or-later
"""The real daemon under a wall clock that steps, repeats, is set late and lives in time zones: its database afterwards.

usage: test_clock.py BIN_DIR [SCENARIO...]     BIN_DIR holds firmware/vatiod, tools/vatio/vatio
"""
import json
import os
import sqlite3
import subprocess
import sys

from harness import until
from test_vatiod import STREAMS, Place, live_of, main

TIMEOUT_S = 280
HOURS = 2
UNSYNCED = 1 << 4
PERIOD_MS = {"minute": 60000, "quarter": 900000, "day": 86400000}
WINDOW_MS = 250
DAY_OFFSET_MIN = -360
# Berlin leaves summer time at 2026-10-25T01:00:00Z, fifty minutes after this.
START = "2026-10-25T00:10:00Z"
# s after the start: s by which the clock is set. Half a second and a leap second are no steps.
STEPS = {1000.5: 3600, 2000.7: -7200, 3000: -0.5, 4000: -1, 5000: 86400, 5030: -86400, 6000: 7200}
SETS = [step for step in STEPS.values() if abs(step) > 1.1]
SMALL_MS = 1500  # what the others come to


def run(place, name, *settings, start=START, hours=HOURS, **environment):
    """One run from start to end as fast as it goes, with a data directory of its own name; an open database."""
    place.data = os.path.join(place.root, name)
    arguments = [os.path.join(place.bin_dir, "firmware/vatiod"), "--data-dir", place.data, "--run-dir", place.run,
                 "--config", "/dev/null", "--sim-speed", "max", "--sim-start", start, "--seconds", str(round(hours * 3600))]
    for setting in ("meter.id=m1", f"meter.day_offset_min={DAY_OFFSET_MIN}", "adc.scan_rate_hz=3000",
                    "sim.house_hour=12", *settings):
        arguments += ["--set", setting]
    result = subprocess.run(arguments, env=dict(os.environ, **environment), capture_output=True, text=True, timeout=TIMEOUT_S)
    assert result.returncode == 0, result.stdout + result.stderr
    return place.database()


def rows(database, stream):
    return [dict(row) for row in database.execute(f"SELECT * FROM {stream} ORDER BY seq")]


def events(database):
    return [(row["kind"], row["value"]) for row in database.execute("SELECT kind, value FROM event ORDER BY seq")]


def steps_text(steps):
    return "sim.clock_steps=" + ",".join(f"{at}:{by}" for at, by in steps.items())


def registers(database):
    """What the newest quarter-hour says: with the run's end, all of it."""
    newest = rows(database, "quarter")[-1]
    return {name: value for name, value in newest.items() if name.endswith(("_uwh", "_uvarh", "_uvah")) and "delta" not in name}


def check_stream(database, stream):
    """Keys rise by one, labels follow each other but at a step, what a step cuts says so. The jumps in s."""
    jumps, before = [], None
    for row in rows(database, stream):
        length_ms = row["utc_end_ms"] - row["utc_start_ms"]
        assert length_ms > 0 and abs(length_ms - row["duration_us"] / 1000) <= SMALL_MS + 2, row
        if before is not None:
            assert row["seq"] == before["seq"] + 1, (before["seq"], row["seq"])
            assert abs(row["mono_end_us"] - before["mono_end_us"] - row["duration_us"]) <= 1, row["seq"]
            if row["utc_start_ms"] == before["utc_end_ms"]:
                label_ms = before["utc_end_ms"] + (DAY_OFFSET_MIN * 60000 if stream == "day" else 0)
                assert label_ms % PERIOD_MS[stream] < WINDOW_MS, before
            else:
                assert before["quality"] & UNSYNCED, before
                jumps.append(round((row["utc_start_ms"] - before["utc_end_ms"]) / 1000))
        before = row
    return jumps


def scenario_steps_change_labels_and_nothing_else(place):
    plain = run(place, "plain")
    stepped = run(place, "stepped", steps_text(STEPS), TZ="America/Mexico_City")
    assert registers(plain) == registers(stepped), (registers(plain), registers(stepped))
    assert registers(plain)["grid_import_uwh"] > 0
    told = [round(value) for kind, value in events(stepped) if kind == "clock-set"]
    assert told == SETS, told
    assert [kind for kind, _ in events(stepped) if kind != "clock-set"] == ["start", "stop"], events(stepped)
    assert [kind for kind, _ in events(plain)] == ["start", "stop"], events(plain)
    for stream in STREAMS:
        jumps = check_stream(stepped, stream)
        assert jumps == SETS, (stream, jumps)
        assert check_stream(plain, stream) == []
        column = "grid_import_delta_uwh"
        totals = [database.execute(f"SELECT sum({column}) FROM {stream}").fetchone()[0] for database in (plain, stepped)]
        assert totals == [registers(plain)["grid_import_uwh"]] * 2, (stream, totals)
    check_readers(place, stepped)


def scenario_time_zones_change_nothing(place):
    """Summer time ends within the run: every value of every record is the same."""
    tables = []
    for zone in ("UTC", "Europe/Berlin", "America/Mexico_City"):
        database = run(place, zone.replace("/", "-"), hours=1.2, TZ=zone)
        tables.append({stream: rows(database, stream) for stream in STREAMS})
        for row in sum(tables[-1].values(), []):
            del row["boot_id"]
    assert len(tables[0]["minute"]) >= 72
    assert tables[0] == tables[1] == tables[2]


def scenario_a_meter_that_boots_in_1970_goes_on_and_is_set(place):
    """A run of 2026, then one that begins in 1970 and is set half an hour later; then what a reader makes of it."""
    first = run(place, "data", hours=0.5)
    before = {stream: rows(first, stream)[-1] for stream in STREAMS}
    set_s = 1792890000  # to 2026-10-25T01:30:00Z, less the half hour
    database = run(place, "data", f"sim.clock_steps=1800:{set_s}", "sim.clock_synced=after_step", start="1970-01-01T00:00:00Z", hours=1)
    for stream in STREAMS:
        later = [row for row in rows(database, stream) if row["seq"] > before[stream]["seq"]]
        assert [row["seq"] for row in later] == list(range(before[stream]["seq"] + 1, before[stream]["seq"] + 1 + len(later)))
        for row in later:
            is_set = row["utc_start_ms"] > 1e12
            assert (row["quality"] & UNSYNCED == 0) == is_set and row["utc_synced"] == is_set, row
            assert is_set or row["utc_end_ms"] <= 1800 * 1000 + WINDOW_MS, row
    told = events(database)
    kinds = [kind for kind, _ in told]
    assert kinds == ["start", "stop", "start", "restart", "config-changed", "clock-unsynced", "clock-set", "clock-synced", "stop"], told
    assert round(dict(told)["clock-set"]) == set_s and abs(dict(told)["clock-synced"] - 1800) < 1, told
    detail = database.execute("SELECT detail FROM event WHERE kind = 'restart'").fetchone()[0]
    assert detail.startswith("down for an unknown time"), detail
    detail = database.execute("SELECT detail FROM event WHERE kind = 'config-changed'").fetchone()[0]
    assert detail == "sim.start, sim.clock_steps, sim.clock_synced", detail
    total_uwh = registers(database)["grid_import_uwh"]
    for stream in STREAMS:
        assert database.execute(f"SELECT sum(grid_import_delta_uwh) FROM {stream}").fetchone()[0] == total_uwh
    check_readers(place, database)


def check_readers(place, database):
    """Each delta counts once, in the month of its label, whatever labels came before or come again."""
    process = place.vatiod("--sim-speed", "1", "--sim-start", "2026-10-27T12:00:00Z", "--set", "sim.house_hour=12",
                           "--set", f"meter.day_offset_min={DAY_OFFSET_MIN}")
    until(lambda: (live_of(place.status() or {}).get("utc_end_ms") or 0) > 1792e9, "it knows the time")
    result = place.vatio("export", "--stream", "quarter", "--format", "json")
    assert result.returncode == 0, result.stderr
    sent = [record["seq"] for record in json.loads(result.stdout)]
    assert sent == [row["seq"] for row in rows(database, "quarter")], sent
    result = place.vatio("report", "--month", "2026-10", "--format", "json")
    assert result.returncode == 0, result.stderr
    reported = json.loads(result.stdout)["total"]["export_uwh"]
    stored = [database.execute(f"SELECT sum(grid_export_delta_uwh) FROM {stream} WHERE utc_start_ms > 1e12").fetchone()[0]
              for stream in ("quarter", "minute")]
    assert stored[0] <= reported <= stored[1], (reported, stored)  # equal, unless a minute has passed since
    assert process.stop() == 0, process.text()


if __name__ == "__main__":
    sys.exit(main(globals()))
