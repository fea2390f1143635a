"""The Python that has a framework: a test of an adapter runs beside its framework or not at all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def interpreter(framework: str) -> str:
    """Return the Python that has ``framework``: ``HARNESS_PYTHON_<NAME>``, or tox's; skip the test if there is none."""
    named = os.environ.get(f"HARNESS_PYTHON_{framework.upper()}")
    if named:
        return named
    made = ROOT / ".tox" / framework / "bin" / "python"
    if not made.exists():
        pytest.skip(f"no Python with {framework}: run tox -e {framework}, or set HARNESS_PYTHON_{framework.upper()}")
    return str(made)


def record(framework: str, reports: Path, *options: str, adapter: str | None = None) -> None:
    """Record the plan in ``reports`` with the Python of ``framework``, and options of the verb."""
    verb = ["record", adapter or framework, *options, "--reports", str(reports)]
    command = [interpreter(framework), "-m", "harness", *verb]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
