"""The smallest input that still shows a finding, in plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from numpy.typing import NDArray

from harness.call import Call
from harness.compare.asked import decoded
from harness.compare.parameters import op_in_words, shape_in_words
from harness.repeat.given import arrays_of, cotangent_dtype
from harness.repeat.repeats import Smaller
from harness.report.elementtext import due_dtype, element_lines
from harness.report.rowtext import numbers, words

_SHOWN: Final = 64  # elements of an array; of a longer one its shape alone is told


def smallest_lines(smaller: Smaller, *, cut_from: Sequence[int] = ()) -> Iterator[str]:
    """Yield what `harness shrink` found: the call, its arrays, and what came back for it.

    ``cut_from`` is the shape of the primal that it was cut from, where that is to be told.
    """
    call, quantity = smaller.problem.call, smaller.finding.quantity
    shape = shape_in_words(call.x.shape)
    cut = f", cut from {shape_in_words(cut_from)}" if cut_from and tuple(cut_from) != call.x.shape else ""
    what = f"{op_in_words(call)} in {call.dtype.value} along axis {call.axis}"
    yield f"the smallest input that shows it: {shape}{cut}, {what}"
    for name in () if quantity is None else arrays_of(call, quantity):
        yield from _array(name, getattr(call, name), _dtype(call, name))
    yield from (f"  {line}" for line in element_lines(smaller.finding, due_dtype(call, quantity)))


def _array(name: str, array: NDArray[Any], dtype: str | None) -> Iterator[str]:
    """Yield an array, a line for each row along its last axis, and more where that is long."""
    if not 0 < array.size <= _SHOWN:
        yield f"  {name:<10} {array.size} numbers, of shape {list(array.shape)}"
        return
    rows = array.reshape(-1, array.shape[-1] if array.ndim else 1)
    for number, row in enumerate(rows):
        text = words([str(one) for one in row.tolist()]) if dtype is None else numbers(decoded(row, dtype), dtype)
        yield f"  {name if not number else '':<10} {text}".replace("\n", "\n    ")


def _dtype(call: Call, name: str) -> str | None:
    """Return the dtype of an array of a call; None of what is no floating number."""
    if name == "cotangent":
        return cotangent_dtype(call).value
    floating = name in ("x", "tangent") or (name == "targets" and not call.index_targets)
    return call.dtype.value if floating and call.dtype.floating else None
