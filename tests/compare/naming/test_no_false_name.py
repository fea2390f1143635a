"""No multiple is named where every rule points one way; a formula that is met exactly is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.compare.naming.search import explained
from harness.compare.naming.wrong import Wrong
from harness.vocabulary import FindingKind, Op, Quantity, Reduction
from reference.faults import Evaluation
from reference.formats import format_named
from reference.question import Question
from tests.compare.bench import TRUE, Kernel, problem, stored
from tests.compare.naming.test_findings_of_faults import finding, named
from tests.compare.naming.test_naming import CALL


def names(op: str, x: Any, v: Any, got: Any, *, of: str = "float32", **more: Any) -> list[str]:
    nearest = format_named(of).nearest
    question = Question(op=op, axis=1, x=nearest(np.array([x], float)), format=of, result=of, **more)
    evaluation = Evaluation.of(question, "vjp", cotangent=nearest(np.array([v], float)))
    wrong = Wrong(evaluation=evaluation, got=nearest(np.array([got], float)), dtype=of)
    assert wrong.beyond.any()
    return [one.name for one in explained(wrong, CALL).names]


@pytest.mark.parametrize("factor", [-2.1e-05, 0.37, -12.5])
@pytest.mark.parametrize("n", [1, 10])
@pytest.mark.parametrize("op", ["softmax", "log_softmax"])
def test_no_multiple_is_named_where_every_rule_points_the_same_way(op: str, n: int, factor: float) -> None:
    found = names(op, [0.3] * n, [1.0] * n, [factor] * n)
    assert not set(found) - {"scaled"}


@pytest.mark.parametrize("size", [49184.0, 1.0])
def test_a_formula_that_is_met_to_the_last_place_is_named_however_wide_its_bound(size: float) -> None:
    found = names("softmax", [size] * 5, [1.0] * 5, [0.2 / 3.0] * 5, of="float16", temperature=3.0)
    assert "dot-term-missing" in found
    assert "identity" not in found


def test_where_a_fault_agrees_and_cannot_be_told_from_the_truth_no_multiple_wins() -> None:
    """A row of huge logits in half precision: x over T errs by whole units, and every bound is above one."""
    got = np.float64(np.float16(0.2 / 3.0)) * (1.0 + 2.0**-7)
    assert names("softmax", [49184.0] * 5, [1.0] * 5, [got] * 5, of="float16", temperature=3.0) == []


def test_a_sum_of_losses_has_no_rows_that_are_right() -> None:
    asked = problem(np.zeros((8, 3)), op=Op.CROSS_ENTROPY, targets=np.arange(8) % 3, reduction=Reduction.SUM)
    kernel: Kernel = lambda call: -TRUE[Quantity.FORWARD](call)  # noqa: E731
    found = finding(asked, TRUE | {Quantity.FORWARD: kernel}, FindingKind.BEYOND_BOUND)
    assert "loss-sign" in named(found)
    assert "the others are right" not in found.sentence


@pytest.mark.parametrize(("of", "rows"), [("float16", 4096), ("float32", 50)])
def test_losses_that_are_added_up_coarsely_are_named(of: str, rows: int) -> None:
    x = format_named(of).nearest(np.random.default_rng(0).normal(size=(rows, 2)))
    question = Question(
        op="cross_entropy", axis=1, x=x, format=of, result=of, reduction="sum", targets=np.zeros(rows, dtype=np.int64)
    )
    evaluation = Evaluation.of(question, "forward")
    coarse = np.float16 if of == "float16" else None
    total = np.float32(0)
    for loss in np.log1p(np.exp(x[:, 1] - x[:, 0])):
        if coarse is not None:
            total = np.float16(total) + np.float16(loss)
        else:
            total = format_named("bfloat16").nearest(total + format_named("bfloat16").nearest(loss))
    wrong = Wrong(evaluation=evaluation, got=np.array(float(total)), dtype=of)
    assert wrong.beyond.all()
    assert [one.name for one in explained(wrong, CALL).names] == ["losses-added-coarsely"]


def test_of_nan_nothing_is_said_but_where_it_is_and_that_is_a_sentence() -> None:
    kernel: Kernel = lambda call: stored(np.full(call.x.shape, np.nan), call.dtype)  # noqa: E731
    asked = problem(np.array([[0.5, 2.0]]), np.array([[1.0, 0.0]]))
    found = finding(asked, TRUE | {Quantity.VJP: kernel}, FindingKind.NONFINITE)
    assert found.sentence.endswith("2 of 2 elements differ in NaN, the first at [0, 0].")
