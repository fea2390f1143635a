"""JAX is handed NumPy's arrays as they are: the same bits, and neither side touches the memory of the other."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.interpreters import ROOT, interpreter


def said(which: str) -> dict[str, Any]:
    program = Path(__file__).with_name("jax_arrays_program.py")
    line = [interpreter("jax"), "-W", "ignore", str(program), which]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


@pytest.fixture(scope="module")
def beside() -> dict[str, Any]:
    """Return what the adapter does."""
    return said("beside")


def test_every_op_dtype_and_shape_has_the_bits_of_plain_jit_of_arrays_of_jax(beside: dict[str, Any]) -> None:
    alone = said("alone")
    assert (alone["async"], beside["async"]) == (True, False)
    assert len(alone["digests"]) > 100
    assert beside["digests"] == alone["digests"]


def test_bits_do_not_depend_on_how_arrays_lie_in_memory(beside: dict[str, Any]) -> None:
    assert beside["layouts"] == []


def test_arrays_are_not_written_into(beside: dict[str, Any]) -> None:
    assert beside["changed"] == []


def test_results_are_not_the_memory_of_arrays(beside: dict[str, Any]) -> None:
    assert beside["shared"] == []
