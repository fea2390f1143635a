"""The benchmarks by name; a module is imported when it is asked for, since each needs packages of its own."""

from __future__ import annotations

import importlib
from typing import Final

from harness.bench.contract import Benchmark

MODULES: Final = {
    "checkers": "harness.bench.checkers.beside",
    "overhead": "harness.bench.overhead",
    "problems": "harness.bench.problems",
    "reference": "harness.bench.reference",
    "scaling": "harness.bench.scaling",
}


def benchmark_named(name: str) -> Benchmark:
    """Return the benchmark of this name; raise KeyError where there is none."""
    found: Benchmark = importlib.import_module(MODULES[name]).BENCHMARK
    return found
