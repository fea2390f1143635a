"""What of the space of calls the case library covers: every cell that a framework has, at its edges and in its middle.

A cell is an op, a dtype and a quantity. Beside the cells stand the features that an op's calls may have: lengths of the
axis, kinds of numbers, parameters. What is missing is listed by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.plan.carrier import decoded
from harness.plan.library import load_library
from harness.plan.problem import Problem
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction

CASES = Path(__file__).parents[1] / "cases"
FLOATS = [dtype for dtype in DType if dtype.floating]
PLAIN = [Op.SOFTMAX, Op.LOG_SOFTMAX]
Feature = Callable[[Problem], bool]
Cell = TypeVar("Cell")


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return [problem for case in load_library([CASES]).problems.values() for problem in case]


def supported() -> Iterable[tuple[Op, DType, Quantity]]:
    """Yield the cells that at least one framework has; integers have a forward, SoftmaxOutput no other derivative."""
    for op, dtype, quantity in product(Op, DType, Quantity):
        if dtype.floating and op is Op.SOFTMAX_OUTPUT:
            yield from [(op, dtype, quantity)] if quantity in (Quantity.FORWARD, Quantity.VJP) else []
        elif dtype.floating or quantity is Quantity.FORWARD:
            yield op, dtype, quantity


CELLS = list(supported())


def test_there_are_as_many_cells_as_the_ops_have_dtypes_and_derivatives() -> None:
    assert len(CELLS) == 7 * 4 * 5 + 4 * 2 + 8


def test_every_cell_is_covered(problems: list[Problem]) -> None:
    covered = {(p.call.op, p.call.dtype, quantity) for p in problems for quantity in p.check}
    assert missing(CELLS, covered) == []


@pytest.mark.parametrize("where", ["middle", "edge"])
def test_every_cell_of_a_value_or_gradient_is_covered_in_its_middle_and_at_an_edge(
    problems: list[Problem], where: str
) -> None:
    cells = [cell for cell in CELLS if cell[2] in (Quantity.FORWARD, Quantity.VJP) and cell[1].floating]
    covered = {
        (p.call.op, p.call.dtype, quantity) for p in problems if is_edge(p) == (where == "edge") for quantity in p.check
    }
    assert missing(cells, covered) == []


SPECIAL: dict[str, Feature] = {
    "minus infinity": lambda p: bool(np.isneginf(numbers(p)).any()),
    "plus infinity": lambda p: bool(np.isposinf(numbers(p)).any()),
    "nan": lambda p: bool(np.isnan(numbers(p)).any()),
    "the largest number": lambda p: bool((np.abs(numbers(p)) == float(np.finfo(np.float32).max)).any()),
    "a subnormal number": lambda p: bool(((numbers(p) != 0) & (np.abs(numbers(p)) <= 2.0**-149)).any()),
    "negative zero": lambda p: bool(((numbers(p) == 0) & np.signbit(numbers(p))).any()),
    "equal logits": lambda p: p.call.x.size > 1 and bool((numbers(p) == numbers(p).flat[0]).all()),
    "saturation": lambda p: bool((spread(p) > 110).any()),
    "a common shift": lambda p: bool((np.abs(numbers(p)) > 80).all()) and p.call.x.size > 1,
    "no rows": lambda p: p.call.x.size == 0 and length(p) > 0,
}
LENGTHS: dict[str, Feature] = {
    "one": lambda p: length(p) == 1 and p.call.x.size > 0,
    "two or three": lambda p: length(p) in (2, 3),
    "middle": lambda p: 3 < length(p) < 100,
    "long": lambda p: length(p) >= 1000,
    "nothing": lambda p: length(p) == 0,
}
MASKS: dict[str, Feature] = {
    "some kept": lambda p: bool((kept(p).any(p.call.axis) & ~kept(p).all(p.call.axis)).any()),
    "all kept": lambda p: bool(kept(p).all()),
    "one kept": lambda p: bool((kept(p).sum(p.call.axis) == 1).any()),
    "a row with none kept": lambda p: bool((~kept(p).any(p.call.axis)).any()),
    "nan under the mask": lambda p: bool(np.isnan(numbers(p)[~kept(p)]).any()),
    "a large number under the mask": lambda p: bool((numbers(p)[~kept(p)] >= 100).any()),
    "minus infinity among those kept": lambda p: bool(np.isneginf(numbers(p)[kept(p)]).any()),
}
LOSSES: dict[str, Feature] = {
    "class indices": lambda p: p.call.index_targets,
    "probabilities": lambda p: not p.call.index_targets,
    "smoothed indices": lambda p: p.call.index_targets and p.call.label_smoothing > 0,
    "some rows ignored": lambda p: 0 < ignored(p) < 1,
    "all rows ignored": lambda p: ignored(p) == 1,
    "a target of zeros": lambda p: not p.call.index_targets and bool((targets(p).sum(-1) == 0).any()),
}


@pytest.mark.parametrize(
    ("features", "ops"),
    [
        pytest.param(SPECIAL, list(Op), id="numbers"),
        pytest.param(LENGTHS, [op for op in Op if op is not Op.SOFTMAX_OUTPUT], id="lengths"),
        pytest.param(dict(list(LENGTHS.items())[:-1]), [Op.SOFTMAX_OUTPUT], id="lengths of softmax_output"),
        pytest.param(MASKS, [op for op in Op if op.masked], id="masks"),
        pytest.param(LOSSES, [op for op in Op if op.has_targets], id="targets"),
    ],
)
def test_every_op_meets_every_kind_of_call(
    problems: list[Problem], features: dict[str, Feature], ops: list[Op]
) -> None:
    covered = {
        (op, name)
        for op in ops
        for name, holds in features.items()
        if any(holds(p) for p in problems if p.call.op is op)
    }
    assert missing(list(product(ops, features)), covered) == []


@pytest.mark.parametrize("by_lengths", [False, True])
def test_masked_ops_are_asked_by_masks_and_by_lengths_in_every_dtype(problems: list[Problem], by_lengths: bool) -> None:
    cells = list(product([op for op in Op if op.masked], FLOATS))
    covered = {(p.call.op, p.call.dtype) for p in problems if (p.call.lengths is not None) is by_lengths}
    assert missing(cells, covered) == []


def test_losses_are_kept_summed_and_averaged_in_every_dtype(problems: list[Problem]) -> None:
    covered = {(p.call.dtype, p.call.reduction) for p in problems if p.call.op is Op.CROSS_ENTROPY}
    assert missing(product(FLOATS, Reduction), covered) == []


@pytest.mark.parametrize("op", [*PLAIN, Op.SOFTMIN, Op.MASKED_SOFTMAX, Op.MASKED_LOG_SOFTMAX])
def test_a_temperature_that_divides_exactly_and_one_that_does_not(problems: list[Problem], op: Op) -> None:
    found = {p.call.temperature for p in problems if p.call.op is op}
    assert 3.0 in found
    assert op.masked or {0.5, 3.0} <= found
    assert op not in PLAIN or {0.001, 0.1, 0.5, 1.0, 2.0, 3.0, 1000.0} <= found


def test_results_wider_and_narrower_than_their_input(problems: list[Problem]) -> None:
    wanted = [
        (DType.FLOAT16, DType.FLOAT32),
        (DType.BFLOAT16, DType.FLOAT32),
        (DType.FLOAT32, DType.FLOAT64),
        (DType.FLOAT64, DType.FLOAT32),
        (DType.FLOAT32, DType.FLOAT16),
        (DType.FLOAT32, DType.BFLOAT16),
        (DType.INT32, DType.FLOAT32),
    ]
    cells = [(op, *pair) for op in PLAIN for pair in wanted]
    covered = {(p.call.op, p.call.dtype, p.call.result_dtype) for p in problems}
    assert missing(cells, covered) == []


def test_softmax_output_by_every_normalization_layout_and_scale(problems: list[Problem]) -> None:
    calls = [p.call for p in problems if p.call.op is Op.SOFTMAX_OUTPUT]
    layouts = {(call.normalization, call.x.ndim, call.axis % max(call.x.ndim, 1)) for call in calls}
    assert missing(list(product(Normalization, [(2, 1), (3, 1), (3, 2)])), {(n, (r, a)) for n, r, a in layouts}) == []
    assert {-2.0, 0.1, 1.0} <= {call.grad_scale for call in calls}
    assert any(call.label_smoothing for call in calls)


@pytest.mark.parametrize(
    ("mode", "ops"),
    [
        (Mode.EAGER, list(Op)),
        (Mode.NUMPY, [*PLAIN, Op.MASKED_SOFTMAX, Op.CROSS_ENTROPY]),
        (Mode.SAFE_ACCUMULATION, [*PLAIN, Op.SOFTMIN, Op.MASKED_SOFTMAX, Op.CROSS_ENTROPY, Op.SOFTMAX_OUTPUT]),
        (Mode.JIT, [*PLAIN, Op.MASKED_SOFTMAX, Op.CROSS_ENTROPY, Op.SOFTMAX_OUTPUT]),
    ],
)
def test_every_mode_runs_beside_the_default_on_the_same_inputs(
    problems: list[Problem], mode: Mode, ops: list[Op]
) -> None:
    modes = {
        (p.case, p.call.op): {q.call.mode for q in problems if q.case == p.case and q.call.op is p.call.op}
        for p in problems
        if p.call.mode is mode
    }
    covered = {op for (_, op), found in modes.items() if {Mode.DEFAULT, mode} <= found}
    assert missing(ops, covered) == []


@pytest.mark.parametrize("rank", range(7))
def test_every_rank_to_six_occurs(problems: list[Problem], rank: int) -> None:
    assert rank in {problem.call.x.ndim for problem in problems}


@pytest.mark.parametrize("op", Op)
def test_every_axis_of_three_dimensions_occurs_by_both_its_names(problems: list[Problem], op: Op) -> None:
    assert {-3, -2, -1, 0, 1, 2} <= {p.call.axis for p in problems if p.call.op is op and p.call.x.ndim == 3}


@pytest.mark.parametrize("op", Op)
def test_some_case_gives_every_op_no_cotangent(problems: list[Problem], op: Op) -> None:
    assert any(p.cotangent_name == "implicit" for p in problems if p.call.op is op)


def missing(wanted: Iterable[Cell], covered: set[Cell]) -> list[str]:
    """Return what is wanted and not covered, in words: the message of a test that fails."""
    return [" ".join(map(str, cell if isinstance(cell, tuple) else (cell,))) for cell in wanted if cell not in covered]


def length(problem: Problem) -> int:
    return problem.call.x.shape[problem.call.axis] if problem.call.x.ndim else 1


def numbers(problem: Problem) -> NDArray[np.float64]:
    return decoded(problem.call.x, problem.call.dtype)


def targets(problem: Problem) -> NDArray[np.float64]:
    call = problem.call
    assert call.targets is not None
    return np.moveaxis(decoded(call.targets, call.dtype), call.axis, -1)


def spread(problem: Problem) -> NDArray[np.float64]:
    """Return the distance between the largest and the smallest finite number of each row."""
    x = np.atleast_1d(numbers(problem))
    finite = np.isfinite(x)
    top = np.where(finite, x, -np.inf).max(axis=problem.call.axis, initial=-np.inf)
    low = np.where(finite, x, np.inf).min(axis=problem.call.axis, initial=np.inf)
    with np.errstate(over="ignore"):
        return np.where(top > low, top - low, 0.0)


def kept(problem: Problem) -> NDArray[np.bool_]:
    call = problem.call
    if call.mask is not None:
        return call.mask
    assert call.lengths is not None
    return np.moveaxis(np.arange(length(problem)) < call.lengths[..., np.newaxis], -1, call.axis)


def ignored(problem: Problem) -> float:
    """Return the share of the rows that do not count."""
    call = problem.call
    if call.ignore_index is None or call.targets is None or not call.targets.size:
        return 0.0
    return float((call.targets == call.ignore_index).mean())


def is_edge(problem: Problem) -> bool:
    """Say whether a problem is short, long, empty, not finite, or saturated."""
    x = numbers(problem)
    if x.size == 0 or not np.isfinite(x).all():
        return True
    return not 2 < length(problem) < 100 or bool((spread(problem) > 15).any())
