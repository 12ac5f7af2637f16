# SPDX-License-Identifier: MIT
"""apps/kvd by curl and by many clients at once: what it answers, what is refused, and what is there after the power was cut:
on a raw disk, littlefs and FAT. And tests/target/sqlite-vfs on each of them."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from browser import Browser
from machine import PATIENCE, ROOT, Machine
from nbd import Disk, Loss
from peers import until

MIB = 1 << 20
CUTS = int(os.environ.get("KVD_CUTS", "4"))  # of the power, each place
SQLITE_VFS = "tests/target/sqlite-vfs"
# How a partition is used; "tmpfs": there is none.
PLACES = {
    "raw": ("kvd", ""),
    "littlefs": ("data", "mount=PARTLABEL=data:/data:littlefs:format"),
    "fat": ("data", "mount=PARTLABEL=data:/data:fat:format"),
}


def image(folder, label, size="24M"):
    path = folder / "disk.img"
    subprocess.run([ROOT / "tools/mkdisk.py", path, size, f"label={label},fs=none"], check=True)
    return path


def file_disk(path, more=""):
    return ["-drive", f"if=none,id=disk0,format=raw,file={path}{more}", "-device", "virtio-blk-device,drive=disk0"]


@contextlib.contextmanager
def listening(arch, words="", **options):
    with Machine(arch, "kvd", bootargs=words, net="user", **options) as m:
        m.expect(r"kvd: listening")
        yield m


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def etag(self):
        return self.fields.get("etag")

    @property
    def json(self):
        return json.loads(self.body)


def curl(m, path, *words, data=None, fields=()):
    """curl's own words; data is the body, PUT unless the words say otherwise."""
    line = ["curl", "-s", "-i", "--max-time", str(PATIENCE), *(w for f in fields for w in ("-H", f)), *words]
    if data is not None:
        line += ["--data-binary", "@-", *(() if "-X" in words else ("-X", "PUT"))]
    done = subprocess.run([*line, f"http://127.0.0.1:{m.port}{path}"], input=data, stdout=subprocess.PIPE)
    assert done.returncode == 0, f"curl {path}: {done.returncode}"
    head, body = done.stdout.split(b"\r\n\r\n", 1)
    while b" 100 " in head.split(b"\r\n")[0]:
        head, body = body.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), fields, body)


def post(m, path, body):
    body = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return curl(m, path, "-X", "POST", data=body.encode() if isinstance(body, str) else body)


def sql(m, body, query=""):
    a = post(m, f"/sql{query}", body)
    assert a.status == 200, a.body
    return a.json["results"]


def value(m, text):
    return sql(m, text)[0]["rows"][0][0]


def why(answer, status):
    assert answer.status == status, (answer.status, answer.body)
    return answer.json["error"]


def ask(c, method, path, body=None):
    c.request(method, path, body)
    r = c.getresponse()
    return r.status, r.read()


@contextlib.contextmanager
def connections(m, n):
    """Kept open. One after the other: QEMU's user network resets some of those that come at the same moment."""
    with contextlib.ExitStack() as stack:
        got = []
        for _ in range(n):
            got.append(stack.enter_context(contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", m.port, timeout=PATIENCE))))
            assert ask(got[-1], "GET", "/kv?limit=1")[0] == 200
        yield got


def metrics(m):
    text = curl(m, "/metrics").body.decode()
    assert text.endswith("# EOF\n")
    return {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}


@pytest.fixture(scope="module")
def shared(arch):
    with listening(arch) as m:
        assert "is in memory: nothing lasts" in m.text
        yield m


# --- keys


def test_put_get_delete(shared):
    assert curl(shared, "/kv/a").status == 404
    first = curl(shared, "/kv/a", data=b"one")
    assert (first.status, first.body) == (201, b"")
    got = curl(shared, "/kv/a")
    assert (got.status, got.body, got.etag) == (200, b"one", first.etag)
    second = curl(shared, "/kv/a", data=b"two")
    assert second.status == 204 and second.etag != first.etag
    head = curl(shared, "/kv/a", "-I")
    assert (head.status, head.fields["content-length"], head.etag) == (200, "3", second.etag)
    assert curl(shared, "/kv/a", "-X", "DELETE").status == 204
    assert curl(shared, "/kv/a", "-X", "DELETE").status == 404
    assert curl(shared, "/kv/a", data=b"two").etag not in (first.etag, second.etag), "no tag comes again"


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 65536, MIB])
def test_any_bytes(shared, size):
    data = os.urandom(size)
    assert curl(shared, "/kv/bytes", data=data).status in (201, 204)
    assert curl(shared, "/kv/bytes").body == data


