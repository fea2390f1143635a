"""Candidates are smaller calls of the same kind: fewer rows and elements, shorter numbers, targets that still fit."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.call import Call
from harness.plan.carrier import decoded
from harness.repeat.candidates import cuts, plainer, size_of
from harness.repeat.smaller import place_alone, row_alone, row_of, taken
from harness.vocabulary import DType, Op, Quantity, Reduction
from tests.adapters.cells import problems
from tests.record.bench import problem

CALLS = {one.id: one.call for one in problems()}
LARGE: Call = problem("a long row", np.sin(np.arange(4.0 * 50)).reshape(4, 50), axis=1).call


def shapes(call: Call) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array, and what it has to be."""
    due: dict[str, Any] = {
        "x": call.x.shape,
        "tangent": call.x.shape,
        "mask": call.x.shape,
        "lengths": call.batch_shape,
    }
    due["cotangent"] = call.output_shape
    due["targets"] = call.batch_shape if call.index_targets else call.x.shape
    return {name: shape for name, shape in due.items() if getattr(call, name) is not None}


@pytest.mark.parametrize("name", CALLS)
def test_every_candidate_is_a_call_whose_arrays_fit_each_other(name: str) -> None:
    call = CALLS[name]
    first = (0,) * len(call.batch_shape)
    for less in (*cuts(call, first, 0), *plainer(call, Quantity.HVP)):
        assert {key: getattr(less, key).shape for key in shapes(less)} == shapes(less)
        if less.index_targets:
            counted = less.targets[less.targets != less.ignore_index]
            assert ((counted >= 0) & (counted < less.x.shape[less.axis])).all()
        if less.lengths is not None:
            assert ((less.lengths >= 0) & (less.lengths <= less.x.shape[less.axis])).all()


def test_a_cut_keeps_the_culprit_the_largest_and_the_row() -> None:
    row, culprit = (2,), 17
    largest = int(LARGE.x[2].argmax())
    for less in cuts(LARGE, row, culprit):
        assert LARGE.x[2, culprit] in less.x
        assert LARGE.x[2, largest] in less.x
        assert size_of(less) < size_of(LARGE)


def test_a_cut_down_to_the_culprit_and_the_largest_is_among_them() -> None:
    kept = [LARGE.x[2, index] for index in sorted({17, int(LARGE.x[2].argmax())})]
    assert [kept] in [less.x.tolist() for less in cuts(LARGE, (2,), 17)]


def test_an_index_target_keeps_its_class() -> None:
    call = problem(
        "loss",
        LARGE.x,
        op=Op.CROSS_ENTROPY,
        axis=1,
        targets=np.int32([30, 1, 2, 3]),
        reduction=Reduction.SUM,
        cotangent=1.0,
    ).call
    alone = row_alone(call, (0,))
    less = taken(alone, [[0], [5, 30, 40]])
    assert less is not None
    assert less.targets is not None
    assert less.targets.tolist() == [1]
    assert taken(alone, [[0], [5, 40]]) is None


def test_plainer_numbers_have_fewer_digits() -> None:
    call = replace(LARGE, x=np.array([[0.7, 1 / 3]]), cotangent=np.array([[0.3, 1.0]]))
    assert [[0.75, 0.375]] in [decoded(less.x, DType.FLOAT64).tolist() for less in plainer(call, Quantity.FORWARD)]
    assert min(size_of(less) for less in plainer(call, Quantity.VJP)) < size_of(call)


@pytest.mark.parametrize(
    ("op", "quantity", "at", "row", "place"),
    [
        (Op.SOFTMAX, Quantity.FORWARD, (2, 17), (2,), (0, 17)),
        (Op.SOFTMAX, Quantity.JACOBIAN, (2, 17, 2, 3), (2,), (0, 17, 0, 3)),
        (Op.LOGSUMEXP, Quantity.FORWARD, (2,), (2,), (0,)),
        (Op.LOGSUMEXP, Quantity.VJP, (2, 17), (2,), (0, 17)),
        (Op.LOGSUMEXP, Quantity.JACOBIAN, (2, 2, 17), (2,), (0, 0, 17)),
    ],
)
def test_an_element_is_found_again_in_its_row_alone(
    op: Op, quantity: Quantity, at: tuple[int, ...], row: tuple[int, ...], place: tuple[int, ...]
) -> None:
    call = problem("any", LARGE.x, op=op, axis=1).call
    assert (row_of(call, quantity, at), place_alone(call, at)) == (row, place)
    assert row_alone(call, row).x.tolist() == [LARGE.x[2].tolist()]


@pytest.mark.parametrize("shape", [(1 << 12, 1 << 10), (1, 1 << 22), (1 << 7, 1 << 7, 1 << 8)], ids=str)
def test_candidates_of_a_large_call_take_no_more_than_three_times_its_arrays(shape: tuple[int, ...]) -> None:
    numbers = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    call = replace(LARGE, axis=-1, dtype=DType.FLOAT32, x=numbers, cotangent=numbers, tangent=None)
    row = tuple(length - 1 for length in shape[:-1])
    tracemalloc.start()
    try:
        found = [*cuts(call, row, 3), *plainer(call, Quantity.VJP)]
        sizes = sorted(size_of(less) for less in found)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sizes[0][0] == 2  # the culprit and the largest
    assert sizes[-1] < size_of(call)
    assert held <= 3 * (call.x.nbytes + numbers.nbytes)
    assert all(numbers[row].max() in less.x for less in found)


def test_the_size_of_a_call_is_the_sum_over_its_blocks() -> None:
    numbers = np.ldexp(1.0, np.arange(200_000) % 7) + np.arange(200_000) % 3
    whole = replace(LARGE, x=numbers.reshape(1, -1), cotangent=None, tangent=None)
    parts = [replace(whole, x=part.reshape(1, -1)) for part in np.split(numbers, [70_001])]
    assert size_of(whole) == tuple(map(sum, zip(*map(size_of, parts), strict=True)))
