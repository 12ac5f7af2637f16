# SPDX-License-Identifier: MIT
"""C++ programs from outside: what apps/hello-cpp prints, and how such programs end."""

import pytest

END = "tests/target/cpp-end"


def test_hello(boot, arch):
    m = boot(arch, "hello-cpp")
    assert m.wait() == 0
    lines = m.text.replace("\r", "").splitlines()
    assert lines[lines.index("a global: constructed"):] == [
        "a global: constructed", "a local: constructed", f"a local: hello Coracle on {arch}",
        "a local: destroyed", "caught: nobody to greet", "a global: hello from a thread", "a global: destroyed",
    ]


@pytest.mark.parametrize("how, status", [("return", 2), ("exit", 3)])
def test_destructors_at_exit(boot, arch, how, status):
    """The thread's own first, then static objects and atexit()'s handlers, the latest first."""
    m = boot(arch, END, bootargs=f"-- {how}")
    assert m.wait() == status
    order = [m.text.index(words) for words in (
        "started", "destroyed: thread_local of main", "destroyed: static of main", "handler of atexit",
        "destroyed: second static", "destroyed: first static")]
    assert order == sorted(order)
    assert "automatic" not in m.text


def test_quick_exit(boot, arch):
    m = boot(arch, END, bootargs="-- quick")
    assert m.wait() == 4
    assert "handler of at_quick_exit" in m.text
    assert "destroyed" not in m.text


@pytest.mark.parametrize("how, words, function", [
    ("uncaught", ["own_error", "nobody catches this"], "main"),
    ("number", ["'int'"], "main"),
    ("thread", ["own_error", "in a thread"], None),
    ("noexcept", ["own_error", "out of noexcept"], "not_through_here"),
    ("pure", ["pure virtual method called"], "main"),
    ("joinable", ["terminate called without an active exception"], "main"),
])
def test_terminate(boot, arch, how, words, function):
    """The reason, then a panic whose backtrace names the program's functions. On riscv64 it ends where the
    compiler's unwinder called back, whose functions keep no frame pointer."""
    m = boot(arch, END, bootargs=f"-- {how}")
    assert m.wait() == 101
    for word in words:
        assert word in m.text
    trace = m.text[m.text.index("abort"):]
    assert "terminate" in trace
    unwinding = how == "noexcept" and arch == "riscv64"
    assert function is None or ("_Unwind_RaiseException" if unwinding else function) in trace
    assert "panic+" in trace
    assert "destroyed" not in m.text
