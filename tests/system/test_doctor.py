# SPDX-License-Identifier: GPL-3.0-or-later
"""vatio doctor on real programs in which one thing is wrong.

usage: test_doctor.py BIN_DIR FAKE_CONVERTER [SCENARIO...]

BIN_DIR holds firmware/vatiod, net/vatio-mqtt, tools/vatio/vatio; FAKE_CONVERTER is the library of fake_converter.c.

Each scenario makes one fault for real and asks for its line, its advice and the exit status. A scenario whose fault cannot
be made here (mounting, tracing, no broker) says "skipped" and why. tools/vatio/README.md says which faults
are injected at unit level only.
"""
import ctypes
import json
import math
import os
import re
import subprocess
import sys
import time

from harness import MOSQUITTO, Process, free_port, until
from test_vatiod import Place

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x20000
FAKE_CONVERTER = ""
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
WALL = 0x40000000

CALIBRATION = """[calibration]
schema = 1
board = {board}
serial = t1
date = 2026-11-20
reference = none
"""


class Skipped(Exception):
    """The fault cannot be made on this machine."""


def doctor(place, *arguments):
    """Exit status and {check: finding}; the text says the same as the JSON."""
    options = ("--seconds", "1", "--mqtt-status", os.path.join(place.root, "mqtt.json"), *arguments)
    result = place.vatio("doctor", "--json", *options)
    assert result.stderr == "", result.stderr
    findings = {finding["check"]: finding for finding in json.loads(result.stdout)}
    return result.returncode, findings


def is_found(place, check, state, found, code, *arguments):
    """The check has its line, its advice, and the exit status; returns all findings."""
    status, findings = doctor(place, *arguments)
    finding = findings[check]
    assert finding["state"] == state and re.search(found, finding["found"]), finding
    assert ("advice" in finding) == (state in ("FAULT", "WARN")), finding
    assert status == code, (status, findings)
    text = place.vatio("doctor", "--seconds", "1", "--mqtt-status", os.path.join(place.root, "mqtt.json"), *arguments)
    lines = text.stdout.splitlines()
    line = next(i for i, one in enumerate(lines) if re.match(rf"{state} +{check} +- ", one))
    if state == "FAULT":
        assert lines[line + 1].startswith("        ") and len(lines[line + 1]) > 30, lines
    assert text.returncode == code, text
    print(f"  {lines[line]}")
    return findings


def faults(findings):
    return sorted(name for name, finding in findings.items() if finding["state"] == "FAULT")


def calibration(place, board="reference"):
    path = os.path.join(place.root, "calibration.ini")
    with open(path, "w", encoding="ascii") as file:
        file.write(CALIBRATION.format(board=board))
    return path


def meter(place, *arguments, speed="20", board="reference"):
    """A calibrated meter with a steady load of 10 A, imported, that has shown full seconds."""
    board_file = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"../../board/{board}.ini")
    process = place.vatiod("--sim-speed", speed, "--board", board_file, "--calibration", calibration(place, board), "--set",
                           "sim.source=steady", "--set", "sim.i_a=10", *arguments)
    until(lambda: (place.status() or {}).get("live", {}).get("utc_end_ms", 0) > 0 or process.child.poll() is not None,
          "a second is metered")
    assert process.child.poll() is None, process.text()
    return process


def publisher(place, port):
    process = place.start(os.path.join(place.bin_dir, "net/vatio-mqtt"), "--config", "", "--broker", f"127.0.0.1:{port}",
                          "--run-dir", place.run, "--state-dir", os.path.join(place.root, "mqtt"), "--status-file",
                          os.path.join(place.root, "mqtt.json"), "--set", "mqtt.backoff_min_s=0.1", "--set",
                          "mqtt.backoff_max_s=0.2")
    until(lambda: os.path.exists(os.path.join(place.root, "mqtt.json")), "vatio-mqtt tells its state")
    return process


def mqtt_status(place):
    with open(os.path.join(place.root, "mqtt.json"), encoding="utf-8") as file:
        return json.load(file)


def mount(*arguments):
    """In this program's own mount namespace."""
    result = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if result.returncode != 0:
        raise Skipped(f"mount: {result.stderr.strip()}")


def private_mounts():
    if os.geteuid() != 0 or LIBC.unshare(CLONE_NEWNS) != 0:
        raise Skipped("mounting needs root")
    mount("--make-rprivate", "/")


