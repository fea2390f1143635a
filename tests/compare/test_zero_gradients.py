from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.call import Call
from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.vocabulary import DType, FindingKind, Level, Op, Quantity
from tests.compare.bench import FLOATING, RIGHT, plan, problem, recording

FORUM = [[[[0.1]], [[2.0]]]]


def _zeros(call: Call) -> Any:
    return np.zeros_like(call.x)


def _refuse(call: Call) -> Any:
    raise ValueError("grad can be implicitly created only for scalar outputs")


def explained(*problems: Any, **kernels: Any) -> Comparison:
    asked = plan(*problems)
    by_quantity = RIGHT | {Quantity(name): kernel for name, kernel in kernels.items()}
    return compare(asked, {"kernel": recording(asked, by_quantity)})


def kinds(compared: Comparison) -> set[FindingKind]:
    return {finding.kind for finding in compared.findings}


def only(compared: Comparison, kind: FindingKind) -> Finding:
    (finding,) = [found for found in compared.findings if found.kind is kind]
    return finding


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("cotangent", [None, np.ones((1, 2, 1, 1)), np.full((1, 2, 1, 1), 0.5)])
def test_the_forums_zero_is_the_gradient_of_a_sum(cotangent: Any, dtype: DType) -> None:
    compared = explained(problem(FORUM, cotangent, axis=1, dtype=dtype))
    finding = only(compared, FindingKind.SUMMED_OUTPUT)
    assert "cancel" in finding.sentence
    assert not compared.unexpected


def test_noise_around_the_forums_zero_is_explained_as_well() -> None:
    noise = np.reshape(np.float32([-7.4505806e-09, -5.2154064e-08]), (1, 2, 1, 1))
    compared = explained(problem(FORUM, np.ones((1, 2, 1, 1)), axis=1), vjp=lambda call: noise)
    assert FindingKind.SUMMED_OUTPUT in kinds(compared)
    assert not compared.unexpected


def test_a_refusal_to_guess_the_cotangent_is_a_policy_in_the_frameworks_words() -> None:
    compared = explained(problem(FORUM, None, axis=1), vjp=_refuse)
    finding = only(compared, FindingKind.IMPLICIT_REFUSED)
    assert finding.level is Level.POLICY
    assert "only for scalar outputs" in finding.sentence


@pytest.mark.parametrize(
    ("x", "cotangent", "op", "kind"),
    [
        ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], Op.SOFTMAX, FindingKind.ZERO_COTANGENT),
        ([[1.0], [2.0]], [[3.0], [-1.0]], Op.SOFTMAX, FindingKind.LENGTH_ONE_AXIS),
        ([[1.0], [2.0]], [[3.0], [-1.0]], Op.LOG_SOFTMAX, FindingKind.LENGTH_ONE_AXIS),
        (1.5, 2.0, Op.SOFTMAX, FindingKind.LENGTH_ONE_AXIS),
        ([0.0, 500.0], [1.0, 0.0], Op.SOFTMAX, FindingKind.SATURATED),
        ([-np.inf, 0.0], [1.0, 0.0], Op.SOFTMAX, FindingKind.SATURATED),
        ([2.0, 2.0, 2.0, 2.0], [0.25] * 4, Op.LOG_SOFTMAX, FindingKind.STATIONARY),
        (np.zeros((5, 0)), np.zeros((5, 0)), Op.SOFTMAX, FindingKind.EMPTY),
        (np.zeros((0, 5)), np.zeros((0, 5)), Op.SOFTMAX, FindingKind.EMPTY),
    ],
)
def test_each_kind_of_zero_gradient_is_named(x: Any, cotangent: Any, op: Op, kind: FindingKind) -> None:
    compared = explained(problem(x, cotangent, op=op), vjp=_zeros, forward=_true_forward)
    assert kinds(compared) - {FindingKind.DEGENERATE} == {kind}
    assert not compared.unexpected


def _true_forward(call: Call) -> Any:
    if call.x.size == 0 or call.x.ndim == 0:
        return np.ones_like(call.x)
    shifted = call.x - call.x.max(axis=call.axis, keepdims=True)
    total = np.exp(shifted).sum(axis=call.axis, keepdims=True)
    return np.exp(shifted) / total if call.op is Op.SOFTMAX else shifted - np.log(total)


