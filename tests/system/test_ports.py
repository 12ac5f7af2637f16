# SPDX-License-Identifier: MIT
"""The programs from elsewhere as applications: what `make APP=lua run` and its like say, and a prompt on the console.
(Their self-tests are target tests; iperf3 has test_iperf3.py.)"""

import pytest

SAYS = {
    "lua": ["Lua 5.4 on Coracle", "arguments: /hello.lua"],
    "quickjs": ["JavaScript on Coracle", "2n ** 100n is 1267650600228229401496703205376", "arguments: /hello.js"],
    "sqlite": ["Heron|10|232.5", '["Curlew","Heron"]', "30 trips are still there, SQLite 3."],
}


@pytest.mark.parametrize("app", SAYS)
def test_says(boot, arch, app):
    m = boot(arch, app)
    assert m.wait() == 0
    for text in SAYS[app]:
        assert text in m.text


def test_lua_prompt(boot, arch):
    m = boot(arch, "lua", bootargs="-- -i")
    m.expect(r"> ")
    m.send(b"for i = 1, 3 do\nio.write(i * 1111, ' ') end print()\n")
    m.expect(r"1111 2222 3333")
    m.send(b"error('as asked')\n")
    m.expect(r"stdin:1: as asked")
    m.send(b"os.exit(7)\n")
    assert m.wait() == 7


def test_failed_statement(boot, arch):
    m = boot(arch, "sqlite", bootargs="-- /absent.sql")
    assert m.wait() == 1 and "/absent.sql: No such file or directory" in m.text