# --- nothing wrong, nothing there --------------------------------------------------------------------------------------

def scenario_a_good_meter_is_well(place):
    meter(place)
    code, findings = doctor(place)
    assert code == 0 and faults(findings) == [], findings
    assert findings["front-end"]["state"] == "OK" and "SIMULATED" in findings["front-end"]["found"]
    assert findings["broker"]["state"] == "SKIPPED", findings["broker"]


def scenario_no_vatiod(place):
    is_found(place, "vatiod", "FAULT", "not running: .*No such file", 3)
    process = meter(place)
    assert process.stop() == 0
    is_found(place, "vatiod", "FAULT", "not running: nobody listens", 3)


def scenario_vatiod_was_killed(place):
    meter(place).kill()
    findings = is_found(place, "vatiod", "FAULT", "killed vatiod left behind", 3)
    assert "is gone" in findings["mailbox"]["found"], findings["mailbox"]
    assert findings["samples"]["state"] == "SKIPPED", findings["samples"]


def scenario_wrong_usage(place):
    for words in (("--frobnicate",), ("now",), ("--seconds", "0")):
        result = place.vatio("doctor", *words)
        assert result.returncode == 2 and result.stdout == "", result


# --- sensors and wires -------------------------------------------------------------------------------------------------

def scenario_no_calibration(place):
    process = place.vatiod("--sim-speed", "20", "--set", "sim.source=steady")
    until(place.status, "it answers")
    findings = is_found(place, "calibration", "FAULT", "nominal scales", 1)
    assert faults(findings) == ["calibration"], findings
    assert process.stop() == 0


def scenario_clipped_channel(place):
    meter(place, "--set", "sim.i_a=50")
    findings = is_found(place, "clipped", "FAULT", r"^CH1 current grid L1: \d+ of \d+ windows", 1)
    assert faults(findings) == ["clipped"], findings


def noise_events(place):
    lines = place.vatio("events", "--json").stdout.splitlines()
    return [event for event in map(json.loads, lines) if event["kind"].startswith(("quiet", "noisy"))]


def scenario_quiet_current(place):
    process = meter(place, "--set", "sim.noise_lsb=0.1", "--set", "sim.i_a=0.1")
    until(lambda: doctor(place)[1]["quiet"]["state"] != "SKIPPED", "noise is known")
    findings = is_found(place, "quiet", "FAULT", r"^CH1 current grid L1 0\.[0-3]\d LSB, needed are 0\.4", 1)
    assert faults(findings) == ["quiet"], findings
    until(lambda: noise_events(place), "an event is stored")
    time.sleep(1)  # 20 s of the meter: two more values of noise
    events = noise_events(place)
    assert [event["kind"] for event in events] == ["quiet"] and events[0]["value"] < 0.4, events
    assert process.text().count("quiet: CH1 current grid L1: dither missing") == 1, process.text()
    detail = json.loads(place.vatio("detail", "--json").stdout)
    assert [channel["noise"] for channel in detail["channels"]] == ["good", "quiet"], detail["channels"]


def scenario_noisy_channels(place):
    meter(place, "--set", "sim.noise_lsb=3")
    until(lambda: doctor(place)[1]["noisy"]["state"] != "SKIPPED", "noise is known")
    findings = is_found(place, "noisy", "FAULT", r"^CH0 voltage [23]\.\d+ LSB, CH1 current grid L1 [23]\.\d+ LSB", 1)
    assert faults(findings) == ["noisy"], findings
    until(lambda: len(noise_events(place)) == 2, "events are stored")
    assert all(event["kind"] == "noisy" and 2.8 < event["value"] < 3.2 for event in noise_events(place))


def scenario_values_without_a_converter_have_no_noise(place):
    meter(place, "--set", "sim.ideal=yes")
    until(lambda: place.status()["uptime_ms"] > 25000, "two periods of 10 s are over")
    code, findings = doctor(place)
    assert code == 0 and findings["quiet"]["state"] == findings["noisy"]["state"] == "SKIPPED", findings
    assert noise_events(place) == []
    detail = json.loads(place.vatio("detail", "--json").stdout)
    assert all(channel["noise_lsb"] is None for channel in detail["channels"]), detail["channels"]


