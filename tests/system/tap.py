# SPDX-License-Identifier: MIT
"""What a target test says that a system test has booted with a machine of its own."""

import re


def judge(machine):
    """Wait for its end. All of its cases must be there, and hold."""
    machine.wait()
    text = machine.text
    bad = re.findall(r"^not ok .*(?:\n# .*)*", text, re.M)
    plan = re.search(r"^1\.\.(\d+)", text, re.M)
    good = len(re.findall(r"^ok \d+", text, re.M))
    assert not bad, "\n".join(bad)
    assert plan, f"no plan: it ended early\n{text[-2000:]}"
    assert good == int(plan.group(1)), f"{good} of {plan.group(1)} cases"
    assert machine.status == 0
    return good
