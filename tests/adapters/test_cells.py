"""Every op, dtype and derivative through every adapter, in its own Python: it is the right call that is made.

How accurate a result is does not matter here: it is compared as loosely as a wrong call cannot pass.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Callable

import numpy as np
import pytest

from harness.plan.problem import Problem
from harness.record.recording import Raised, Recording, Result, Returned, Unsupported
from harness.record.store import read_recording
from harness.vocabulary import DType, Op, Quantity
from tests.adapters.cells import expected, problems, values
from tests.adapters.interpreters import ROOT, interpreter, record
from tests.record.bench import write

FRAMEWORKS = ("reference", "mxnet", "torch", "jax")
README = (ROOT / "harness" / "adapters" / "README.md").read_text(encoding="utf-8")
PROBLEMS = {problem.id: problem for problem in problems()}
TOLERANCES = {DType.FLOAT16: 0.1, DType.BFLOAT16: 0.1, DType.FLOAT32: 1e-4, DType.FLOAT64: 1e-8, DType.INT32: 1e-4}
RAISES = {  # what has no kernel for integers says so itself
    "torch": {
        "softmax, int32": "NotImplementedError",
        "log_softmax, int32": "NotImplementedError",
        "softmin, int32": "NotImplementedError",
        "cross_entropy of indices, int32": "NotImplementedError",
        "masked_softmax by mask, int32": "RuntimeError",
        "masked_softmax by length, int32": "RuntimeError",
        "masked_log_softmax by mask, int32": "RuntimeError",
    },
    "jax": {"cross_entropy of indices, int32": "TypeError"},
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Recording]:
    reports = tmp_path_factory.mktemp("cells")
    plan = write(reports, list(PROBLEMS.values()))

    @functools.cache
    def recording(framework: str) -> Recording:
        record(framework, reports)
        return read_recording(reports / "recordings" / framework, plan=plan.digest)

    return recording


def results(recording: Recording, problem: Problem) -> dict[Quantity, Result]:
    return {quantity: recording.entries[problem.id, quantity].result for quantity in problem.check}


def wrong(problem: Problem, quantity: Quantity, result: Returned, *, masked_moves: bool) -> str | None:
    """Say what is wrong with a result: its shape, its dtype, or a number far from what is expected."""
    call = problem.call
    due = call.dtype_of(quantity)
    if result.value.shape != call.shape_of(quantity):
        return f"shape {result.value.shape}"
    if due is not None and result.dtype != due:
        return f"dtype {result.dtype}"
    got = values(result.value, DType(result.dtype))
    want = expected(call, quantity, masked_moves=masked_moves)
    finite = np.isfinite(want)
    tolerance = max(TOLERANCES[dtype] for dtype in (call.dtype, call.result_dtype) if dtype)
    near = np.abs(got[finite] - want[finite]) <= tolerance * np.abs(want[finite]).max(initial=0.0)
    if near.all() and (got[~finite] == want[~finite]).all():
        return None
    return f"{got} where {want} is expected"


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_comes_back_is_what_was_asked_for(framework: str, name: str, recorded: Callable[[str], Recording]) -> None:
    problem = PROBLEMS[name]
    found = results(recorded(framework), problem)
    masked_moves = framework == "torch" and problem.call.op is Op.MASKED_LOG_SOFTMAX
    judged = {
        quantity: wrong(problem, quantity, result, masked_moves=masked_moves)
        for quantity, result in found.items()
        if isinstance(result, Returned)
    }
    assert judged == dict.fromkeys(judged)


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_pytorch_and_jax_have_every_cell_but_mxnets_own(
    framework: str, name: str, recorded: Callable[[str], Recording]
) -> None:
    found = results(recorded(framework), PROBLEMS[name]).values()
    raises = RAISES[framework].get(name)
    if PROBLEMS[name].call.op is Op.SOFTMAX_OUTPUT:
        assert {type(result) for result in found} == {Unsupported}
    elif raises is not None:
        assert [result.type for result in found if isinstance(result, Raised)] == [raises]
    else:
        assert {type(result) for result in found} == {Returned}


@pytest.mark.parametrize("op", Op)
@pytest.mark.parametrize("framework", ["mxnet", "torch", "jax"])
def test_the_table_of_calls_has_one_for_every_op_that_something_comes_back_for(
    framework: str, op: Op, recorded: Callable[[str], Recording]
) -> None:
    (row,) = re.findall(rf"^\| {op.value} \| (.*?) \| (.*?) \| (.*?) \|$", README, flags=re.MULTILINE)
    found = [results(recorded(framework), problem).values() for problem in PROBLEMS.values() if problem.call.op is op]
    called = row[["mxnet", "torch", "jax"].index(framework)]
    assert (called != "none") == any(isinstance(result, Returned) for of_one in found for result in of_one)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_is_unsupported_has_its_reason_in_words(framework: str, recorded: Callable[[str], Recording]) -> None:
    found = [entry.result for entry in recorded(framework).entries.values()]
    reasons = {result.reason for result in found if isinstance(result, Unsupported)}
    assert all(len(reason.split()) > 3 for reason in reasons)
    assert any(isinstance(result, Returned) for result in found)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_input_of_any_kind_is_changed(framework: str, recorded: Callable[[str], Recording]) -> None:
    assert {entry.inputs_changed for entry in recorded(framework).entries.values()} == {()}


@pytest.mark.parametrize(
    ("quantity", "masked_moves", "same"),
    [
        (Quantity.VJP, True, True),
        (Quantity.VJP, False, False),
        (Quantity.JVP, True, True),
        (Quantity.JVP, False, False),
    ],
)
def test_in_pytorch_a_masked_log_probability_moves_with_the_sum(
    quantity: Quantity, masked_moves: bool, same: bool, recorded: Callable[[str], Recording]
) -> None:
    problem = PROBLEMS["masked_log_softmax by mask, float64"]
    result = results(recorded("torch"), problem)[quantity]
    assert isinstance(result, Returned)
    assert (wrong(problem, quantity, result, masked_moves=masked_moves) is None) == same


@pytest.mark.parametrize(
    ("framework", "said"),
    [
        ("torch", "reverse over reverse: torch.autograd.grad of torch.autograd.grad(create_graph=True)"),
        ("jax", "reverse over reverse: jax.vjp of jax.vjp"),
    ],
)
def test_a_second_derivative_says_how_it_is_made(
    framework: str, said: str, recorded: Callable[[str], Recording]
) -> None:
    entries = recorded(framework).entries
    methods = {entry.method for (_, quantity), entry in entries.items() if quantity is Quantity.HVP}
    assert methods == {said}
    assert entries["softmax, float32", Quantity.VJP].method is None


def test_without_optax_jax_has_no_cross_entropy_and_says_what_would_help() -> None:
    script = """
import sys
sys.modules["optax"] = None  # as where it is not installed
from harness.adapters.jax import JaxAdapter
from harness.vocabulary import Quantity
from tests.adapters.cells import problems

adapter, calls = JaxAdapter(), {problem.id: problem.call for problem in problems()}
for name in ("softmax, float32", "cross_entropy of indices, float32"):
    print(adapter.unsupported(calls[name], Quantity.FORWARD))
"""
    done = subprocess.run(
        [interpreter("jax"), "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    has, lacks = done.stdout.splitlines()
    assert has == "None"
    assert lacks.startswith("JAX has no cross entropy of its own: optax does not import")
    assert lacks.endswith("install it with: pip install optax==0.2.8")
