"""Masks, lengths and targets are what their forms say, or a fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.plan.carrier import decoded
from harness.plan.faults import BadCases
from harness.plan.given import Given, Layout
from harness.plan.grammar import RandomMask
from harness.plan.operands import Mask
from harness.plan.source import Source
from harness.vocabulary import DType
from tests.plan.written_cases import problems_of

MASKED = "op: masked_softmax\ndtype: float32\nx: {normal: {shape: [2, 3]}}\n"
LOSS = "op: cross_entropy\ndtype: float32\nx: {normal: {shape: [2, 3]}}\n"


@pytest.mark.parametrize("form", ["[[true, false, true], [false, false, false]]", "{file: m.npy}"])
@pytest.mark.parametrize("kind", [np.bool_, np.int64, np.uint8])
def test_a_mask_is_kept_as_it_is_given(tmp_path: Path, form: str, kind: type[np.generic]) -> None:
    expected = np.array([[True, False, True], [False, False, False]])
    np.save(tmp_path / "m.npy", np.asfortranarray(expected.astype(kind)))
    mask = problems_of(tmp_path, MASKED + f"mask: {form}")["case"].call.mask
    assert mask is not None
    assert not mask.flags.writeable
    np.testing.assert_array_equal(mask, expected, strict=True)


def random_mask(shape: tuple[int, ...], axis: int, *, keep: float, seed: int) -> NDArray[np.bool_]:
    source = Source(file="", folder=Path(), text="", value={}, keys={}, values={}, last_lines={})
    given = Given(content=RandomMask(keep=keep, seed=seed), source=source, where=())
    return Mask(given=given).array(Layout(shape, axis), DType.FLOAT32, [])


@pytest.mark.parametrize(
    ("shape", "axis"), [((), 0), ((5,), -1), ((4, 3), 0), ((4, 3), 1), ((2, 3, 4), -2), ((0, 3), 1)]
)
@given(keep=st.floats(0, 1), seed=st.integers(0, 2**63 - 1))
def test_a_random_mask_keeps_something_of_each_row(shape: tuple[int, ...], axis: int, keep: float, seed: int) -> None:
    mask = random_mask(shape, axis, keep=keep, seed=seed)
    assert mask.shape == shape
    assert mask.reshape(shape or (1,)).any(axis=axis).all()


def test_a_random_mask_keeps_the_share_that_it_is_asked_for() -> None:
    assert abs(random_mask((100, 200), 1, keep=0.3, seed=1).mean() - 0.3) < 0.02
    assert random_mask((3, 4), 1, keep=1, seed=1).all()
    assert (random_mask((3, 4), 1, keep=0, seed=1).sum(axis=1) == 1).all()


def test_an_axis_without_elements_has_a_mask_without_any() -> None:
    assert random_mask((3, 0), 1, keep=0.5, seed=1).shape == (3, 0)


@pytest.mark.parametrize(("axis", "form", "expected"), [("1", "[0, 3]", [0, 3]), ("0", "[2, 1, 0]", [2, 1, 0])])
@pytest.mark.parametrize("file", [False, True])
def test_lengths_have_the_shape_of_x_without_the_axis(
    tmp_path: Path, axis: str, form: str, expected: list[int], file: bool
) -> None:
    np.save(tmp_path / "n.npy", np.array(expected, dtype=np.int64))
    text = MASKED + f"axis: {axis}\nlengths: {'{file: n.npy}' if file else form}"
    lengths = problems_of(tmp_path, text)["case"].call.lengths
    np.testing.assert_array_equal(lengths, np.array(expected, dtype=np.int32), strict=True)


def test_random_lengths_go_from_one_to_that_of_the_axis(tmp_path: Path) -> None:
    text = (
        "op: masked_softmax\ndtype: float32\naxis: [0, 1]\nx: {full: {shape: [200, 7]}}\nlengths: {random: {seed: 3}}"
    )
    across, along = (problem.call.lengths for problem in problems_of(tmp_path, text).values())
    assert across is not None
    assert along is not None
    assert (across.shape, along.shape) == ((7,), (200,))
    assert set(along.tolist()) == set(range(1, 8))
    assert 1 <= across.min() <= across.max() <= 200


def test_random_lengths_of_an_empty_axis_are_zero(tmp_path: Path) -> None:
    text = "op: masked_softmax\ndtype: float32\nx: {full: {shape: [2, 0]}}\nlengths: {random: {}}"
    np.testing.assert_array_equal(problems_of(tmp_path, text)["case"].call.lengths, np.zeros(2, np.int32), strict=True)


@pytest.mark.parametrize("form", ["[2, -100]", "{file: t.npy}"])
def test_targets_without_the_axis_are_class_indices(tmp_path: Path, form: str) -> None:
    np.save(tmp_path / "t.npy", np.array([2, -100]))
    call = problems_of(tmp_path, LOSS + f"targets: {form}\nignore_index: -100")["case"].call
    assert call.index_targets
    np.testing.assert_array_equal(call.targets, np.array([2, -100], dtype=np.int32), strict=True)


@pytest.mark.parametrize("form", ["[[0, 0.25, 0.75], [1, 0, 0]]", "{file: q.npy}"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_targets_in_the_shape_of_x_are_probabilities_of_its_dtype(tmp_path: Path, form: str, dtype: str) -> None:
    expected = np.array([[0, 0.25, 0.75], [1, 0, 0]])
    np.save(tmp_path / "q.npy", expected.astype(np.float32))
    text = LOSS.replace("float32", dtype) + f"result_dtype: float32\ntargets: {form}"
    call = problems_of(tmp_path, text)["case"].call
    assert not call.index_targets
    assert call.targets is not None
    assert call.targets.dtype.name == DType(dtype).carrier
    np.testing.assert_array_equal(decoded(call.targets, DType(dtype)), expected, strict=True)


@pytest.mark.parametrize(("written", "indices"), [("0", True), ("1.0", False), ("0.5", False)])
def test_the_target_of_a_single_number_is_what_it_is_written_as(tmp_path: Path, written: str, indices: bool) -> None:
    text = f"op: cross_entropy\ndtype: float32\nx: 0.5\ntargets: {written}"
    assert problems_of(tmp_path, text)["case"].call.index_targets is indices


def test_random_targets_reach_every_class(tmp_path: Path) -> None:
    text = "op: cross_entropy\ndtype: float32\nx: {full: {shape: [99, 5]}}\ntargets: {random: {seed: 1}}"
    targets = problems_of(tmp_path, text)["case"].call.targets
    assert targets is not None
    assert set(targets.tolist()) == set(range(5))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", [dtype for dtype in DType if dtype.floating])
def test_random_probabilities_are_positive_and_add_up_to_about_one(tmp_path: Path, dtype: DType, axis: int) -> None:
    text = f"op: cross_entropy\ndtype: {dtype}\naxis: {axis}\nx: {{full: {{shape: [6, 10]}}}}\n"
    targets = problems_of(tmp_path, text + "targets: {probabilities: {seed: 3}}")["case"].call.targets
    assert targets is not None
    numbers = decoded(targets, dtype)
    assert (numbers > 0).all()
    np.testing.assert_allclose(numbers.sum(axis=axis), 1, rtol=2.0**-8)


LONGDOUBLE = np.dtype(np.longdouble)
MASK_FILE, LENGTHS_FILE, TARGETS_FILE = (
    MASKED + "mask: {file: a.npy}",
    MASKED + "lengths: {file: a.npy}",
    LOSS + "targets: {file: a.npy}",
)
HEAD_FILE = LOSS + "targets: [0, 1]\ncotangent: {file: a.npy}"


@pytest.mark.parametrize(
    ("text", "array", "words"),
    [
        (MASK_FILE, np.zeros((2, 3)), "holds an array of float64; give a .npy file of truth values"),
        (MASK_FILE, np.full((2, 3), 2), "2 is not a truth value (the item at [0, 0])"),
        (MASK_FILE, np.ones((3, 2), bool), "a mask of shape [3, 2]; give one of shape [2, 3]"),
        (MASK_FILE, np.array([None] * 6), "cannot be read"),
        (LENGTHS_FILE, np.array([1.0, 2.0]), "float64; give a .npy file of integers"),
        (LENGTHS_FILE, np.array([1, 4]), "4 is no length of a row (the item at [1])"),
        (LENGTHS_FILE, np.array([2**63, 4], np.uint64), "is no length of a row (the item at [0])"),
        (TARGETS_FILE, np.array([0, 3]), "3 is no class index (the item at [1])"),
        (TARGETS_FILE, np.array([0.0, 1.0]), "0.0 is no class index (the item at [0])"),
        (TARGETS_FILE, np.full((2, 3), np.nan), "nan is no probability (the item at [0, 0])"),
        (TARGETS_FILE, np.ones((2, 3), bool), "an array of bool; give a .npy file of floats or integers"),
        (TARGETS_FILE, np.zeros((3, 3)), "targets of shape [3, 3]"),
        (HEAD_FILE, np.zeros((2, 3)), "as the output of cross_entropy has"),
        pytest.param(
            HEAD_FILE,
            np.zeros(2, LONGDOUBLE),
            f"an array of {LONGDOUBLE}",
            marks=pytest.mark.skipif(LONGDOUBLE.itemsize == 8, reason="longdouble is float64 here"),
        ),
    ],
)
def test_a_file_that_is_no_such_operand_is_a_fault(
    tmp_path: Path, text: str, array: NDArray[np.generic], words: str
) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(BadCases) as caught:
        problems_of(tmp_path, text)
    (fault,) = caught.value.faults
    assert words in fault.text


def test_every_wrong_item_of_a_written_operand_is_a_fault_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(BadCases) as caught:
        problems_of(tmp_path, LOSS + "targets: [7, -1]")
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(10, 15), (10, 18)]
