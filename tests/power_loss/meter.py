# SPDX-License-Identifier: GPL-3.0-or-later
"""One real vatiod after the other on the same data, each with a witness of what it showed, and the model beside them."""
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
from harness import Process  # noqa: E402
from journal import newest  # noqa: E402

REGISTERS = ("import_uwh", "export_uwh", "q1_uvarh", "q2_uvarh", "q3_uvarh", "q4_uvarh", "apparent_uvah")
U_V, WINDOW_S = 120.0, 0.2
WINDOW_UWH = 120 * 35 * WINDOW_S / 3600 * 1e6  # a minute is stored before its last window is shown: at most so much ahead
CYCLE_UWH = 120 * 35 / 60 / 3600 * 1e6  # the model begins a cycle before the first window
ACCURACY, FLOOR_UWH = 5e-4, 1000.0  # of the apparent energy; and what noise leaves in a short while
TURN_S, WRITE_S = 0.02, 0.05  # real time: how often the keeper looks whether it is time to write; a write on a busy machine
RING_S = 2.1  # what waits between sampling and measuring at most: 16,384 scans


def utc_text(utc_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(utc_s))


class Load:
    """A steady current; its energies are known without the meter."""

    def __init__(self, i_a, phi_deg):
        self.i_a, self.phi_deg = i_a, phi_deg

    def arguments(self):
        return ["--set", "sim.source=steady", "--set", f"sim.u_v={U_V}", "--set", f"sim.i_a={self.i_a}",
                "--set", f"sim.phi_deg={self.phi_deg}"]

    def energies(self, seconds):
        """Registers' gain in micro-units."""
        s = U_V * self.i_a * seconds / 3600 * 1e6
        p, q = (s * f(math.radians(self.phi_deg)) for f in (math.cos, math.sin))
        quadrant = {(True, True): "q1_uvarh", (False, True): "q2_uvarh", (False, False): "q3_uvarh",
                    (True, False): "q4_uvarh"}[p > 0, q >= 0]
        energies = dict.fromkeys(REGISTERS, 0.0)
        energies["import_uwh" if p > 0 else "export_uwh"] = abs(p)
        energies[quadrant] = abs(q)
        energies["apparent_uvah"] = s
        return energies


class State:
    """Registers of the grid and the time that was accounted for."""

    def __init__(self, seen):
        self.heartbeat = seen["heartbeat"]
        self.uptime_s = seen["uptime_ms"] / 1e3
        self.metered_s = seen["metered_ns"] / 1e9
        self.unmetered_s = seen["unmetered_ns"] / 1e9
        self.energy = seen["energy"]["grid"]

    @property
    def accounted_s(self):
        return self.metered_s + self.unmetered_s


class Losses:
    """What a start finds is the newest that was kept, to the micro-watt-hour: the newer of the journal's last whole record and
    the stored records. How old that is, is the machine's affair, too: who wants each 10 s of a simulated time that runs fast
    needs a processor within milliseconds."""

    def __init__(self, meter):
        self.meter = meter
        self.kept = None
        self.stored = {}
        self.kills = self.overdue = self.late = 0
        self.due_s = 0.0

    def expect(self, totals, speed, interval_s):
        """With nothing running: totals are the newest registers of each stream."""
        self.kept = newest(os.path.join(self.meter.data, "registers.journal"))
        self.stored = dict(totals)
        self.due_s = interval_s + speed * (TURN_S + WRITE_S) + RING_S + WINDOW_S

    def highest(self, name):
        kept = self.kept.energy[name] if self.kept and self.kept.energy else 0
        return max([kept] + [total.get(f"grid_{name}", 0) for total in self.stored.values()])

    def begin(self, state):
        """The first state that was seen, as it was at the start: some windows earlier when the witness was late."""
        if state.heartbeat > 0:
            self.late += 1
            state.energy = {name: self.highest(name) for name in REGISTERS}
            state.metered_s -= state.heartbeat * WINDOW_S
            state.heartbeat = 0
        return state

    def check(self, state, lost_s):
        """state: registers as the next start found them."""
        if self.kept is None:
            return
        for name in REGISTERS:
            if state.energy[name] != self.highest(name):
                raise AssertionError(f"{name} goes on from {state.energy[name]}, {self.highest(name)} was kept")
        if state.accounted_s < self.kept.accounted_s - 1e-3:
            raise AssertionError(f"{state.accounted_s} s are accounted for, {self.kept.accounted_s} were")
        self.kills += 1
        self.overdue += lost_s > self.due_s

    def check_all(self):
        """More often late than not is no matter of the machine."""
        if self.overdue > 5 + self.kills / 2:
            raise AssertionError(f"{self.overdue} of {self.kills} times the journal was written late")


