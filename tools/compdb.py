#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compdb.py LIST: compile_commands.json from lines "source command"."""

import json
import os
import shlex
import sys

entries = []
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        if line.strip():
            source, command = line.strip().split(None, 1)
            entries.append({"directory": os.getcwd(), "file": source, "arguments": shlex.split(command)})
json.dump(entries, sys.stdout, indent=1)
print()