def test_a_gradient_that_is_not_zero_has_no_explanation() -> None:
    compared = explained(problem([0.1, 2.0], [1.0, 0.0]))
    assert not compared.findings


def test_zeros_for_a_gradient_that_is_not_zero_are_a_fault() -> None:
    compared = explained(problem([0.1, 2.0], [1.0, 0.0]), vjp=_zeros)
    finding = only(compared, FindingKind.ZERO_RULE)
    assert finding.unexpected


def test_log_softmax_under_ones_away_from_uniform_is_not_called_zero() -> None:
    asked = problem([0.1, 2.0, 1.0], None, op=Op.LOG_SOFTMAX)
    compared = explained(asked, vjp=_zeros, forward=_true_forward)
    assert FindingKind.STATIONARY not in kinds(compared)
    assert FindingKind.ZERO_RULE in kinds(compared)


def test_a_case_that_only_probes_the_null_space_is_called_degenerate() -> None:
    compared = explained(problem([0.1, 2.0, 1.0], [1.0, 1.0, 1.0]))
    assert FindingKind.DEGENERATE in kinds(compared)


@pytest.mark.parametrize(
    "beside",
    [
        problem([0.1, 2.0, 1.0], [1.0, 0.0, 0.0], name="beside"),
        problem([0.1, 2.0, 1.0], [1.0, 1.0, 1.0], name="beside", check=tuple(RIGHT)),
    ],
)
def test_a_probing_cotangent_or_a_jacobian_beside_it_makes_a_case_prove_something(beside: Any) -> None:
    compared = explained(problem([0.1, 2.0, 1.0], [1.0, 1.0, 1.0]), beside)
    assert FindingKind.DEGENERATE not in kinds(compared)


def test_the_exhibit_shows_the_one_hot_rows_and_that_they_cancel() -> None:
    compared = explained(problem(FORUM, None, axis=1), vjp=_refuse)
    shown = compared.exhibits["a-case"]
    assert [[f"{value:.8f}" for value in row] for row in shown.jacobian] == [
        ["0.11318026", "-0.11318026"],
        ["-0.11318026", "0.11318026"],
    ]
    assert shown.column_sums == (0.0, 0.0)
    assert [f"{value:.8f}" for value in shown.output] == ["0.13010848", "0.86989152"]
    assert any("only for scalar outputs" in str(answer.words) for answer in shown.answers)


def test_a_cotangent_that_is_constant_where_there_is_probability_sums_the_outputs() -> None:
    masked = problem([[-np.inf, 0.1, 2.0]], [[7.0, 1.0, 1.0]])
    assert FindingKind.SUMMED_OUTPUT in kinds(explained(masked))


@pytest.mark.parametrize(
    ("x", "cotangent", "kind"),
    [
        ([[0.1, 2.0, -3.0], [120.0, 0.5, 0.25]], [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], FindingKind.SATURATED),
        ([[0.1, 2.0, -3.0], [0.1, 2.0, -3.0]], [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]], FindingKind.ZERO_COTANGENT),
        ([[0.1, 2.0, -3.0], [0.1, 2.0, -3.0]], [[1.0, 0.0, 0.0], [2.0, 2.0, 2.0]], FindingKind.SUMMED_OUTPUT),
    ],
)
def test_a_row_that_is_zero_among_others_is_explained_and_shown(x: Any, cotangent: Any, kind: FindingKind) -> None:
    compared = explained(problem(x, cotangent))
    finding = only(compared, kind)
    assert finding.sentence.startswith("In 1 of 2 rows (the first is row 1)")
    assert compared.exhibits["a-case"].row == (1,)


def test_rows_that_are_zero_for_different_reasons_are_explained_each() -> None:
    x = [[0.0, 500.0, 0.0], [0.1, 2.0, -3.0], [0.1, 2.0, -3.0], [0.1, 2.0, -3.0]]
    v = [[1.0, 0.0, 0.0], [3.0, 3.0, 3.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    compared = explained(problem(x, v))
    assert kinds(compared) == {FindingKind.SATURATED, FindingKind.SUMMED_OUTPUT, FindingKind.ZERO_COTANGENT}


def test_rows_along_another_axis_are_counted_as_rows() -> None:
    compared = explained(problem([[0.1, 0.0], [2.0, 500.0]], [[1.0, 1.0], [0.0, 0.0]], axis=0))
    assert "In 1 of 2 rows" in only(compared, FindingKind.SATURATED).sentence
