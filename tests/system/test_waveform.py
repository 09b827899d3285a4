# SPDX-License-Identifier: GPL-3.0-or-later
"""What vatiod keeps for those who ask later: the ring of raw scans as files that replay to the same readings, the events,
and the month's report against the database.

usage: test_waveform.py BIN_DIR [SCENARIO...]     BIN_DIR holds firmware/vatiod, tools/vatio/vatio
"""
import collections
import csv
import datetime
import io
import json
import math
import os
import signal
import sys

from harness import until
from test_vatiod import Place, live_of, main, near

U_V, I_A, PHI_DEG, F_HZ = 121.0, 11.0, 32.0, 59.97
LOAD = {"sim.source": "steady", "sim.u_v": U_V, "sim.i_a": I_A, "sim.phi_deg": PHI_DEG, "sim.f_hz": F_HZ,
        "sim.u_harmonics": "3:2:15,5:3:200", "sim.i_harmonics": "3:25:40,5:12:10,7:6:300"}

# How far two measurements of this load over 10 s each may be apart. The noise of a code is 0.5 LSB and the quantisation's
# 1/sqrt(12) LSB, 0.58 LSB in all; amplitudes are 365 LSB of voltage and 128 LSB of current, and N = 80,000 scans. So a
# fundamental's amplitude scatters by 0.58 sqrt(2/N) / A, 8e-6 of the voltage and 2.3e-5 of the current, its phase by as
# many radians (0.0013 degrees), the power as the current, a harmonic by 2.3e-3 % of the fundamental (8e-4 % in voltage).
# A window of 1,600 scans tells f to 12.7 Hz sqrt(6 / (pi^2 1600^3)) = 1.6e-4 Hz; the mean of fifty to 2.2e-5 Hz. Limits
# are six times that, and times sqrt 2 for the difference of two.
SCATTER = {"grid_u_rms_v": 8e-6 * U_V, "grid_i_rms_a": 2.3e-5 * I_A, "grid_p_w": 2.3e-5 * U_V * I_A,
           "grid_q1_var": 2.3e-5 * U_V * I_A, "grid_s_va": 2.3e-5 * U_V * I_A, "grid_phi_deg": 1.3e-3,
           "grid_thd_u_pct": 8e-4, "grid_thd_i_pct": 2.3e-3, "f_hz": 2.2e-5}
LIMITS = {name: 6 * math.sqrt(2) * scatter for name, scatter in SCATTER.items()}


def settings(values):
    return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]


def last_minute(place):
    with place.database() as database:
        return dict(database.execute("select * from minute order by seq desc limit 1").fetchone())


