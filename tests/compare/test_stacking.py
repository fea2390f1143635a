"""Problems that are judged in stacks get the verdicts they would get alone."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from harness.call import output_shape
from harness.compare.compare import compare
from harness.compare.oracle import Oracle
from harness.compare.stacking import ELEMENTS, stacks
from harness.plan.problem import Problem
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction
from tests.compare.bench import FLOATING, TRUE, Kernel, plan, problem, recording


def parameters(op: Op, shape: tuple[int, ...], axis: int, rng: np.random.Generator) -> dict[str, Any]:
    """What an op has beside x: arrays that differ from problem to problem, and the rest alike."""
    rows = tuple(np.delete(shape, axis))
    if op.masked:
        return {"mask": rng.random(shape) < 0.7}
    if op.has_targets:
        extra = {"label_smoothing": 0.1} if op is Op.CROSS_ENTROPY else {"grad_scale": 2.0}
        targets = rng.integers(-1, shape[axis], rows)
        reduction = {"reduction": Reduction.NONE} if op is Op.CROSS_ENTROPY else {}
        return {"targets": targets, "ignore_index": -1, **extra, **reduction}
    return {} if op is Op.LOGSUMEXP else {"temperature": 0.5}


def problems(shape: tuple[int, ...], axis: int, *, count: int, op: Op, dtype: DType) -> list[Problem]:
    rng = np.random.default_rng(len(shape) + shape[0])
    every = (Quantity.FORWARD, Quantity.VJP) if op is Op.SOFTMAX_OUTPUT else tuple(Quantity)
    if math.prod(shape) > 100:
        every = tuple(quantity for quantity in every if quantity is not Quantity.JACOBIAN)
    drawn = []
    for number in range(count):
        x, w = rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3), rng.standard_normal(shape)
        if number % 3 == 1:  # rows that are left out of the row test, beside rows that are not
            x.flat[0], x.flat[-1] = -np.inf, [np.nan, np.inf, -np.inf][number % 2]
        given = parameters(op, shape, axis, rng)
        v = rng.standard_normal(output_shape(op, shape, axis=axis, reduction=given.get("reduction")))
        check = every if number % 4 else every[:2]
        drawn.append(
            problem(x, v, op=op, axis=axis, dtype=dtype, check=check, case=f"case-{number}", tangent=w, **given)
        )
    return drawn


def judged(asked: list[Problem], kernels: dict[Quantity, Kernel]) -> list[str]:
    """The verdicts and findings of one comparison of all of them, as texts: NaN is equal to itself there."""
    made = plan(*asked)
    compared = compare(made, {"kernel": recording(made, TRUE | kernels)})
    found = [asdict(one) for one in (*compared.verdicts, *sorted(compared.findings, key=lambda one: one.case))]
    return [json.dumps(one, default=str) for one in found]


def alone(asked: list[Problem], kernels: dict[Quantity, Kernel]) -> list[str]:
    each: list[list[str]] = [judged([one], kernels) for one in asked]
    verdicts = [text for texts in each for text in texts if '"outcome"' in text and '"kind"' not in text]
    findings = [text for texts in each for text in texts if '"kind"' in text]
    return [*verdicts, *findings]


@pytest.mark.parametrize(
    ("op", "dtype", "shape", "axis"),
    [
        *((op, dtype, (2, 5, 3), 1) for op in Op for dtype in FLOATING),
        *((op, DType.FLOAT32, shape, axis) for op in Op for shape, axis in (((3, 5), -1), ((6,), 0))),
        (Op.SOFTMAX, DType.FLOAT64, (7, 4), 0),
        (Op.LOG_SOFTMAX, DType.FLOAT32, (1, 3000), 1),
        (Op.MASKED_SOFTMAX, DType.BFLOAT16, (300, 3), 0),
        (Op.LOGSUMEXP, DType.FLOAT32, (300, 3), 0),
    ],
)
def test_a_stack_gives_the_verdicts_of_each_problem_alone(
    op: Op, dtype: DType, shape: tuple[int, ...], axis: int
) -> None:
    asked = problems(shape, axis, count=6, op=op, dtype=dtype)
    assert max(len(stack) for stack in stacks(asked)) > 1
    right: dict[Quantity, Kernel] = {}
    assert judged(asked, right) == alone(asked, right)


def test_what_is_made_of_all_rows_of_a_batch_is_judged_alone() -> None:
    given = {"targets": [0, 2], "check": (Quantity.FORWARD,)}
    asked = [
        problem(np.zeros((2, 3)), case=f"{op}-{number}", op=op, **given, **parameters)
        for op, parameters in (
            (Op.CROSS_ENTROPY, {"reduction": Reduction.MEAN}),
            (Op.CROSS_ENTROPY, {"reduction": Reduction.SUM}),
            (Op.SOFTMAX_OUTPUT, {"normalization": Normalization.VALID}),
        )
        for number in range(2)
    ]
    assert all(len(stack) == 1 for stack in stacks(asked))


def test_the_modes_of_a_framework_share_one_truth() -> None:
    asked = [problem([0.1, 2.0], [1.0, 0.0], mode=mode, name=str(mode)) for mode in Mode]
    (stack,) = stacks(asked)
    oracle = Oracle(stack)
    first, *others = (oracle.truth(one, Quantity.VJP) for one in stack)
    assert all(other is first for other in others)


def test_a_wrong_result_in_a_stack_is_the_fault_of_its_own_problem() -> None:
    asked = problems((4, 6), -1, count=5, op=Op.SOFTMAX, dtype=DType.FLOAT64)

    def wrong(call: Any) -> Any:
        value = TRUE[Quantity.FORWARD](call)
        return np.where(call.x[0, 0] == asked[3].call.x[0, 0], value[:1], value)

    kernels: dict[Quantity, Kernel] = {Quantity.FORWARD: wrong}
    assert judged(asked, kernels) == alone(asked, kernels)
    made = plan(*asked)
    compared = compare(made, {"kernel": recording(made, TRUE | kernels)})
    assert {finding.case for finding in compared.unexpected} == {"case-3"}


def test_stacks_hold_every_problem_once_and_keep_to_their_size() -> None:
    asked = [
        *problems((3, 5), -1, count=7, op=Op.SOFTMAX, dtype=DType.FLOAT32),
        *problems((3, 5), 1, count=7, op=Op.SOFTMAX, dtype=DType.FLOAT32),
        *problems((2, 10000), -1, count=4, op=Op.SOFTMAX, dtype=DType.FLOAT32),
        problem(0.5, 1.0),
        problem(np.zeros((3, 0)), np.zeros((3, 0))),
    ]
    made = list(stacks(asked))
    assert sorted(map(id, asked)) == sorted(id(one) for stack in made for one in stack)
    assert [len(stack) for stack in made if stack[0].call.x.shape == (3, 5)] == [14]
    assert all(len(stack) == 1 or sum(one.call.x.size for one in stack) <= ELEMENTS for stack in made)
