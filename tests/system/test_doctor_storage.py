# SPDX-License-Identifier: GPL-3.0-or-later
"""vatio doctor on real programs: the file system, a damaged database, a FRAM that goes, an audit log that cannot be written.

usage: test_doctor_storage.py BIN_DIR FAKE_I2C_BUS [SCENARIO...]     FAKE_I2C_BUS is the library of fake_i2c_bus.c
"""
import glob
import os
import sys

from harness import until
import test_fram
from test_doctor import doctor, faults, is_found, meter, mount, mount_ext4, play_all


def scenario_a_card_as_ext4_mounts_it(place):
    mount_ext4(place, "noatime")
    meter(place)
    findings = is_found(place, "mounted", "WARN", r"every 5 s: at 5 s the card takes about 137 MB a day", 0)
    assert "noatime,commit=300" in findings["mounted"]["advice"] and place.data in findings["mounted"]["advice"], findings
    mount("-o", "remount,commit=300", place.data)
    is_found(place, "mounted", "OK", "^ext4 with commit=300$", 0)


def scenario_another_file_system(place):
    os.mkdir(place.data)
    mount("-t", "tmpfs", "-o", "size=64m", "none", place.data)
    meter(place)
    is_found(place, "mounted", "SKIPPED", "^tmpfs: what it writes is not known", 0)


def scenario_a_damaged_database(place):
    process = meter(place)
    assert process.stop() == 0
    with open(os.path.join(place.data, "vatio.db"), "r+b") as file:
        file.write(b"Z" * 4096)
    process = meter(place)
    findings = is_found(place, "replaced", "FAULT", r"^1 damaged database put aside .*/vatio\.db\.corrupt-<UTC>", 1)
    assert faults(findings) == ["replaced"], findings
    assert len(glob.glob(os.path.join(place.data, "vatio.db.corrupt-*Z"))) == 1
    assert process.stop() == 0
    meter(place)
    is_found(place, "replaced", "OK", "^no database", 0)


def scenario_a_chip_that_goes(place):
    test_fram.vatiod(place)
    until(lambda: test_fram.health(place, "fram_writes") >= 8, "totals and a whole record")
    assert doctor(place)[1]["fram"]["state"] == "OK"
    test_fram.say(place, "g")
    until(lambda: test_fram.health(place, "fram_errors") >= 1, "an error is counted")
    is_found(place, "fram", "FAULT", r"[1-9]\d* calls failed since the start, it fails now", 1, "--seconds", "3")
    test_fram.say(place, "o")
    until(lambda: doctor(place)[1]["fram"]["state"] == "WARN", "the chip is used again")


def scenario_an_audit_log_that_cannot_be_written(place):
    os.makedirs(os.path.join(place.data, "audit.log"))
    process = meter(place)
    until(lambda: place.status()["health"]["audit_errors"] > 0, "an entry waits")
    findings = is_found(place, "audit", "FAULT", r"^[1-9]\d* writes? of the audit log failed", 1, "--seconds", "2")
    assert faults(findings) == ["audit"], findings
    os.rmdir(os.path.join(place.data, "audit.log"))
    until(lambda: doctor(place)[1]["audit"]["state"] == "WARN", "it is written again")
    assert process.stop() == 0, process.text()


if __name__ == "__main__":
    sys.exit(play_all(globals(), os.path.abspath(sys.argv[1]), sys.argv[2:]))
