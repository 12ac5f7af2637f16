# SPDX-License-Identifier: MIT
"""Programs of Debian's on the host that guests talk to: mosquitto and its clients, rsyslogd."""

import contextlib
import os
import select
import socket
import subprocess
import tempfile
import threading
import time

from machine import PATIENCE, die_with_parent, free_port


def until(check, what, timeout=PATIENCE):
    deadline = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.05)


# --- MQTT


@contextlib.contextmanager
def with_folder(peer, end, *args, **how):
    """A peer of that class, not started yet, with a folder of its own; @end is the method by which it ends."""
    with tempfile.TemporaryDirectory(prefix="coracle-peer-") as folder:
        p = peer(folder, *args, **how)
        try:
            yield p
        finally:
            end(p)


class Broker:
    """mosquitto on a port of its own; start() and kill() as often as wanted. More lines of its configuration may follow."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        self.configure()

    def configure(self, more=""):
        with open(f"{self.folder}/conf", "w", encoding="ascii") as f:
            # Root: else it would go over to a user who may not read our keys.
            f.write("per_listener_settings true\nuser root\npersistence false\nlog_dest stderr\n"
                    f"listener {self.port} 127.0.0.1\nallow_anonymous true\n{more}")

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/mosquitto", "-v", "-c", f"{self.folder}/conf"], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=die_with_parent)
        until(self.listens, "mosquitto to listen")

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as f:
            return f.read()

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def client(self, program, *words):
        return [program, "-h", "127.0.0.1", "-p", str(self.port), *words]


class Subscriber:
    """mosquitto_sub that stays; what it hears is in .lines."""

    def __init__(self, broker, topic, *words):
        self.lines = []
        self.process = subprocess.Popen(["stdbuf", "-oL", *broker.client("mosquitto_sub", "-t", topic, "-q", "1", "-d", *words)], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.subscribed = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        assert self.subscribed.wait(PATIENCE)

    def read(self):
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line.startswith("Subscribed"):
                self.subscribed.set()
            elif not line.startswith("Client "):
                self.lines.append(line)

    def stop(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def subscriber(broker, topic, *words):
    s = Subscriber(broker, topic, *words)
    try:
        yield s
    finally:
        s.stop()


class Door:
    """A port of the host that a guest knows as a broker's. While it is open whoever comes is led to the broker: so that a
    subscriber is there before the guest, and misses nothing."""

    def __init__(self, to):
        self.port, self.to, self.listener, self.inside = free_port(), to, None, []

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.run, args=(self.listener,), daemon=True).start()

    def run(self, listener):
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                self.inside += [near, far]
                threading.Thread(target=self.lead, args=(near, far), daemon=True).start()

    def lead(self, near, far):
        other = {near: far, far: near}
        with near, far, contextlib.suppress(OSError):
            while True:
                for s in select.select([near, far], [], [])[0]:
                    data = s.recv(65536)
                    if not data:
                        return
                    other[s].sendall(data)

    def close(self):
        """Nobody comes in; those inside stay until their broker goes."""
        if self.listener is not None:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None


def settled(lines):
    """All that was on its way: on a busy machine the subscriber is slow to say what it has."""
    seen = -1
    while seen != len(lines):
        seen = len(lines)
        time.sleep(2)
    return lines


def assert_all_in_order(heard, count):
    """QoS 1: a message may come again, then with all that followed it."""
    assert set(heard) == {str(i) for i in range(count)}, f"lost: {sorted({*map(str, range(count))} - set(heard), key=int)}"
    highest = -1
    for line in heard:
        assert int(line) <= highest + 1, f"{line} after {highest}"
        highest = max(highest, int(line))


# --- syslog


class Rsyslog:
    """rsyslogd for UDP and TCP, or TLS with a (CA's, own certificate's, key's) file. Of what it is told, lines() has what `app` said."""

    def __init__(self, folder, app="clients", tls=None):
        self.folder, self.app, self.port, self.process = folder, app, free_port(), None
        self.out = f"{folder}/out"
        with open(f"{folder}/conf", "w", encoding="ascii") as f:
            f.write((f'global(workDirectory="{folder}" DefaultNetstreamDriver="ossl" DefaultNetstreamDriverCAFile="{tls[0]}" '
                     f'DefaultNetstreamDriverCertFile="{tls[1]}" DefaultNetstreamDriverKeyFile="{tls[2]}")\n'
                     'module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")\n' if tls else
                     f'global(workDirectory="{folder}")\nmodule(load="imtcp")\n') + 'module(load="imudp")\n'
                    f'input(type="imtcp" address="127.0.0.1" port="{self.port}")\n'
                    f'input(type="imudp" address="127.0.0.1" port="{self.port}")\n'
                    'template(name="t" type="string" string="%protocol-version%|%syslogfacility-text%|%syslogseverity-text%|'
                    '%timereported:::date-rfc3339%|%hostname%|%app-name%|%msg%\\n")\n'
                    f'*.* action(type="omfile" file="{self.out}" template="t")\n')

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/rsyslogd", "-n", "-f", f"{self.folder}/conf", "-i", f"{self.folder}/pid"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=die_with_parent)
        until(self.listens, "rsyslogd to listen")

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def lines(self):
        if not os.path.exists(self.out):
            return []
        with open(self.out, encoding="utf-8", errors="replace") as f:
            return [l.split("|") for l in f.read().splitlines() if f"|{self.app}|" in l]
