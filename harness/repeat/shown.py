"""The last lines of a snippet: they print what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from harness.call import Call
from harness.repeat.given import arrays_of
from harness.repeat.literal import literal, number
from harness.vocabulary import FindingKind, Op, Quantity
from reference.formats import Floats

_CAST: Final = {"float16": "np.float16", "float32": "np.float32", "float64": "np.float64", "bfloat16": "np.float32"}
_DIES: Final = (
    FindingKind.RAISED,
    FindingKind.IMPLICIT_REFUSED,
    FindingKind.SHAPE_REFUSED,
    FindingKind.CRASHED,
    FindingKind.TIMED_OUT,
    FindingKind.OUT_OF_MEMORY,
)


def element(at: Sequence[int], want: float, *, dtype: str) -> list[str]:
    """Return lines that print element ``at`` of ``got``, and ``want``, as decimals of ``dtype`` and as bits."""
    cast = _CAST.get(dtype, "np.float64")
    index = ", ".join(map(str, at)) or "()"
    return [
        f"value, expected = got[{index}], {number(np.float64(want))}",
        f'print("got     ", {cast}(value), value.hex())',
        f'print("expected", {cast}(expected), expected.hex())  # the exact value, rounded once',
    ]


def row(call: Call, index: Sequence[int], exact: Floats) -> list[str]:
    """Return lines that print the error of every element of the row with this index over the remaining axes.

    ``exact`` has the shape of x. Where the elements agree with each other, their errors show what they have in common.
    """
    place: list[Any] = list(index)
    names = [str(one) for one in index]
    if call.x.ndim:
        along = call.axis % call.x.ndim
        place.insert(along, slice(None))
        names.insert(along, ":")
    return [
        f"expected = {literal(exact[tuple(place)])}  # the exact values, rounded once",
        f'print("got     ", got[{", ".join(names) or "()"}])',
        'print("expected", expected)',
        f'print("error   ", got[{", ".join(names) or "()"}] - expected)',
    ]


def of_law(law: str, call: Call, row: int) -> list[str]:
    """Return lines that print what a law is about, in the row with this number, and what the law says."""
    expression, says = _LAWS[law](_row(call, row, outputs=False), _row(call, row, outputs=True))
    if law == "vjp-sum" and call.op is Op.LOGSUMEXP:
        says = "the cotangent of that row"
    return [f'print("got     ", {expression})', f'print("expected {says}")']


def of_nothing(detail: str) -> list[str]:
    """Return lines for a call of which nothing should come back: what it said is a comment."""
    said = " ".join(detail.split())
    return [f"# it does not come this far: {said}" if said else "# it does not come this far", "print(got)"]


def inputs(call: Call, quantity: Quantity) -> list[str]:
    """Return lines that print what the call has left of its inputs, and what it was given."""
    lines = []
    for name in arrays_of(call, quantity):
        lines.append(f'print("got      {name} =", {name})')
        lines.append(f'print("expected {name} =", {literal(np.asarray(getattr(call, name)))})  # as it was given')
    return lines


def no_array(detail: str) -> list[str]:
    """Return lines for a call that returned no array, and so no ``got``: what it returned, and what is wrong."""
    return ['print("returned", type(result), result)', f"print({' '.join(detail.split())!r})"]


def form(call: Call, quantity: Quantity) -> list[str]:
    """Return lines that print shape and dtype of the result, and those that are due."""
    due = call.dtype_of(quantity)
    return [
        'print("got     ", got.shape, result.dtype)',
        f'print("expected", {call.shape_of(quantity)}, "{"" if due is None else due.value}")',
    ]


def never_returns(kind: FindingKind) -> bool:
    """Tell whether a finding of this kind is that no result came back."""
    return kind in _DIES


def knows(law: str) -> bool:
    """Tell whether a law is one that a single result breaks."""
    return law in _LAWS


def _row(call: Call, row: int, *, outputs: bool) -> str:
    """Return the index of a row of x, or of what the op makes of it."""
    batch = [str(index) for index in np.unravel_index(row, call.batch_shape)] if call.batch_shape else []
    if outputs and call.op.reduces:
        return ", ".join(batch if call.output_shape else []) or "()"
    if not call.x.ndim:
        return "()"
    batch.insert(call.axis % call.x.ndim, ":")
    return ", ".join(batch)


_LAWS: Final[dict[str, Callable[[str, str], tuple[str, str]]]] = {
    "sum-to-one": lambda x, y: (f"got[{y}].sum()", "1"),
    "exponentials": lambda x, y: (f"np.exp(got[{y}]).sum()", "1"),
    "positive-log": lambda x, y: (f"got[{y}].max()", "0 or less"),
    "negative-loss": lambda x, y: (f"got[{y}]", "0 or more"),
    "vjp-sum": lambda x, y: (f"got[{x}].sum()", "0"),
    "jvp-sum": lambda x, y: (f"got[{y}].sum()", "0"),
    "hvp-sum": lambda x, y: (f"got[{x}].sum()", "0"),
    "log-sum-exp-limits": lambda x, y: (
        f"got[{y}]",
        "the largest logit or up to log n more (a loss: less its own logit)",
    ),
    "mean-limits": lambda x, y: (f"got[{y}]", "a mean of w; of log_softmax w less a mean, of a loss a mean less its w"),
    "jacobian-symmetry": lambda x, y: (
        f"np.abs(got[{y}, {x}] - got[{y}, {x}].T).max()",
        "0: a Jacobian that is symmetric",
    ),
}
