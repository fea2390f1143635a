"""Losses and gradients of a whole batch get, judged in parts, the verdicts they would get in one piece."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.compare.compare import run_of
from harness.compare.docket import Judged, judge_all
from harness.compare.relation import Relation
from harness.compare.toolarge import needs
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.vocabulary import DType, FindingKind, Normalization, Op, Outcome, Quantity, Reduction
from tests.compare.bench import FLOATING, TRUE, Kernel, changed, plan, problem, recording
from tests.compare.inparts import AT_ONCE, all_differences, both, judged

ROWS, IGNORED = 9, -1
EVERY = tuple(quantity for quantity in Quantity if quantity is not Quantity.JACOBIAN)
SUMMED = (Quantity.FORWARD, Quantity.JVP)
REDUCED = [reduction for reduction in Reduction if reduction is not Reduction.NONE]
DIVIDED = [normalization for normalization in Normalization if normalization is not Normalization.NULL]


def loss(reduction: Reduction, dtype: DType = DType.FLOAT32, *, rows: int = ROWS, **parameters: Any) -> Problem:
    """A cross entropy of rows of five, reduced; some rows are ignored unless ``parameters`` say otherwise."""
    rng = np.random.default_rng(rows)
    x = 3 * rng.standard_normal((rows, 5))
    given = {"targets": rng.integers(IGNORED, 5, rows), "ignore_index": IGNORED, "axis": 1} | parameters
    w = rng.standard_normal(x.shape)
    return problem(x, 0.75, op=Op.CROSS_ENTROPY, dtype=dtype, check=EVERY, tangent=w, reduction=reduction, **given)


def output(normalization: Normalization, dtype: DType = DType.FLOAT32, **parameters: Any) -> Problem:
    """A SoftmaxOutput over the middle axis of (3, 5, 4), normalised, some rows of it ignored."""
    rng = np.random.default_rng(1)
    x = 3 * rng.standard_normal((3, 5, 4))
    given = {"targets": rng.integers(IGNORED, 5, (3, 4)), "ignore_index": IGNORED, "grad_scale": 0.3} | parameters
    check = EVERY[:2]
    return problem(x, x, op=Op.SOFTMAX_OUTPUT, axis=1, dtype=dtype, check=check, normalization=normalization, **given)


def alike(asked: Problem, kernels: dict[Quantity, Kernel] | None = None) -> tuple[Judged, Judged]:
    """The judgement in parts and in one piece, once their verdicts were seen to be equal."""
    in_parts, in_one = both(asked, kernels or {})
    assert all_differences(in_parts.verdicts, in_one.verdicts) == []
    assert {found.kind for found in in_one.findings} == {found.kind for found in in_parts.findings}
    return in_parts, in_one


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("reduction", REDUCED)
def test_reduced_losses(reduction: Reduction, dtype: DType) -> None:
    in_parts, _ = alike(loss(reduction, dtype))
    assert [verdict.quantity for verdict in in_parts.verdicts] == list(EVERY)
    assert all(verdict.outcome.agreed for verdict in in_parts.verdicts)


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("normalization", DIVIDED)
def test_divided_gradients(normalization: Normalization, dtype: DType) -> None:
    in_parts, _ = alike(output(normalization, dtype))
    assert all(verdict.outcome.agreed for verdict in in_parts.verdicts)


def at_rows(reduction: Reduction, rows: dict[int, Any], **parameters: Any) -> Problem:
    """A reduced loss some of whose rows hold other logits."""
    asked = loss(reduction, **parameters)
    x = asked.call.x.copy()
    for row, values in rows.items():
        x[row] = values
    return changed(asked, x=x)


EDGES = {
    "all rows are ignored": lambda reduction: loss(reduction, targets=np.full(ROWS, IGNORED)),
    "no row is ignored": lambda reduction: loss(reduction, targets=np.arange(ROWS) % 5),
    "nothing can be ignored": lambda reduction: loss(reduction, targets=np.arange(ROWS) % 5, ignore_index=None),
    "label smoothing": lambda reduction: loss(reduction, label_smoothing=0.25),
    "probabilities": lambda reduction: loss(
        reduction, targets=np.random.default_rng(2).dirichlet(np.ones(5), ROWS), ignore_index=None
    ),
    "an infinite loss": lambda reduction: at_rows(
        reduction, {4: [0.0, -np.inf, 1.0, 0.0, 0.0]}, targets=np.ones(ROWS, int)
    ),
    "no answer": lambda reduction: at_rows(reduction, {4: np.nan}, targets=np.ones(ROWS, int)),
    "no answer in a row that is ignored": lambda reduction: at_rows(
        reduction, {0: np.nan}, targets=np.where(np.arange(ROWS) > 0, 1, IGNORED)
    ),
    "a row longer than a part": lambda reduction: loss(reduction, rows=1),
    "a sum that overflows": lambda reduction: at_rows(
        reduction, {row: [3e38, 0.0, 1.0, 0.0, 0.0] for row in range(ROWS)}, targets=np.ones(ROWS, int)
    ),
    "the first axis": lambda reduction: changed(loss(reduction, rows=5), axis=0),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("reduction", REDUCED)
def test_edges_of_reduced_losses(edge: str, reduction: Reduction) -> None:
    in_parts, _ = alike(EDGES[edge](reduction))
    assert len(in_parts.verdicts) == len(EVERY)


@pytest.mark.parametrize("normalization", DIVIDED)
@pytest.mark.parametrize("targets", [np.full((3, 4), IGNORED), np.ones((3, 4), int)], ids=["all ignored", "none"])
def test_edges_of_divided_gradients(normalization: Normalization, targets: NDArray[Any]) -> None:
    alike(output(normalization, targets=targets))


def times(factor: float, *quantities: Quantity) -> dict[Quantity, Kernel]:
    """Right kernels whose results are multiplied."""

    def kernel(quantity: Quantity) -> Kernel:
        return lambda call: np.asarray(TRUE[quantity](call) * np.asarray(factor, call.x.dtype))

    return {quantity: kernel(quantity) for quantity in quantities}


def of_kind(found: Judged, kind: FindingKind, quantity: Quantity) -> Finding:
    (one,) = [finding for finding in found.findings if finding.kind is kind and finding.quantity is quantity]
    return one


@pytest.mark.parametrize("quantity", SUMMED)
@pytest.mark.parametrize("factor", [1.001, 0.0, np.nan, np.inf, -1.0])
@pytest.mark.parametrize("reduction", REDUCED)
def test_a_wrong_sum_is_wrong_in_the_same_way(reduction: Reduction, factor: float, quantity: Quantity) -> None:
    in_parts, _ = alike(loss(reduction), times(factor, quantity))
    (wrong,) = [verdict for verdict in in_parts.verdicts if not verdict.outcome.agreed]
    assert wrong.quantity is quantity
    said = [found.sentence for found in in_parts.findings if found.quantity is quantity]
    assert all(sentence.endswith("was not looked for at this size.") for sentence in said)


def test_a_loss_below_zero_breaks_its_law_in_parts_too() -> None:
    in_parts, in_one = alike(loss(Reduction.MEAN), times(-1.0, Quantity.FORWARD))
    of_law, beside = (of_kind(one, FindingKind.POSITIVE_LOG, Quantity.FORWARD) for one in (in_parts, in_one))
    assert of_law.evidence.items() <= beside.evidence.items()
    assert of_law.evidence["law"] == "negative-loss"


@pytest.mark.parametrize("asked", [loss(Reduction.MEAN), output(Normalization.VALID)], ids=["loss", "output"])
def test_a_gradient_of_the_sum_is_named_where_the_mean_is_due(asked: Problem) -> None:
    counted = int((asked.call.targets != IGNORED).sum())  # type: ignore[union-attr]
    in_parts, in_one = alike(asked, times(float(counted), Quantity.VJP))
    named, beside = (
        of_kind(one, FindingKind.BEYOND_BOUND, Quantity.VJP).evidence["faults"] for one in (in_parts, in_one)
    )
    assert [one["name"] for one in beside] == [one["name"] for one in named] == ["batch-sum"]


def test_a_gradient_that_forgets_the_ignored_rows_in_its_mean_is_named() -> None:
    asked = loss(Reduction.MEAN)
    counted = int((asked.call.targets != IGNORED).sum())  # type: ignore[union-attr]
    in_parts, in_one = alike(asked, times(counted / ROWS, Quantity.VJP))
    named, beside = (
        of_kind(one, FindingKind.BEYOND_BOUND, Quantity.VJP).evidence["faults"] for one in (in_parts, in_one)
    )
    assert [one["name"] for one in beside] == [one["name"] for one in named]


def test_pairs_of_sums_are_those_of_one_piece() -> None:
    asked = loss(Reduction.SUM)
    made = plan(asked)
    recordings = {
        "right": recording(made, TRUE, adapter="right"),
        "mean": recording(made, TRUE | times(0.125, *EVERY), adapter="mean"),
    }
    (_, in_parts), (_, in_one) = (judged(asked, recordings, at_once=size) for size in (AT_ONCE, 1 << 18))
    assert in_parts == in_one
    assert [pair.quantity for pair in in_parts] == list(EVERY)
    assert {pair.relation for pair in in_parts} == {Relation.FACTOR}


def test_a_jvp_that_is_zero_is_explained() -> None:
    asked = loss(Reduction.MEAN)
    constant = changed(asked, tangent=np.ones_like(asked.call.x))
    in_parts, in_one = alike(replace(constant, check=(Quantity.FORWARD, Quantity.JVP)))
    found, beside = ([one for one in each.findings if one.quantity is Quantity.JVP] for each in (in_parts, in_one))
    assert {one.kind for one in found} == {one.kind for one in beside} != set()
    assert "judged in 3 parts" in found[0].sentence


def test_a_sum_needs_memory_for_a_few_numbers_of_each_row() -> None:
    few, many = (loss(Reduction.MEAN, rows=rows, targets=np.zeros(rows, int)) for rows in (1000, 2000))
    assert needs(few, at_once=100) < needs(many, at_once=100) < 2 * needs(few, at_once=100)
    gradient = replace(many, check=(Quantity.VJP,))
    assert needs(gradient, at_once=100) == needs(replace(few, check=(Quantity.VJP,)), at_once=100)
    assert needs(many, at_once=100) < needs(many) / 4


def test_what_takes_too_much_memory_all_the_same_is_left_alone() -> None:
    asked = replace(loss(Reduction.MEAN), check=(Quantity.FORWARD,))
    recorded = recording(plan(asked), TRUE)
    runs = [run_of("kernel", recorded, required=True)]
    found = judge_all(
        [asked],
        runs=runs,
        entries={"kernel": recorded.entries},
        progress=lambda _: None,
        memory=needs(asked, at_once=AT_ONCE) - 1,
        at_once=AT_ONCE,
    )
    assert [verdict.outcome for verdict in found.verdicts] == [Outcome.OUT_OF_MEMORY]
