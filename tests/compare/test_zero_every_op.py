"""Why a gradient, or a Hessian times a vector, is zero: the cause that each op can have, proved and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.plan.plan import ExpectedFinding
from harness.plan.problem import Problem
from harness.vocabulary import DType, FindingKind, Level, Op, Quantity, Reduction
from tests.compare.bench import FLOATING, TRUE, plan, problem, recording
from tests.compare.everything import X

VJP, HVP = Quantity.VJP, Quantity.HVP
ROW = [[0.1, 2.0, -3.0]]
ROW2 = [[2.0, 1.0]]
INDEX = {"targets": [0], "reduction": Reduction.NONE}


def explained(asked: Problem) -> Comparison:
    made = plan(asked)
    return compare(made, {"kernel": recording(made, TRUE)})


def zeros(asked: Problem, quantity: Quantity) -> list[Finding]:
    found = [finding for finding in explained(asked).findings if finding.quantity is quantity]
    kinds = (FindingKind.DEGENERATE, FindingKind.COTANGENT_IGNORED)
    return [finding for finding in found if finding.level is Level.EXPLANATION and finding.kind not in kinds]


def one(x: Any, op: Op, quantity: Quantity = VJP, **given: Any) -> Problem:
    return problem(x, op=op, check=[Quantity.FORWARD, quantity], **given)


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        (one(ROW, Op.SOFTMIN, cotangent=[[1, 1, 1]]), FindingKind.SUMMED_OUTPUT, "Softmin outputs sum to one"),
        (
            one(ROW, Op.MASKED_SOFTMAX, cotangent=[[1, 1, 7]], mask=[[True, True, False]]),
            FindingKind.SUMMED_OUTPUT,
            "cancel",
        ),
        (
            one(ROW, Op.MASKED_SOFTMAX, cotangent=[[0, 0, 7]], mask=[[True, True, False]]),
            FindingKind.ZERO_COTANGENT,
            "is zero wherever the mask keeps an element",
        ),
        (
            one(ROW, Op.MASKED_SOFTMAX, cotangent=[[1, 2, 3]], lengths=[1]),
            FindingKind.LENGTH_ONE_AXIS,
            "the mask keeps a single element",
        ),
        (
            one(ROW, Op.MASKED_LOG_SOFTMAX, cotangent=[[1, 2, 3]], lengths=[1]),
            FindingKind.LENGTH_ONE_AXIS,
            "is 0 whatever the input",
        ),
        (
            one([[1, 1, 9]], Op.MASKED_LOG_SOFTMAX, cotangent=[[2, 2, 3]], lengths=[2]),
            FindingKind.STATIONARY,
            "all inputs of the row that are kept are equal",
        ),
        (one(ROW, Op.LOGSUMEXP, cotangent=[0]), FindingKind.ZERO_COTANGENT, "nothing was asked"),
        (one([[0, 400, 0]], Op.SOFTMIN, cotangent=[[1, 0, 0]]), None, ""),
        (one([[0, -400, 0]], Op.SOFTMIN, cotangent=[[1, 0, 0]]), FindingKind.SATURATED, "saturated"),
        (one([[3]], Op.CROSS_ENTROPY, cotangent=[2], **INDEX), FindingKind.LENGTH_ONE_AXIS, "over a single class is 0"),
        (one([[300, 0]], Op.CROSS_ENTROPY, cotangent=[2], **INDEX), FindingKind.SATURATED, "at its optimum"),
        (one([[0, 300]], Op.CROSS_ENTROPY, cotangent=[2], **INDEX), None, ""),
        (
            one([[1, 1]], Op.CROSS_ENTROPY, cotangent=[2], targets=[[0.5, 0.5]], reduction=Reduction.NONE),
            FindingKind.STATIONARY,
            "softmax of the input is the target distribution",
        ),
        (
            one([[1, 1]], Op.CROSS_ENTROPY, cotangent=[1e-45], targets=[[0.75, 0.25]], reduction=Reduction.NONE),
            FindingKind.UNDERFLOW,
            "it underflows",
        ),
        (one([[1, 1]], Op.CROSS_ENTROPY, cotangent=[0], **INDEX), FindingKind.ZERO_COTANGENT, "nothing was asked"),
        (
            one([[1, 2]], Op.CROSS_ENTROPY, cotangent=[1], ignore_index=0, **INDEX),
            FindingKind.ALL_MASKED,
            "the target is ignore_index (0)",
        ),
        (one([[300, 0]], Op.SOFTMAX_OUTPUT, cotangent=[[1, 2]], targets=[0]), FindingKind.SATURATED, "saturated"),
        (one([[1, 2]], Op.SOFTMAX_OUTPUT, cotangent=[[0, 0]], targets=[0]), None, ""),
        (one([[1]], Op.SOFTMAX_OUTPUT, cotangent=[[1]], targets=[0]), FindingKind.LENGTH_ONE_AXIS, "a single class"),
        (
            one([[1, 1]], Op.SOFTMAX_OUTPUT, cotangent=[[1, 2]], targets=[[0.5, 0.5]]),
            FindingKind.STATIONARY,
            "this op returns is their difference",
        ),
        (
            one([[1, 2]], Op.SOFTMAX_OUTPUT, cotangent=[[1, 2]], targets=[-1], ignore_index=-1),
            FindingKind.ALL_MASKED,
            "has no influence",
        ),
    ],
)
def test_each_op_names_the_cause_of_a_zero_gradient(asked: Problem, kind: FindingKind | None, words: str) -> None:
    found = zeros(asked, VJP)
    assert [finding.kind for finding in found] == ([] if kind is None else [kind])
    assert all(words in finding.sentence for finding in found)
    assert not explained(asked).unexpected


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        (one(ROW, Op.SOFTMAX, HVP, cotangent=[[1, 1, 1]], tangent=[[1, 2, 3]]), FindingKind.SUMMED_OUTPUT, "second"),
        (one(ROW, Op.SOFTMAX, HVP, cotangent=[[0, 0, 0]], tangent=[[1, 2, 3]]), FindingKind.ZERO_COTANGENT, "nothing"),
        (one(ROW, Op.SOFTMAX, HVP, cotangent=[[1, 2, 3]], tangent=[[2, 2, 2]]), FindingKind.STATIONARY, "together"),
        (one(ROW, Op.SOFTMAX, HVP, cotangent=[[1, 2, 3]], tangent=[[0, 0, 0]]), FindingKind.STATIONARY, "together"),
        (one(ROW, Op.LOGSUMEXP, HVP, cotangent=[1], tangent=[[2, 2, 2]]), FindingKind.STATIONARY, "together"),
        (one([[5]], Op.LOGSUMEXP, HVP, cotangent=[1], tangent=[[2]]), FindingKind.LENGTH_ONE_AXIS, "no curvature"),
        (one([[0, 300]], Op.CROSS_ENTROPY, HVP, cotangent=[1], tangent=ROW2, **INDEX), FindingKind.SATURATED, "line"),
        (one(ROW, Op.SOFTMAX, HVP, cotangent=[[1, 2, 3]], tangent=[[1, 2, 2]]), None, ""),
    ],
)  # fmt: skip
def test_a_second_derivative_that_is_zero_has_its_cause(asked: Problem, kind: FindingKind | None, words: str) -> None:
    found = zeros(asked, HVP)
    assert [finding.kind for finding in found] == ([] if kind is None else [kind])
    assert all("Hessian-vector product" in finding.sentence and words in finding.sentence for finding in found)


def test_a_gradient_that_is_zero_needs_no_bound_to_be_so() -> None:
    """Logits of 1e11 over 3 are rounded by more than exp can take: no kernel is bounded there, but by the truth."""
    asked = one([[2e11, 1e11, -1e11]], Op.SOFTMAX, cotangent=[[1, 2, 3]], temperature=3.0)
    assert [finding.kind for finding in zeros(asked, VJP)] == [FindingKind.SATURATED]


@pytest.mark.parametrize("op", [Op.MASKED_SOFTMAX, Op.MASKED_LOG_SOFTMAX])
def test_rows_of_which_nothing_is_kept_are_named_though_nothing_is_defined_there(op: Op) -> None:
    asked = one(X, op, cotangent=X, lengths=[0, 4])
    (found,) = zeros(asked, VJP)
    assert found.kind is FindingKind.ALL_MASKED
    assert found.sentence.startswith("In 1 of 2 rows (the first is row 0) everything is masked")


@pytest.mark.parametrize("dtype", FLOATING)
def test_a_gradient_that_is_too_small_for_its_dtype_is_called_saturated(dtype: DType) -> None:
    (found,) = zeros(one([[1000.0, 0.0]], Op.SOFTMAX, cotangent=[[1, 0]], dtype=dtype), VJP)
    assert found.kind is FindingKind.SATURATED
    assert f"to the last place of {dtype.value}" in found.sentence
    assert zeros(one([[3.0, 0.0]], Op.SOFTMAX, cotangent=[[1, 0]], dtype=dtype), VJP) == []


def test_what_the_head_gradient_of_softmax_output_would_have_given_is_the_proof_that_it_is_ignored() -> None:
    asked = one([[1.0, 2.0]], Op.SOFTMAX_OUTPUT, cotangent=[[5.0, 5.0]], targets=[1])
    (found,) = [one for one in explained(asked).findings if one.kind is FindingKind.COTANGENT_IGNORED]
    assert found.adapters == ("kernel",)
    assert found.evidence["softmax's own vjp there"] == 0
    assert abs(found.evidence["gradient there"]) == pytest.approx(1 / (1 + np.e))
    assert not found.unexpected


def test_a_wrong_gradient_of_softmax_output_is_not_called_that_of_a_cross_entropy() -> None:
    made = plan(one([[1.0, 2.0]], Op.SOFTMAX_OUTPUT, cotangent=[[5.0, 1.0]], targets=[1]))
    wrong = TRUE | {VJP: lambda call: 2 * TRUE[VJP](call)}
    findings = {finding.kind: finding for finding in compare(made, {"kernel": recording(made, wrong)}).findings}
    assert findings[FindingKind.BEYOND_BOUND].adapters == ("kernel",)
    assert findings[FindingKind.COTANGENT_IGNORED].adapters == ()


def test_what_softmax_output_is_does_not_hang_on_who_ran() -> None:
    expected = ExpectedFinding(kind=FindingKind.COTANGENT_IGNORED)
    made = plan(one([[1.0, 2.0]], Op.SOFTMAX_OUTPUT, cotangent=[[5.0, 1.0]], targets=[1]), findings=[expected])
    assert not compare(made, {}).unexpected
