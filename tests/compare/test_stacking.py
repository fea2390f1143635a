"""Problems that are judged in stacks get the verdicts they would get alone."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from harness.compare.compare import compare
from harness.compare.oracle import ELEMENTS, stacks
from harness.plan.problem import Problem
from harness.vocabulary import DType, Op, Quantity
from tests.compare.bench import RIGHT, Kernel, plan, problem, recording, softmax

EVERY = (Quantity.FORWARD, Quantity.VJP, Quantity.JVP)


def problems(shape: tuple[int, ...], axis: int, *, count: int, op: Op, dtype: DType) -> list[Problem]:
    rng = np.random.default_rng(len(shape) + shape[0])
    drawn = []
    for number in range(count):
        x, v = rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3), rng.standard_normal(shape)
        if number % 3 == 1:  # rows that are left out of the row test, beside rows that are not
            x.flat[0], x.flat[-1] = -np.inf, [np.nan, np.inf, -np.inf][number % 2]
        check = EVERY if number % 4 else EVERY[:2]
        drawn.append(problem(x, v, op=op, axis=axis, dtype=dtype, check=check, case=f"case-{number}"))
    return drawn


def judged(asked: list[Problem], kernels: dict[Quantity, Kernel]) -> list[str]:
    """The verdicts and findings of one comparison of all of them, as texts: NaN is equal to itself there."""
    made = plan(*asked)
    compared = compare(made, {"kernel": recording(made, RIGHT | kernels)})
    found = [asdict(one) for one in (*compared.verdicts, *sorted(compared.findings, key=lambda one: one.case))]
    return [json.dumps(one, default=str) for one in found]


def alone(asked: list[Problem], kernels: dict[Quantity, Kernel]) -> list[str]:
    each: list[list[str]] = [judged([one], kernels) for one in asked]
    verdicts = [text for texts in each for text in texts if '"outcome"' in text and '"kind"' not in text]
    findings = [text for texts in each for text in texts if '"kind"' in text]
    return [*verdicts, *findings]


@pytest.mark.parametrize("dtype", list(DType))
@pytest.mark.parametrize("op", list(Op))
@pytest.mark.parametrize(
    ("shape", "axis"), [((3, 5), -1), ((7, 4), 0), ((2, 9, 3), 1), ((6,), 0), ((1, 3000), 1), ((300, 3), 0)]
)
def test_a_stack_gives_the_verdicts_of_each_problem_alone(
    shape: tuple[int, ...], axis: int, op: Op, dtype: DType
) -> None:
    asked = problems(shape, axis, count=6, op=op, dtype=dtype)
    assert max(len(stack) for stack in stacks(asked)) > 1
    right: dict[Quantity, Kernel] = {}
    assert judged(asked, right) == alone(asked, right)


def test_a_wrong_result_in_a_stack_is_the_fault_of_its_own_problem() -> None:
    asked = problems((4, 6), -1, count=5, op=Op.SOFTMAX, dtype=DType.FLOAT64)

    def wrong(call: Any) -> Any:
        value = softmax(call)
        return np.where(call.x[0, 0] == asked[3].call.x[0, 0], value[:1], value)

    kernels: dict[Quantity, Kernel] = {Quantity.FORWARD: wrong}
    assert judged(asked, kernels) == alone(asked, kernels)
    made = plan(*asked)
    compared = compare(made, {"kernel": recording(made, RIGHT | kernels)})
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