def scenario_reversed_current(place):
    meter(place, "--set", "sim.phi_deg=180")
    findings = is_found(place, "reversed", "FAULT", "^grid: -1200 W", 1)
    assert faults(findings) == ["reversed"], findings
    code, findings = doctor(place, "--generation")
    assert code == 0 and findings["reversed"]["state"] == "OK", findings


def scenario_reversed_after_long_import(place):
    process = meter(place, speed="600")
    until(lambda: place.status()["live"]["grid_import_uwh"] > 500e6, "half a kilowatt-hour of import")
    assert process.stop() == 0
    meter(place, "--set", "sim.phi_deg=180")
    is_found(place, "reversed", "FAULT", "^grid: -1200 W", 1)


def two_legs(place, *settings):
    """10 A on leg 1, 5 A on leg 2; no sun."""
    arguments = []
    for setting in ("sim.l2_i_a=5", *settings):
        arguments += ["--set", setting]
    return meter(place, *arguments, speed="4", board="split_phase")


def scenario_two_good_legs(place):
    two_legs(place, "sim.solar_i_a=3", "sim.l2_solar_i_a=3")
    code, findings = doctor(place)
    assert code == 0 and faults(findings) == [], findings
    assert all(findings[check]["state"] == "OK" for check in ("legs", "swapped", "reversed")), findings


def scenario_reversed_current_of_one_leg(place):
    two_legs(place, "sim.l2_phi_deg=180")
    findings = is_found(place, "reversed", "FAULT", "^load_l2: -600 W", 1)
    assert faults(findings) == ["reversed"], findings


def scenario_reversed_current_of_the_inverter(place):
    two_legs(place, "sim.l2_solar_i_a=3", "sim.l2_solar_phi_deg=180")
    is_found(place, "reversed", "FAULT", "^solar_l2: -360 W", 1)


def scenario_swapped_elements(place):
    """A recording of two legs, metered with the current channels exchanged."""
    path = os.path.join(place.root, "legs.csv")
    with open(path, "w", encoding="ascii") as file:
        file.write("t_s,u_l1_v,u_l2_v,i_l1_a,i_l2_a\n")
        for sample in range(8000):
            wave = math.sqrt(2) * math.sin(2 * math.pi * 60 * sample / 4000)
            file.write(f"{sample / 4000:.6f},{120 * wave:.5f},{-120 * wave:.5f},{10 * wave:.5f},{-5 * wave:.5f}\n")
    for exchanged in (False, True):
        one, two = ("i_l2", "i_l1") if exchanged else ("i_l1", "i_l2")
        process = place.vatiod("--replay", path, "--loop", "--sim-speed", "20", "--set",
                               f"replay.map=u_l1=u_l1,u_l2=u_l2,grid_l1={one},grid_l2={two}")
        until(lambda: (place.status() or {}).get("live", {}).get("grid_l2_p_w") is not None
              or process.child.poll() is not None, "a second is metered")
        if exchanged:
            is_found(place, "swapped", "FAULT", r"^both legs of grid are negative together, -1[78]\d\d W", 1)
        else:
            findings = doctor(place)[1]
            assert findings["swapped"]["state"] == findings["reversed"]["state"] == "OK", findings
        assert process.stop() == 0, process.text()


def scenario_sensor_fault(place):
    meter(place, "--set", "sim.corrupt_share=0.01")
    is_found(place, "sensor", "FAULT", r"\(\d\.\d+ %\)", 1)


def scenario_no_mains(place):
    process = place.vatiod("--sim-speed", "20", "--calibration", calibration(place), "--set", "sim.source=steady", "--set",
                           "sim.u_v=0", "--set", "sim.i_a=0")
    until(lambda: place.status() and place.status()["heartbeat"] > 20, "windows go by")
    is_found(place, "mains", "FAULT", "no mains", 1)
    assert process.stop() == 0


