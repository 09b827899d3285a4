# SPDX-License-Identifier: GPL-3.0-or-later
"""vatio-mqtt against a real Mosquitto on loopback and a vatiod that only speaks (fake_vatiod).

usage: test_mqtt.py VATIO_MQTT FAKE_VATIOD [SCENARIO...]

Each scenario has its own directory, broker and port; four run at a time. Nothing is asserted about how fast anything is,
only that it happens before DEADLINE_S.
"""
import concurrent.futures
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from harness import DEADLINE_S, MOSQUITTO, Process, free_port, until

METER = "m1"
TOPIC = f"vatio/v1/{METER}"


class Scene:
    """What one scenario starts, and its end."""

    def __init__(self, name):
        self.dir = tempfile.mkdtemp(prefix=f"vatio-{name}-")
        self.port = free_port()
        self.processes = []
        os.mkdir(self.path("run"))

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def start(self, command, **environment):
        process = Process(command, **environment)
        self.processes.append(process)
        return process

    def broker(self, *lines, anonymous=True):
        config = self.write("mosquitto.conf", "\n".join(
            [f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(anonymous).lower()}",
             f"user {getpass.getuser()}", "max_inflight_messages 0", "persistence false", *lines]) + "\n")
        process = self.start([MOSQUITTO, "-v", "-c", config])
        until(lambda: "running" in process.text() or process.child.poll() is not None, "the broker runs")
        assert process.child.poll() is None, process.text()
        return process

    def vatiod(self, store="store1"):
        fake = self.start([FAKE, self.path("run"), METER, store])
        until(lambda: "ready" in fake.lines, "fake_vatiod is ready")
        return fake

    def subscriber(self, *more):
        process = self.start(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.port), "-V", "5", "-i", "sub", "-q", "1",
                              "-t", "vatio/#", "-F", "%t %r %q C=%C F=%F E=%E P=%P %p", *more])
        return process

    def mqtt(self, *more, broker=None, **environment):
        return self.start([MQTT, "--config", "", "--broker", broker or f"127.0.0.1:{self.port}", "--run-dir",
                           self.path("run"), "--state-dir", self.path("state"), "--status-file", self.path("status"),
                           "--set", "mqtt.backoff_min_s=0.1", "--set", "mqtt.backoff_max_s=0.4", "--set",
                           "mqtt.live_period_s=1", *more], **environment)

    def status(self):
        try:
            with open(self.path("status"), encoding="utf-8") as file:
                return json.load(file)
        except OSError:
            return {"acked_seq": {}, "connected": False, "under_way": 0, "records_refused": 0, "records_sent": 0,
                    "connects_refused": 0}

    def close(self):
        for process in self.processes:
            process.kill()
        shutil.rmtree(self.dir)


def tell(fake, command):
    answers = len(fake.lines)
    fake.child.stdin.write(command + "\n")
    until(lambda: len(fake.lines) > answers, f"fake_vatiod obeys: {command}")
    assert fake.lines[-1] == "ok", (command, fake.lines[-1])


def messages(subscriber, leaf):
    """(retained, qos, properties, payload) of what came on a topic."""
    found = []
    for line in list(subscriber.lines):
        topic, retained, qos, content, form, expiry, user, payload = (line.split(" ", 7) + [""] * 7)[:8]
        if topic == f"{TOPIC}/{leaf}":
            found.append((retained, qos, (content, form, expiry, user), payload))
    return found


def keys(subscriber, stream, store="store1"):
    """seq of each record that came, in order of arrival, duplicates kept; checks what belongs to each."""
    found = []
    for _, qos, _, payload in messages(subscriber, "event" if stream == "event" else "data"):
        record = json.loads(payload)
        assert qos == "1" and record["meter_id"] == METER, payload
        if record["store_id"] != store or record["stream"] != stream:
            continue
        found.append(record["seq"])
        if stream != "event":
            assert record["grid_p_w"] == record["seq"] + 0.25, payload
            assert "grid_thd_i_pct" not in record, "an absent value must be left out"
    return found


def subscribed(scene, broker, count=1):
    until(lambda: broker.text().count("Sending SUBACK to sub") >= count, "the subscriber is there")
    return scene


