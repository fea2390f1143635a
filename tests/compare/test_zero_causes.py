"""Each cause of a zero derivative: the numbers that prove it, which one decides, and the change that ends it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from harness.compare.asked import Asked, result_format
from harness.compare.zeros.cause import Cause
from harness.compare.zeros.find import ZeroGradient, zero_gradients
from harness.compare.zeros.rows import Rows
from harness.plan.problem import Problem
from harness.vocabulary import DType, FindingKind, Op, Quantity, Reduction
from reference.formats import format_named
from reference.truth import Truth, truth
from reference.ulp import rounded
from tests.compare.bench import problem
from tests.compare.everything import PARAMETERS, X

LOSS: dict[str, Any] = {"op": Op.CROSS_ENTROPY, "reduction": Reduction.NONE}
VJP, JVP, HVP = Quantity.VJP, Quantity.JVP, Quantity.HVP


def oracle(asked: Problem, quantity: Quantity) -> Truth:
    call = asked.call
    question = Asked([call], result=result_format(call))
    dtype = call.dtype.value
    return truth(question.question, quantity.value, **question.vectors(quantity), working=dtype, accumulation=dtype)


def found(asked: Problem, quantity: Quantity) -> list[ZeroGradient]:
    return list(zero_gradients(asked, quantity, oracle(asked, quantity)))


CAUSES: list[tuple[Cause, Quantity, Problem, dict[str, Any]]] = [
    (
        Cause.NOTHING_KEPT,
        VJP,
        problem([[1, 2, 3]], [[1, 2, 3]], op=Op.MASKED_SOFTMAX, mask=[[False] * 3]),
        {"rows": 1},
    ),
    (
        Cause.IGNORED_ROW,
        VJP,
        problem([[1, 2], [1, 2]], [1, 1], **LOSS, targets=[0, -1], ignore_index=-1),
        {"rows": 1, "of rows": 2},
    ),
    (
        Cause.IGNORED_ROW,
        VJP,
        problem([[1, 2]], [[1, 1]], op=Op.SOFTMAX_OUTPUT, targets=[0], ignore_index=0),
        {"rows": 1},
    ),
    (Cause.ZERO_COTANGENT, VJP, problem([1, 2], [0, 0]), {"rows": 1}),
    (Cause.ZERO_COTANGENT, HVP, problem([1, 2], [0, 0], tangent=[1, 0]), {"rows": 1}),
    (Cause.ZERO_TANGENT, JVP, problem([1, 2], [0, 0]), {"rows": 1}),
    (Cause.ZERO_TANGENT, JVP, problem([1, 2], 1, op=Op.LOGSUMEXP, tangent=[0, 0]), {"rows": 1}),
    (Cause.SINGLE, VJP, problem([[5], [6]], [[1], [2]]), {"rows": 2, "shape": [2, 1], "axis": -1}),
    (Cause.SINGLE, VJP, problem([1, 2, 3], [1, 2, 3], op=Op.MASKED_SOFTMAX, mask=[False, True, False]), {"shape": [3]}),
    (Cause.SINGLE, HVP, problem([5], 1, op=Op.LOGSUMEXP, tangent=[2]), {"axis": -1}),
    (
        Cause.CONSTANT_COTANGENT,
        VJP,
        problem([0.1, 2], [3, 3]),
        {"cotangent": 3.0, "largest gradient of one output alone": 0.11318026},
    ),
    (Cause.CONSTANT_COTANGENT, VJP, problem([0.1, 2], [3, 3], op=Op.SOFTMIN), {"cotangent": 3.0}),
    (Cause.CONSTANT_COTANGENT, HVP, problem([0.1, 2], [3, 3], tangent=[1, 0]), {"cotangent": 3.0}),
    (Cause.CONSTANT_TANGENT, JVP, problem([0.1, 2], [1, 1]), {"tangent": 1.0}),
    (Cause.CONSTANT_TANGENT, JVP, problem([0.1, 2], [1, 1], op=Op.LOG_SOFTMAX), {"tangent": 1.0}),
    (Cause.CONSTANT_TANGENT, HVP, problem([0.1, 2], [1, 0], tangent=[-2, -2]), {"tangent": -2.0}),
    (
        Cause.CONSTANT_TANGENT,
        JVP,
        problem([[0.1, 2]], [1], **LOSS, targets=[0], tangent=[[4, 4]]),
        {"tangent": 4.0},
    ),
    (Cause.STRAIGHT, HVP, problem([1, 3], [1, -1], op=Op.LOG_SOFTMAX, tangent=[1, 0]), {"rows": 1}),
    (
        Cause.BALANCED,
        VJP,
        problem([2, 2, 2], [1, 1, 1], op=Op.LOG_SOFTMAX),
        {"length": 3, "largest distance from a multiple of softmax": 0.0},
    ),
    (Cause.BALANCED, VJP, problem([0, math.log(2)], [1, 2], op=Op.LOG_SOFTMAX), {"length": 2}),
    (
        Cause.SATURATED,
        VJP,
        problem([0, 500], [1, 0]),
        {
            "largest distance of the top probability from one": math.exp(-500),
            "largest true gradient": math.exp(-500),
        },
    ),
    (Cause.SATURATED, VJP, problem([-math.inf, 0], [1, 0]), {"largest true gradient": 0.0}),
    (Cause.SATURATED, VJP, problem([1e308, -1e308], [1, 0], dtype=DType.FLOAT64), {"largest true gradient": 0.0}),
    (Cause.SATURATED, VJP, problem([0, 5e3], [1, 0], temperature=0.5), {"largest true gradient": 0.0}),
    (Cause.SATURATED, VJP, problem([[500, 0]], [1], **LOSS, targets=[0]), {"rows": 1}),
    (Cause.SATURATED, VJP, problem([[500, 0]], [[1, 0]], op=Op.LOG_SOFTMAX), {"rows": 1}),
    (Cause.SATURATED, HVP, problem([500, 0], 1, op=Op.LOGSUMEXP, tangent=[1, 0]), {"rows": 1}),
    (
        Cause.OPTIMUM,
        VJP,
        problem([[1, 1]], [1], **LOSS, targets=[[0.5, 0.5]]),
        {"largest distance of a probability from its target": 0.0},
    ),
    (Cause.OPTIMUM, VJP, problem([[1, 1]], [[1, 1]], op=Op.SOFTMAX_OUTPUT, targets=[[0.5, 0.5]]), {"rows": 1}),
    (
        Cause.LEVEL,
        JVP,
        problem([1, 1], 1, op=Op.LOGSUMEXP, tangent=[3, -3]),
        {"goes up by": 1.5, "goes down by": 1.5},
    ),
    (Cause.EXTREMUM, HVP, problem([0.5, 0.5], [1, 0], tangent=[1, 0]), {"rows": 1}),
    (
        Cause.UNDERFLOW,
        VJP,
        problem([0, 0], [1e-40, 0]),
        {
            "largest true gradient": 2.5e-41,
            "smallest normal number": 2.0**-126,
            "smallest number above zero": 2.0**-149,
        },
    ),
    (Cause.UNDERFLOW, VJP, problem([0, 0], [2.0**-149, 0]), {"largest true gradient": 2.0**-151}),
    (Cause.UNDERFLOW, VJP, problem([0, 0], [2.0**-23, 0], dtype=DType.FLOAT16), {"largest true gradient": 2.0**-25}),
    (Cause.WITHIN_ROUNDING, VJP, problem([1, 2], [1e8, 1e8 + 8]), {"largest true gradient": 8 * 0.19661193}),
]  # fmt: skip
IDS = [
    f"{cause.name.lower()}-{asked.call.op}-{quantity}-{number}"
    for number, (cause, quantity, asked, _) in enumerate(CAUSES)
]


@pytest.mark.parametrize(("cause", "quantity", "asked", "numbers"), CAUSES, ids=IDS)
def test_a_cause_is_found_and_proved_by_its_numbers(
    cause: Cause, quantity: Quantity, asked: Problem, numbers: dict[str, Any]
) -> None:
    (zero,) = found(asked, quantity)
    assert zero.cause is cause
    assert zero.kind is cause.kind
    given = {name: zero.evidence[name] for name in numbers}
    for name, expected in numbers.items():
        assert given[name] == (expected if isinstance(expected, list) else pytest.approx(expected, rel=2e-3, abs=0))


@pytest.mark.parametrize(("cause", "quantity", "asked", "numbers"), CAUSES, ids=IDS)
def test_the_change_that_is_advised_gives_a_derivative_that_is_not_zero(
    cause: Cause, quantity: Quantity, asked: Problem, numbers: dict[str, Any]
) -> None:
    (zero,) = found(asked, quantity)
    assert zero.remedy is not None
    assert zero.remedy.words in zero.sentence
    call = zero.remedy.call
    changed = oracle(Problem(id="changed", case="changed", call=call, cotangent_name="", check=(quantity,)), quantity)
    stored = np.abs(rounded(changed.value, format_named(call.dtype.value)))
    assert stored.max() == zero.remedy.largest > 0
    assert (np.abs(changed.value.hi) > changed.bound).any(), "rounding alone would explain it"


def test_every_cause_is_tried() -> None:
    assert {cause for cause, *_ in CAUSES} == set(Cause)


@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.BFLOAT16])
@pytest.mark.parametrize(
    ("op", "quantity"),
    [(op, quantity) for op in Op for quantity in (VJP, JVP, HVP) if op is not Op.SOFTMAX_OUTPUT or quantity is VJP],
)
def test_every_row_that_is_zero_has_one_cause_that_decides(op: Op, quantity: Quantity, dtype: DType) -> None:
    heads = ([1, 0], [1, 1], [0, 0], [1e-40, 0])
    inputs = ([0.5, 0.5], [0.1, 2], [-math.inf, 0], [0, 100])
    for head in heads:
        for x in inputs:
            given = (
                {"targets": [0, 1]} if op.has_targets else {"mask": [[True, True], [True, False]]} if op.masked else {}
            )
            if op is Op.CROSS_ENTROPY:
                given |= {"reduction": Reduction.NONE}
            cotangent = head if op.reduces else [head, head]
            asked = problem([x, x], cotangent, op=op, dtype=dtype, tangent=[head, head], **given)
            derivative = oracle(asked, quantity)
            rows = Rows(asked.call, quantity, derivative)
            explained = list(zero_gradients(asked, quantity, derivative))
            assert sum(each.evidence["rows"] for each in explained) == rows.zero.sum(), (head, x)


def test_of_several_causes_the_first_decides_and_the_others_are_named() -> None:
    (zero,) = found(problem([0, 500], [1, 1]), VJP)
    assert zero.cause is Cause.CONSTANT_COTANGENT
    assert "Besides, the softmax is saturated; what was said first decides" in zero.sentence
    assert zero.remedy is not None
    assert "one-hot" in zero.remedy.words
    assert "divided by" in zero.remedy.words


def test_what_follows_from_a_cause_is_not_named_beside_it() -> None:
    (zero,) = found(problem([[5]], [[1]]), VJP)
    assert "Besides" not in zero.sentence


def test_a_loss_of_the_whole_batch_that_does_not_change_is_explained_once_for_all_rows() -> None:
    level = problem(X, 1.0, op=Op.CROSS_ENTROPY, tangent=np.ones_like(X), **PARAMETERS[Op.CROSS_ENTROPY])
    (zero,) = found(level, JVP)
    assert (zero.cause, zero.evidence["rows"]) == (Cause.CONSTANT_TANGENT, 2)


def test_a_derivative_that_is_not_zero_has_no_cause() -> None:
    assert found(problem([0.1, 2], [1, 0]), VJP) == []


def test_the_forums_question_is_answered_with_the_change_that_helps() -> None:
    (zero,) = found(problem([[[[0.1]], [[2.0]]]], None, axis=1), VJP)
    assert zero.kind is FindingKind.SUMMED_OUTPUT
    assert "no cotangent was given" in zero.sentence
    assert "With a cotangent that asks for output 0 alone (one-hot), the gradient is not zero" in zero.sentence
    assert "its largest element is 0.11" in zero.sentence
