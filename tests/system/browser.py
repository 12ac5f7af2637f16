# SPDX-License-Identifier: MIT
"""Chromium driven by its DevTools protocol, over pipes: pages that live, seen as they change."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import threading

from machine import PATIENCE, die_with_parent

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--no-proxy-server", "--lang=en",
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
COMMANDS, ANSWERS = 3, 4  # descriptors that --remote-debugging-pipe takes


class Browser:
    """One tab. Exceptions of its pages are in .errors."""

    def __init__(self, folder):
        assert CHROMIUM, "there is no chromium; tools/need-packages test installs it"
        theirs, self.commands = os.pipe()
        self.answers, ours = os.pipe()
        # Not sh: descriptors may have two digits.
        line = f'exec "$@" {COMMANDS}<&{theirs} {ANSWERS}>&{ours}'
        self.process = subprocess.Popen(["bash", "-c", line, "bash", CHROMIUM, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder}"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        pass_fds=(theirs, ours), preexec_fn=die_with_parent)
        os.close(theirs)
        os.close(ours)
        self.numbers, self.done, self.errors = itertools.count(1), {}, []
        self.loads = 0
        self.changed = threading.Condition()
        self.session = None
        threading.Thread(target=self.read, daemon=True).start()
        page = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self("Page.enable")
        self("Runtime.enable")

    def read(self):
        data = b""
        while piece := os.read(self.answers, 1 << 20):
            *messages, data = (data + piece).split(b"\0")
            with self.changed:
                for m in map(json.loads, messages):
                    if "id" in m:
                        self.done[m["id"]] = m
                    elif m["method"] == "Page.loadEventFired":
                        self.loads += 1
                    elif m["method"] == "Runtime.exceptionThrown":
                        self.errors.append(m["params"]["exceptionDetails"])
                self.changed.notify_all()

    def __call__(self, method, **params):
        n = next(self.numbers)
        message = {"id": n, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        with self.changed:
            assert self.changed.wait_for(lambda: n in self.done, 2 * PATIENCE), f"no answer to {method}"
            m = self.done.pop(n)
        assert "error" not in m, m
        return m["result"]

    def open(self, url):
        """And wait until it is loaded."""
        before = self.loads
        self("Page.navigate", url=url)
        with self.changed:
            assert self.changed.wait_for(lambda: self.loads > before, 2 * PATIENCE), f"{url} does not load"

    def js(self, expression):
        """Its value, or its promise's."""
        r = self("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in r, r
        return r["result"].get("value")

    def resize(self, width, height, mobile=False):
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if mobile else 1, mobile=mobile)

    def dark(self, on):
        self("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def picture(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self("Page.captureScreenshot", format="png", captureBeyondViewport=False)["data"]))

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.commands)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
