# SPDX-License-Identifier: MIT
"""The SDK: other build systems' projects build unmodified, and what they link boots.

It is used as somebody who was given it would: copied elsewhere, with the tree out of sight and, when
the tests run as root, by another user.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import pytest

from machine import PATIENCE, ROOT, free_port, make

PROJECTS = ROOT / "tests/system/sdk"
NOBODY = 65534
# Hide the first argument's folder, become nobody, run the rest.
HIDDEN = ('mount -t tmpfs none "$1" && shift && cd "$1" && shift && '
          f"exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups " '"$@"')
BUILD_PATIENCE = 20 * PATIENCE


def can_hide():
    return os.getuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0


class Kit:
    """A copy of the SDK, and a folder to work in."""

    def __init__(self, arch, goal="sdk"):
        done = make("-s", goal, ARCH=arch)
        assert done.returncode == 0, done.stdout
        made = re.search(r"^  SDK +(/.*)$", done.stdout, re.M)[1]
        self.arch, self.host = arch, f"{arch}-coracle-elf"
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="coracle-sdk-"))
        self.top.chmod(0o755)
        self.sdk = self.top / "moved" / "kit"
        shutil.copytree(made, self.sdk, symlinks=True)
        for project in PROJECTS.iterdir():
            shutil.copytree(project, self.top / project.name)
        self.hidden = can_hide()
        if self.hidden:
            self.own(self.top)

    def own(self, path):
        """Hand it to whoever works here."""
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", path], check=True)

    def command(self, words, cwd):
        words = [str(w) for w in words]
        return ["unshare", "-m", "sh", "-c", HIDDEN, "sh", str(ROOT), str(cwd), *words] if self.hidden else words

    def run(self, *words, cwd=None, status=0, **more):
        cwd = cwd or self.top
        env = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.top), "LANG": "C", **more}
        done = subprocess.run(self.command(words, cwd), cwd=None if self.hidden else cwd, env=env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=BUILD_PATIENCE, errors="replace", check=False)
        print(f"$ {' '.join(map(str, words))}\n{done.stdout}")
        assert status is None or done.returncode == status, done.stdout
        return done.stdout

    def tool(self, name):
        return self.sdk / "bin" / f"{self.arch}-coracle-{name}"

    def cc(self, source, *words, status=0, output="prog", **env):
        """Compile and link @source (text). Returns what the compiler said."""
        (self.top / "prog.c").write_text(source)
        return self.run(self.tool("cc"), "-O2", "-o", output, "prog.c", *words, status=status, **env)

    def boot(self, program, *args, status=0, options=()):
        return self.run(self.sdk / "bin/coracle-run", "-q", *options, program, *args, status=status)

    def env(self, *words, **more):
        return self.run(self.sdk / "bin/coracle-env", *words, **more)


@pytest.fixture(scope="module")
def kit(arch):
    k = Kit(arch)
    yield k
    shutil.rmtree(k.top)


@pytest.fixture(scope="module")
def kit_cxx(arch):
    k = Kit(arch, "sdk-c++")
    yield k
    shutil.rmtree(k.top)


def lines_of(having):
    """The block of shell lines in docs/sdk.md that has this word in it, as one script."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs/sdk.md").read_text(), re.M | re.S)
    return next(b for b in blocks if having in b)


def documented(kit, having, folder, status=0):
    """Run those lines in the folder, as they are but for the architecture."""
    script = lines_of(having).replace("aarch64", kit.arch)
    if kit.arch == "riscv64":
        script = script.replace("cortex-a72", "rv64")
    return kit.run("sh", "-euc", script, cwd=folder, status=status, SDK=str(kit.sdk))


# --- build systems, by the lines of the document


def test_autoconf(kit):
    folder = kit.top / "autoconf"
    kit.run("autoreconf", "-fi", cwd=folder)
    documented(kit, "./configure", folder)
    assert kit.boot("autoconf/greet", "Ada", "Grace H.", status=3) == "Hello, Ada\nHello, Grace H.\n"