def all_arrived(subscriber, stream, last, store="store1"):
    until(lambda: set(keys(subscriber, stream, store)) >= set(range(1, last + 1)), f"{stream} 1..{last} arrived")
    assert set(keys(subscriber, stream, store)) == set(range(1, last + 1))


def acked(scene, stream, last):
    until(lambda: scene.status()["acked_seq"].get(stream) == last, f"cursor of {stream} at {last}")


def info_live_and_records(scene):
    broker, fake = scene.broker(), scene.vatiod()
    subscriber = scene.subscriber()
    subscribed(scene, broker)
    for stream, n in (("minute", 40), ("quarter", 3), ("day", 1), ("event", 5)):
        tell(fake, f"records {stream} {n}")
    mqtt = scene.mqtt("--require-broker")
    for stream, n in (("minute", 40), ("quarter", 3), ("day", 1), ("event", 5)):
        all_arrived(subscriber, stream, n)
        assert keys(subscriber, stream) == list(range(1, n + 1)), "in order, and once on a quiet connection"
    until(lambda: len(messages(subscriber, "live")) >= 2, "two live messages")
    _, qos, properties, payload = messages(subscriber, "live")[0]
    assert qos == "0" and properties == ("C=application/json", "F=1", "E=60", "P=schema:vatio.v1"), properties
    live = json.loads(payload)
    assert live["meter_id"] == METER and live["stream"] == "live" and "quality" in live and "grid_u_rms_v" in live
    assert live["f_10s_hz"] == 49.9875 and live["f_10s_utc_start_ms"] == 1700000000000, payload
    _, _, properties, _ = messages(subscriber, "data")[0]
    assert properties == ("C=application/json", "F=1", "E=", "P=schema:vatio.v1"), "records never expire"
    late = scene.subscriber("-i", "late")
    until(lambda: messages(late, "info") and messages(late, "state"), "retained info and state")
    retained, _, _, payload = messages(late, "info")[0]
    info = json.loads(payload)
    assert retained == "1" and info["schema"] == "vatio.v1" and info["points"] == ["grid"], payload
    assert info["netting"] == "per window, summed over elements" and info["point_fields"]["p_w"] == "W", payload
    assert info["live_fields"] == {"f_10s_hz": "Hz", "f_10s_utc_start_ms": "ms", "audit_seq": "", "audit_head": ""}, payload
    assert info["imp_per_kwh"] == 1000 and info["simulated"] == 1 and info["store_id"] == "store1", payload
    assert messages(late, "state")[0][0] == "1" and messages(late, "state")[0][3] == "online"
    assert not [m for m in messages(late, "data") + messages(late, "live") if m[0] == "1"], "records are not retained"
    assert mqtt.stop() == 0, mqtt.text()
    until(lambda: messages(late, "state")[-1][3] == "offline", "offline at the end")
    mqtt = scene.mqtt("--require-broker")
    acked(scene, "minute", 40)
    tell(fake, "records minute 1")
    acked(scene, "minute", 41)
    assert scene.status()["records_sent"] == 1, "nothing is sent again after a clean stop"
    assert mqtt.stop() == 0


def broker_killed(scene):
    broker, fake = scene.broker(), scene.vatiod()
    subscriber = scene.subscriber()
    subscribed(scene, broker)
    mqtt = scene.mqtt()
    tell(fake, "records minute 20")
    all_arrived(subscriber, "minute", 20)
    acked(scene, "minute", 20)
    broker.send(signal.SIGSTOP)
    tell(fake, "records minute 100")
    until(lambda: scene.status()["under_way"] == 16, "a window is under way")
    broker.kill()
    mqtt.send(signal.SIGSTOP)  # the subscriber must be back first: this broker keeps nothing for it
    broker = scene.broker()
    subscribed(scene, broker)
    mqtt.send(signal.SIGCONT)
    all_arrived(subscriber, "minute", 120)
    acked(scene, "minute", 120)
    assert mqtt.stop() == 0, mqtt.text()
    return f"{len(keys(subscriber, 'minute')) - 120} of 120 came twice"


