# SPDX-License-Identifier: GPL-3.0-or-later
"""The real daemon with a FRAM that outlives it: killed, robbed of its card, with a chip that goes and one of another meter.

usage: test_fram.py BIN_DIR FAKE_I2C_BUS [SCENARIO...]     FAKE_I2C_BUS is the library of fake_i2c_bus.c
"""
import glob
import os
import signal
import sys
import time

from harness import until
import test_vatiod

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FAKE_I2C_BUS = sys.argv.pop(2)
CHIP_BYTES = 65536  # room for a struct fake_fram
P_W = 1200
SPEED = 4


def say(place, letter):
    with open(os.path.join(place.root, "fault"), "w", encoding="ascii") as file:
        file.write(letter)


def vatiod(place, *arguments):
    chip = os.path.join(place.root, "bus")
    if not os.path.exists(chip):
        with open(chip, "wb") as file:
            file.truncate(CHIP_BYTES)
    board = os.path.join(place.root, "board.ini")
    with open(os.path.join(SOURCE, "board/reference.ini"), encoding="ascii") as file:
        text = file.read()
    assert "i2c_device =\n" in text
    with open(board, "w", encoding="ascii") as file:
        file.write(text.replace("i2c_device =\n", f"i2c_device = {chip}\n"))
    return place.vatiod("--board", board, "--sim-speed", str(SPEED), "--set", "journal.fram=on", "--set", "journal.interval_s=3600",
                        "--set", "sim.source=steady", "--set", "sim.i_a=10", *arguments, LD_PRELOAD=FAKE_I2C_BUS,
                        FAKE_I2C_BUS=os.path.join(place.root, "fault"), ASAN_OPTIONS="verify_asan_link_order=0")


def health(place, name):
    return (place.status() or {}).get("health", {}).get(name, 0)


def events(place):
    database = place.database()
    rows = database.execute("SELECT kind, detail, value FROM event ORDER BY seq").fetchall()
    database.close()
    return {row["kind"]: row for row in rows}


def import_uwh(place):
    return (place.status() or {}).get("registers", {}).get("grid", {}).get("import_uwh", 0)


def scenario_a_killed_meter_without_its_card_goes_on_from_the_chip(place):
    process = vatiod(place, "--sim-start", "2026-06-21T00:00:05Z")
    until(lambda: health(place, "fram_writes") >= 8, "totals and a whole record")
    before_s = time.monotonic()
    seen_uwh = import_uwh(place)
    assert seen_uwh > 0
    process.send(signal.SIGKILL)
    process.wait()
    most_s = SPEED * (time.monotonic() - before_s) + 1
    for path in glob.glob(os.path.join(place.data, "*")):
        os.remove(path)
    process = vatiod(place, "--sim-start", "2026-06-21T00:10:05Z")
    until(lambda: (place.status() or {}).get("heartbeat", 0) > 8, "a second")
    assert process.stop() == 0, process.text()
    found = events(place)
    database = place.database()
    ended, ours = database.execute("SELECT grid_import_uwh, grid_import_delta_uwh FROM minute ORDER BY seq").fetchall()
    database.close()
    begun_uwh = ours["grid_import_uwh"] - ours["grid_import_delta_uwh"]
    assert ended["grid_import_uwh"] == ended["grid_import_delta_uwh"] == begun_uwh  # the minute that the kill left open
    second_uwh = P_W * 1e6 / 3600
    print(f"seen {seen_uwh} uWh, went on from {begun_uwh} uWh, a second is {second_uwh:.0f} uWh")
    assert seen_uwh - 1.5 * second_uwh <= begun_uwh <= seen_uwh + most_s * second_uwh  # a window and a turn more
    assert found["start"]["detail"] == "registers continue"
    assert "1 s at" in found["restart"]["detail"], found["restart"]["detail"]


def scenario_a_chip_that_goes_is_told_and_metering_goes_on(place):
    process = vatiod(place)
    until(lambda: health(place, "fram_writes") >= 2, "totals")
    say(place, "g")
    until(lambda: health(place, "fram_errors") >= 1, "an error is counted")
    until(lambda: health(place, "journal_writes") >= 2, "the journal is written, at the start and when the chip went")
    beats = place.status()["heartbeat"]
    until(lambda: place.status()["heartbeat"] > beats + 5, "windows go on")
    say(place, "o")
    written = health(place, "fram_writes")
    until(lambda: health(place, "fram_writes") > written, "the chip is used again")
    assert process.stop() == 0, process.text()
    found = events(place)
    assert "nothing answers" in found["fram-fault"]["detail"] and "fram-fault-end" in found


def scenario_registers_of_another_meter_are_refused(place):
    process = vatiod(place)
    until(lambda: health(place, "fram_writes") >= 8, "totals and a whole record")
    assert process.stop() == 0
    for path in glob.glob(os.path.join(place.data, "*")):
        os.remove(path)
    process = vatiod(place, "--set", "meter.id=m2")
    assert process.wait() == 1, process.text()
    assert "FRAM: these are the registers of m1, this is m2" in process.text(), process.text()
    process = vatiod(place, "--set", "meter.id=m2", "--set", "journal.fram=off")
    until(lambda: place.status() is not None, "it runs without the chip")
    assert process.stop() == 0


if __name__ == "__main__":
    sys.exit(test_vatiod.main(globals()))
