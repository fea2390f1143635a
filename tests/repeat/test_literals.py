"""Arrays in snippets are the very arrays: every bit, in every form that they are written in."""

from __future__ import annotations

import ast
import base64
import zlib
from typing import Any

import numpy as np
import pytest

from harness.repeat.literal import LISTED, literal, needs
from reference.formats import format_named

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "decimals": np.array([0.5, -1.0, 0.1, 1e30], np.float32),
    "long digits": RANDOM.standard_normal((3, 4)),
    "a number": np.float64(0.1)[()] * np.ones(()),
    "nothing": np.zeros((0, 3), np.float16),
    "no number": np.array([np.nan, np.inf, -np.inf, -0.0]),
    "a NaN with a message": np.array([0x7FF8000000000001], np.uint64).view(np.float64),
    "subnormals": np.array([5e-324, 1e-310]),
    "half": RANDOM.standard_normal(20).astype(np.float16),
    "bfloat16": format_named("bfloat16").encode(RANDOM.standard_normal((2, 3))),
    "a mask": np.array([[True, False], [False, False]]),
    "classes": np.array([-100, 3, 7], np.int32),
    "equal": np.full((2, 300), 0.1, np.float32),
    "equal but for a sign": np.array([0.0] * 50 + [-0.0] * 50),
    "stretches": np.repeat([1.0, np.nan, 2.0], [40, 30, 30]).reshape(2, 50),
    "many": RANDOM.standard_normal((2, LISTED)),
    "many in another order": np.asfortranarray(RANDOM.standard_normal((LISTED, 3))),
}


def evaluated(expression: str) -> np.ndarray[Any, Any]:
    modules = {"np": np, "h": float.fromhex, "base64": base64, "zlib": zlib}
    return eval(  # noqa: S307 - expressions made here
        expression, {name: module for name, module in modules.items() if name in ("np", "h", *needs(expression))}
    )


@pytest.mark.parametrize("name", ARRAYS)
def test_an_expression_gives_every_bit_back(name: str) -> None:
    array = ARRAYS[name]
    back = evaluated(literal(array))
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_that_is_read_can_be_written_to(name: str) -> None:
    assert evaluated(literal(ARRAYS[name])).flags.writeable


@pytest.mark.parametrize("value", [0.5, 0.1, -20.0, 1e-7])
def test_a_short_decimal_stands_as_it_is(value: float) -> None:
    assert literal(np.array([value], np.float32)) == f"np.array([{value}], np.float32)"


def test_a_number_of_many_digits_stands_in_hexadecimal() -> None:
    assert literal(np.array([1 / 3])) == 'np.array([h("0x1.5555555555555p-2")], np.float64)'


def test_what_is_long_and_drawn_is_packed_into_short_lines() -> None:
    expression = literal(RANDOM.standard_normal(1000))
    ast.parse(expression)
    assert needs(expression) == ("base64", "zlib")
    assert max(map(len, expression.splitlines())) < 120
