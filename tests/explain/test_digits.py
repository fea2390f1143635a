"""A number that was printed with few digits stands for all that print so; one with enough of them for itself."""

from __future__ import annotations

import pytest

from harness.explain.digits import spread_of
from harness.explain.reading import a_number, read_array
from reference.formats import format_named


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ("[0.1132, -0.1132]", "float32", [5e-5, 5e-5]),
        ("[-0.0889, 0.065, 0.0239]", "float32", [5e-5, 5e-5, 5e-5]),  # NumPy leaves out a zero at the end
        ("[0.5, 0.25]", "float32", [5e-3, 5e-3]),
        ("[1.1318e-05, -2.e-05]", "float32", [5e-10, 5e-10]),
        ("[1.1318e+05, 1e5]", "float32", [5.0, 0.0]),
        ("[0.0000, 0.1132]", "float32", [5e-5, 5e-5]),  # a tiny number is printed so beside others
        ("[0, 0.1132]", "float32", [0.0, 5e-5]),
        ("[1., 0.1132]", "float32", [0.0, 5e-5]),
        ("[0.0239, 0.6]", "float16", [5e-5, 0.0]),  # whose next number is 0.6005
    ],
)
def test_half_a_unit_of_the_last_digit_is_left_open(text: str, dtype: str, expected: list[float]) -> None:
    found = spread_of(read_array(text, a_number, where="--got"), format_named(dtype))
    assert found is not None
    assert found.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("[0.11318026, -0.11318026]", "float32"),  # the shortest that tells it from the next number
        ("[0.5, 0.11318026]", "float32"),
        ("[0x1.8p-3, nan, inf]", "float64"),
        ("[1.0, -2.0, 0, 0.0]", "float64"),
        ("[0.0e+00, 3]", "float64"),
        ("[0.1132]", "bfloat16"),
    ],
)
def test_what_has_all_its_digits_stands_for_itself(text: str, dtype: str) -> None:
    assert spread_of(read_array(text, a_number, where="--got"), format_named(dtype)) is None