def killed_itself(scene):
    broker, fake = scene.broker(), scene.vatiod()
    subscriber = scene.subscriber()
    subscribed(scene, broker)
    mqtt = scene.mqtt()
    tell(fake, "records minute 10")
    all_arrived(subscriber, "minute", 10)
    for last in (110, 210):
        broker.send(signal.SIGSTOP)
        tell(fake, "records minute 100")
        until(lambda: scene.status()["under_way"] == 16, "a window is under way")
        mqtt.kill()
        broker.send(signal.SIGCONT)
        os.unlink(scene.path("status"))
        mqtt = scene.mqtt()
        all_arrived(subscriber, "minute", last)
        acked(scene, "minute", last)
    assert all(message[3] == "online" for message in messages(subscriber, "state")), "back within the will's delay"
    assert mqtt.stop() == 0
    return f"{len(keys(subscriber, 'minute')) - 210} of 210 came twice"


def acl_denies(scene):
    everything = "topic readwrite vatio/#\n"
    acl = scene.write("acl", "topic read vatio/#\n" + "".join(
        f"topic write {TOPIC}/{leaf}\n" for leaf in ("state", "info", "live", "event")))
    broker, fake = scene.broker(f"acl_file {acl}"), scene.vatiod()
    subscriber = scene.subscriber()
    subscribed(scene, broker)
    mqtt = scene.mqtt()
    tell(fake, "records minute 30")
    tell(fake, "records event 4")
    all_arrived(subscriber, "event", 4)
    until(lambda: scene.status()["records_refused"] >= 5, "refused again and again")
    assert scene.status()["acked_seq"]["minute"] == 0 and not keys(subscriber, "minute")
    assert f"refused topic {TOPIC}/data (reason 0x87)" in mqtt.text(), mqtt.text()
    assert mqtt.text().count("refused topic") == 1, "said once"
    scene.write("acl", everything)
    broker.send(signal.SIGHUP)
    all_arrived(subscriber, "minute", 30)
    acked(scene, "minute", 30)
    assert "takes topic" in mqtt.text()
    assert mqtt.stop() == 0


def will_after_kill(scene):
    broker = scene.broker()
    scene.vatiod()
    subscriber = scene.subscriber()
    subscribed(scene, broker)
    mqtt = scene.mqtt()
    until(lambda: messages(subscriber, "state"), "online")
    mqtt.kill()
    killed = time.monotonic()
    until(lambda: messages(subscriber, "state")[-1][3] == "offline", "the will")
    waited = time.monotonic() - killed
    late = scene.subscriber("-i", "late")
    until(lambda: messages(late, "state"), "the will is retained")
    assert messages(late, "state")[0][3] == "offline" and messages(late, "state")[0][0] == "1"
    return f"the will came after {waited:.1f} s"


def credentials_refused(scene):
    scene.vatiod()
    subprocess.run(["mosquitto_passwd", "-b", "-c", scene.path("passwords"), "meter", "right-one"], check=True)
    scene.broker(f"password_file {scene.path('passwords')}", anonymous=False)
    wrong = scene.write("wrong", "wrong-one\n")
    right = scene.write("right", "right-one\n")
    user = ("--set", "mqtt.user=meter", "--set")
    mqtt = scene.mqtt("--require-broker", *user, f"mqtt.password_file={wrong}")
    assert mqtt.wait() == 3
    assert len(mqtt.lines) <= 2 and "refused the connection: " in mqtt.text() and "password_file" in mqtt.text(), mqtt.text()
    mqtt = scene.mqtt(*user, f"mqtt.password_file={wrong}")
    until(lambda: scene.status()["connects_refused"] >= 3, "it goes on trying")
    os.chmod(wrong, 0o644)
    until(lambda: "not asked: mqtt.password_file: other users may read it" in mqtt.text(), "a file open to all")
    scene.write("wrong", "right-one\n")  # read anew for each connection
    until(lambda: scene.status()["connected"], "connected with the right password")
    assert mqtt.text().count("refused the connection") == 1, mqtt.text()
    assert mqtt.stop() == 0
    mqtt = scene.mqtt("--require-broker", *user, f"mqtt.password_file={right}")
    until(lambda: "connected to" in mqtt.text(), "connected at once")
    assert mqtt.stop() == 0, mqtt.text()
    with open(scene.path("status"), encoding="utf-8") as file:
        assert "right-one" not in file.read() + mqtt.text()