def test_too_long(shared):
    curl(shared, "/kv/long", data=b"before")
    assert "1048576" in why(curl(shared, "/kv/long", data=bytes(MIB + 1)), 413)
    assert curl(shared, "/kv/long").body == b"before"
    assert "512" in why(curl(shared, "/kv/" + "k" * 513, data=b"x"), 400)
    assert curl(shared, "/kv/" + "k" * 512, data=b"x").status == 201


@pytest.mark.parametrize("key", ["", "%", "%4", "%gg", "%00", "%ff", "%ed%a0%80"])
def test_no_keys(shared, key):
    assert why(curl(shared, f"/kv/{key}", data=b"x"), 400)


def test_keys_are_decoded(shared):
    curl(shared, "/kv/dir/b%C3%A9%20%2F+", data=b"x")
    assert curl(shared, "/kv/dir%2Fb%c3%a9%20/+").body == b"x"
    keys = curl(shared, "/kv?prefix=dir/b%C3%A9").json["keys"]
    assert [k["key"] for k in keys] == ["dir/bé /+"]


def test_compare_and_set(shared):
    curl(shared, "/kv/cas", "-X", "DELETE")
    assert why(curl(shared, "/kv/cas", data=b"x", fields=['If-Match: *']), 412)
    one = curl(shared, "/kv/cas", data=b"1", fields=["If-None-Match: *"])
    assert one.status == 201
    assert curl(shared, "/kv/cas", data=b"2", fields=["If-None-Match: *"]).status == 412
    two = curl(shared, "/kv/cas", data=b"2", fields=[f'If-Match: "0", {one.etag}'])
    assert two.status == 204
    late = curl(shared, "/kv/cas", data=b"3", fields=[f"If-Match: {one.etag}"])
    assert late.status == 412 and late.etag == two.etag
    assert curl(shared, "/kv/cas", fields=[f"If-None-Match: {two.etag}"]).status == 304
    assert curl(shared, "/kv/cas", "-X", "DELETE", fields=[f"If-Match: {one.etag}"]).status == 412
    assert curl(shared, "/kv/cas").body == b"2"
    sql(shared, "update kv set value = 'by sql' where key = 'cas'")
    assert curl(shared, "/kv/cas", "-X", "DELETE", fields=[f"If-Match: {two.etag}"]).status == 412, "SQL changes it too"


def test_list(shared):
    for i in range(12):
        curl(shared, f"/kv/list/{i:02}", data=b"x" * i)
    got = curl(shared, "/kv?prefix=list/").json
    assert [(k["key"], k["size"]) for k in got["keys"]] == [(f"list/{i:02}", i) for i in range(12)]
    assert got["more"] is False and all(re.fullmatch(r'"[0-9a-f]{16}"', k["etag"]) for k in got["keys"])
    found, after = [], ""
    while True:
        got = curl(shared, f"/kv?prefix=list/&limit=5{after}").json
        found += [k["key"] for k in got["keys"]]
        if not got["more"]:
            break
        after = f"&after={found[-1]}"
    assert found == [f"list/{i:02}" for i in range(12)]
    assert curl(shared, "/kv?prefix=list/&after=zz").json["keys"] == []
    assert curl(shared, "/kv?prefix=no").json == {"keys": [], "more": False}
    for limit in ("0", "-1", "1001", "x", ""):
        assert "limit" in why(curl(shared, f"/kv?limit={limit}"), 400)


def test_methods(shared):
    for path, method in (("/kv/a", "PATCH"), ("/kv/a", "POST"), ("/kv", "PUT"), ("/sql", "GET"), ("/batch", "PUT")):
        assert why(curl(shared, path, "-X", method), 405)
    assert curl(shared, "/kvx").status == 404


# --- SQL


def test_sql(shared):
    assert sql(shared, "select 1, 'ä\"', x'00ff', 1.5, null") == [
        {"columns": ["1", "'ä\"'", "x'00ff'", "1.5", "null"], "rows": [[1, 'ä"', {"hex": "00ff"}, 1.5, None]],
         "changes": 0}]
    sql(shared, "drop table if exists t; create table t(a integer primary key, b unique)")
    got = sql(shared, {"sql": "insert into t(b) values(?), (?), (?), (?)", "params": ["x", None, 2.5, {"hex": "00"}]})
    assert got[0]["changes"] == 4 and got[0]["last_insert_rowid"] == 4
    assert sql(shared, "select b from t")[0]["rows"] == [["x"], [None], [2.5], [{"hex": "00"}]]
    got = sql(shared, {"sql": "select :a, @b, $c", "params": {"a": True, "b": [1], "c": {"d": 1}}})
    assert got[0]["rows"] == [[1, "[1]", '{"d":1}']]
    got = sql(shared, {"sql": "select ?; select ?, ?", "params": [1, 2, 3]})
    assert [r["rows"] for r in got] == [[[1]], [[2, 3]]]
    assert sql(shared, "-- nothing") == []


