# SPDX-License-Identifier: MIT
"""What a program gets (arguments, environment, input, random bytes) and gives back (exit status)."""

import pytest

ARGS = "tests/target/args"


def listed(m):
    return [line[line.index("[", 8) + 1:-1] for line in m.text.splitlines() if line.startswith("argv[")]


def test_arguments_and_environment(boot, arch):
    m = boot(arch, ARGS, bootargs='A=1 quiet LONG_NAME=x=y lower=no -- x "y z" --flag')
    assert m.wait() == 0
    assert listed(m) == ["args", "x", "y z", "--flag"]
    assert "argv ends well" in m.text
    assert "env [A=1]" in m.text and "env [LONG_NAME=x=y]" in m.text
    assert "lower" not in m.text


def test_default_arguments(boot, arch):
    """`args :=` of app.mk, when the command line has no --."""
    m = boot(arch, ARGS)
    m.expect("argv ends")
    m.wait()
    assert listed(m) == ["args", "default", "argument two"]


def test_no_arguments(boot, arch):
    m = boot(arch, ARGS, bootargs="--")
    m.expect("argv ends")
    m.wait()
    assert listed(m) == ["args"]


def test_many_arguments(boot, arch):
    words = [f"w{i}" for i in range(300)]
    m = boot(arch, ARGS, bootargs="-- " + " ".join(words))
    m.expect("argv ends well")
    assert m.wait() == 0
    assert listed(m)[1:101] == words[:100]


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_exit_status(boot, arch, status):
    m = boot(arch, ARGS, bootargs=f"-- exit {status}")
    assert m.wait() == status
    # Handlers run last to first, then destructors; what was not flushed is.
    order = [m.text.index(word) for word in ("not flushed", "handler 2", "handler 1", "destructor")]
    assert order == sorted(order)


def test_return_from_main(boot, arch):
    m = boot(arch, ARGS, bootargs="-- return 9")
    assert m.wait() == 9
    assert "handler 1" in m.text


def test_quick_exit(boot, arch):
    m = boot(arch, ARGS, bootargs="-- quick 5")
    assert m.wait() == 5
    assert "handler" not in m.text and "destructor" not in m.text


def test_constructor_ran(boot, arch):
    m = boot(arch, ARGS)
    m.expect("constructed 42")


def test_input(boot, arch):
    m = boot(arch, ARGS, bootargs="-- echo")
    m.expect("echo ready")
    for word in ("one", "two words", "x" * 60):
        m.send(word.encode() + b"\n")
        m.expect(rf"echo \[{word}\]")
    m.send(b"quit\n")
    assert m.wait() == 0


@pytest.mark.parametrize("args", [(), ("-device", "virtio-rng-device")], ids=["seed", "virtio-rng"])
def test_random_bytes_differ_between_boots(boot, arch, args):
    seen = set()
    for _ in range(3):
        m = boot(arch, ARGS, args=args)
        seen.add(m.expect(r"random ([0-9a-f]{64})")[1])
        m.wait()
        assert "no random bytes" not in m.text
    assert len(seen) == 3
