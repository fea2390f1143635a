"""What a verb imports starts no threads of OpenBLAS, and leaves the environment of what it starts as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNT = """
import os, sys
from harness.cli import cli
before = dict(os.environ)
assert cli.get_command(None, sys.argv[1]) is not None
assert "numpy" in sys.modules and dict(os.environ) == before
print(len(os.listdir("/proc/self/task")))
"""


def threads(verb: str, **environment: str) -> int:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS", "OMP"))}
    line = [sys.executable, "-c", COUNT, verb]
    done = subprocess.run(line, cwd=ROOT, env=environ | environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted where Linux lists them")
@pytest.mark.parametrize("verb", ["plan", "record", "compare", "run"])
def test_a_verb_has_one_thread(verb: str) -> None:
    assert threads(verb) == 1
    assert threads(verb, OPENBLAS_NUM_THREADS="2") == min(2, len(os.sched_getaffinity(0)))
