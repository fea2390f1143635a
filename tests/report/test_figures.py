from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report import figures
from reference.formats import FORMATS, FloatFormat


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (None, "float32", "–"),
        (float(np.float32(0.13010848)), "float32", "0.13010848"),
        (0.1, "float32", "0.1"),  # no float32: shown as the float64 that it is
        (float(np.float32(0.1)), "float32", "0.1"),
        (float(np.float32(0.1)), "float64", "0.10000000149011612"),
        (-0.0, "float32", "−0"),
        (1e30, "float64", "1e+30"),
        (math.inf, "float32", "inf"),
        (-math.inf, "float32", "−inf"),
        (math.nan, "float32", "nan"),
        (1e300, "float32", "1e+300"),
        (0.10009765625, "bfloat16", "0.1"),
        (1.0078125, "bfloat16", "1.01"),
        (1.0, "bfloat16", "1"),
        (0.1, "bfloat16", "0.1"),  # no bfloat16: as above
        (float(2**127), "bfloat16", "1.7e+38"),
        (2.0**-133, "bfloat16", "9e-41"),
        (3.0, "int32", "3"),
    ],
)
def test_a_decimal_is_the_shortest_that_reads_back(value: float | None, dtype: str, text: str) -> None:
    assert figures.decimal(value, dtype) == text


@given(st.floats(allow_nan=False))
def test_a_decimal_reads_back_as_the_same_bits(value: float) -> None:
    back = float(figures.decimal(value).replace("−", "-"))
    assert (back, math.copysign(1, back)) == (value, math.copysign(1, value))


@pytest.mark.parametrize("of", FORMATS.values(), ids=list(FORMATS))
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_of_a_dtype_reads_back_as_the_same_number_of_it(of: FloatFormat, value: float) -> None:
    held = of.nearest(np.array([value]))
    back = float(figures.decimal(float(held[0]), of.name).replace("−", "-"))
    assert of.nearest(np.array([back])) == held


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_hex_float_reads_back_as_the_same_bits(value: float) -> None:
    assert float.fromhex(figures.hexadecimal(value).replace("−", "-")) == value


def test_the_sums_of_the_forum_are_printed_as_the_forum_printed_them() -> None:
    sums = [float(np.float32(-7.4505806e-09)), float(np.float32(-5.2154064e-08))]
    assert figures.decimals(sums, "float32") == ["−7.4505806e-9", "−5.2154064e-8"]


@given(st.floats(min_value=0, allow_nan=False))
def test_a_share_is_never_rounded_across_the_bound(share: float) -> None:
    text = figures.share(share).replace("<", "")
    shown = math.inf if text == "∞" else float(text)
    assert (shown > 1) == (share > 1)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1.0, "1"), (0.5, "0.50"), (0.001, "<0.01"), (123.4, "123"), (1.5e6, "1.5e6")]
)
def test_ulps_are_short(value: float, text: str) -> None:
    assert figures.ulps(value) == text


@pytest.mark.parametrize(
    ("text", "shown"), [("0.5", "+0.5"), ("−0.5", "−0.5"), ("0", "0"), ("nan", "nan"), ("inf", "+inf")]
)
def test_a_sign_is_shown_where_there_is_one(text: str, shown: str) -> None:
    assert figures.signed(text) == shown


def test_counts_are_grouped_by_thousands() -> None:
    assert figures.plural(12345, "case") == "12,345 cases"
    assert figures.plural(1, "case") == "1 case"


@pytest.mark.parametrize(("sizes", "text"), [((), "()"), ((3,), "(3,)"), ((2, 3), "(2,3)")])
def test_a_shape_reads_as_in_python(sizes: tuple[int, ...], text: str) -> None:
    assert figures.shape(sizes) == text
