"""Numbers as people have them at hand are read; what is none is refused, with the place and what would be right."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.explain.reading import Misread, a_number, a_truth_value, a_whole_number, read_array


@pytest.mark.parametrize(
    ("text", "shape", "items"),
    [
        ("2.5", (), [2.5]),
        ("[0.1, 2]", (2,), [0.1, 2.0]),
        ("[[[[0.1]], [[2]]]]", (1, 2, 1, 1), [0.1, 2.0]),
        ("[0. 0.]", (2,), [0.0, 0.0]),  # as NumPy prints
        ("[[ 1.  -2. ]\n [ 3.   4.5]]", (2, 2), [1.0, -2.0, 3.0, 4.5]),
        ("(1, 2,)", (2,), [1.0, 2.0]),  # as Python prints a tuple
        ("[[], []]", (2, 0), []),
        ("[]", (0,), []),
        ("[0x1.8p-3, '0x1p4', -0x1p0]", (3,), [0.1875, 16.0, -1.0]),
        ("[inf, -inf, +Infinity, .inf, -.inf]", (5,), [math.inf, -math.inf, math.inf, math.inf, -math.inf]),
        ("array([1., 2.], dtype=float32)", (2,), [1.0, 2.0]),
        ("np.array([[1, 2]])", (1, 2), [1.0, 2.0]),
        ("tensor([[0.1302, 0.8698]], grad_fn=<SoftmaxBackward0>)", (1, 2), [0.1302, 0.8698]),
        ("tensor(0.5, device='cpu', dtype=torch.float64)", (), [0.5]),
        ("Array([0., 0.], dtype=float32)", (2,), [0.0, 0.0]),  # as JAX prints
        ("\n[[0.13 0.87]]\n<NDArray 1x2 @cpu(0)>", (1, 2), [0.13, 0.87]),
        ("[1e-5, .5, 5., +3]", (4,), [1e-5, 0.5, 5.0, 3.0]),
    ],
)
def test_an_array_is_read_as_it_is_written(text: str, shape: tuple[int, ...], items: list[float]) -> None:
    written = read_array(text, a_number, where="--x")
    assert (written.shape, [float(item) for item in written.items]) == (shape, items)


def test_nan_is_read() -> None:
    written = read_array("[nan, .nan, NaN]", a_number, where="--x")
    assert all(math.isnan(item) for item in written.items)


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", 1, "nothing"),
        ("[1, 2", 6, "a bracket is not closed"),
        ("[[1, 2", 7, "2 brackets are not closed"),
        ("1, 2]", 2, "after the end"),
        ("]", 1, "never opened"),
        ("[1] [2]", 5, "after the end"),
        ("[1,, 2]", 4, "a comma with nothing before it"),
        ("[,1]", 2, "a comma with nothing before it"),
        ("[[1, 2], [3]]", 12, "2 are expected"),
        ("[1, [2]]", 5, "a list beside a number"),
        ("[[1], 2]", 7, "beside a list"),
        ("[1, ..., 5]", 5, "give every number"),
        ("[a]", 2, "'a' is not a number"),
        ("[__import__('os')]", 2, "is not a number"),
        ("[1_000]", 2, "is not a number"),
        ("[[[[[[[[[1]]]]]]]]]", 9, "more than 8 axes"),
        ("[1e400]", 2, "too large for float64"),
    ],
)
def test_what_is_no_array_is_refused_with_its_place(text: str, where: int, words: str) -> None:
    with pytest.raises(Misread, match=f"^--x, character {where}: .*") as refused:
        read_array(text, a_number, where="--x")
    assert words in str(refused.value)


@given(st.recursive(st.floats(allow_nan=False, width=32), lambda inner: st.lists(inner, max_size=3), max_leaves=8))
def test_any_nested_list_is_read_as_numpy_reads_it_or_refused(nested: object) -> None:
    try:
        written = read_array(repr(nested), a_number, where="--x")
    except Misread:
        assert _shape(nested) is None
        return
    assert written.shape == _shape(nested)


def _shape(nested: object) -> tuple[int, ...] | None:
    """The shape of a regular list; None for one that is ragged."""
    if not isinstance(nested, list):
        return ()
    shapes = {_shape(member) for member in nested}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(nested), *(shapes.pop() if shapes else ()))  # type: ignore[misc]


def test_whole_numbers_and_truth_values_are_read_by_their_kind() -> None:
    assert read_array("[0, -1]", a_whole_number, where="--targets").items == (0, -1)
    assert read_array("[true, False, 1, 0]", a_truth_value, where="--mask").items == (True, False, True, False)
    with pytest.raises(Misread, match=r"'1\.5' is not a whole number"):
        read_array("[1.5]", a_whole_number, where="--targets")
    with pytest.raises(Misread, match="'2' is not a truth value"):
        read_array("[2]", a_truth_value, where="--mask")