class Run:
    """A vatiod from its start to its end, and what it showed."""

    def __init__(self, meter, arguments):
        self.begun = time.monotonic()
        shutil.rmtree(meter.run_dir, ignore_errors=True)  # else what the one before showed is seen
        os.mkdir(meter.run_dir)
        self.run_dir = meter.run_dir
        self.witness = subprocess.Popen([meter.program("tests/power_loss/witness"), meter.run_dir],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process = Process([meter.program("firmware/vatiod"), "--config", "/dev/null", "--data-dir", meter.data,
                                "--run-dir", meter.run_dir, "--set", "meter.id=soak", *arguments])
        self.first = self.last = None
        self.real_s = 0.0

    def meters(self):
        return any("metering" in line for line in list(self.process.lines))

    def wait_until_it_meters(self, deadline_s=30):
        while not self.meters():
            if self.process.child.poll() is not None:
                raise AssertionError(f"it ended by itself: {self.process.text()}")
            if time.monotonic() - self.begun > deadline_s:
                raise AssertionError(f"it does not meter after {deadline_s} s: {self.process.text()}")
            time.sleep(0.001)
        return time.monotonic() - self.begun

    def look(self):
        """What it shows now; None: nothing yet."""
        self.witness.stdin.write("?")
        self.witness.stdin.flush()
        self._take(self.witness.stdout.readline())
        return self.last

    def wait_until(self, uptime_s, deadline_s=60):
        """Until it has metered for so many seconds of its own time."""
        end = time.monotonic() + deadline_s
        while not self.look() or self.last.uptime_s < uptime_s:
            if time.monotonic() > end or self.process.child.poll() is not None:
                raise AssertionError(f"it does not get to {uptime_s:.0f} s: {self.process.text()}")
            time.sleep(0.002)

    def _take(self, line):
        seen = json.loads(line)
        self.first, self.last = (State(seen[key]) if seen[key] else None for key in ("first", "last"))

    def _listen(self):
        self.real_s = time.monotonic() - self.begun
        self._take(self.witness.communicate()[0])

    def kill(self):
        ended = self.process.child.poll()
        self.process.kill()
        self._listen()
        if ended is not None:
            raise AssertionError(f"it had ended by itself, {ended}: {self.process.text()}")

    def end_anyhow(self):
        """Asked to end, on a disk that takes nothing: orderly or with a sentence."""
        code = self.process.stop()
        self._listen()
        if code not in (0, 1):
            raise AssertionError(f"it ended with {code}: {self.process.text()}")

    def is_refused(self):
        """It says why it cannot start."""
        code = self.process.wait()
        self._listen()
        if code != 1 or not self.process.lines:
            raise AssertionError(f"it ended with {code}: {self.process.text()}")

    def stop(self):
        code = self.process.stop()
        self._listen()
        if code != 0:
            raise AssertionError(f"it ended with {code}: {self.process.text()}")


class Meter:
    """A data directory, the programs, and the simulated time that runs on from run to run."""

    def __init__(self, bin_dir):
        self.bin_dir = os.path.abspath(bin_dir)
        self.root = tempfile.mkdtemp(prefix="vatio-soak-")
        self.data = os.path.join(self.root, "data")
        self.run_dir = os.path.join(self.root, "run")
        self.utc_s = 1782079200  # 2026-06-21T22:00:00Z: midnight is near
        self.present = None

    def program(self, name):
        return os.path.join(self.bin_dir, name)

    def start(self, *arguments):
        self.present = Run(self, ["--sim-start", utc_text(self.utc_s), *arguments])
        return self.present

    def verify_audit(self):
        """The chain of the audit log, by the vatio command. Returns what it says."""
        result = subprocess.run([self.program("tools/vatio/vatio"), "--run-dir", self.run_dir, "audit", "--verify", "--file",
                                 os.path.join(self.data, "audit.log")], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if result.returncode != 0:
            raise AssertionError(f"vatio audit --verify: {result.stdout}{result.stderr}")
        return result.stdout.strip()

    def end(self):
        """Whatever still runs."""
        if self.present:
            self.present.process.kill()
            self.present.witness.kill()

    def close(self):
        self.end()
        shutil.rmtree(self.root)
