"""Arrays as expressions of NumPy that give back every bit: short where they can be, checked before they are used."""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LISTED: Final = 64  # elements that are written out; more are packed
RUNS: Final = 6  # stretches of one value that a longer array may be written as
_DECIMAL: Final = 9  # characters of a decimal that reads better than the hexadecimal of the same number
_LINE: Final = 88  # characters in a line
_ZEROS: Final = re.compile(r"\.?0+(?=p)")  # at the end of the digits of a hexadecimal
HEX: Final = "h = float.fromhex  # every bit of a number"  # the line that hexadecimal numbers need before them


def literal(array: NDArray[Any]) -> str:
    """Return an expression that evaluates to ``array``, bit for bit, given ``np`` and ``h`` (:data:`HEX`).

    A decimal stands where it is short and rounds to the very number, else its hexadecimal. What is longer than
    :data:`LISTED` elements and not made of few values is packed (zlib, base64), which needs ``base64`` and ``zlib``.
    """
    for written in (_full, _listed, _runs):
        expression = written(array)
        if expression is not None and _same(_evaluated(expression), array):
            return expression
    return _packed(array)


def number(value: Any) -> str:
    """Return an expression for a number of NumPy's: it has the same value, once it is rounded to that dtype again."""
    if value.dtype.kind in "biu":
        return f"0x{int(value):04x}" if value.dtype == np.uint16 else str(value)
    if not np.isfinite(value):
        return "np.nan" if np.isnan(value) else ("np.inf" if value > 0 else "-np.inf")
    decimal = str(value)
    if len(decimal) <= _DECIMAL and value.dtype.type(float(decimal)) == value:
        return decimal
    digits = _ZEROS.sub("", float(value).hex())
    return f'h("{digits}")'


def is_packed(expression: str) -> bool:
    """Tell whether an expression made here holds packed bytes, which nobody can read."""
    return "base64." in expression


def needs(expressions: str) -> tuple[str, ...]:
    """Return the modules, beside NumPy, that expressions made here use."""
    return ("base64", "zlib") if is_packed(expressions) else ()


def _listed(array: NDArray[Any]) -> str | None:
    if array.size > LISTED or array.size == 0:
        return None
    written = _nested(array)
    if array.ndim > 1 and len(written) > _LINE:  # a row in each line
        rows = "".join(f"    {_nested(row)},\n" for row in array)
        written = f"[\n{rows}]"
    return f"np.array({written}, {_dtype(array)})"


def _nested(array: NDArray[Any]) -> str:
    if array.ndim == 0:
        return number(array[()])
    return f"[{', '.join(_nested(part) if array.ndim > 1 else number(part) for part in array)}]"


def _full(array: NDArray[Any]) -> str | None:
    if array.size == 0:
        return f"np.zeros({array.shape}, {_dtype(array)})"
    bits = _bits(array)
    if array.size <= RUNS or (bits != bits[0]).any():
        return None
    return f"np.full({array.shape}, {number(array.reshape(-1)[0])}, {_dtype(array)})"


def _runs(array: NDArray[Any]) -> str | None:
    """Write an array as few stretches of equal values."""
    bits = _bits(array)
    begins = np.flatnonzero(np.concatenate([[True], bits[1:] != bits[:-1]]))
    if len(begins) > RUNS:
        return None
    lengths = np.diff(np.append(begins, bits.size))
    values = ", ".join(number(value) for value in array.reshape(-1)[begins])
    flat = f"np.repeat(np.array([{values}], {_dtype(array)}), {lengths.tolist()})"
    return flat if array.ndim == 1 else f"{flat}.reshape{array.shape}"


def _packed(array: NDArray[Any]) -> str:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    text = base64.b64encode(zlib.compress(little.tobytes(), 9)).decode()
    lines = "\n".join(f'    "{text[k : k + _LINE]}"' for k in range(0, len(text), _LINE))
    packed = f"np.frombuffer(zlib.decompress(base64.b64decode(\n{lines}\n)), {_dtype(array)})"
    return f"{packed}.reshape({array.shape}).copy()"


def _dtype(array: NDArray[Any]) -> str:
    return "bool" if array.dtype.kind == "b" else f"np.{array.dtype.name}"


def _bits(array: NDArray[Any]) -> NDArray[Any]:
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(f"u{flat.dtype.itemsize}")


def _evaluated(expression: str) -> NDArray[Any]:
    result: NDArray[Any] = eval(expression, {"np": np, "h": float.fromhex})  # noqa: S307 - written a line ago, by us
    return result


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    alike = one.dtype == other.dtype and one.shape == other.shape
    return alike and bool((_bits(one) == _bits(other)).all())
