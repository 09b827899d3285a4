# SPDX-License-Identifier: GPL-3.0-or-later
"""A database that the card damaged, under the real daemon: it is put aside, a new one begun, and everyone sees which.

usage: test_damaged_store.py BIN_DIR [SCENARIO...]     BIN_DIR holds firmware/vatiod, tools/vatio/vatio
"""
import glob
import os
import socket
import struct
import sys

from harness import DEADLINE_S, until
from test_vatiod import main

PAGE = 4096
MINUTES = 1
OLDER = 3000  # minutes before these, so that damage has pages of its own
STATUS = struct.Struct("=IHH4q")  # struct control_request: magic, version, verb, and what the other verbs need
STORE_ID = slice(16 + 7 * 8 + 33, 16 + 7 * 8 + 33 + 32)  # of the reply: head; pid, uptime, five numbers; the meter's name
LOAD = ("--set", "sim.source=steady", "--set", "sim.i_a=10", "--set", "store.commit_s=1")


def make_older(database):
    """Copies of the first minute stand before it, as if the meter had idled then."""
    database.execute("UPDATE minute SET seq = seq + ?", (OLDER,))
    names = [row["name"] for row in database.execute("PRAGMA table_info(minute)")]
    others = ", ".join(name for name in names if name != "seq")
    database.execute("WITH RECURSIVE older(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM older WHERE n < ?) "
                     f"INSERT INTO minute (seq, {others}) SELECT n, {others} FROM older, "
                     "(SELECT * FROM minute ORDER BY seq LIMIT 1)", (OLDER,))
    database.execute("UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM minute) WHERE name = 'minute'")
    database.commit()
    database.execute("VACUUM")  # pages in the order of their rows: the newest minutes are at the end of the file


def run_for(place, seconds, start):
    vatiod = place.vatiod("--sim-speed", "max", "--seconds", str(seconds), "--sim-start", start, *LOAD)
    assert vatiod.wait() == 0, vatiod.text()


def history(place):
    """A database closed in order, that is old; its newest numbers, its registers, its name."""
    run_for(place, MINUTES * 60, "2026-06-20T00:00:00Z")
    database = place.database()
    make_older(database)
    database.close()
    run_for(place, 10, "2026-06-20T00:01:20Z")  # the registers' journal learns the numbers
    database = place.database()
    newest = {stream: database.execute(f"SELECT max(seq) FROM {stream}").fetchone()[0]
              for stream in ("minute", "quarter", "day", "event")}
    register_uwh = database.execute("SELECT max(grid_import_uwh) FROM minute").fetchone()[0]
    store_id = database.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()[0]
    database.close()
    assert newest["minute"] >= OLDER + MINUTES
    return newest, register_uwh, store_id


def spoil(place, first, last):
    """Junk from one part of the file to another, in tenths."""
    path = os.path.join(place.data, "vatio.db")
    pages = os.path.getsize(path) // PAGE
    with open(path, "r+b") as file:
        file.seek(pages * first // 10 * PAGE)
        file.write(b"Z" * PAGE * max(1, pages * (last - first) // 10))


def start_again(place):
    return place.vatiod("--sim-speed", "20", "--sim-start", "2026-06-20T00:02:10Z", *LOAD)


def name_in_mailbox(place):
    status = place.status()
    return status["identity"]["store_id"] if status else None


def name_in_status(place):
    """As vatio-mqtt asks for it: over the control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
        control.settimeout(DEADLINE_S)
        control.connect(os.path.join(place.run, "control"))
        control.send(STATUS.pack(0x4F495456, 1, 1, 0, 0, 0, 0))
        return control.recv(1 << 16)[STORE_ID].decode("ascii", "replace")


def check_new(place, vatiod, newest, register_uwh, store_id):
    """The new database goes on where the old one stood, and has its own name everywhere."""
    until(lambda: name_in_mailbox(place) not in (None, store_id), "the mailbox has another store_id")
    new_id = name_in_mailbox(place)
    assert name_in_status(place) == new_id
    until(lambda: place.status()["health"]["records_stored"] > 3, "records are stored again")
    assert place.status()["health"]["stores_replaced"] == 1
    assert place.status()["health"]["records_lost"] == 0
    aside = [path for path in glob.glob(os.path.join(place.data, "vatio.db.corrupt-*")) if path.endswith("Z")]
    assert len(aside) == 1, aside
    until(lambda: place.vatio("events").stdout.count("store-replaced") == 1, "the event is there")
    assert os.path.basename(aside[0]) in place.vatio("events").stdout
    assert vatiod.stop() == 0, vatiod.text()
    assert vatiod.text().count("put aside") == 1, vatiod.text()
    database = place.database()
    assert database.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()[0] == new_id
    for stream, seq in newest.items():
        first, last, n = database.execute(f"SELECT min(seq), max(seq), count(*) FROM {stream}").fetchone()
        assert n == 0 or (first > seq and n == last - first + 1), f"{stream}: {first} to {last} after {seq}, {n} records"
    first = database.execute("SELECT grid_import_uwh, grid_import_delta_uwh FROM minute ORDER BY seq").fetchone()
    assert first[0] - first[1] == register_uwh, f"the registers went on from {first[0] - first[1]}, not {register_uwh}"
    database.close()


def scenario_damage_that_a_client_meets_is_found_and_the_database_replaced(place):
    newest, register_uwh, store_id = history(place)
    vatiod = start_again(place)
    until(lambda: place.status() is not None, "vatiod answers")
    assert name_in_status(place) == store_id == name_in_mailbox(place)
    spoil(place, 4, 6)
    export = place.vatio("export")
    assert export.returncode == 1 and "malformed" in export.stderr, export.stderr
    check_new(place, vatiod, newest, register_uwh, store_id)


def scenario_damage_that_a_write_meets_loses_nothing(place):
    newest, register_uwh, store_id = history(place)
    spoil(place, 5, 10)
    vatiod = start_again(place)
    check_new(place, vatiod, newest, register_uwh, store_id)


def scenario_a_damaged_database_does_not_keep_vatiod_from_starting(place):
    newest, register_uwh, store_id = history(place)
    spoil(place, 0, 0)
    check_new(place, start_again(place), newest, register_uwh, store_id)


def scenario_after_a_kill_the_database_is_checked(place):
    newest, register_uwh, store_id = history(place)
    vatiod = start_again(place)
    until(lambda: (place.status() or {"health": {"records_stored": 0}})["health"]["records_stored"] > 0, "an event is stored")
    vatiod.kill()
    spoil(place, 3, 4)
    vatiod = start_again(place)
    until(lambda: "put aside" in vatiod.text(), "the damage is found without anyone asking")
    assert "checking the database" in vatiod.text(), vatiod.text()
    assert vatiod.stop() == 0, vatiod.text()


if __name__ == "__main__":
    sys.exit(main(globals()))
