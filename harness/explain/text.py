"""The answer as a terminal shows it: numbers, why they are zero, and whether what somebody got is right."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

import numpy as np

from harness.compare.asked import Asked, result_format
from harness.compare.parameters import op_in_words
from harness.compare.zeros.cause import Cause
from harness.compare.zeros.find import ZeroGradient
from harness.explain.answer import LONGEST, Explained, row_count
from harness.explain.arrays import shape_text
from harness.explain.judged import elements, in_words
from harness.report.evidence import proof_of_zero
from harness.report.figures import plural, size
from harness.report.rowtext import mathematics
from harness.vocabulary import Op, Quantity

WIDTH: Final = 96
_NAMES: Final = {
    Quantity.FORWARD: "output",
    Quantity.VJP: "gradient (vjp)",
    Quantity.JVP: "directional derivative (jvp)",
    Quantity.HVP: "Hessian-vector product (hvp)",
}


def text_of(answer: Explained) -> str:
    """Return the whole answer, in lines of at most about a hundred characters."""
    return "\n\n".join(part for part in _parts(answer) if part)


def _parts(answer: Explained) -> Iterator[str]:
    call = answer.problem.call
    reduction = call.reduction.value if call.reduction is not None else ""
    if answer.as_row:
        shape = shape_text(call.x.shape)
        yield _wrapped(f"A plain list is read as the one row along axis {call.axis}: an array of shape {shape}.")
    several = row_count(answer.problem) > 1
    yield from (mathematics(row, reduction=reduction, alone=not several) for row in answer.rows)
    yield _left_out(answer)
    yield from map(_wrapped, answer.vanished)
    if answer.worth is not None:
        yield _wrapped(in_words(answer.worth, _NAMES[answer.quantity]))
        yield "\n".join(f"  {line}" for line in elements(answer.worth))
    if answer.causes:
        yield f"{_about(answer)}\n" + "\n\n".join("\n".join(_cause(cause)) for cause in answer.causes)
    else:
        yield _wrapped(_not_zero(answer))


def _about(answer: Explained) -> str:
    """Return what the paragraphs on the causes are about: it is zero where the true derivative rounds to zero."""
    defined = [cause for cause in answer.causes if cause.cause is not Cause.NOTHING_KEPT]
    if not defined:
        return "Why it is not defined"
    small = sum(cause.stored != 0 for cause in defined)
    if small == 0:
        return "Why it is zero"
    return "Why it is so small" if small == len(defined) else "Why it is zero, or so small"


def _cause(cause: ZeroGradient) -> Iterator[str]:
    """Yield the paragraph of a cause, and the numbers that prove it where it does not say them itself."""
    yield _wrapped(cause.sentence, indent="  ")
    numbers = proof_of_zero(cause.evidence)
    if numbers:
        yield _wrapped(numbers, indent="  ")


def _left_out(answer: Explained) -> str:
    call = answer.problem.call
    length = call.x.shape[call.axis] if call.x.ndim else 1
    if not call.x.size:
        return ""
    if not answer.rows:
        return _wrapped(f"Rows of {length} elements are not printed: the longest that is has {LONGEST}.")
    others = row_count(answer.problem) - len(answer.rows)
    return f"{plural(others, 'more row')} not printed." if others else ""


def _not_zero(answer: Explained) -> str:
    """Say why what was asked is not zero, or that nothing is defined."""
    call, name = answer.problem.call, _NAMES[answer.quantity]
    if answer.undefined:
        vectors = Asked([call], result=result_format(call)).vectors(answer.quantity)
        odd = [
            vector for vector, array in vectors.items() if not np.isfinite(np.asarray(array, dtype=np.float64)).all()
        ]
        if odd:
            return (
                f"The {name} is NaN in {plural(answer.undefined, 'element')}: the {' and the '.join(odd)} holds NaN or "
                "an infinity, and every element of the row is made of all of it."
            )
        return (
            f"The {name} is NaN in {plural(answer.undefined, 'element')}: a row that holds NaN or +inf, or nothing but "
            "-inf, has no softmax, and this harness says NaN there."
        )
    if answer.quantity is Quantity.FORWARD:
        return ""
    if answer.quantity is Quantity.VJP and call.op.gives_probabilities:
        why = "the cotangent weighs the outputs differently, so the gradients of the single outputs do not cancel"
    elif answer.quantity is Quantity.VJP and call.op is Op.SOFTMAX_OUTPUT:
        why = "softmax of the input is not the target, and this op returns their difference, whatever the cotangent is"
    elif answer.quantity is Quantity.VJP:
        why = f"a small change of the input changes what the cotangent makes of {op_in_words(call)}"
    elif answer.quantity is Quantity.JVP:
        why = "moving the input along the tangent changes the output"
    else:
        why = "moving the input along the tangent changes the gradient"
    return f"The {name} is not zero: {why}. Its largest element is {size(answer.largest)} in size."


def _wrapped(text: str, *, indent: str = "") -> str:
    return textwrap.fill(
        text,
        width=WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
