"""One row of a case, laid out for a person, whatever the op leaves of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.compare.compare import compare
from harness.compare.exhibit import LARGEST_ROW, Exhibit
from harness.plan.problem import Problem
from harness.vocabulary import DType, Op, Quantity, Reduction
from tests.compare.bench import FLOATING, TRUE, plan, problem, recording
from tests.compare.everything import X, of_op


def shown(*asked: Problem) -> Exhibit:
    made = plan(*asked)
    return compare(made, {"kernel": recording(made, TRUE)}).exhibits[asked[0].case]


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("op", list(Op))
def test_every_op_has_an_exhibit_whose_gradient_is_cotangent_times_jacobian(op: Op, dtype: DType) -> None:
    exhibit = shown(of_op(op, dtype=dtype))
    outputs = 1 if op.reduces else X.shape[1]
    assert (len(exhibit.x), len(exhibit.output)) == (X.shape[1], outputs)
    assert exhibit.cotangent is not None
    assert exhibit.gradient is not None
    assert len(exhibit.cotangent) == outputs
    if op is Op.SOFTMAX_OUTPUT:
        assert (exhibit.jacobian, exhibit.column_sums) == ((), ())
        return
    product = np.array(exhibit.cotangent) @ np.array(exhibit.jacobian)
    coarse = {DType.FLOAT16: 2e-2, DType.BFLOAT16: 1e-1}.get(dtype, 1e-5)
    assert product == pytest.approx(np.array(exhibit.gradient), rel=coarse, abs=coarse)
    assert np.sum(exhibit.jacobian, axis=0) == pytest.approx(np.array(exhibit.column_sums), abs=coarse)


@pytest.mark.parametrize("op", list(Op))
def test_the_answers_are_the_same_row_of_what_came_back(op: Op) -> None:
    exhibit = shown(of_op(op))
    answers = {answer.quantity: answer for answer in exhibit.answers}
    exact = {Quantity.FORWARD: exhibit.output, Quantity.VJP: exhibit.gradient}
    exact |= {Quantity.JVP: exhibit.jvp, Quantity.HVP: exhibit.hvp}
    for quantity, values in exact.items():
        if quantity in answers:
            assert answers[quantity].values == pytest.approx(values, rel=1e-4)
    if op is not Op.SOFTMAX_OUTPUT:
        assert answers[Quantity.JACOBIAN].rows == pytest.approx(np.array(exhibit.jacobian), rel=1e-4, abs=1e-9)
        assert set(answers) == set(Quantity)


def test_a_loss_of_the_whole_batch_is_shown_by_the_row_that_is_laid_out() -> None:
    mean, none = (
        shown(of_op(Op.CROSS_ENTROPY, reduction=reduction, cotangent=np.ones(() if reduction is Reduction.MEAN else 2)))
        for reduction in (Reduction.MEAN, Reduction.NONE)
    )
    assert mean.gradient is not None
    assert none.gradient is not None
    assert np.array(mean.gradient) * 2 == pytest.approx(np.array(none.gradient), rel=1e-6)
    assert mean.targets == none.targets == (0.0,)


def test_bits_of_bfloat16_are_shown_as_the_numbers_they_are() -> None:
    exhibit = shown(problem([[1.0, 2.0]], [[1.0, 0.0]], dtype=DType.BFLOAT16))
    (forward, _) = exhibit.answers
    assert forward.values == exhibit.output == (0.26953125, 0.73046875)
    assert exhibit.result_dtype == "bfloat16"


def test_a_mask_and_targets_are_shown_beside_the_row() -> None:
    assert shown(of_op(Op.MASKED_SOFTMAX)).kept == (True, True, False, True)
    probabilities = [[0.5, 0.25, 0.25, 0.0], [0.25, 0.25, 0.25, 0.25]]
    assert shown(of_op(Op.CROSS_ENTROPY, targets=probabilities)).targets == (0.5, 0.25, 0.25, 0.0)
    assert shown(of_op(Op.SOFTMAX)).parameters == "temperature=0.5"


@pytest.mark.parametrize(
    ("changes", "alike"),
    [({"seed": 1}, True), ({"temperature": 3.0}, False), ({"x": X + 1}, False), ({"axis": 0}, False)],
)
def test_answers_of_other_problems_are_shown_where_those_are_of_the_same_numbers(
    changes: dict[str, Any], alike: bool
) -> None:
    other = {"x": X, "temperature": 0.5, "axis": -1} | {k: v for k, v in changes.items() if k != "seed"}
    first = of_op(Op.SOFTMAX, case="one")
    cotangent = np.random.default_rng(changes.get("seed", 0)).standard_normal(X.shape)
    second = problem(op=Op.SOFTMAX, case="one", name="second", cotangent=cotangent, **other)
    assert ("second" in {answer.problem for answer in shown(first, second).answers}) is alike


def test_integers_have_an_exhibit_in_the_format_of_their_result() -> None:
    exhibit = shown(problem([[1, 2, 3]], dtype=DType.INT32, check=[Quantity.FORWARD]))
    assert exhibit.x == (1.0, 2.0, 3.0)
    assert np.sum(exhibit.output) == pytest.approx(1.0)
    assert exhibit.gradient is None


def test_a_long_row_is_not_laid_out() -> None:
    asked = plan(problem([np.arange(LARGEST_ROW + 1.0)], [np.ones(LARGEST_ROW + 1)]))
    assert compare(asked, {"kernel": recording(asked, TRUE)}).exhibits == {}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("op", [Op.LOGSUMEXP, Op.CROSS_ENTROPY, Op.SOFTMAX])
def test_the_row_is_cut_along_the_axis_of_the_problem(op: Op, axis: int) -> None:
    rng = np.random.default_rng(axis)
    x = rng.standard_normal((2, 3, 4))
    batch = tuple(np.delete(x.shape, axis))
    given: dict[str, Any] = {}
    if op is Op.CROSS_ENTROPY:
        given = {"targets": rng.integers(0, x.shape[axis], batch), "reduction": Reduction.NONE}
    v = rng.standard_normal(batch if op.reduces else x.shape)
    exhibit = shown(problem(x, v, op=op, axis=axis, tangent=x, check=[q for q in Quantity if q != "jacobian"], **given))
    assert exhibit.x == pytest.approx(np.moveaxis(x, axis, -1)[exhibit.row], rel=1e-6)
    forward = next(answer for answer in exhibit.answers if answer.quantity is Quantity.FORWARD)
    assert forward.values == pytest.approx(exhibit.output, rel=1e-5)