def broker_absent(scene):
    scene.vatiod()
    mqtt = scene.mqtt("--require-broker")
    assert mqtt.wait() == 3
    assert f"broker 127.0.0.1:{scene.port} cannot be reached" in mqtt.text(), mqtt.text()
    mqtt = scene.mqtt()
    until(lambda: scene.status()["connects_refused"] >= 3, "it goes on trying")
    assert mqtt.text().count("cannot be reached") == 1, mqtt.text()
    scene.broker()
    until(lambda: scene.status()["connected"], "connected")
    assert mqtt.stop() == 0


def vatiod_comes_and_goes(scene):
    broker = scene.broker()
    subscriber = scene.subscriber()
    subscribed(scene, broker)
    mqtt = scene.mqtt()
    until(lambda: "vatiod is not running" in mqtt.text(), "it says what it waits for")
    fake = scene.vatiod()
    tell(fake, "records minute 5")
    all_arrived(subscriber, "minute", 5)
    fake.kill()
    until(lambda: mqtt.text().count("vatiod is not running") == 2, "it says so again")
    lives = len(messages(subscriber, "live"))
    fake = scene.vatiod()
    tell(fake, "records minute 8")
    all_arrived(subscriber, "minute", 8)
    until(lambda: len(messages(subscriber, "live")) > lives, "live from the new mailbox")
    tell(fake, "hang on")
    until(lambda: "waiting" in mqtt.lines[-1], "a vatiod that does not answer is waited for")
    tell(fake, "hang off")
    tell(fake, "store store2")
    tell(fake, "records minute 3")
    all_arrived(subscriber, "minute", 3, "store2")
    assert len(keys(subscriber, "minute")) == 8, "each once"
    tell(fake, "store store3")
    tell(fake, "forget minute 60")
    tell(fake, "records minute 100")
    until(lambda: keys(subscriber, "minute", "store3") == list(range(61, 101)), "what retention left")
    acked(scene, "minute", 100)
    assert mqtt.stop() == 0
    assert sorted(name.rsplit("-", 1)[1] for name in os.listdir(scene.path("state"))) == ["store1", "store2", "store3"]


def second_instance(scene):
    scene.broker()
    scene.vatiod()
    first = scene.mqtt()
    until(lambda: scene.status()["connected"], "connected")
    second = scene.mqtt()
    assert second.wait() == 1 and "another vatio-mqtt uses it" in second.text(), second.text()
    assert first.stop() == 0


def run(*arguments):
    return subprocess.run([MQTT, *arguments], capture_output=True, text=True, check=False, timeout=DEADLINE_S)


def command_line(scene):
    assert "usage: vatio-mqtt" in run("--help").stdout
    assert run("--version").stdout.startswith("vatio-mqtt ")
    dumped = run("--config", "", "--broker", "example.org:77", "--dump-config").stdout
    assert "host = example.org" in dumped and "port = 77" in dumped, dumped
    done = run("--config", scene.write("good.ini", dumped), "--check-config")
    assert done.returncode == 0 and done.stdout == "settings are good\n", done
    done = run("--config", scene.write("bad.ini", "[mqtt]\n\nprot = 1\n"), "--check-config")
    assert done.returncode == 2 and "bad.ini:3" in done.stderr and done.stderr.count("\n") == 1, done
    done = run("--nonsense")
    assert done.returncode == 2 and "--nonsense" in done.stderr and done.stderr.count("\n") == 1, done
    done = run("--config", "", "--state-dir", scene.path("no/such/dir"))
    assert done.returncode == 1 and "state directory" in done.stderr and done.stderr.count("\n") == 1, done


