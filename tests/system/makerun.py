# SPDX-License-Identifier: MIT
"""`make run`, as a user at a terminal sees it."""

import contextlib
import os
import signal

import pexpect

from machine import PATIENCE, ROOT, free_port, make, make_command


@contextlib.contextmanager
def make_run(**variables):
    """Its terminal; the port is free. What it builds is built before, so that no wait is for a compiler."""
    variables["PORT"] = free_port()
    done = make("-s", "image", **variables)
    assert done.returncode == 0, done.stdout
    command, env = make_command(["run"], variables)
    child = pexpect.spawn(command[0], command[1:], cwd=ROOT, env=env, timeout=4 * PATIENCE, encoding="utf-8")
    try:
        yield child
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    finally:
        if child.isalive():
            os.killpg(child.pid, signal.SIGKILL)
        child.close(force=True)
