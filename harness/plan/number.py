"""Numbers as their author wrote them, rounded once: from the text to the dtype of the problem, never by way of another.

Going by float64 rounds twice: a text just above the midpoint of two float32 numbers may become that midpoint in
float64, and then the even neighbour instead of the upper one. The same holds of float16 and bfloat16.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np

from harness.plan.faults import nearest, shown
from harness.vocabulary import DType
from reference.formats import format_named

LONGEST = 1100  # characters; the longest exact decimal of a float64 has fewer
_INT32 = 2**31 - 1  # and not -2**31, whose negative is no int32
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_HEX = re.compile(r"([-+]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([-+]?[0-9]{1,5}))?")
_SPECIAL = {".nan": "nan", ".inf": "inf", "+.inf": "inf", "-.inf": "-inf"}
_MISSPELT = {"nan": ".nan", "inf": ".inf", "infinity": ".inf", "+inf": ".inf", "-inf": "-.inf", "-infinity": "-.inf"}


class NotANumber(Exception):
    """A text or value that should be a number and is not: ``what`` is wrong, ``instead`` would be right."""

    def __init__(self, what: str, instead: str) -> None:
        self.what, self.instead = what, instead
        super().__init__(f"{what}; {instead}")


class WrittenFloat(float):
    """A float64 that remembers the text it was rounded from."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> WrittenFloat:
        """Round ``text``, a decimal or hexadecimal number or a YAML special; raise :class:`NotANumber` otherwise."""
        self = super().__new__(cls, _float64(text))
        self.text = text
        return self


def is_decimal(text: str) -> bool:
    """Say whether ``text`` is a float of the YAML 1.2 core schema."""
    return text.lower() in _SPECIAL or _DECIMAL.fullmatch(text) is not None


def is_hexadecimal(text: str) -> bool:
    """Say whether ``text`` is a hexadecimal float such as ``0x1.8p-3``."""
    match = _HEX.fullmatch(text)
    return match is not None and bool(match[2] or match[3])


def number(value: object) -> float | int:
    """Return ``value`` as a number that :func:`rounded` takes: an int, a float, or the text of a hexadecimal float.

    Raise :class:`NotANumber` for anything else, with the spelling that was probably meant.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NotANumber(f"{shown(value)} is not a number", "write a number, .inf, -.inf, .nan or '0x1.8p-3'")
    if not isinstance(value, str):
        return value
    if is_hexadecimal(value):
        return WrittenFloat(value)
    meant = _MISSPELT.get(value.lower())
    if meant is not None:
        raise NotANumber(f"{shown(value)} is a text, not a number", f"did you mean {meant}?")
    if is_decimal(value):
        raise NotANumber(f"{shown(value)} is a text, not a number", "leave the quotation marks away")
    hint = "write a number, .inf, -.inf, .nan or '0x1.8p-3'"
    raise NotANumber(f"{shown(value)} is not a number", hint)


def rounded(value: float, dtype: DType) -> float:
    """Return the number of ``dtype`` that is nearest to ``value`` as written, ties to even.

    Raise :class:`NotANumber` where a finite number is too large for ``dtype``; for int32, also where it is not whole.
    """
    if dtype is DType.INT32:
        return _int32(value)
    double = _float64_of_int(value) if isinstance(value, int) else float(value)
    result = double
    if dtype is not DType.FLOAT64 and math.isfinite(double):
        result = float(format_named(dtype).nearest(np.asarray(_to_odd(double, exact(value)))))
    if math.isinf(result) and math.isfinite(double):
        sign = "-" if double < 0 else ""
        raise NotANumber(
            f"{_as_written(value)} is too large for {dtype}",
            f"write {sign}.inf if infinity is meant, or stay within {sign}{largest(dtype)}",
        )
    return result


def largest(dtype: DType) -> str:
    """Return the largest finite number of ``dtype``, in digits."""
    return str(_INT32) if dtype is DType.INT32 else f"{format_named(dtype).largest:.9g}"


def _int32(value: float) -> float:
    if isinstance(value, float) and not (math.isfinite(value) and exact(value).denominator == 1):
        what = f"{_as_written(value)} is not a whole number, and int32 holds no others"
        raise NotANumber(what, "write a whole number, or ask for a floating dtype")
    if abs(value) > _INT32:
        raise NotANumber(f"{_as_written(value)} is too large for int32", f"stay within {_INT32} in size")
    return float(value)


def _as_written(value: float) -> str:
    return shown(value.text if isinstance(value, WrittenFloat) else str(value)).replace("'", "")


def exact(value: float) -> Fraction:
    """Return the exact value of a finite number as it was written."""
    if not isinstance(value, WrittenFloat):
        return Fraction(value)
    if float(value) == 0.0:
        return Fraction(0)  # also a text below every float: its power of ten would not fit into memory
    match = _HEX.fullmatch(value.text)
    if match is None:
        return Fraction(value.text)
    digits = int(match[1] + match[2] + match[3], 16)
    return Fraction(digits) * Fraction(2) ** (int(match[4] or 0) - 4 * len(match[3]))


def _to_odd(double: float, true: Fraction) -> float:
    """Return ``true`` rounded to odd in float64, given that ``double`` is ``true`` rounded to nearest.

    What is rounded to odd in a format with two more bits can be rounded again without harm: Boldo and Melquiond,
    "Emulation of FMA and correctly rounded sums", IEEE Trans. Computers 57 (2008), theorem 1.
    """
    difference = true - Fraction(double)
    if difference == 0 or np.float64(double).view(np.uint64) & np.uint64(1):
        return double
    return math.nextafter(double, math.inf if difference > 0 else -math.inf)


def _float64(text: str) -> float:
    if len(text) > LONGEST:
        raise NotANumber(f"a number of {len(text)} characters", f"write at most {LONGEST}: no float64 needs more")
    if text.lower() in _SPECIAL:
        return float(_SPECIAL[text.lower()])
    try:
        result = float.fromhex(text) if is_hexadecimal(text) else float(text)
    except OverflowError:
        result = math.inf
    except ValueError:
        raise NotANumber(f"{shown(text)} is not a number", nearest(text, _MISSPELT.values())) from None
    if math.isinf(result):
        sign = "-" if text.startswith("-") else ""
        raise NotANumber(f"{text} is too large for float64", f"write {sign}.inf if infinity is meant")
    return result


def _float64_of_int(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise NotANumber(f"{shown(value)} is too large for float64", "write .inf if infinity is meant") from None