def record(place, name, *arguments, seconds=10):
    """The last seconds of the running meter as files."""
    result = place.vatio("waveform", "--seconds", str(seconds), "--output", os.path.join(place.root, name), *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def replay(place, name, *arguments):
    """The minute record of a recording metered as fast as it goes, in a data directory of its own."""
    there = Place(place.bin_dir)
    try:
        process = there.vatiod("--replay", os.path.join(place.root, name), "--sim-speed", "max", *arguments)
        assert process.wait() == 0, process.text()
        return last_minute(there)
    finally:
        there.close()


def compare(what, row, expected, factor=1):
    for name in LIMITS:
        limit = factor * LIMITS[name]
        print(f"  {what:24} {name:15} {row[name]:12.6f}  {expected[name]:12.6f}  limit {limit:.2g}")
        near(f"{what}: {name}", row[name], expected[name], limit)


def scenario_a_waveform_replays_to_the_same_readings(place):
    process = place.vatiod("--sim-speed", "4", *settings(LOAD))
    until(lambda: (place.status() or {}).get("uptime_ms", 0) > 12000, "twelve seconds of scans")
    said = record(place, "codes")
    assert " scans of 2 channels, 10.000 s from " in said, said
    record(place, "values", "--format", "csv")
    assert process.stop() == 0, process.text()
    expected = last_minute(place)
    near("THD of the model", expected["grid_thd_i_pct"], math.sqrt(25**2 + 12**2 + 6**2), 0.1)
    with open(os.path.join(place.root, "codes.cfg")) as file:
        assert "\nBINARY\n" in file.read()
    compare("COMTRADE, codes", replay(place, "codes.cfg"), expected)
    compare("CSV", replay(place, "values.csv"), expected)

    # Without what the .inf says of the front end, the voltage's transformer leads by 0.48 degrees.
    os.remove(os.path.join(place.root, "codes.inf"))
    row = replay(place, "codes.cfg")
    near("phase without the poles", row["grid_phi_deg"] - expected["grid_phi_deg"],
         math.degrees(math.atan(0.5 / F_HZ)), 0.02)


def scenario_a_replayed_recording_can_be_recorded_again(place):
    """Values, not codes, stand in the ring then; float's 24 bits are far below the noise."""
    process = place.vatiod("--sim-speed", "4", *settings(LOAD))
    until(lambda: (place.status() or {}).get("uptime_ms", 0) > 12000, "twelve seconds of scans")
    record(place, "first")
    assert process.stop() == 0, process.text()
    first = replay(place, "first.cfg")
    process = place.vatiod("--replay", os.path.join(place.root, "first.cfg"), "--sim-speed", "1", "--loop")
    until(lambda: (place.status() or {}).get("uptime_ms", 0) > 4000, "four seconds of scans")
    record(place, "second", seconds=3)  # well before the loop's seam
    assert process.stop() == 0, process.text()
    with open(os.path.join(place.root, "second.cfg")) as file:
        assert "\nFLOAT32\n" in file.read()
    compare("recorded again", replay(place, "second.cfg"), first, 2)  # 3 s scatter sqrt(10 / 3) as much


def scenario_waveform_needs_a_meter(place):
    result = place.vatio("waveform", "--output", os.path.join(place.root, "none"))
    assert result.returncode == 3 and "expected a running vatiod" in result.stderr, result
    process = place.vatiod("--sim-speed", "1")
    until(place.status, "it answers")
    assert os.stat(os.path.join(place.run, "scans")).st_mode & 0o7777 == 0o640
    assert process.stop() == 0
    assert sorted(os.listdir(place.run)) == ["seconds", "vatiod.lock"], os.listdir(place.run)


def scenario_events_are_listed_and_followed(place):
    process = place.vatiod("--sim-speed", "10", "--set", "store.commit_s=0")
    until(place.status, "it answers")
    until(lambda: "start" in place.vatio("events").stdout, "the start is stored")
    follower = place.start(os.path.join(place.bin_dir, "tools/vatio/vatio"), "--run-dir", place.run, "events", "--follow",
                           "--json")
    until(lambda: len(follower.lines) == 1, "the events so far")
    assert place.vatio("reload").returncode == 0
    until(lambda: len(follower.lines) == 3, "the reload followed, and who asked for it")
    kinds = [json.loads(line)["kind"] for line in follower.lines]
    assert kinds == ["start", "reload", "control"], kinds
    follower.send(signal.SIGINT)
    assert follower.wait() == 0
    assert process.stop() == 0


# --- the month's report ---------------------------------------------------------------------------------------------

QUICK = ("--sim-speed", "max", "--set", "adc.scan_rate_hz=3000", "--set", "store.commit_s=0", "--set", "sim.noise_lsb=0.5")
OFFSET_MIN = -60  # a day begins at 01:00 UTC
DAY_MS = 86400000


def utc_ms(text):
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


def start_meter(place, start, seconds, *arguments):
    return place.vatiod(*QUICK, "--set", f"meter.day_offset_min={OFFSET_MIN}", "--sim-start", start, "--seconds",
                        str(seconds), *arguments)


def run_meter(*arguments):
    process = start_meter(*arguments)
    assert process.wait() == 0, process.text()


def rows_of(place, stream):
    with place.database() as database:
        return [dict(row) for row in database.execute(f"select * from {stream} order by seq")]


def books(place):
    """Quarters, and minutes that no quarter covers: what a report has to add up, by day."""
    quarters = rows_of(place, "quarter")
    lost = [row for row in rows_of(place, "minute")
            if not any(q["utc_start_ms"] - 1000 < row["utc_start_ms"] and row["utc_end_ms"] < q["utc_end_ms"] + 1000
                       for q in quarters)]
    days = collections.defaultdict(lambda: collections.Counter())
    for row in quarters + lost:
        day = (row["utc_start_ms"] + OFFSET_MIN * 60000) // DAY_MS
        for name in ("import", "export"):
            days[day][name] += row[f"grid_{name}_delta_uwh"]
        days[day]["metered_us"] += row["metered_us"]
    return days, lost


def report_csv(place, month):
    result = place.vatio("report", "--month", month, "--format", "csv")
    assert result.returncode == 0, result.stderr
    return {row["day"]: row for row in csv.DictReader(io.StringIO(result.stdout))}


def scenario_a_report_is_the_sum_of_the_database(place):
    # Across the month's first midnight (01:00 UTC), across the next one, at noon until a power cut, days later again.
    run_meter(place, "2026-06-01T00:40:00Z", 3600)
    run_meter(place, "2026-06-02T00:35:00Z", 2700)
    victim = start_meter(place, "2026-06-02T12:03:00Z", 900000)
    until(lambda: os.path.exists(os.path.join(place.run, "control")) and
          len([r for r in rows_of(place, "minute") if r["utc_start_ms"] > utc_ms("2026-06-02T12:03:30")]) > 20, "minutes")
    victim.kill()
    run_meter(place, "2026-06-05T00:20:00Z", 3600, "--set", "sim.house_hour=12")  # at noon there: some export
    days, lost = books(place)
    # The quarter-hour that the kill left open is ended at the next start, as far as the journal knew it.
    assert len(lost) <= 1, lost
    process = place.vatiod("--sim-speed", "1", "--sim-start", "2026-06-06T12:00:00Z", "--set",
                           f"meter.day_offset_min={OFFSET_MIN}")
    until(lambda: (place.status() or {}).get("heartbeat", 0) > 8, "a second")
    report = report_csv(place, "2026-06")
    print(place.vatio("report", "--month", "2026-06").stdout)
    month = collections.Counter()
    for day in range(1, 7):
        key = (utc_ms(f"2026-06-0{day}T00:00:00")) // DAY_MS
        row = report[f"2026-06-0{day}"]
        if key not in days:
            assert row["import_uwh"] == "" and row["metered_us"] == "0", row
            continue
        for name in ("import", "export"):
            assert int(row[f"{name}_uwh"]) == days[key][name], (row, days[key])
        assert int(row["metered_us"]) == days[key]["metered_us"]
        month.update(days[key])
    assert set(report) == {f"2026-06-0{day}" for day in range(1, 7)} | {"total"}
    assert int(report["total"]["import_uwh"]) == month["import"] > 0
    assert int(report["total"]["metered_us"]) == month["metered_us"]
    may = report_csv(place, "2026-05")["total"]
    assert int(may["import_uwh"]) == days[utc_ms("2026-05-31T00:00:00") // DAY_MS]["import"] > 0
    for month_name in ("2026-04", "2026-07"):
        result = place.vatio("report", "--month", month_name)
        assert result.returncode == 1 and f"no energy was recorded in {month_name}" in result.stderr, result
    assert process.stop() == 0


if __name__ == "__main__":
    sys.exit(main(globals()))