def test_cmake(kit):
    assert "100% tests passed, 0 tests failed out of 1" in documented(kit, "ctest", kit.top / "cmake")
    port = free_port()
    server = subprocess.Popen(kit.command([kit.sdk / "bin/coracle-run", "-p", f"{port}:80", "cmake/build/echoes"],
                                          kit.top), cwd=kit.top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    try:
        # Not before: QEMU accepts for it, and repeats in vain what got lost on the way to a guest that boots.
        said = b"".join(iter_until(server.stdout, b"listening"))
        assert b"listening" in said, said
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as s:
            s.sendall(b"coracle")
            assert s.recv(100) == b"elcaroc"
        assert server.wait(PATIENCE) == 5
    finally:
        server.kill()
        print(server.stdout.read().decode(errors="replace"))


def iter_until(lines, word):
    """The lines up to one with this word; all of them if there is none."""
    for line in lines:
        yield line
        if word in line:
            return


def test_meson_and_pkg_config(kit):
    assert "-lscale" in documented(kit, "pkg-config", kit.top / "scale")
    assert kit.run(kit.tool("pkg-config"), "--modversion", "scale") == "1.3\n"
    kit.run(kit.tool("pkg-config"), "--exists", "zlib", status=1)
    assert re.search(r"^Ok: +1", documented(kit, "meson setup", kit.top / "meson"), re.M)
    assert kit.boot("meson/build-m/counts", "12") == "scaled 36, root 3.464\n"


# --- the compiler


HELLO = '#include <stdio.h>\nint main(int argc, char **argv) { printf("%s %d\\n", argv[0], argc); return 7; }\n'


def test_hello(kit):
    (kit.top / "hello.c").write_text(HELLO)
    assert "hello 3" in documented(kit, "-o hello", kit.top, status=7)
    assert kit.boot("hello", "a", "b c", status=7) == "hello 3\n"
    # Without coracle-run no semihosting on aarch64, by which QEMU's status is the program's there.
    said = documented(kit, "-kernel hello", kit.top, status=0 if kit.arch == "aarch64" else 7)
    assert re.search(r"Coracle .* on .*hello 1\n", said, re.S)


HELLO_CXX = """#include <iostream>
    #include <stdexcept>
    #include <string>
    #include <thread>
    #include <vector>
    struct greeter {
        std::string word;
        ~greeter() { std::cout << word << " ends" << std::endl; }
    };
    static greeter global{"global"};
    int main(int argc, char **argv)
    {
        std::vector<std::string> names(argv + 1, argv + argc);
        int status = 0;
        std::thread t([&] { for (auto &n : names) std::cout << "Hello, " << n << std::endl; });
        t.join();
        try {
            names.at(1000);
        } catch (const std::out_of_range &) {
            status = 9;
        }
        return status;
    }"""


def test_cxx(kit_cxx):
    (kit_cxx.top / "hello.cc").write_text(HELLO_CXX)
    assert "Hello, Ada" in documented(kit_cxx, "hello.cc", kit_cxx.top, status=9)
    assert kit_cxx.boot("hello-cxx", "Ada", "Grace", status=9) == "Hello, Ada\nHello, Grace\nglobal ends\n"


def test_cxx_by_cmake_and_meson(kit_cxx):
    """Each finds the C++ compiler by itself, and links C and C++ into one program."""
    folder = kit_cxx.top / "both"
    folder.mkdir()
    (folder / "main.cc").write_text('extern "C" int two(void);\n' + HELLO_CXX.replace("= 9", "= 7 + two()"))
    (folder / "two.c").write_text("int two(void) { return 2; }\n")
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(both C CXX)\nadd_executable(both main.cc two.c)\n")
    (folder / "meson.build").write_text("project('both', 'c', 'cpp')\nexecutable('both', 'main.cc', 'two.c')\n")
    if kit_cxx.hidden:
        kit_cxx.own(folder)
    kit_cxx.run("sh", "-euc", "cmake -S . -B c -DCMAKE_TOOLCHAIN_FILE=$SDK/coracle.cmake && cmake --build c", cwd=folder,
                SDK=str(kit_cxx.sdk))
    kit_cxx.env("true")  # after a move it writes Meson's file anew
    kit_cxx.run("sh", "-euc", "meson setup m --cross-file $SDK/coracle.meson && meson compile -C m", cwd=folder,
                SDK=str(kit_cxx.sdk))
    for made in ("both/c/both", "both/m/both"):
        assert kit_cxx.boot(made, "Ada", status=9) == "Hello, Ada\nglobal ends\n"


def test_no_network_without_sockets(kit):
    kit.cc(HELLO)
    assert " sock_create" not in kit.run(kit.tool("nm"), "prog")
    kit.cc("#include <sys/socket.h>\nint main(void) { return socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 0 : 1; }")
    assert " sock_create" in kit.run(kit.tool("nm"), "prog")
    kit.boot("prog")


def test_flags_of_other_systems(kit):
    """What build systems add for shared libraries and hardening does no harm."""
    kit.cc(HELLO, "-fPIC", "-pie", "-fPIE", "-flto", "-static", "-rdynamic", "-pthread", "-D_FORTIFY_SOURCE=2",
           "-fstack-protector-strong", "-Wl,-rpath,/usr/lib", "-Wl,--as-needed", "-Wl,-z,relro,-z,now", "-Wl,-O1",
           "-Wl,-soname,x", "-Wl,--version-script,none", "-s", "-lpthread", "-ldl", "-lrt", "-lm", "-lc")
    assert kit.boot("prog", status=7) == "prog 1\n"


def test_flat_image(kit):
    kit.cc(HELLO, output="prog.img")
    assert (kit.top / "prog.img").read_bytes()[56:60] in (b"ARM\x64", b"RSC\x05")
    assert kit.boot("prog.img", status=7) == "prog 1\n"


def test_arguments_files_stack(kit):
    folder = kit.top / "files" / "etc"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "motd").write_text("packed\n")
    source = """#include <stdio.h>
        int main(int argc, char **argv)
        {
            volatile char deep[3 << 20];
            char line[80] = "";
            FILE *f = fopen("/etc/motd", "r");

            deep[0] = 0;
            printf("%s %s %s", argv[0], argv[argc - 1], f != NULL ? fgets(line, 80, f) : "nothing\\n");
            return deep[0];
        }"""
    kit.cc(source, "-Wl,--coracle-files=files,--coracle-stack=0x400000,--coracle-name=who", CORACLE_ARGS="one two")
    assert kit.boot("prog") == "who two packed\n"
    assert kit.boot("prog", "three") == "who three packed\n"