def acquire_thread(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as file:
            if file.read().strip() == "acquire":
                return int(task)
    raise AssertionError("no thread acquire")


def scenario_no_samples(place):
    """The sampling thread alone is held, as a converter driver that never returns would hold it."""
    process = meter(place)
    thread = acquire_thread(process.child.pid)
    if LIBC.ptrace(PTRACE_ATTACH, thread, None, None) != 0:
        raise Skipped(f"ptrace: {os.strerror(ctypes.get_errno())}")
    try:
        os.waitpid(thread, WALL)
        # what waits in the ring is measured first
        until(lambda: doctor(place)[1]["mailbox"]["state"] == "FAULT", "the mailbox stands still")
        findings = is_found(place, "samples", "FAULT", "^0 scans in 1.0 s", 1)
        assert findings["mailbox"]["state"] == "FAULT" and findings["vatiod"]["state"] == "OK", findings
    finally:
        LIBC.ptrace(PTRACE_DETACH, thread, None, None)
    until(lambda: doctor(place)[0] == 0, "samples again")


# --- the real driver on the real clocks, a converter that a preloaded library plays ------------------------------------

def fault(place, letter):
    with open(os.path.join(place.root, "fault.new"), "w", encoding="ascii") as file:
        file.write(letter)
    os.rename(os.path.join(place.root, "fault.new"), os.path.join(place.root, "fault"))


def real_meter(place):
    """A meter whose SPI device is a file; 1,000 scans per second, which this machine can keep up with."""
    device = os.path.join(place.root, "spidev")
    board = os.path.join(place.root, "board.ini")
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../board/reference.ini"), encoding="utf-8") as file:
        text = file.read()
    with open(board, "w", encoding="utf-8") as file:
        file.write(text.replace("/dev/spidev0.0", device))
    with open(device, "wb"):
        pass
    fault(place, "o")
    process = Process([os.path.join(place.bin_dir, "firmware/vatiod"), "--config", "/dev/null", "--data-dir", place.data,
                       "--run-dir", place.run, "--board", board, "--calibration", calibration(place), "--set",
                       "adc.source=spidev", "--set", "adc.scan_rate_hz=3000", "--set", "adc.priority=0", "--set",
                       "adc.lock_memory=no", "--set", "pulse.line=none"],
                      LD_PRELOAD=FAKE_CONVERTER, FAKE_CONVERTER=os.path.join(place.root, "fault"),
                      ASAN_OPTIONS="verify_asan_link_order=0")
    place.processes.append(process)
    until(lambda: (place.status() or {}).get("live", {}).get("grid_p_w") is not None or process.child.poll() is not None,
          "a second is metered")
    if process.child.poll() is not None and "spidev" in process.text():
        raise Skipped(f"the preloaded library is not heard here: {process.text()}")
    assert process.child.poll() is None, process.text()
    return process


def scenario_real_front_end(place):
    """What is well without a simulation; scans may be late on a busy machine."""
    process = real_meter(place)
    findings = doctor(place)[1]
    for check in ("front-end", "samples", "sensor", "mains", "reversed", "calibration", "clock"):
        assert findings[check]["state"] == "OK", findings
    assert "SIMULATED" not in findings["front-end"]["found"], findings
    assert process.stop() == 0, process.text()


def scenario_late_scans(place):
    real_meter(place)
    fault(place, "l")
    until(lambda: place.status()["health"]["scans_late"] * 50 > place.status()["health"]["scans"], "scans are late")
    is_found(place, "late-scans", "FAULT", r"^\d+\.\d+ % of the scans since the start", 1)


def scenario_clock_unsynchronised(place):
    real_meter(place)
    fault(place, "u")
    until(lambda: place.status()["live"]["utc_synced"] == 0, "the second is marked")
    is_found(place, "clock", "FAULT", "UTC is not synchronised", 1)


def scenario_the_converter_vanishes(place):
    process = real_meter(place)
    fault(place, "g")
    until(lambda: "opening it again" in process.text(), "the driver has seen it")
    until(lambda: place.status()["health"]["scans_failed"] > 3, "it is opened again and again")
    is_found(place, "samples", "FAULT", r"^0 scans in 1.0 s, \d+ since the start; \d+ read errors", 1)
    fault(place, "o")
    until(lambda: doctor(place)[1]["samples"]["state"] == "OK", "samples again")


def scenario_the_converter_is_unplugged(place):
    real_meter(place)
    fault(place, "a")
    until(lambda: place.status()["health"]["scans_corrupt"] > 300, "frames are corrupt")
    findings = is_found(place, "sensor", "FAULT", r"100\.000 % now", 1)
    assert {"mailbox", "samples"} <= set(faults(findings)), findings


# --- what is kept and sent ---------------------------------------------------------------------------------------------

def scenario_register_journal_damaged(place):
    process = meter(place, "--set", "journal.interval_s=1")
    until(lambda: place.status()["health"]["journal_writes"] >= 4, "each slot is written")
    assert process.stop() == 0
    path = os.path.join(place.data, "registers.journal")
    with open(path, "r+b") as file:
        file.seek((4 << 20) + 100)  # within the second slot
        file.write(b"\xff" * 200)
    meter(place)
    findings = is_found(place, "journal", "FAULT", "^1 damaged slot of", 1)
    assert faults(findings) == ["journal"], findings


def scenario_disk_nearly_full(place):
    os.mkdir(place.data)
    mount("-t", "tmpfs", "-o", "size=64m", "none", place.data)
    with open(os.path.join(place.data, "ballast"), "wb") as file:
        file.write(bytes(50 << 20))  # the journal takes 12
    meter(place)
    findings = is_found(place, "disk", "FAULT", r"^[0-4]\.\d % free, \d of 64 MiB", 1)
    assert faults(findings) == ["disk"], findings


def mount_ext4(place, options):
    """The data folder is a file system of its own; the tests' end unmounts it."""
    image = os.path.join(place.root, "disk")
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    os.mkdir(place.data)
    try:
        subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped(f"mkfs.ext4: {error}") from error
    mount("-o", f"loop,{options}", image, place.data)


def scenario_database_read_only(place):
    """A disk that failed under a running meter: ext4 with errors=remount-ro, told of an error."""
    mount_ext4(place, "errors=remount-ro")
    try:
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            device = next(line.split()[0] for line in mounts if f" {place.data} " in line)
        trigger = f"/sys/fs/ext4/{os.path.basename(device)}/trigger_fs_error"
        if not os.path.exists(trigger):
            raise Skipped("ext4 here cannot be told of an error")
        process = meter(place, "--set", "store.commit_s=0")
        with open(trigger, "w", encoding="ascii") as file:
            file.write("test")
        until(lambda: place.status()["health"]["store_errors"] > 0, "a write fails")
        findings = is_found(place, "database", "FAULT", r"vatio\.db is read-only \(", 1)
        assert "registers" in faults(findings) or place.status()["health"]["journal_errors"] == 0, findings
        process.kill()
    finally:
        subprocess.run(["umount", "-l", place.data], check=False)


def scenario_broker_unreachable(place):
    meter(place)
    port = free_port()
    process = publisher(place, port)
    until(lambda: mqtt_status(place)["connects_refused"] > 0, "an attempt fails")
    findings = is_found(place, "broker", "FAULT", f"^127.0.0.1:{port} cannot be reached", 1)
    assert faults(findings) == ["broker"], findings
    process.kill()
    old = time.time() - 600
    os.utime(os.path.join(place.root, "mqtt.json"), (old, old))
    is_found(place, "broker", "FAULT", r"no status for 60\d s", 1)


def scenario_broker_reachable(place):
    if not os.path.exists(MOSQUITTO):
        raise Skipped("mosquitto is not installed")
    port = place.broker()
    meter(place)
    publisher(place, port)
    until(lambda: mqtt_status(place)["connected"], "connected")
    is_found(place, "broker", "OK", f"connected to 127.0.0.1:{port}", 0)


def play(name, function, bin_dir):
    """0 passed, 1 failed, 2 skipped."""
    place = Place(bin_dir)
    print(name.replace("_", " "), flush=True)
    try:
        function(place)
        return 0
    except Skipped as reason:
        print(f"  skipped: {reason}", flush=True)
        return 2
    except Exception as error:  # a scenario's failure must not hide the others'
        print(f"  FAILED: {type(error).__name__}: {error}", flush=True)
        return 1
    finally:
        for process in place.processes:
            process.kill()
        subprocess.run(["umount", "-ql", place.data], check=False, stderr=subprocess.DEVNULL)
        place.close()


def play_all(names, bin_dir, some):
    """Of a module's names the scenarios, or some of them; the exit status."""
    scenarios = {name[9:]: function for name, function in names.items() if name.startswith("scenario_")}
    try:
        private_mounts()
    except Skipped as reason:
        print(f"no mounts of our own: {reason}")
    results = [play(name, scenarios[name], bin_dir) for name in some or list(scenarios)]
    print(f"{results.count(0)} passed, {results.count(1)} failed, {results.count(2)} skipped")
    return 1 if 1 in results else 0


def main():
    global FAKE_CONVERTER  # pylint: disable=global-statement
    bin_dir, FAKE_CONVERTER = (os.path.abspath(path) for path in sys.argv[1:3])
    return play_all(globals(), bin_dir, sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
