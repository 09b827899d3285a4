# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup, restore and the audit log with the real daemon and the vatio command.

usage: test_backup.py BIN_DIR [SCENARIO...]     BIN_DIR holds firmware/vatiod, tools/vatio/vatio

A "card" is a directory that vatio takes with --root; the meter on it is started with the restored settings.
"""
import hashlib
import json
import os
import random
import re
import signal
import sys

from harness import until
from test_vatiod import Place, SEED, main

LOAD = ("--set", "sim.source=steady", "--set", "sim.i_a=20", "--set", "sim.speed=50")
NO_LOAD = ("--set", "sim.source=steady", "--set", "sim.i_a=0", "--set", "sim.speed=1")
PASSWORD = "a secret"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Meter:
    """A vatiod with settings, board and calibration file of its own, below a root directory."""

    def __init__(self, place, root=""):
        self.place = place
        self.root = root
        self.config = os.path.join(place.root, "etc/vatiod.ini")  # as the meter itself names it
        self.data = root + place.data
        self.run = os.path.join(place.root, "run" + root.replace("/", "_"))

    def write_settings(self, meter_id="m1"):
        bin_dir, root = self.place.bin_dir, self.place.root
        write(os.path.join(root, "etc/board.ini"), read(os.path.join(os.path.dirname(__file__), "../../board/reference.ini")))
        write(self.config, f"[meter]\nid = {meter_id}\n[paths]\ndata_dir = {self.place.data}\n"
                           f"board_file = {root}/etc/board.ini\n[display]\npage_s = 7\n")
        write(os.path.join(root, "etc/mqtt.ini"), f"[mqtt]\nuser = \u00e4 {PASSWORD}\n")
        return bin_dir

    def start(self, *arguments):
        os.makedirs(self.run, exist_ok=True)
        process = self.place.start(os.path.join(self.place.bin_dir, "firmware/vatiod"), "--config", self.root + self.config,
                                   "--data-dir", self.data, "--run-dir", self.run, "--set",
                                   f"paths.board_file={self.root}{self.place.root}/etc/board.ini", *arguments)
        until(lambda: "metering" in process.text() or process.child.poll() is not None, "it meters")
        return process

    def vatio(self, *arguments):
        return self.place.vatio("--run-dir", self.run, *arguments)

    def events(self):
        result = self.vatio("events", "--json", "--max", "1000")
        return [json.loads(line) for line in result.stdout.splitlines()] if result.returncode == 0 else []

    def status(self):
        result = self.vatio("status", "--json")
        return json.loads(result.stdout) if result.returncode == 0 else None

    def log(self):
        return [json.loads(line) for line in read(os.path.join(self.data, "audit.log")).splitlines()]


def ok(result):
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def refused(result, says):
    assert result.returncode == 1, f"exit {result.returncode}: {result.stdout}{result.stderr}"
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and says in lines[0], result.stderr


def backup(meter, name="backup.json"):
    path = os.path.join(meter.place.root, name)
    ok(meter.vatio("backup", path, "--mqtt-config", os.path.join(meter.place.root, "etc/mqtt.ini")))
    return path


def metered(meter):
    """Runs until energy has been metered and a record stored."""
    until(lambda: (meter.status() or {}).get("control", {}).get("newest_seq", {}).get("minute", 0) > 0, "a minute is stored")


def seal(content):
    rest = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return dict(rest, sha256=hashlib.sha256(text.encode()).hexdigest())


def scenario_a_restored_meter_continues_exactly_and_says_so(place):
    source = Meter(place)
    source.write_settings()
    process = source.start(*LOAD)
    metered(source)
    path = backup(source)
    content = json.loads(read(path))
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert content == seal(content), "the checksum is as documented"
    files = {file["path"]: file["content"] for file in content["files"]}
    assert PASSWORD in files[os.path.join(place.root, "etc/mqtt.ini")]
    until(lambda: any(event["kind"] == "backup" for event in source.events()), "the event backup")
    event = [event for event in source.events() if event["kind"] == "backup"][0]
    assert f"uid {os.getuid()}, pid " in event["detail"] and event["detail"].endswith(": done"), event
    store_id = content["store_id"]
    newest = source.status()["control"]["newest_seq"]
    assert "whole" in ok(source.vatio("audit", "--verify"))
    assert process.stop() == 0  # and it would have gone on

    card = Meter(place, os.path.join(place.root, "card"))
    ok(card.vatio("restore", path, "--root", card.root))
    for name, text in files.items():
        assert read(card.root + name) == text
    process = card.start(*NO_LOAD)
    registers = until(lambda: (card.status() or {}).get("registers"), "registers")
    for point, values in content["registers"].items():
        for name, value in values.items():
            assert registers[point][name] == value, f"{point} {name}: {registers[point][name]} is not {value}"
    assert content["registers"]["grid"]["import_uwh"] > 1e6, content["registers"]
    until(lambda: any(event["kind"] == "restored" for event in card.events()), "the event restored")
    events = card.events()
    restored = [event for event in events if event["kind"] == "restored"]
    assert len(restored) == 1 and store_id[:8] in restored[0]["detail"], restored
    assert content["audit_head"] in restored[0]["detail"], "the new chain names the old one"
    assert min(event["seq"] for event in events) > 1, "seq goes on above the old one"
    status = card.status()
    assert status["identity"]["store_id"] != store_id and status["identity"]["meter_id"] == "m1"
    assert newest["event"] > 0
    assert not os.path.exists(os.path.join(card.data, "restored"))
    assert "whole" in ok(card.vatio("audit", "--verify"))
    assert [entry["kind"] for entry in card.log()][:2] == ["genesis", "restored"], card.log()
    assert process.stop() == 0
    assert "restored" not in card.start("--seconds", "5", *NO_LOAD).text(), "it is told once"


def scenario_a_backup_without_vatiod_is_of_the_journal(place):
    source = Meter(place)
    source.write_settings()
    process = source.start(*LOAD)
    metered(source)
    assert process.stop() == 0
    path = os.path.join(place.root, "cold.json")
    ok(source.vatio("backup", path, "--config", source.config, "--mqtt-config", "/nonexistent"))
    card = Meter(place, os.path.join(place.root, "card"))
    ok(card.vatio("restore", path, "--root", card.root))
    source.start("--seconds", "5", *NO_LOAD).wait()
    card.start("--seconds", "5", *NO_LOAD).wait()
    path_again = os.path.join(place.root, "again.json")
    ok(card.vatio("backup", path_again, "--root", card.root, "--config", source.config, "--mqtt-config", "/nonexistent"))
    assert json.loads(read(path_again))["meter_id"] == "m1"
    refused(source.vatio("backup", path, "--config", source.config), "File exists")
    refused(source.vatio("backup", os.path.join(place.root, "x.json"), "--data-dir", place.root), "no registers there")
    refused(source.vatio("backup", os.path.join(place.root, "x.json"), "--config", source.config, "--mqtt-config", "x.ini"),
            "x.ini: expected an absolute path")
    os.unlink(os.path.join(place.root, "etc/board.ini"))
    refused(source.vatio("backup", os.path.join(place.root, "x.json"), "--config", source.config), "it is not there")


def scenario_a_restore_is_refused_with_one_sentence(place):
    source = Meter(place)
    source.write_settings()
    process = source.start(*LOAD)
    metered(source)
    path = backup(source)
    content = json.loads(read(path))
    refused(source.vatio("restore", path), "another vatiod, process")
    assert process.stop() == 0
    refused(source.vatio("restore", path), "has kept registers there already")

    card = Meter(place, os.path.join(place.root, "card"))
    wrong = os.path.join(place.root, "wrong.json")

    def try_one(text, says):
        write(wrong, text)
        refused(card.vatio("restore", wrong, "--root", card.root), says)
        assert not os.path.exists(os.path.join(card.data, "registers.journal"))

    try_one(read(path).replace('"mode": 4', '"mode": 3', 1), "is damaged")
    try_one(read(path)[:-100], "expected a whole backup")
    try_one(json.dumps(seal(dict(content, schema=2))), "newer vatio")
    try_one(json.dumps(seal(dict(content, format="other"))), "no backup of a Vatio meter")
    try_one(json.dumps(seal(dict(content, meter_id="m2"))), "says what cannot be")
    try_one(json.dumps(seal({key: value for key, value in content.items() if key != "files"})), "not complete")
    refused(card.vatio("restore", os.path.join(place.root, "none.json"), "--root", card.root), "No such file")
    refused(card.vatio("restore", path, "--root", "/proc/self"), "/proc/self")

    write(card.root + card.config, "[meter]\nid = m2\n")
    refused(card.vatio("restore", path, "--root", card.root), "names the meter m2")
    write(card.root + card.config, "[meter]\nid = auto\n")
    ok(card.vatio("restore", path, "--root", card.root))


def scenario_a_fresh_card_that_has_metered_already_is_set_aside_by_force(place):
    source = Meter(place)
    source.write_settings()
    process = source.start(*LOAD)
    metered(source)
    path = backup(source)
    assert process.stop() == 0
    card = Meter(place, os.path.join(place.root, "card"))
    write(card.root + card.config, f"[meter]\nid = auto\n[paths]\ndata_dir = {place.data}\n")
    write(card.root + os.path.join(place.root, "etc/board.ini"), read(os.path.join(place.root, "etc/board.ini")))
    assert card.start("--seconds", "20", *LOAD).wait() == 0
    own = read(os.path.join(card.data, "meter_id"))
    refused(card.vatio("restore", path, "--root", card.root), "names the meter v")
    ok(card.vatio("restore", path, "--root", card.root, "--force"))
    aside = os.path.join(card.data, "before-restore.0")
    assert {"registers.journal", "vatio.db", "audit.log", "meter_id"} <= set(os.listdir(aside))
    assert read(os.path.join(aside, "meter_id")) == own
    process = card.start(*NO_LOAD)
    registers = until(lambda: (card.status() or {}).get("registers"), "registers")
    assert registers["grid"]["import_uwh"] == json.loads(read(path))["registers"]["grid"]["import_uwh"]
    assert process.stop() == 0


def scenario_vatiod_does_not_start_beside_half_a_restore(place):
    meter = Meter(place)
    meter.write_settings()
    write(os.path.join(meter.data, "restoring"), "backup of some day\n")
    process = meter.start(*NO_LOAD)
    assert process.wait() == 1 and "repeat it with vatio restore" in process.text(), process.text()
    assert not os.path.exists(os.path.join(meter.data, "registers.journal"))


def scenario_the_audit_log_is_whole_after_kills_and_misses_what_is_taken_away(place):
    chance = random.Random(SEED)
    print(f"  VATIO_TEST_SEED={SEED}")
    meter = Meter(place)
    meter.write_settings()
    for _ in range(6):
        process = meter.start(*NO_LOAD)
        for _ in range(chance.randrange(4)):
            meter.vatio("page", "0")
        process.send(signal.SIGKILL)
        process.wait()
    process = meter.start(*NO_LOAD)
    status = until(lambda: (lambda s: s if s and s["live"].get("audit_seq", 0) > 0 else None)(meter.status()), "a head")
    said = json.loads(ok(meter.vatio("audit", "--verify", "--json")))
    assert said["whole"] and said["compared"] and said["entries"] >= status["live"]["audit_seq"], said
    head = status["live"]["audit_head"]
    assert re.fullmatch("[0-9a-f]{64}", head)
    ok(meter.vatio("audit", "--verify", "--head", head))
    assert [json.loads(line)["n"] for line in ok(meter.vatio("audit", "--json")).splitlines()] == \
        list(range(1, said["entries"] + 1))
    assert meter.vatio("audit", "--verify", "--head", "0123").returncode == 2

    pages = [entry for entry in meter.log() if entry["kind"] == "control"]
    assert all(entry["detail"].startswith(f"page by uid {os.getuid()}, pid ") for entry in pages), pages
    assert meter.vatio("reload").returncode == 0
    until(lambda: any("reload by uid" in entry["detail"] for entry in meter.log()), "the verb is audited")
    said = json.loads(ok(meter.vatio("audit", "--verify", "--json")))

    log = os.path.join(meter.data, "audit.log")
    lines = read(log).splitlines(keepends=True)
    copy = os.path.join(place.root, "copy.log")
    write(copy, "".join(lines[:-1]))
    assert "whole" in ok(meter.vatio("audit", "--verify", "--file", copy)), "by itself a shorter log is whole"
    refused(meter.vatio("audit", "--verify", "--file", copy, "--head", said["head"]), "was cut or replaced")
    write(copy, "".join(lines[:2] + lines[3:]))
    refused(meter.vatio("audit", "--verify", "--file", copy), "entry 3 is missing")
    write(copy, "".join(lines[:2]) + lines[2].replace("kind", "kinD") + "".join(lines[3:]))
    refused(meter.vatio("audit", "--verify", "--file", copy), "entry 3 is damaged")
    until(lambda: meter.status()["live"]["audit_seq"] >= len(lines), "the newest head is published")
    os.truncate(log, len("".join(lines[:-1]).encode()))
    refused(meter.vatio("audit", "--verify"), "newest is not in it")
    assert process.stop() == 0
    mode = os.stat(log).st_mode & 0o777
    assert mode == 0o600, oct(mode)


if __name__ == "__main__":
    sys.exit(main(globals()))
