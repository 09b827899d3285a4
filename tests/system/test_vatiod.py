# SPDX-License-Identifier: GPL-3.0-or-later
"""The real daemon, its database, its registers, its display, the vatio command and MQTT, on the simulated front end.

usage: test_vatiod.py BIN_DIR [SCENARIO...]     BIN_DIR holds firmware/vatiod, net/vatio-mqtt, tools/vatio/vatio

Nothing is asserted about how fast anything is, only that it happens before a deadline. The seed of random moments is
printed and can be set with VATIO_TEST_SEED.
"""
import gc
import getpass
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile

from harness import MOSQUITTO, Process, free_port, until

SEED = int(os.environ.get("VATIO_TEST_SEED", "20260621"))
STREAMS = ("minute", "quarter", "day")


class Place:
    """A directory with the daemon's data, and the programs to use there."""

    def __init__(self, bin_dir):
        self.bin_dir = bin_dir
        self.root = tempfile.mkdtemp(prefix="vatio-")
        self.data = os.path.join(self.root, "data")
        self.run = os.path.join(self.root, "run")
        self.processes = []

    def close(self):
        for process in self.processes:
            process.kill()
        gc.collect()  # a database that is still open removes its files when it is closed
        shutil.rmtree(self.root)

    def start(self, *command, **environment):
        process = Process(command, **environment)
        self.processes.append(process)
        return process

    def vatiod(self, *arguments, **environment):
        return self.start(os.path.join(self.bin_dir, "firmware/vatiod"), "--data-dir", self.data, "--run-dir", self.run,
                          "--config", "/dev/null", "--set", "meter.id=m1", *arguments, **environment)

    def broker(self):
        port = free_port()
        config = os.path.join(self.root, "mosquitto.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n")
        process = self.start(MOSQUITTO, "-v", "-c", config)
        until(lambda: "running" in process.text(), "the broker runs")
        return port

    def vatio(self, *arguments):
        return subprocess.run([os.path.join(self.bin_dir, "tools/vatio/vatio"), "--run-dir", self.run, *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def status(self):
        result = self.vatio("status", "--json")
        return json.loads(result.stdout) if result.returncode == 0 else None

    def database(self):
        connection = sqlite3.connect(os.path.join(self.data, "vatio.db"))
        connection.row_factory = sqlite3.Row
        return connection


def near(name, value, expected, tolerance):
    assert abs(value - expected) <= tolerance, f"{name}: {value} is not {expected} +- {tolerance}"


def live_of(status):
    """The live record within a status object, wherever the command nests it."""
    return status["live"] if "live" in status else status


# --- one load, seen everywhere -----------------------------------------------------------------------------------

U_V, I_A, PHI_DEG = 121.0, 11.0, 32.0
U_HARMONICS = {3: (2.0, 15.0), 5: (3.0, 200.0)}
I_HARMONICS = {3: (25.0, 40.0), 5: (12.0, 10.0), 7: (6.0, 300.0)}


def harmonics_text(harmonics):
    return ",".join(f"{h}:{percent}:{degrees}" for h, (percent, degrees) in harmonics.items())


def steady_arguments():
    settings = {"sim.source": "steady", "sim.u_v": U_V, "sim.i_a": I_A, "sim.phi_deg": PHI_DEG, "sim.f_hz": 59.97,
                "sim.u_harmonics": harmonics_text(U_HARMONICS), "sim.i_harmonics": harmonics_text(I_HARMONICS)}
    arguments = []
    for name, value in settings.items():
        arguments += ["--set", f"{name}={value}"]
    return arguments


def model():
    """The stated load's quantities from its definition: sines with phase, current lagging by PHI_DEG."""
    thd_u = math.sqrt(sum(p * p for p, _ in U_HARMONICS.values()))
    thd_i = math.sqrt(sum(p * p for p, _ in I_HARMONICS.values()))
    p_w = U_V * I_A * math.cos(math.radians(PHI_DEG))
    for h in U_HARMONICS.keys() & I_HARMONICS.keys():
        (pu, du), (pi, di) = U_HARMONICS[h], I_HARMONICS[h]
        p_w += U_V * I_A * pu * pi / 1e4 * math.cos(math.radians(du - di))
    u_v = U_V * math.hypot(1, thd_u / 100)
    i_a = I_A * math.hypot(1, thd_i / 100)
    return {"grid_u_rms_v": (u_v, 1e-3 * u_v), "grid_i_rms_a": (i_a, 1e-3 * i_a), "grid_p_w": (p_w, 1e-3 * p_w),
            "grid_q1_var": (U_V * I_A * math.sin(math.radians(PHI_DEG)), 1e-3 * U_V * I_A),
            "grid_phi_deg": (PHI_DEG, 0.05), "grid_thd_u_pct": (thd_u, 0.1), "grid_thd_i_pct": (thd_i, 0.1),
            "f_hz": (59.97, 1e-3)}


def lcd_values(lines):
    """What the display said, page by page, as the last of each that is complete."""
    patterns = {"grid_u_rms_v": r"^ *([\d.]+)V", "f_hz": r"V +([\d.]+)Hz", "grid_i_rms_a": r"\| +([\d.]+)A PF",
                "grid_p_w": r"A PF.*\| P +([+-][\d.]+) W", "grid_q1_var": r"\| Q1 *([+-][\d.]+) var",
                "grid_phi_deg": r"\| phi +([+-][\d.]+)", "grid_thd_u_pct": r"THD-U +([\d.]+) %",
                "grid_thd_i_pct": r"THD-I +([\d.]+) %"}
    values = {}
    for line in lines:
        for name, pattern in patterns.items():
            found = re.search(pattern, line)
            if found:
                values[name] = float(found.group(1))
    return values if len(values) == len(patterns) else None


def scenario_one_load_reads_the_same_everywhere(place):
    port = place.broker()
    subscriber = place.start("mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-v", "-t", "vatio/#")
    vatiod = place.vatiod("--sim-speed", "20", "--display", "terminal", "--set", "display.page_s=1", *steady_arguments())
    publisher = place.start(os.path.join(place.bin_dir, "net/vatio-mqtt"), "--config", "", "--broker",
                            f"127.0.0.1:{port}", "--run-dir", place.run, "--state-dir", os.path.join(place.root, "mqtt"),
                            "--set", "mqtt.backoff_min_s=0.2", "--set", "mqtt.backoff_max_s=1",
                            "--set", "mqtt.live_period_s=1")

    def message(suffix, wanted):
        for line in list(subscriber.lines):
            topic, _, payload = line.partition(" ")
            if topic == f"vatio/v1/m1/{suffix}" and payload.startswith("{"):
                value = json.loads(payload)
                if wanted(value):
                    return value
        return None

    full_minute = until(lambda: message("data", lambda m: m["stream"] == "minute" and m["duration_us"] > 59e6),
                        "a full minute over MQTT")
    live = until(lambda: message("live", lambda m: m.get("grid_p_w") is not None), "a live message")
    lcd = until(lambda: lcd_values(list(vatiod.lines)), "every page on the display")
    status = live_of(place.status())
    assert publisher.stop() == 0, publisher.text()
    assert vatiod.stop() == 0, vatiod.text()

    with place.database() as database:
        row = dict(database.execute("select * from minute where seq = ?", (full_minute["seq"],)).fetchone())
    for name, (expected, tolerance) in model().items():
        for where, value in (("display", lcd[name]), ("status", status[name]), ("database", row[name]),
                             ("mqtt data", full_minute[name]), ("mqtt live", live[name])):
            near(f"{name} on {where}", value, expected, tolerance)
            print(f"  {name:16} {where:10} {value:12.5f}  model {expected:12.5f}  limit {tolerance:.4g}")
    for name, value in full_minute.items():
        if name in row and row[name] is not None:
            same = row[name] == value or isinstance(value, float) and math.isclose(row[name], value, rel_tol=1e-14)  # 15 digits in JSON
            assert same, f"{name}: database {row[name]}, mqtt {value}"


# --- what goes wrong at the start -------------------------------------------------------------------------------

def refused(place, expected_code, says, *arguments):
    process = place.vatiod(*arguments)
    code = process.wait()
    lines = [line for line in process.lines if line.strip()]
    assert code == expected_code, f"exit {code}: {process.text()}"
    assert len(lines) == 1 and says in lines[0], process.text()


def scenario_wrong_input_gets_one_sentence(place):
    bad = os.path.join(place.root, "bad.ini")
    refused(place, 2, "no such argument", "--frobnicate")
    refused(place, 2, "/nonexistent/x.ini", "--config", "/nonexistent/x.ini")
    refused(place, 2, "/nonexistent/b.ini", "--board", "/nonexistent/b.ini")
    refused(place, 2, "/nonexistent/c.ini", "--calibration", "/nonexistent/c.ini")
    for text, says in (("[display]\npage_s = often\n", "bad.ini:2"), ("[nonsense]\nx = 1\n", "bad.ini:1"),
                       ("[display]\npage_s = 5\n  more\n", "bad.ini:3"), (f"[sim]\nstart = {'x' * 300}\n", "bad.ini:2")):
        with open(bad, "w") as file:
            file.write(text)
        refused(place, 2, says, "--config", bad)
    with open(bad, "w") as file:
        file.write("[board]\nschema = 1\nname = x\n")
    refused(place, 2, "bad.ini", "--board", bad)
    refused(place, 1, "/dev/no-spi", "--set", "adc.source=spidev", "--board", board_with_no_spi(place))
    refused(place, 1, "/proc/version/x", "--data-dir", "/proc/version/x")


def board_with_no_spi(place):
    source = os.path.join(os.path.dirname(__file__), "../../board/reference.ini")
    path = os.path.join(place.root, "board.ini")
    with open(source) as file, open(path, "w") as out:
        out.write(file.read().replace("/dev/spidev0.0", "/dev/no-spi"))
    return path


def scenario_a_second_vatiod_on_the_same_data_is_refused(place):
    first = place.vatiod("--sim-speed", "1")
    until(place.status, "the first one answers")
    refused(place, 1, str(first.child.pid), "--sim-speed", "1")
    second = place.start(os.path.join(place.bin_dir, "firmware/vatiod"), "--config", "/dev/null", "--data-dir",
                         place.root + "/other", "--run-dir", place.run)
    assert second.wait() == 1, second.text()
    assert first.stop() == 0, first.text()


# --- stops at any moment ------------------------------------------------------------------------------------------

def read_books(place):
    with place.database() as database:
        rows = {stream: [dict(row) for row in database.execute(f"select * from {stream} order by seq")]
                for stream in STREAMS}
        assert database.execute("pragma integrity_check").fetchone()[0] == "ok"
    return rows


def read_events(place):
    with place.database() as database:
        return [dict(row) for row in database.execute("select * from event order by seq")]


def check_order(books):
    """seq rises by one and no register ever falls, whatever happened between two records."""
    for stream, rows in books.items():
        for before, after in zip(rows, rows[1:]):
            assert after["seq"] == before["seq"] + 1, f"{stream}: {before['seq']} then {after['seq']}"
            for name, value in before.items():
                if name.endswith("_uwh") and "delta" not in name:
                    assert after[name] >= value, f"{stream} {after['seq']}: {name} fell from {value} to {after[name]}"


def check_books(place, registers):
    """Streams continue over a stop that was asked for: the sum of the deltas is the register."""
    books = read_books(place)
    check_order(books)
    for stream, rows in books.items():
        for name in ("import_uwh", "export_uwh", "q1_uvarh", "q4_uvarh", "apparent_uvah"):
            total = sum(row["grid_" + name.replace("_u", "_delta_u")] for row in rows)
            assert total == registers[f"grid_{name}"], f"{stream} {name}: sum {total}, register {registers}"


def scenario_stopped_at_any_moment_it_continues(place):
    moments = random.Random(SEED)
    print(f"  seed {SEED}")
    before = None
    for turn in range(10):
        process = place.vatiod("--sim-speed", "60", "--set", "sim.start=now", "--set", "sim.house_hour=8")
        status = until(place.status, "it answers")
        registers = live_of(status)
        if before is not None:
            for name, value in before.items():
                assert registers[name] >= value, f"turn {turn}: {name} fell from {value} to {registers[name]}"
        pause = moments.random() * 1.2
        try:
            process.child.wait(pause)
            raise AssertionError(f"ended by itself: {process.text()}")
        except subprocess.TimeoutExpired:
            pass
        before = {name: value for name, value in live_of(place.status()).items()
                  if name.startswith("grid_") and name.endswith("h") and "delta" not in name}
        process.send(signal.SIGTERM if turn % 2 else signal.SIGINT)
        assert process.wait() == 0, process.text()
        final = journal_registers(place)
        check_books(place, final)


def journal_registers(place):
    """The newest registers of the journal, read by the daemon itself at its next start."""
    process = place.vatiod("--sim-speed", "0.001")
    status = until(place.status, "it answers")
    process.kill()
    live = live_of(status)
    return {name: value for name, value in live.items() if name.startswith("grid_")}


def scenario_killed_at_any_moment_it_continues(place):
    """Every other time the journal is too slow to have been written: then the newest stored minute is what continues."""
    moments = random.Random(SEED + 1)
    for turn in range(6):
        journal = "3600" if turn % 2 else "1"
        process = place.vatiod("--sim-speed", "200", "--set", f"journal.interval_s={journal}", "--set", "store.commit_s=0")
        until(lambda: len(read_books(place)["minute"]) > turn if place.status() else None, "another minute is stored")
        try:
            process.child.wait(moments.random() / 4)
        except subprocess.TimeoutExpired:
            pass
        process.kill()
        check_order(read_books(place))
    assert place.vatiod("--sim-speed", "max", "--seconds", "120").wait() == 0
    check_books(place, journal_registers(place))  # what the kills left open is in the streams too
    kinds = [row["kind"] for row in read_events(place)]
    assert kinds.count("restart") >= 6, kinds


# --- verbs ----------------------------------------------------------------------------------------------------------

def scenario_verbs_change_what_they_say(place):
    config = os.path.join(place.root, "vatiod.ini")
    with open(config, "w") as file:
        file.write("[display]\npage_s = 3\n")
    process = place.vatiod("--config", config, "--sim-speed", "1", "--display", "terminal")
    until(place.status, "it answers")
    assert place.vatio("page", "2").returncode == 0
    until(lambda: any("Imp" in line for line in list(process.lines)), "the energy page")
    assert place.vatio("page", "99").returncode != 0
    with open(config, "w") as file:
        file.write("[display]\npage_s = often\n")
    result = place.vatio("reload")
    assert result.returncode == 1 and "vatiod.ini:2" in result.stderr + result.stdout, result
    with open(config, "w") as file:
        file.write("[display]\npage_s = 1\n[sim]\nseed = 9\n")
    result = place.vatio("reload")
    assert result.returncode == 0 and "next start" in result.stdout + result.stderr, result
    assert place.vatio("stop").returncode == 0
    assert process.wait() == 0, process.text()
    assert place.vatio("status").returncode == 3


def scenario_the_service_manager_is_told(place):
    """READY when it meters, WATCHDOG while it lives, RELOADING and READY around a reload, STOPPING at the end."""
    address = os.path.join(place.root, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(45)
        said = []

        def hears(word):
            while not any(word in message for message in said):
                said.append(manager.recv(4096).decode())
            return said[-1]

        process = place.vatiod("--sim-speed", "1", NOTIFY_SOCKET=address, WATCHDOG_USEC="600000")
        hears("READY=1")
        hears("WATCHDOG=1")
        process.send(signal.SIGHUP)
        hears("RELOADING=1")
        process.send(signal.SIGTERM)
        hears("STOPPING=1")
    assert process.wait() == 0, process.text()


def scenario_no_network_socket(place):
    """vatiod has only unix sockets: the kernel's own list of its descriptors says so."""
    process = place.vatiod("--sim-speed", "1")
    until(place.status, "it answers")
    unix = {line.split()[6] for line in open("/proc/net/unix").readlines()[1:] if len(line.split()) > 6}
    descriptors = f"/proc/{process.child.pid}/fd"
    sockets = [os.readlink(os.path.join(descriptors, fd)) for fd in os.listdir(descriptors)]
    sockets = [name[8:-1] for name in sockets if name.startswith("socket:")]
    assert sockets, "the control socket is one"
    assert all(inode in unix for inode in sockets), sockets
    assert process.stop() == 0


def run_cases(cases):
    """Runs those that the command line names, or all, each in a place of its own; returns the exit status."""
    wanted = sys.argv[2:] or list(cases)
    failed = 0
    for name in wanted:
        place = Place(os.path.abspath(sys.argv[1]))
        try:
            print(name.replace("_", " "), flush=True)
            cases[name](place)
        except Exception as error:  # a case's failure must not hide the others'
            failed += 1
            print(f"  FAILED: {type(error).__name__}: {error}", flush=True)
        finally:
            place.close()
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main(namespace=None):
    return run_cases({name[9:]: function for name, function in (namespace or globals()).items() if name.startswith("scenario_")})


if __name__ == "__main__":
    sys.exit(main())
