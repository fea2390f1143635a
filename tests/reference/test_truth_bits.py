"""The exact values have the same bits whatever NumPy's vector code does with exp and log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adapters.interpreters import interpreter
from tests.reference.bits import digests

PINNED = "4a7d44411d49ccc904998ed87f73cc7e590b09e1ea40db6397f7c438b83a8aea"
ROOT = Path(__file__).parents[2]
VECTOR_CODE = "X86_V3 X86_V4 AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"


def digests_in(python: str, *, without: str) -> tuple[str, ...]:
    command, environ = [python, "-m", "tests.reference.bits"], os.environ | {"NPY_DISABLE_CPU_FEATURES": without}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=True)
    return tuple(done.stdout.split()[-2:])


def test_the_oracle_has_the_bits_it_has_always_had() -> None:
    exact, _ = digests()
    assert exact == PINNED


def test_so_it_has_without_vector_code() -> None:
    assert digests_in(sys.executable, without=VECTOR_CODE) == digests()


@pytest.mark.parametrize("without", ["", VECTOR_CODE], ids=["with vector code", "without vector code"])
def test_so_it_has_with_the_numpy_that_mxnet_needs(without: str) -> None:
    assert digests_in(interpreter("mxnet"), without=without) == digests()
