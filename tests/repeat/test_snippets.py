"""A snippet makes the very call that the adapter makes: every op, parameter, quantity, dtype and mode, bit for bit."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.plan.problem import Problem
from harness.record.recording import Raised, Recording, Result, Returned, Unsupported
from harness.record.store import read_recording
from harness.repeat.snippet import snippet
from harness.vocabulary import DType, Mode, Op, Quantity, Reduction
from tests.adapters.cells import problems, values
from tests.adapters.interpreters import record
from tests.record.bench import problem, write
from tests.repeat.snippets import bits, outcomes

FRAMEWORKS = ("reference", "mxnet", "torch", "jax")
MODES = {  # that differ from the default, by framework
    "reference": (),
    "torch": (),
    "mxnet": (Mode.NUMPY, Mode.SAFE_ACCUMULATION, Mode.JIT),
    "jax": (Mode.EAGER,),
}
SHAPES = {
    "a single number": np.float64(0.5),
    "one row": [0.1, -3.0, 2.0, np.inf],
    "no elements": np.zeros((2, 0)),
    "NaN and zeros with signs": [[0.0, -0.0, np.nan], [-np.inf, 1e-40, 3e38]],
    "equal logits": np.zeros((2, 200)),
    "many logits": np.sin(np.arange(600.0)).reshape(2, 300),
}


def asked(framework: str) -> list[Problem]:
    """Return problems of every kind, in the default mode and in others of the framework."""
    made = [one for one in problems() if one.call.mode is Mode.DEFAULT]
    if framework == "jax":  # which compiles each of them, for the adapter and for the snippet
        made = [one for one in made if one.call.dtype is DType.FLOAT32 or one.id == "softmax, bfloat16"]
    for mode in MODES[framework]:
        plain = [one for one in problems() if one.id.endswith(", float32")]
        plain = plain[::5] if framework == "jax" else plain
        made += [replace(one, id=f"{one.id}, {mode}", call=replace(one.call, mode=mode)) for one in plain]
    made += [
        problem(f"{op.value} of {name}", x, op=op) for name, x in SHAPES.items() for op in (Op.SOFTMAX, Op.LOG_SOFTMAX)
    ]
    made += [problem(f"{mode}, half", np.zeros((1, 4096)), dtype=DType.FLOAT16, mode=mode) for mode in MODES[framework]]
    made += [
        problem(f"{op.value} of nothing given", [[1.0, 2.0]], op=op, cotangent=None)
        for op in (Op.SOFTMAX, Op.LOGSUMEXP)
    ]
    made.append(  # MXNet refuses it, and says so once it is waited for
        problem(
            "losses of no rows",
            np.zeros((0, 5)),
            op=Op.CROSS_ENTROPY,
            dtype=DType.FLOAT32,
            targets=np.zeros((0,), np.int32),
            reduction=Reduction.NONE,
            check=(Quantity.FORWARD,),
        )
    )
    return made


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[tuple[Problem, Quantity, Result, Any]]]:
    """Return, by framework, each evaluation with what the adapter returned and what its snippet did."""

    @functools.cache
    def run(framework: str) -> list[tuple[Problem, Quantity, Result, Any]]:
        folder = tmp_path_factory.mktemp(framework)
        made = asked(framework)
        plan = write(folder, made)
        record(framework, folder)
        recording: Recording = read_recording(folder / "recordings" / framework, plan=plan.digest)
        every = [(one, quantity, recording.entries[one.id, quantity].result) for one in made for quantity in one.check]
        asked_for = [(one, quantity, result) for one, quantity, result in every if not isinstance(result, Unsupported)]
        codes = [snippet(framework, one.call, quantity) for one, quantity, _ in asked_for]
        assert None not in codes
        done = outcomes(framework, [code or "" for code in codes], folder)
        return [(*each, outcome) for each, outcome in zip(asked_for, done, strict=True)]

    return run


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_snippet_gives_the_bits_that_the_adapter_gave(framework: str, ran: Callable[[str], list[Any]]) -> None:
    different = []
    for one, quantity, result, outcome in ran(framework):
        if isinstance(result, Returned):
            expected = bits(values(result.value, DType(result.dtype)))
            if (outcome.get("shape"), outcome.get("got")) != expected:
                different.append((one.id, quantity.value, expected, outcome))
    assert different == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_where_the_framework_raises_the_snippet_raises_the_same(
    framework: str, ran: Callable[[str], list[Any]]
) -> None:
    raised = [(result, outcome) for _, _, result, outcome in ran(framework) if isinstance(result, Raised)]
    assert [result.type for result, _ in raised] == [outcome.get("raised") for _, outcome in raised]
    assert raised or framework != "mxnet"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_op_and_quantity_that_something_came_back_for_was_tried(
    framework: str, ran: Callable[[str], list[Any]]
) -> None:
    tried = {(one.call.op, quantity) for one, quantity, result, _ in ran(framework) if isinstance(result, Returned)}
    expected = {"reference": 37, "mxnet": 17, "torch": 35, "jax": 35}
    assert len(tried) == expected[framework]


def test_an_op_that_a_framework_lacks_has_no_snippet() -> None:
    call = next(one.call for one in problems() if one.call.op is Op.SOFTMAX_OUTPUT)
    assert snippet("torch", call, Quantity.FORWARD) is None
    assert snippet("jax", call, Quantity.FORWARD) is None


def test_an_adapter_from_outside_has_no_snippet() -> None:
    assert snippet("my-kernel", problems()[0].call, Quantity.FORWARD) is None