def systemd_is_told(scene):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(scene.path("notify"))
        notify.settimeout(DEADLINE_S)
        broker, fake = scene.broker(), scene.vatiod()
        mqtt = scene.mqtt("--status-file", scene.path("no/such/file"), NOTIFY_SOCKET=scene.path("notify"),
                          WATCHDOG_USEC="400000")
        heard = ""
        while not ("READY=1" in heard and "STATUS=connected to broker" in heard and heard.count("WATCHDOG=1") > 3):
            heard += notify.recv(4096).decode() + "\n"
        until(lambda: mqtt.text().count("it is not written any more") == 1, "a wrong status file is said once")
        broker.send(signal.SIGSTOP)
        tell(fake, "records minute 100")
        mqtt.send(signal.SIGTERM)
        while "STOPPING=1" not in heard:
            heard += notify.recv(4096).decode() + "\n"
        mqtt.send(signal.SIGTERM)  # asked twice: the broker is not waited for
        broker.send(signal.SIGCONT)
        assert mqtt.wait() == 0, mqtt.text()


def certificates(scene):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=scene.dir)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for authority in ("ca", "stranger"):
        openssl("req", "-x509", *curve, "-keyout", f"{authority}.key", "-out", f"{authority}.pem", "-subj",
                f"/CN={authority}", "-days", "2")
    openssl("req", *curve, "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=localhost")
    scene.write("extensions", "subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "broker.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            "broker.pem", "-days", "2", "-extfile", "extensions")
    scene.broker(f"certfile {scene.path('broker.pem')}", f"keyfile {scene.path('broker.key')}")
    scene.vatiod()
    tls = ("--require-broker", "--set", "mqtt.tls=on", "--set")
    try:
        socket.getaddrinfo("localhost", scene.port)
    except OSError:
        return "skipped: this machine has no name for itself, so none can be verified"
    name, address = f"localhost:{scene.port}", f"127.0.0.1:{scene.port}"
    for what, broker, authority in (("an unknown authority", name, "stranger"), ("a wrong name", address, "ca")):
        # A process that ends right after a refused handshake may leave OpenSSL's state of the library's thread to
        # the kernel (seen once in thirty); the attempts below, and many in a row, leave nothing.
        mqtt = scene.mqtt(*tls, f"mqtt.ca_file={scene.path(authority + '.pem')}", broker=broker,
                          ASAN_OPTIONS="detect_leaks=0")
        assert mqtt.wait() == 3, f"{what} must be refused: {mqtt.text()}"
        assert "certificate" in mqtt.text(), mqtt.text()
    shutil.copy(scene.path("stranger.pem"), scene.path("trusted.pem"))
    mqtt = scene.mqtt(*tls[1:], f"mqtt.ca_file={scene.path('trusted.pem')}", broker=name)
    until(lambda: scene.status()["connects_refused"] >= 5, "it goes on trying")
    shutil.copy(scene.path("ca.pem"), scene.path("trusted.pem"))
    until(lambda: scene.status()["connected"], "connected with TLS")
    assert mqtt.stop() == 0, mqtt.text()


SCENARIOS = [will_after_kill, vatiod_comes_and_goes, broker_killed, acl_denies, killed_itself, credentials_refused,
             info_live_and_records, broker_absent, second_instance, certificates, command_line, systemd_is_told]


def play(scenario):
    scene, start = Scene(scenario.__name__.replace("_", "-")), time.monotonic()
    try:
        note = scenario(scene)
        return True, f"ok   {scenario.__name__} {time.monotonic() - start:.1f} s {note or ''}".rstrip()
    except Exception as error:  # pylint: disable=broad-except
        outputs = "\n".join(f"--- {p.child.args[0]}\n" + "\n".join(p.lines[-25:]) for p in scene.processes)
        return False, f"FAIL {scenario.__name__} line {error.__traceback__.tb_next.tb_lineno}: {error!r}\n{outputs}"
    finally:
        scene.close()


def main():
    chosen = [s for s in SCENARIOS if not sys.argv[3:] or s.__name__ in sys.argv[3:]]
    good = bool(chosen)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for future in concurrent.futures.as_completed([pool.submit(play, s) for s in chosen]):
            passed, text = future.result()
            good = good and passed
            print(text, flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    MQTT, FAKE = sys.argv[1:3]
    sys.exit(main())
