"""What an interpreter, and the adapter that only it can load, are asked before anything is recorded."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.adapters.registry import BUILT_IN, default_name
from harness.cli.exits import Exit, leave
from harness.vocabulary import Op

_NEEDED = ("numpy", "click", "rich")  # what recording needs of an interpreter, beside the framework
_ANSWER = "harness asked: "  # a kernel's file may print lines of its own
_ASK = f"""
import json, sys
from harness.adapters.registry import AdapterFault, load
try:
    adapter = load(sys.argv[1])
    answer = dict(name=adapter.name, ops=adapter.ops)
except AdapterFault as fault:
    answer = dict(fault=str(fault))
print()
print({_ANSWER!r} + json.dumps(answer))
"""
_PATIENCE = 120.0  # seconds for an adapter's file to be loaded; where it takes longer, recording will say so


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an adapter says of itself before it is recorded."""

    name: str
    ops: tuple[Op, ...] = tuple(Op)

    @property
    def left_out(self) -> tuple[Op, ...]:
        """The ops that it does not have."""
        return tuple(op for op in Op if op not in self.ops)


def check_interpreter(interpreter: Path) -> None:
    """Leave with a clear message where ``interpreter`` cannot record."""
    probe = f"import sys, {', '.join(_NEEDED)}; assert sys.version_info >= (3, 11), sys.version"
    try:
        found = subprocess.run([interpreter, "-c", probe], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        leave(Exit.USAGE, f"--python {interpreter}: cannot be started: {error.strerror}")
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["no message"])[-1]
        leave(
            Exit.USAGE,
            f"--python {interpreter}: cannot record: {last}. "
            f"It needs Python 3.11 or later with the framework and: {' '.join(_NEEDED)}",
        )


def asked_of(adapter: str, interpreter: Path, environment: dict[str, str]) -> Answer:
    """Return what a kernel of one's own says of itself, whose file only ``interpreter`` can load.

    Leave where it cannot be loaded, with the reason: nothing has been planned or written by then.
    """
    if adapter in BUILT_IN:
        return Answer(name=adapter)
    line = [str(interpreter), "-c", _ASK, adapter]
    try:
        asked = subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=_PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired:
        return Answer(name=default_name(adapter))
    answers = [line.removeprefix(_ANSWER) for line in asked.stdout.splitlines() if line.startswith(_ANSWER)]
    if asked.returncode or not answers:
        # its framework is missing, or it ended the process: recording says so, and that is a result
        return Answer(name=default_name(adapter))
    said = json.loads(answers[-1])
    if "fault" in said:
        leave(Exit.USAGE, said["fault"])
    return Answer(name=said["name"], ops=tuple(Op(op) for op in said["ops"]))
