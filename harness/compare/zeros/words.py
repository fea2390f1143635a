"""The paragraph that says why a derivative is zero: the cause, what decides, and what would change it."""

from __future__ import annotations

from harness.compare.zeros.cause import Cause
from harness.compare.zeros.proof import largest
from harness.compare.zeros.reasons import Told, because
from harness.compare.zeros.rows import Flags


def paragraph(told: Told, remedy: tuple[str, float] | None) -> str:
    """Return the whole paragraph; ``remedy`` is a change in words, and how large the derivative is then."""
    parts = [_subject(told) + because(told)]
    if told.beside:
        others = " and ".join(_BESIDE[other] for other in told.beside)
        parts.append(f"Besides, {others}; what was said first decides, since it holds whatever the inputs are.")
    if remedy is not None:
        words, size = remedy
        of_row = " of that row" if told.holds.size > 1 else ""
        parts.append(
            f"With {words}, the {told.rows.derivative}{of_row} is not zero: its largest element is {size:.2g}."
        )
    return " ".join(parts)


def _subject(told: Told) -> str:
    """Return the beginning of the paragraph: of how many rows it speaks."""
    if told.cause is Cause.NOTHING_KEPT:
        return "In every row " if told.holds.all() else f"{_some(told.holds)} "
    is_zero = "is zero because "
    if told.cause in (Cause.UNDERFLOW, Cause.WITHIN_ROUNDING) and largest(told.rows, told.holds):
        is_zero = "may as well be zero: "
    elif told.rows.stored[told.holds].any():
        is_zero = "is as good as zero because "
    where = "The" if told.holds.all() else f"{_some(told.holds)} the"
    return f"{where} {told.rows.derivative} {is_zero}"


def _some(holds: Flags) -> str:
    return f"In {int(holds.sum())} of {holds.size} rows (the first is row {int(holds.argmax())})"


_BESIDE = {
    Cause.IGNORED_ROW: "the target does not count",
    Cause.ZERO_COTANGENT: "the cotangent is zero",
    Cause.ZERO_TANGENT: "the tangent is zero",
    Cause.SINGLE: "a single element has a say",
    Cause.CONSTANT_COTANGENT: "the cotangent is constant along the axis",
    Cause.CONSTANT_TANGENT: "the tangent is constant along the axis",
    Cause.STRAIGHT: "the cotangent adds up to zero",
    Cause.SATURATED: "the softmax is saturated",
    Cause.OPTIMUM: "the loss is at its optimum",
}