def test_sql_errors(shared):
    sql(shared, "create table if not exists e(a unique)")
    sql(shared, "delete from e; insert into e values(1)")
    assert "syntax" in why(post(shared, "/sql", "selec 1"), 400)
    assert "UNIQUE" in why(post(shared, "/sql", "insert into e values(2); insert into e values(1)"), 409)
    assert value(shared, "select count(*) from e") == 1, "the first is undone with the second"
    assert "2 parameters, 1" in why(post(shared, "/sql", {"sql": "select ?, ?", "params": [1]}), 400)
    assert "more params" in why(post(shared, "/sql", {"sql": "select ?", "params": [1, 2]}), 400)
    assert "VACUUM" in why(post(shared, "/sql", "vacuum into '/tmp/x'"), 400)
    for body in (b"", b"\xff", b"[" * 100000, b'[{"sql":' * 900, b"select '\0'", b"{", b'{"sq": 1}', b"[1]", b'{"sql": "select 1", "params": 1}'):
        assert why(post(shared, "/sql", body), 400)


def test_sql_list(shared):
    """Each member for itself, or with tx=1 all together."""
    sql(shared, "create table if not exists m(a unique)")
    sql(shared, "delete from m")
    got = sql(shared, ["insert into m values(1)", "insert into m values(1)", {"sql": "insert into m values(?)", "params": [3]}])
    assert [("error" in r) for r in got] == [False, True, False]
    assert value(shared, "select count(*) from m") == 2
    assert why(post(shared, "/sql?tx=1", ["insert into m values(4)", "insert into m values(1)"]), 409)
    assert value(shared, "select count(*) from m") == 2
    assert len(sql(shared, ["insert into m values(4)", "insert into m values(5)"], "?tx=1")) == 2
    assert value(shared, "select count(*) from m") == 4


@pytest.mark.parametrize("text", [
    "attach '/tmp/x' as x", "pragma synchronous=off", "pragma journal_mode=delete", "pragma locking_mode=normal",
    "pragma writable_schema=on", "pragma wal_checkpoint", "pragma max_page_count=1", "begin", "commit", "savepoint x",
    "rollback", "release r", "drop table kv", "alter table kv add column x", "drop trigger kvd_tag", "drop table kvd_check",
    "create temp table x(a)", "create table temp.x(a)", "delete from kvd_check", "create virtual table x using y",
    "create trigger x after insert on kv begin select 1; end"])
def test_refused(shared, text):
    """Nothing that weakens what the service promises, or that outlives the request."""
    assert "not authorized" in why(post(shared, "/sql", text), 403)
    assert value(shared, "pragma synchronous") == 2


def test_bounds(shared):
    endless = "with recursive c(n) as (select 1 union all select n + 1 from c) "
    assert "2000 ms" in why(post(shared, "/sql", f"{endless} select count(*) from c"), 422)
    assert "10000 rows" in why(post(shared, "/sql", f"{endless} select n from c"), 413)
    assert "2097152" in why(post(shared, "/sql", f"{endless} select hex(randomblob(1000)) from c"), 413)
    assert why(post(shared, "/sql", "select zeroblob(1000000000)"), 413)
    assert "depth" in why(post(shared, "/sql", f"select {'abs(' * 5000}1{')' * 5000}"), 400)
    assert why(post(shared, "/sql", f"select {'1+' * 5000}1"), 400)
    assert why(post(shared, "/sql", "x" * (2 * MIB + 1)), 413)
    assert why(post(shared, "/sql", json.dumps(["select 1"] * 1001)), 413)
    assert value(shared, "select 1") == 1


