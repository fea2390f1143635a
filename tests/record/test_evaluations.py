from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import pytest

from harness.adapters.contract import Adapter
from harness.adapters.registry import load
from harness.call import ARRAYS
from harness.plan.plan import Plan
from harness.record.evaluate import evaluate, schedule
from harness.record.handing import ALIGNMENT
from harness.record.recording import Returned, Unsupported
from harness.record.surroundings import describe_platform, installed_packages, result_flags
from harness.vocabulary import DType, Mode, Quantity
from tests.record.bench import WRONG, problem

EXTRAS = {"mask": np.array([[True, False, True]]), "lengths": np.int32([2]), "targets": np.int32([1])}
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
    asked = problem("p", [[1.0, 2.0, 3.0]], **EXTRAS)
    asked.call.x.flags.writeable = False
    evaluate(adapter, asked, Quantity.FORWARD, memory=1)
    evaluate(adapter, asked, Quantity.FORWARD, memory=1)
    first, second = adapter.seen  # type: ignore[attr-defined]
    for name in ARRAYS:
        array = getattr(first, name)
        assert array.flags.writeable
        assert array.ctypes.data % ALIGNMENT == 0
        assert not np.shares_memory(array, getattr(second, name))
        assert array.tobytes() == getattr(asked.call, name).tobytes()
    assert first.mode is Mode.EAGER


def test_an_adapter_that_copies_gets_the_arrays_themselves_where_they_cannot_be_written() -> None:
    adapter = Onlooker()
    adapter.copies_inputs = True
    asked = problem("p", [[1.0, 2.0, 3.0]], **EXTRAS)
    asked.call.x.flags.writeable = False
    evaluate(adapter, asked, Quantity.FORWARD, memory=1)
    (seen,) = adapter.seen
    assert seen.x is asked.call.x
    assert not np.shares_memory(seen.mask, asked.call.mask)


def test_what_an_adapter_has_is_asked_of_the_arrays_themselves_and_costs_no_copy() -> None:
    class Lacks(Onlooker):
        def unsupported(self, call: Any, quantity: Quantity) -> str:
            self.seen.append(call)
            return "this kernel has nothing"

    adapter, asked = Lacks(), problem("p", [1.0, 2.0])
    assert evaluate(adapter, asked, Quantity.FORWARD, memory=1).result == Unsupported("this kernel has nothing")
    (seen,) = adapter.seen
    assert seen.x is asked.call.x
    assert seen.mode is Mode.EAGER


@pytest.mark.parametrize("name", ARRAYS)
def test_a_change_of_any_input_is_named(name: str) -> None:
    class Changes(Honest):
        def forward(self, call: Any) -> Any:
            getattr(call, name)[...] = 0
            return call.x

    asked = problem("p", [[1.0, 2.0, 3.0]], **EXTRAS)
    assert evaluate(Changes(), asked, Quantity.FORWARD, memory=1).inputs_changed == (name,)


def test_a_derivative_that_an_adapter_does_not_override_is_unsupported() -> None:
    entry = evaluate(Honest(), problem("p", [1.0, 2.0]), Quantity.HVP, memory=1)
    assert entry.result == Unsupported("the adapter has no hvp")


@pytest.mark.parametrize("quantity", Quantity)
def test_an_adapter_that_computes_nothing_but_values_is_asked_for_nothing_else(quantity: Quantity) -> None:
    class Plain(Adapter):
        modes = (Mode.EAGER,)
        describe = unsupported = lambda *_: None

        def forward(self, call: Any) -> Any:
            return call.x

    result = evaluate(Plain(), problem("p", [1.0, 2.0]), quantity, memory=1).result
    assert isinstance(result, Returned if quantity is Quantity.FORWARD else Unsupported)


@pytest.mark.parametrize("quantity", [Quantity.FORWARD, Quantity.JACOBIAN])
def test_how_a_quantity_is_made_is_kept_where_the_adapter_says_so(quantity: Quantity) -> None:
    class Says(Honest):
        def method(self, asked: Quantity) -> str | None:
            return "by columns" if asked is Quantity.JACOBIAN else None

    method = evaluate(Says(), problem("p", [1.0, 2.0]), quantity, memory=1).method
    assert method == ("by columns" if quantity is Quantity.JACOBIAN else None)


@pytest.mark.parametrize(
    ("dtype", "result_dtype", "filed"),
    [
        (DType.BFLOAT16, None, "bfloat16"),
        (DType.FLOAT32, DType.BFLOAT16, "bfloat16"),
        (DType.BFLOAT16, DType.FLOAT32, "uint16"),
        (DType.FLOAT32, None, "uint16"),
        (DType.INT32, None, "uint16"),
    ],
)
def test_bits_are_those_of_bfloat16_where_that_is_due(dtype: DType, result_dtype: DType | None, filed: str) -> None:
    asked = problem("p", [1, 2, 3], dtype=dtype, result_dtype=result_dtype)
    result = evaluate(Onlooker(np.arange(3, dtype=np.uint16)), asked, Quantity.FORWARD, memory=1).result
    assert isinstance(result, Returned)
    assert (result.dtype, result.value.tolist()) == (filed, [0, 1, 2])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, np.int64])
def test_numbers_are_filed_under_their_own_dtype_whatever_is_due(dtype: Any) -> None:
    asked = problem("p", [1, 2, 3], dtype=DType.INT32)
    result = evaluate(Onlooker(np.arange(3, dtype=dtype)), asked, Quantity.FORWARD, memory=1).result
    assert isinstance(result, Returned)
    assert (result.dtype, result.value.dtype) == (np.dtype(dtype).name, np.dtype(dtype))


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