def test_functions_that_are_nowhere(kit):
    said = kit.cc("#include <errno.h>\nint wobble(void);\nint main(void) { return wobble() + errno; }", status=1)
    assert "undefined reference to `wobble'" in said and "errno" not in said


def test_names_of_the_kernel_are_not_for_programs(kit):
    said = kit.cc("void *page_alloc(unsigned long, unsigned long);\nint main(void) { return page_alloc(1, 1) != 0; }",
                  status=1)
    assert "undefined reference to `page_alloc'" in said


def test_own_functions_of_the_libc_s_name(kit):
    """A program may have its own of anything; the C library goes on with the C library's."""
    kit.cc("""#include <stdio.h>
        #include <string.h>
        char *strdup(const char *s) { return (char *)s; }
        void page_alloc(void) { puts("mine"); }
        int main(void) { const char *s = "x"; page_alloc(); return strdup(s) == s ? 0 : 1; }""", "-fno-builtin")
    assert kit.boot("prog") == "mine\n"


def test_a_function_that_cannot_work_is_named_once(kit):
    said = kit.cc("#include <unistd.h>\nint main(void) { fork(); return fork() == -1 ? 4 : 0; }", "-g")
    assert said.count("fork()") == 1 and re.search(r"fork\(\) in \w+\.o \(prog\.c:2\)", said), said
    kit.boot("prog", status=4)


