"""Parts of a call are calls of their own: together they are the whole, and each gives its rows of every result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.adapters.reference import ReferenceAdapter
from harness.call import ARRAYS, Call, output_shape
from harness.parts import SomeRows, has_rows, in_parts, is_of_rows, parts, rows_within, separable
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction
from reference.batch import Batch

QUANTITIES = tuple(quantity for quantity in Quantity if quantity is not Quantity.JACOBIAN)


def call(op: Op, shape: tuple[int, ...], axis: int) -> Call:
    rng = np.random.default_rng(1)
    batch = tuple(np.delete(shape, axis))
    outputs = output_shape(op, shape, axis=axis, reduction=Reduction.NONE)
    asked = Call(
        op=op,
        axis=axis,
        dtype=DType.FLOAT64,
        mode=Mode.EAGER,
        x=rng.standard_normal(shape),
        cotangent=rng.standard_normal(outputs),
        tangent=rng.standard_normal(shape),
    )
    if op.masked:
        return replace(asked, mask=rng.random(shape) < 0.6)
    if op.has_targets:
        reduction = Reduction.NONE if op is Op.CROSS_ENTROPY else None
        return replace(asked, targets=rng.integers(0, shape[axis], batch).astype(np.int32), reduction=reduction)
    return asked


@pytest.mark.parametrize("op", Op)
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 7, 12, 100])
def test_the_results_of_parts_are_those_of_the_whole(op: Op, axis: int, rows: int) -> None:
    whole = call(op, (3, 4, 3), axis)
    adapter = ReferenceAdapter()
    for quantity in QUANTITIES if op is not Op.SOFTMAX_OUTPUT else QUANTITIES[:2]:
        result = np.full(whole.shape_of(quantity), np.nan)
        for part in parts(whole, rows=rows):
            assert 1 <= part.rows <= rows
            part.of(result, quantity)[...] = getattr(adapter, quantity.value)(part.call)
        np.testing.assert_array_equal(result, getattr(adapter, quantity.value)(whole))


@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple),
    axis=st.integers(-4, 3),
    rows=st.integers(1, 20),
)
def test_every_row_is_in_one_part_in_order_and_places_lead_back(shape: tuple[int, ...], axis: int, rows: int) -> None:
    axis = axis % len(shape)
    numbers = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    whole = replace(call(Op.SOFTMAX, shape, axis), x=numbers)
    first = 0
    for part in parts(whole, rows=rows):
        assert part.first == first
        first += part.rows
        cut = part.call.x
        assert np.shares_memory(cut, numbers)
        for at in np.ndindex(cut.shape):
            assert numbers[part.place(at)] == cut[at]
        for number, row in enumerate(np.ndindex(part.call.batch_shape)):
            index = part.place(row)
            assert (np.ravel_multi_index(index, whole.batch_shape) if index else 0) == part.first + number
    assert first == np.prod(whole.batch_shape)


def test_lengths_and_probabilities_are_cut_with_their_rows() -> None:
    x = np.arange(12.0).reshape(4, 3)
    masked = replace(call(Op.MASKED_SOFTMAX, (4, 3), 1), mask=None, lengths=np.int32([1, 2, 3, 0]))
    second = list(parts(masked, rows=2))[1].call
    assert second.lengths is not None
    assert second.lengths.tolist() == [3, 0]
    soft = replace(call(Op.CROSS_ENTROPY, (4, 3), 1), targets=x / 12)
    last = list(parts(soft, rows=3))[1].call
    assert last.targets is not None
    assert last.targets.tolist() == (x[3:] / 12).tolist()


@pytest.mark.parametrize(
    ("changes", "op"),
    [
        ({"reduction": Reduction.MEAN}, Op.CROSS_ENTROPY),
        ({"reduction": Reduction.SUM}, Op.CROSS_ENTROPY),
        ({"normalization": Normalization.BATCH}, Op.SOFTMAX_OUTPUT),
        ({"normalization": Normalization.VALID}, Op.SOFTMAX_OUTPUT),
    ],
)
def test_a_part_of_what_is_divided_by_its_batch_is_no_call_of_its_own_and_knows_the_batch(
    changes: dict[str, object], op: Op
) -> None:
    whole = replace(call(op, (4, 3), 1), ignore_index=1, targets=np.int32([0, 1, 2, 1]), **changes)  # type: ignore[arg-type]
    assert not separable(whole)
    several = list(in_parts(whole, elements=6))
    assert [part.x.shape for part in several] == [(2, 3), (2, 3)]
    for part in several:
        assert isinstance(part, SomeRows)
        assert part.batch == Batch(rows=4, counted=2, first_axis=4)
    assert list(in_parts(whole, elements=12)) == [whole]


@pytest.mark.parametrize("quantity", [Quantity.FORWARD, Quantity.JVP])
def test_what_all_rows_add_up_to_has_no_part(quantity: Quantity) -> None:
    whole = replace(call(Op.CROSS_ENTROPY, (4, 3), 1), reduction=Reduction.SUM, cotangent=np.array(2.0))
    part = next(parts(whole, rows=2))
    assert not is_of_rows(whole, quantity)
    with pytest.raises(ValueError, match="no part"):
        part.of(np.array(1.0), quantity)
    assert part.call.cotangent is whole.cotangent
    assert part.of(whole.x, Quantity.VJP).shape == (2, 3)


@pytest.mark.parametrize("shape", [(), (0, 3), (3, 0)])
def test_an_array_without_axes_or_elements_has_no_rows_to_be_cut(shape: tuple[int, ...]) -> None:
    whole = replace(call(Op.SOFTMAX, (4, 3), 1), x=np.zeros(shape), axis=0)
    assert not has_rows(whole)
    assert list(in_parts(whole, elements=0)) == [whole]


def test_a_part_of_few_elements_is_one_row() -> None:
    whole = call(Op.SOFTMAX, (4, 3), 1)
    assert rows_within(whole, 2) == 1
    assert [part.x.shape for part in in_parts(whole, elements=7)] == [(2, 3), (2, 3)]
    assert list(in_parts(whole, elements=12)) == [whole]
    assert all(getattr(whole, name) is None for name in ARRAYS if name not in ("x", "cotangent", "tangent"))


def test_a_jacobian_has_no_part() -> None:
    part = next(parts(call(Op.SOFTMAX, (4, 3), 1), rows=1))
    with pytest.raises(ValueError, match="no part"):
        part.of(np.zeros((4, 3, 4, 3)), Quantity.JACOBIAN)
