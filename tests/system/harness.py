# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system tests share: children with their output, a broker's place, waiting with a deadline."""
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

DEADLINE_S = 45
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what):
    """Waits for the condition's first true value and returns it."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {DEADLINE_S} s: {what}")


class Process:
    """A child whose output is kept line by line."""

    def __init__(self, command, **environment):
        self.lines = []
        self.child = subprocess.Popen(command, env=dict(os.environ, **environment), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.append(line.rstrip("\n"))

    def text(self):
        return "\n".join(list(self.lines))

    def send(self, number):
        self.child.send_signal(number)

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.send_signal(signal.SIGCONT)
        self.wait()

    def wait(self):
        code = self.child.wait(DEADLINE_S)
        self.reader.join(DEADLINE_S)
        return code

    def stop(self):
        self.send(signal.SIGTERM)
        return self.wait()
