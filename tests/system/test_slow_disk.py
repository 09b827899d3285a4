# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that stands still for 5 s again and again costs no window, no record, no energy: the real daemon in real time
on a real ext4 that the kernel freezes (FIFREEZE) while records, events and registers are written every second. And one
that is read-only at the start.

usage: test_slow_disk.py BIN_DIR     BIN_DIR holds firmware/vatiod, tools/vatio/vatio

Needs root, a loop device and a mount namespace of its own; else it says why and is skipped.
"""
import fcntl
import json
import os
import sqlite3
import struct
import subprocess
import sys
import time

from harness import until
from test_vatiod import Place

STALL_S = 5
STALLS = 4
FREEZE, THAW = 0xC0045877, 0xC0045878  # linux/fs.h: _IOWR('X', 119, int), _IOWR('X', 120, int)
HEARTBEAT = 4 * 8  # bytes into <run_dir>/live: magic, schema, size, sequence, then struct mailbox_live
WINDOW_S = 0.2
SILENCE_S = 4  # most that the mailbox may stand still; whoever waits for the disk does so for 5
STEPS = 7  # within a stall


def freeze():
    """In a process of its own, which thaws whatever becomes of the test: usage --freeze DIR."""
    directory = os.open(sys.argv[2], os.O_RDONLY)
    fcntl.ioctl(directory, FREEZE, 0)
    try:
        print("frozen", flush=True)
        time.sleep(STALL_S)
    finally:
        fcntl.ioctl(directory, THAW, 0)


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    return "" if result.returncode == 0 else f"{command[0]}: {result.stderr.strip() or result.returncode}"


def mount_ext4(place):
    """An ext4 of 64 MiB over the data directory; why not, if it cannot be."""
    image = os.path.join(place.root, "image")
    os.mkdir(place.data)
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    return run("mkfs.ext4", "-q", "-m", "0", image) or run("mount", "-o", "loop", image, place.data)


class Heart:
    """The mailbox's heartbeat, read as any process may, and how long it ever stood still."""

    def __init__(self, place):
        self.file = open(os.path.join(place.run, "live"), "rb", buffering=0)
        self.last, self.since, self.longest = self.read(), time.monotonic(), 0.0

    def read(self):
        return struct.unpack("<q", os.pread(self.file.fileno(), 8, HEARTBEAT))[0]

    def watch(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            beat, now = self.read(), time.monotonic()
            self.longest = max(self.longest, now - self.since)
            if beat != self.last:
                self.last, self.since = beat, now
            time.sleep(0.02)


def waiting(vatiod):
    """The daemon's threads that wait for a disk now."""
    names = set()
    for task in os.listdir(f"/proc/{vatiod.child.pid}/task"):
        with open(f"/proc/{vatiod.child.pid}/task/{task}/stat", encoding="ascii") as file:
            name, state = file.read().split("(")[1].rsplit(")", 1)
        if state.split()[0] == "D":
            names.add(name)
    return names


def stall(place, vatiod, heart, waited):
    """One freeze; vatiod is asked for something that becomes an event all the while. The number of events asked for."""
    freezer = place.start(sys.executable, os.path.abspath(__file__), "--freeze", place.data)
    until(lambda: "frozen" in freezer.text(), "the file system is frozen")
    for _ in range(STEPS):
        assert place.vatio("reload").returncode == 0, "vatiod does not answer while the disk stands still"
        heart.watch((STALL_S - 1) / STEPS)
        waited |= waiting(vatiod)
    assert freezer.child.poll() is None, "the disk did not stand still that long"
    assert freezer.wait() == 0, freezer.text()
    heart.watch(1)
    assert vatiod.child.poll() is None, vatiod.text()
    return STEPS


def check_books(place, reloads):
    """Nothing is missing: each stream's numbers are whole, and its intervals make up its registers."""
    database = place.database()
    for stream in ("minute", "quarter", "day", "event"):
        first, last, n = database.execute(f"SELECT min(seq), max(seq), count(*) FROM {stream}").fetchone()
        assert (first, last) == (1, n) and n > 0, f"{stream}: {first} to {last}, {n} records"
    assert database.execute("SELECT count(*) FROM event WHERE kind = 'reload'").fetchone()[0] == reloads
    totals = set()
    for stream in ("minute", "quarter", "day"):
        delta = database.execute(f"SELECT sum(grid_import_delta_uwh) FROM {stream}").fetchone()[0]
        total = database.execute(f"SELECT grid_import_uwh FROM {stream} ORDER BY seq DESC LIMIT 1").fetchone()[0]
        assert delta == total > 0, f"{stream}: intervals of {delta} uWh, a register of {total}"
        totals.add(total)
    assert len(totals) == 1, totals
    database.close()
    return totals.pop()


def check_windows(status, started, heart):
    health = status["health"]
    for counter in ("ring_lost", "records_lost", "windows_withheld", "unmetered_ms", "store_errors", "journal_errors"):
        assert health[counter] == 0, f"{counter}: {health[counter]}"
    seconds = status["uptime_ms"] / 1000
    # the first windows find the mains' frequency; the newest may not be over
    assert abs(health["windows"] * WINDOW_S - seconds) <= 5 * WINDOW_S, f"{health['windows']} windows in {seconds} s"
    real_s = time.monotonic() - started
    assert abs(real_s - seconds) < SILENCE_S, f"{seconds} s metered in {real_s:.1f} s"
    assert heart.longest < SILENCE_S, f"the mailbox stood still for {heart.longest:.2f} s"
    return health["windows"], seconds


def test_read_only(place):
    """Nothing metered could be kept: vatiod says so at once and begins when the disk takes writes."""
    os.mkdir(place.data)
    why = run("mount", "-t", "tmpfs", "-o", "ro,mode=0755", "tmpfs", place.data)
    if why:
        return why
    refused = place.vatiod()
    assert refused.wait() == 1 and len(refused.lines) == 1, refused.text()
    assert place.data in refused.text() and "read-only" in refused.text() and "mount it" in refused.text(), refused.text()
    run("mount", "-o", "remount,rw", place.data)
    vatiod = place.vatiod()
    until(lambda: place.status() is not None, "vatiod meters")
    assert vatiod.stop() == 0, vatiod.text()
    run("umount", place.data)
    os.rmdir(place.data)
    return ""


def test_stalls(place):
    # a minute, a quarter and a day end 12 s after the start, while the disk stands still
    vatiod = place.vatiod("--sim-speed", "1", "--sim-start", "2026-06-20T23:59:48Z", "--set", "store.commit_s=1",
                          "--set", "journal.interval_s=1", "--set", "sim.source=steady", "--set", "sim.i_a=10")
    started = time.monotonic()
    until(lambda: place.status() is not None, "vatiod answers")
    heart = Heart(place)
    waited = set()
    reloads = sum(stall(place, vatiod, heart, waited) for _ in range(STALLS))
    assert {"recorder", "keeper"} <= waited, f"the disk stood still and yet only {waited} waited for it"
    assert not waited & {"acquire", "measure"}, f"{waited} waited for the disk"
    windows, seconds = check_windows(place.status(), started, heart)
    assert vatiod.stop() == 0, vatiod.text()
    assert "error" not in vatiod.text() and "warning" not in vatiod.text(), vatiod.text()
    total_uwh = check_books(place, reloads)
    print(f"{STALLS} stalls of {STALL_S} s: {windows} windows in {seconds:.1f} s, longest silence "
          f"{heart.longest:.2f} s, {reloads} events, {total_uwh} uWh; none lost")


def main():
    if sys.argv[1] == "--freeze":
        return freeze()
    if "VATIO_OWN_MOUNTS" not in os.environ:
        why = "needs root" if os.geteuid() != 0 else run("unshare", "--mount", "true")
        if why:
            print(f"skipped: {why}")
            return 0
        os.environ["VATIO_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])
    place = Place(os.path.abspath(sys.argv[1]))
    try:
        why = test_read_only(place) or mount_ext4(place)
        if why:
            print(f"skipped: {why}")
            return 0
        try:
            test_stalls(place)
        finally:
            for process in place.processes:
                process.kill()
            run("umount", "--lazy", place.data)  # a test that failed may have left it frozen
    finally:
        place.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