def test_what_is_stopped_while_it_writes(shared):
    """SQLite rolls back the whole transaction then: others of the group are done all the same."""
    sql(shared, "create table if not exists w(a)")
    slow = "insert into w with recursive c(n) as (select 1 union all select n + 1 from c) select n from c"
    with connections(shared, 9) as them, concurrent.futures.ThreadPoolExecutor(9) as pool:
        stopped = pool.submit(ask, them[8], "POST", "/sql", slow)
        others = [pool.submit(ask, them[i], "PUT", f"/kv/stop/{i}", "x") for i in range(8)]
        assert stopped.result()[0] in (422, 503, 507)
        assert {a.result()[0] for a in others} <= {201, 204}
    assert value(shared, "select count(*) from w") == 0
    assert len(curl(shared, "/kv?prefix=stop/").json["keys"]) == 8


# --- batches


def test_batch(shared):
    got = post(shared, "/batch", [{"put": "b/1", "value": "text"}, {"put": "b/2", "hex": "00ff"}, {"delete": "b/none"}])
    assert got.status == 200 and got.json == {"changes": 3}
    assert curl(shared, "/kv/b/2").body == b"\0\xff"
    got = post(shared, "/batch", "put b/3 two words\r\nput b%2F4\n\ndelete b/1")
    assert got.json == {"changes": 3}
    assert (curl(shared, "/kv/b/3").body, curl(shared, "/kv/b/4").body) == (b"two words", b"")
    assert curl(shared, "/kv/b/1").status == 404


@pytest.mark.parametrize("bad", [
    '{"put": "n/2"}', '{"value": "x"}', '{"put": "n/2", "delete": "n/2", "value": "x"}', '{"put": "", "value": "x"}', "1",
    '{"put": "n/2", "hex": "0g"}'])
def test_bad_batch(shared, bad):
    assert "change 1" in why(post(shared, "/batch", f'[{{"put": "n/1", "value": "x"}}, {bad}]'), 400)
    assert curl(shared, "/kv/n/1").status == 404, "all or none"


def test_bad_lines(shared):
    assert "change 1" in why(post(shared, "/batch", "put n/1 x\nget n/1\n"), 400)
    assert "no list" in why(post(shared, "/batch", "[1"), 400)
    assert curl(shared, "/kv/n/1").status == 404


# --- many at once


def test_group_commit(shared):
    """Requests that come together share a commit; each is answered for itself."""
    sql(shared, "create table if not exists g(a integer primary key)")
    sql(shared, "delete from g")
    before = metrics(shared)

    def client(c, n):
        """Half of its rows are there already."""
        return [ask(c, "POST", "/sql", f"insert into g values({n * 20 + i if i % 2 == 0 else 0})")[0] for i in range(20)]

    with connections(shared, 16) as them, concurrent.futures.ThreadPoolExecutor(16) as pool:
        got = list(pool.map(client, them, range(16)))
    rows = value(shared, "select count(*) from g")
    assert rows == 160
    assert sum(s == 200 for statuses in got for s in statuses) == rows
    assert {s for statuses in got for s in statuses} == {200, 409}
    after = metrics(shared)
    assert after["kvd_transactions_total"] - before["kvd_transactions_total"] == rows
    assert after["kvd_group_most"] > 1
    assert after["kvd_groups_total"] - before["kvd_groups_total"] < 320


def test_pipelined(shared):
    """Answers in order, also when files stand between."""
    c = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=PATIENCE)
    c.connect()
    ask = b""
    for i in range(10):
        ask += b"PUT /kv/pipe HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n%d" % i
        ask += b"GET /kv/pipe HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"
    c.sock.sendall(ask)
    bodies = []
    reader = c.sock.makefile("rb")
    for _ in range(30):
        assert reader.readline().startswith(b"HTTP/1.1 20")
        length = 0
        while (line := reader.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        bodies.append(reader.read(length))
    assert bodies[1::3] == [b"%d" % i for i in range(10)]
    assert all(b.startswith(b"<!doctype") for b in bodies[2::3])
    c.close()


def test_memory_of_bodies_comes_back(shared):
    """Who promises a body and goes away, and more of them than there is room for."""
    before = metrics(shared)["kvd_bodies_bytes"]
    open_ones = []
    for i in range(12):
        c = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=PATIENCE)
        c.connect()
        # A close with bytes that nobody read is a reset, which may overtake the answer: only those that are let in send some.
        c.sock.sendall(b"PUT /kv/never HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" + (b"xx" if i < 8 else b""))
        open_ones.append(c)
    answers = []
    for c in open_ones[8:]:
        answers.append(c.sock.makefile("rb").readline())
    assert all(b" 503 " in a for a in answers), answers
    for c in open_ones:
        c.close()
    for _ in range(PATIENCE * 10):
        if metrics(shared)["kvd_bodies_bytes"] == before:
            break
    assert metrics(shared)["kvd_bodies_bytes"] == before
    assert curl(shared, "/kv/never").status == 404


