"""How numbers are written: short for a reader, and exact where it matters."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from harness.compare.printed import shortest

ABSENT = "–"
_TRAILING_ZEROS = re.compile(r"\.?0*(?=p)")


def decimal(value: float | None, dtype: str = "float64", *, digits: int = 0) -> str:
    """Return the shortest decimal that reads back as ``value`` in ``dtype``, or in float64 where that holds it not.

    ``digits`` is the least number of digits after the point of a decimal that is written with an exponent.
    """
    if value is None:
        return ABSENT
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "−inf"
    return _finite(value, math.copysign(1, value), dtype, digits)


@lru_cache(maxsize=1 << 14)  # one true value stands beside what each adapter returned
def _finite(value: float, _sign: float, dtype: str, digits: int) -> str:
    """Return the decimal of a finite number; the sign tells the zeros apart, which are equal."""
    number = shortest(value, dtype)
    if _positional(value):
        return minus(np.format_float_positional(number, unique=True, trim="-"))
    return minus(np.format_float_scientific(number, unique=True, trim="-", exp_digits=1, min_digits=digits))


def decimals(values: Sequence[float], dtype: str = "float64") -> list[str]:
    """Return the decimals of a row; those with an exponent get equally many digits, as NumPy prints an array."""
    alone = [decimal(value, dtype) for value in values]
    digits = max((len(text.partition("e")[0].partition(".")[2]) for text in alone if "e" in text), default=0)
    return [decimal(value, dtype, digits=digits) for value in values]


def _positional(value: float) -> bool:
    return value == 0 or 1e-4 <= abs(value) < 1e7


def hexadecimal(value: float | None) -> str:
    """Return the bits of ``value`` as a hex float without trailing zeros, e.g. ``0x1.cf9d2p-4``."""
    if value is None:
        return ABSENT
    if not math.isfinite(value):
        return decimal(value)
    return minus(_TRAILING_ZEROS.sub("", value.hex(), count=1))


def ulps(value: float | None) -> str:
    """Return a count of units in the last place: whole where it is whole, short where it is not."""
    if value is None:
        return ABSENT
    if not math.isfinite(value):
        return decimal(value)
    if value >= 1e5:
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    if value >= 100 or value == int(value):
        return str(round(value))
    return f"{value:.2f}" if value >= 0.005 else "<0.01"


def share(value: float | None) -> str:
    """Return an error as a share of its bound; never rounded across 1, where a bound is exceeded."""
    if value is None:
        return ABSENT
    if not math.isfinite(value):
        return "∞" if value == math.inf else decimal(value)
    if value == 0:
        return "0"
    if value < 0.001:
        return "<0.001"
    if value <= 1:
        return f"{math.floor(value * 1000) / 1000:.3f}"
    if value < 1e4:
        return f"{math.ceil(value * 1000) / 1000:.3f}" if value < 10 else f"{value:.4g}"
    return ulps(value)


def percent(part: int, whole: int) -> str:
    """Return a share of a whole in per cent; 100 % only where nothing is missing, 0 % only where nothing is there."""
    if part in (0, whole):
        return "100 %" if part else "0 %"
    return f"{100 * part // whole} %" if 100 * part >= whole else "<1 %"


def size(value: float) -> str:
    """Return an error or a bound to three digits: enough to see which is larger, and by how much."""
    return decimal(float(f"{value:.3g}"))


def count(value: int) -> str:
    """Return a whole number with commas between thousands."""
    return f"{value:,}"


def plural(number: int, noun: str, several: str | None = None) -> str:
    """Return ``1 case``, ``2 cases``; ``several`` where adding an s is not enough."""
    return f"{count(number)} {noun if number == 1 else several or noun + 's'}"


def minus(text: str) -> str:
    """Return the text of a number with a true minus sign, as wide as a plus."""
    return text.replace("-", "−", 1) if text.startswith("-") else text


def signed(text: str) -> str:
    """Return the text of a number with its sign, also where it is positive."""
    return text if text.startswith("−") or not text.strip("0.") or text == "nan" else f"+{text}"


def shape(sizes: tuple[int, ...]) -> str:
    """Return a shape as Python writes it, without spaces."""
    return "(" + ",".join(map(str, sizes)) + ("," if len(sizes) == 1 else "") + ")"
