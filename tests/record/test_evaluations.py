from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

from harness.adapters.contract import Adapter
from harness.adapters.registry import load
from harness.plan.plan import Plan
from harness.record.evaluate import ALIGNMENT, evaluate, schedule
from harness.record.recording import Returned
from harness.record.surroundings import describe_platform, installed_packages, result_flags
from harness.vocabulary import Mode, Quantity
from tests.record.bench import WRONG, problem

Honest: Any = load(str(WRONG / "honest.py"))


class Onlooker(Honest):
    """Keep what it was handed, and answer whatever it was made with."""

    def __init__(self, answer: Any = None) -> None:
        self.seen: list[Any] = []
        self.answer = answer

    def forward(self, call: Any) -> Any:
        self.seen.append(call)
        return super().forward(call) if self.answer is None else self.answer


def test_eager_problems_come_last_and_the_rest_in_the_order_of_the_plan() -> None:
    modes = [Mode.EAGER, Mode.DEFAULT, Mode.JIT, Mode.EAGER, Mode.DEFAULT]
    problems = tuple(problem(f"p{k}", [0.0], mode=mode, check=[Quantity.FORWARD]) for k, mode in enumerate(modes))
    ordered = schedule(Plan(digest="", problems=problems, cases={}))
    assert [each.id for each, _ in ordered] == ["p1", "p2", "p4", "p0", "p3"]


def test_an_adapter_gets_aligned_writable_copies_and_a_mode_that_is_not_default() -> None:
    adapter: Adapter = Onlooker()
    asked = problem("p", [[1.0, 2.0, 3.0]])
    asked.call.x.flags.writeable = False
    evaluate(adapter, asked, Quantity.FORWARD, memory=1)
    evaluate(adapter, asked, Quantity.FORWARD, memory=1)
    first, second = adapter.seen  # type: ignore[attr-defined]
    for name in ("x", "cotangent", "tangent"):
        array = getattr(first, name)
        assert array.flags.writeable
        assert array.ctypes.data % ALIGNMENT == 0
        assert not np.shares_memory(array, getattr(second, name))
        assert array.tobytes() == getattr(asked.call, name).tobytes()
    assert first.mode is Mode.EAGER


def test_a_numpy_scalar_counts_as_an_array_without_axes() -> None:
    entry = evaluate(Onlooker(np.float32(1)), problem("p", 2.0), Quantity.FORWARD, memory=1)
    assert isinstance(entry.result, Returned)
    assert entry.result.value.shape == ()


def test_only_variables_that_change_results_are_flags_and_caches_are_not() -> None:
    environ = {"HOME": "/root", "XLA_FLAGS": "a", "OMP_NUM_THREADS": "1", "JAX_COMPILATION_CACHE_DIR": "cache"}
    assert result_flags(environ) == {"OMP_NUM_THREADS": "1", "XLA_FLAGS": "a"}


def test_bytes_of_a_flag_that_are_no_text_are_escaped() -> None:
    assert result_flags({"XLA_FLAGS": os.fsdecode(b"a\xff")}) == {"XLA_FLAGS": "a\\udcff"}


def test_the_platform_is_named_as_the_ledger_names_it() -> None:
    platform = describe_platform()
    assert platform["system"] == sys.platform.rstrip("0123456789")
    assert set(platform) == {"system", "machine", "processor", "instructions"}


def test_the_packages_are_the_whole_environment_sorted() -> None:
    packages = installed_packages()
    assert list(packages) == sorted(packages)
    assert f"numpy=={np.__version__}" in packages