def test_health_and_metrics(shared):
    before = metrics(shared)
    for _ in range(2):
        got = curl(shared, "/healthz")
        assert (got.status, got.json) == (200, {"status": "ok"})
    after = metrics(shared)
    assert after["kvd_groups_total"] - before["kvd_groups_total"] == 2
    assert all(after[name] >= v for name, v in before.items() if name.endswith("_total"))
    assert after["kvd_database_bytes"] > 4096 and after["kvd_log_bytes"] >= 0
    assert after["kvd_sqlite_memory_bytes"] < 16 * MIB


def test_page(shared, tmp_path):
    """Keys come, change and go on it, SQL runs, errors are shown, and nothing that is stored is taken for HTML."""
    odd = "page/<b>&\""
    curl(shared, "/kv/page%2F%3Cb%3E%26%22", data=b"<i>value</i>")
    with Browser(tmp_path / "profile") as b:
        b.open(f"http://127.0.0.1:{shared.port}/")
        b.js("$('find').prefix.value = 'page/'; $('find').oninput()")
        keys = "[...document.querySelectorAll('tr.key')].map(r => r.cells[0].textContent)"
        until(lambda: b.js(keys) == [odd], "the key")
        b.js("document.querySelector('tr.key').click()")
        until(lambda: b.js("$('put').value.value") == "<i>value</i>", "its value")
        b.js("$('put').key.value = 'page/2'; $('put').value.value = 'zwei ä'; $('put').requestSubmit()")
        until(lambda: b.js(keys) == ["page/2", odd], "the new key")
        assert curl(shared, "/kv/page/2").body.decode() == "zwei ä"
        curl(shared, "/kv/page/3", data=b"from outside")
        until(lambda: len(b.js(keys)) == 3, "a key of somebody else")
        b.js("document.querySelector('tr.key button').click()")
        until(lambda: b.js(keys) == ["page/3", odd], "a key to go")
        b.js("$('sql').text.value = \"select '<u>' as a, x'00ff' as b, null as c\"; $('sql').requestSubmit()")
        until(lambda: b.js("$('results').innerText").split() == ["a", "b", "c", "<u>", "x'00ff'", "NULL"], "the rows")
        b.js("$('sql').text.value = 'selec'; $('sql').requestSubmit()")
        until(lambda: "syntax" in b.js("$('results').innerText"), "the error")
        assert "commits" in b.js("$('state').textContent") and b.js("document.querySelector('main b, main i, main u')") is None
        b.picture(tmp_path / "page.png")
        assert b.errors == []


# --- disks


@pytest.mark.parametrize("place", PLACES)
def test_restart(arch, place, tmp_path):
    """What was acknowledged is there after QEMU was killed, and the second start makes nothing new."""
    label, words = PLACES[place]
    path = image(tmp_path, label)
    data = os.urandom(MIB)
    with listening(arch, words, args=file_disk(path)) as m:
        assert "nothing lasts" not in m.text
        tag = curl(m, "/kv/a", data=b"one").etag
        assert curl(m, "/kv/big", data=data).status == 201
        sql(m, "create table t(a)")
        m.process.kill()
        m.process.wait()
    with listening(arch, words, args=file_disk(path)) as m:
        assert ", 2 keys" in m.text
        got = curl(m, "/kv/a")
        assert (got.body, got.etag) == (b"one", tag)
        assert curl(m, "/kv/big").body == data
        assert value(m, "select count(*) from t") == 0
        assert value(m, "pragma integrity_check") == "ok"


@pytest.mark.parametrize("place", PLACES)
def test_full(arch, place, tmp_path):
    """507, and what is there stays and can be read; what is deleted makes room."""
    label, words = PLACES[place]
    data = os.urandom(MIB)
    with listening(arch, words, args=file_disk(image(tmp_path, label, "14M"))) as m:
        stored = 0
        while (answer := curl(m, f"/kv/{stored}", data=data)).status == 201:
            stored += 1
            assert stored < 20
        assert "full" in why(answer, 507) and stored >= 2
        assert curl(m, f"/kv/{stored - 1}").body == data
        assert curl(m, "/healthz").status == 200
        for i in range(stored):
            assert curl(m, f"/kv/{i}", "-X", "DELETE").status == 204
        assert curl(m, "/kv/again", data=data).status == 201
        assert value(m, "pragma integrity_check") == "ok"