def test_its_object_may_lie_in_a_library(kit):
    (kit.top / "run.c").write_text("#include <unistd.h>\nint run(char **v) { return execv(v[0], v); }\n")
    kit.run(kit.tool("cc"), "-O2", "-c", "run.c")
    kit.run(kit.tool("ar"), "rc", "librun.a", "run.o")
    said = kit.cc("int run(char **);\nint main(int c, char **v) { return run(v) == -1 ? 4 : 0; }", "-L.", "-lrun")
    assert said.count("execv()") == 1 and re.search(r"execv\(\) in librun\.a:run\.o ", said), said
    kit.boot("prog", status=4)


def test_weak_functions_may_be_missing(kit):
    kit.cc("void nowhere(void) __attribute__((weak));\nint main(void) { return nowhere == 0 ? 0 : 1; }")
    kit.boot("prog")


def test_no_main(kit):
    assert "undefined reference to `main'" in kit.cc("int f(void) { return 0; }", status=1)


def test_shared_objects_are_refused(kit):
    assert "no shared libraries" in kit.cc(HELLO, "-shared", status=1)


def test_objects_as_one(kit):
    """-r and response files."""
    (kit.top / "two.c").write_text("int two(void) { return 2; }\n")
    (kit.top / "words").write_text("-O2 -c two.c -o two.o")
    kit.run(kit.tool("cc"), "@words")
    kit.run(kit.tool("ld"), "-r", "-o", "both.o", "two.o")
    kit.cc("int two(void);\nint main(void) { return two(); }", "both.o")
    kit.boot("prog", status=2)


def test_answers_about_itself(kit):
    assert kit.run(kit.tool("cc"), "-dumpmachine").strip() == kit.host
    macros = kit.run(kit.tool("cc"), "-dM", "-E", "-x", "c", "/dev/null")
    assert "#define __coracle__ 1" in macros and "#define __unix__ 1" in macros and "__linux__" not in macros
    search = kit.run(kit.tool("cc"), "-v", "-E", "-x", "c", "/dev/null")
    listed = search[search.index("search starts here"):]
    assert "-linux-gnu/include" not in listed


def test_status_of_a_crash(kit):
    kit.cc("int main(void) { *(volatile int *)8 = 1; }", "-g")
    assert "main" in kit.boot("prog", status=101, options=("-b", "loglevel=7"))


# --- the SDK as such


def test_nothing_names_the_tree(kit):
    for path in (p for p in kit.sdk.rglob("*") if p.is_file() and not p.is_symlink()):
        if path.suffix not in (".o", ".a") and path.name != "coracle.meson":
            assert str(ROOT).encode() not in path.read_bytes(), path


def test_second_make_changes_nothing_and_keeps_what_was_installed(arch):
    made = pathlib.Path(re.search(r"^  SDK +(/.*)$", make("sdk", ARCH=arch).stdout, re.M)[1])
    before = made.stat().st_mtime_ns
    assert make("sdk", ARCH=arch).returncode == 0
    assert made.stat().st_mtime_ns == before
    mine = made / "sysroot/usr/lib/libmine.a"
    mine.write_text("mine")
    try:
        (made / "lib/config.json").unlink()
        assert make("sdk", ARCH=arch).returncode == 0
        assert (made / "lib/config.json").exists() and mine.read_text() == "mine"
    finally:
        mine.unlink()


def test_every_header_of_ours_compiles_alone(kit):
    include = kit.sdk / "sysroot/usr/include"
    names = [p.relative_to(ROOT / "libc/include") for p in sorted((ROOT / "libc/include").rglob("*.h"))]
    for name in names:
        (kit.top / f"h-{str(name).replace('/', '-')}.c").write_text(f"#include <{name}>\n")
    assert (include / "newlib").is_dir()
    kit.run("sh", "-c", f"for f in h-*.c; do {kit.tool('cc')} -fsyntax-only -Wall -Werror $f || exit 1; done")


def test_layout_of_what_headers_declare(kit):
    """Structures and numbers as on Linux, calls by their types: all of it is asserted while it is compiled."""
    shutil.copy(ROOT / "tests/unit/headers/layout.c", kit.top)
    kit.run(kit.tool("cc"), "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "layout.c")
