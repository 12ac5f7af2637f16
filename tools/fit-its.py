#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fit-its.py [OPTION...] ARCH IMAGE BOARD...: the source of a FIT image, for mkimage -f.

ARCH is U-Boot's word (arm64, riscv), IMAGE the flat image. A BOARD makes a configuration of its name; the
first one is the default:

    name                 without a tree: U-Boot passes its own
    name:COMPATIBLE      the same; U-Boot can find it by what its tree is compatible with
    name=FILE.dtb        with this tree

    --load ADDR     where the image is copied to; without it U-Boot chooses, as the image's header asks
    --key NAME      configurations are signed with it, by --algo (sha256,rsa2048)
    --name TEXT     what is in it

Spec: U-Boot doc/uImage.FIT/source_file_format.txt, signature.txt.
"""

import argparse
import re
import sys

HASH = 'hash-1 {\n\t\t\t\talgo = "sha256";\n\t\t\t};'


def fail(text):
    sys.exit(f"fit-its.py: {text}")


def quoted(text):
    if re.search(r'["\\\n]', text):
        fail(f"{text!r} has a quote, a backslash or a line's end in it")
    return f'"{text}"'


class Board:
    def __init__(self, text):
        words = re.fullmatch(r"([A-Za-z0-9_.+-]+)(?:=(.+)|:(.+))?", text)
        if not words:
            fail(f'"{text}" is not a name, name:COMPATIBLE or name=TREE')
        self.name, self.tree, self.compatible = words.groups()


def image(name, file, arch, lines):
    return "\n".join([
        f"\t\t{name} {{",
        f"\t\t\tdescription = {quoted(name)};",
        f"\t\t\tdata = /incbin/({quoted(file)});",
        f'\t\t\tarch = "{arch}";',
        '\t\t\tcompression = "none";',
        *(f"\t\t\t{line};" for line in lines),
        f"\t\t\t{HASH}",
        "\t\t};"])


def kernel(options):
    """The last of the images: its BSS then grows over none, should U-Boot run it where it lies."""
    high, low = options.load >> 32, options.load & 0xFFFFFFFF
    lines = [f"type = {quoted('kernel' if options.load else 'kernel_noload')}", 'os = "linux"',
             f"load = <{high:#x} {low:#x}>", f"entry = <{high:#x} {low:#x}>"]
    return image("kernel", options.image, options.arch, lines)


def configuration(board, options):
    lines = [f"description = {quoted(board.name)}", 'kernel = "kernel"']
    if board.tree:
        lines.append(f"fdt = {quoted('tree-' + board.name)}")
    if board.compatible:
        lines.append(f"compatible = {quoted(board.compatible)}")
    text = [f"\t\t{board.name} {{", *(f"\t\t\t{line};" for line in lines)]
    if options.key:
        signed = '"kernel", "fdt"' if board.tree else '"kernel"'
        text += ["\t\t\tsignature-1 {", f"\t\t\t\talgo = {quoted(options.algo)};",
                 f"\t\t\t\tkey-name-hint = {quoted(options.key)};", f"\t\t\t\tsign-images = {signed};", "\t\t\t};"]
    return "\n".join([*text, "\t\t};"])


def source(options):
    trees = [image("tree-" + b.name, b.tree, options.arch, ['type = "flat_dt"']) for b in options.boards if b.tree]
    return "\n".join([
        "/dts-v1/;\n\n/ {",
        f"\tdescription = {quoted(options.name)};",
        "\t#address-cells = <2>;\n",
        "\timages {", *trees, kernel(options), "\t};\n",
        "\tconfigurations {",
        f"\t\tdefault = {quoted(options.boards[0].name)};",
        *(configuration(b, options) for b in options.boards),
        "\t};\n};"])


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n", 1)[0])
    parser.add_argument("--load", type=lambda t: int(t, 0), default=0)
    parser.add_argument("--key", default="")
    parser.add_argument("--algo", default="sha256,rsa2048")
    parser.add_argument("--name", default="Coracle")
    parser.add_argument("arch", choices=("arm64", "riscv"))
    parser.add_argument("image")
    parser.add_argument("boards", type=Board, nargs="+")
    options = parser.parse_args()
    names = [b.name for b in options.boards]
    if len(set(names)) != len(names):
        fail(f"a board is named twice: {' '.join(names)}")
    print(source(options))


if __name__ == "__main__":
    main()