def test_read_only(arch, tmp_path):
    path = image(tmp_path, "kvd")
    with listening(arch, args=file_disk(path)) as m:
        curl(m, "/kv/a", data=b"one")
    with listening(arch, args=file_disk(path, ",readonly=on")) as m:
        assert "reading only" in m.text
        assert curl(m, "/kv/a").body == b"one"
        assert "readonly" in why(curl(m, "/kv/a", data=b"two"), 403)
        assert curl(m, "/healthz").status == 503


@pytest.mark.parametrize("at", [1080, 510, 32768, 24 * MIB - 512])
def test_a_disk_of_somebody_else(arch, at, tmp_path):
    """Something anywhere at its beginning or end (ext4, a boot sector, ISO 9660, GPT): it is left alone."""
    path = tmp_path / "disk.img"
    content = bytearray(24 * MIB)
    content[at:at + 2] = b"\x53\xef"
    path.write_bytes(content)
    with Machine(arch, "kvd", bootargs="DB=/dev/vda", net="user", args=file_disk(path)) as m:
        m.expect(r"kvd: cannot use /dev/vda: .*exists")
        assert m.wait() == 1
    assert path.read_bytes() == content


@pytest.mark.parametrize("place", ["raw", *(p for p in PLACES if p != "raw")])
def test_sqlite_vfs(arch, place, tmp_path):
    """SQLite's files themselves: transactions, locks, logs; a second time on what is there."""
    label, words = PLACES[place]
    path = image(tmp_path, label)
    for _ in range(2):
        db = "DB=/dev/vda1" if place == "raw" else "DB=/data/test.db"
        with Machine(arch, SQLITE_VFS, bootargs=f"{words} {db}", args=file_disk(path)) as m:
            assert m.wait(4 * PATIENCE) == 0
            assert re.search(r"^1\.\.\d+", m.text, re.M) and "not ok" not in m.text


def test_errors_of_the_disk(arch, tmp_path):
    """A flush or write that fails is not acknowledged, and is told; with the disk well again, it goes on."""
    with Disk(image(tmp_path, "kvd").read_bytes()) as disk, listening(arch, args=disk.qemu_args()) as m:
        assert curl(m, "/kv/a", data=b"one").status == 201
        for op in ("flush", "write"):
            disk.fail(op)
            assert why(curl(m, "/kv/a", data=b"two"), 500)
            assert curl(m, "/healthz").status in (500, 503)
            assert curl(m, "/kv/a").body == b"one"
            disk.mend()
            assert curl(m, "/healthz").status == 200
        assert curl(m, "/kv/a", data=b"three").status == 204
        assert value(m, "pragma integrity_check") == "ok"


def write(c, name, known):
    """Its key again and again, each time with the next number, until the power is gone. Returns what it was told last."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        while True:
            last = known.get(name, 0)
            status, _ = ask(c, "PUT", f"/kv/{name}", f"{last + 1} {'x' * (last * 997 % 40000)}")
            if status not in (201, 204):
                return status
            known[name] = last + 1
    return 0


@pytest.mark.parametrize("place", PLACES)
def test_power_cut(arch, place, tmp_path):
    """The power goes at some request of the disk, which forgets any part of what was not flushed. Four clients write; each
    finds what it was told last, or the one put that was on its way."""
    label, words = PLACES[place]
    known = {}
    with Disk(image(tmp_path, label, "16M").read_bytes(), shuffle=1) as disk:
        for cut in range(CUTS):
            with listening(arch, words, args=disk.qemu_args()) as m:
                for name, last in known.items():
                    there = int(curl(m, f"/kv/{name}").body.split()[0])
                    assert there in (last, last + 1), f"cut {cut}: {name} is {there}, acknowledged was {last}"
                    known[name] = there
                assert value(m, "pragma integrity_check") == "ok"
                with connections(m, 4) as them, concurrent.futures.ThreadPoolExecutor(4) as pool:
                    disk.stop_at(60 + 97 * cut % 701)
                    writers = [pool.submit(write, c, f"w{i}", known) for i, c in enumerate(them)]
                    assert disk.stopped.wait(4 * PATIENCE)
                    m.process.kill()
                    m.process.wait()
                    assert [w.result() for w in writers] == [0] * 4
            disk.cut(Loss(cut))
    assert len(known) == 4 and min(known.values()) > 1
    print(f"{arch} {place}: {CUTS} cuts, {sum(known.values())} puts acknowledged, none lost")
