# SPDX-License-Identifier: MIT
"""Apps in folders outside the tree: they build, they run, and nothing is written beside them."""

import os

import pytest

from machine import ROOT, Machine, make

MAIN = """#include <stdio.h>
int main(void)
{
	char line[20] = "";
	FILE *f = fopen("/data/line.txt", "r");

	printf("I am %s, my file says %s\\n", WHO, f != NULL ? fgets(line, sizeof(line), f) : "nothing");
	return 3;
}
"""


def app(folder, who):
    """An app named greet in @folder; it says who it is by its flags and its packed file."""
    path = folder / who / "greet"
    (path / "data").mkdir(parents=True)
    (path / "app.mk").write_text(f"srcs := main.c\nfiles := data\ncflags := -DWHO='\"{who}\"'\n")
    (path / "main.c").write_text(MAIN)
    (path / "data/line.txt").write_text(who)
    return path


def image(arch, path):
    done = make("-s", "image", "image-path", ARCH=arch, APP=str(path))
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()[-1]


def contents(folder):
    return {(root, *files) for root, _, files in os.walk(folder)}


def test_two_of_one_name(arch, tmp_path):
    apps = [app(tmp_path, who) for who in ("ada", "grace")]
    before = contents(tmp_path)
    for path, kernel in [(p, image(arch, p)) for p in apps]:
        with Machine(arch, None, kernel=kernel) as m:
            assert m.wait() == 3
        assert f"I am {path.parent.name}, my file says {path.parent.name}" in m.text
    assert contents(tmp_path) == before


def test_relative_path_is_the_same_app(arch, tmp_path):
    path = app(tmp_path, "ada")
    assert image(arch, os.path.relpath(path, ROOT) + "/") == image(arch, path)


def test_path_into_the_tree_is_the_app_of_the_tree(arch):
    paths = [make("-s", "image-path", ARCH=arch, APP=name).stdout for name in ("hello", f"{ROOT}/apps/hello")]
    assert paths[0] == paths[1]


@pytest.mark.parametrize("name", ["with blank", "a:b", "100%"])
def test_names_that_make_cannot_read(name, tmp_path):
    done = make("image", APP=str(tmp_path / name / "greet"))
    assert done.returncode != 0
    assert "the path of an app has no blank" in done.stdout


def test_folder_without_app(tmp_path):
    done = make("image", APP=str(tmp_path))
    assert done.returncode != 0 and f"there is no {tmp_path}/app.mk" in done.stdout
