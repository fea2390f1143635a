"""Laws that a result obeys whatever its true value is: without an oracle, and without a table of tolerances.

Beside the bounds they answer two questions of their own: what a wrong result is wrong about, and whether a result is
sound where the bounds prove nothing, as for long sums in half precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds.arithmetic import Arithmetic
from reference.bounds.overflow import may_overflow
from reference.bounds.shift import Temper
from reference.exact.doubledouble import Floats
from reference.formats import FORMATS
from reference.laws.directional import Directional
from reference.laws.extremes import has_class, log_sum_exp, mean
from reference.laws.finding import Finding, Violation
from reference.laws.forward import exponentials, negative_loss, never_negative, positive_log, sum_to_one
from reference.laws.gradient import Gradient
from reference.laws.rounding import Rounding
from reference.laws.sizes import Sizes
from reference.laws.symmetry import symmetric
from reference.laws.translation import Asked, common_shift, exactly_shifted, shift_finding
from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, Question
from reference.truth import arithmetic_of
from reference.undefined import mean_of_none, unanswered_rows

KINDS: Final = (
    *("sum-to-one", "positive-log", "exponentials", "negative-loss"),
    *("vjp-sum", "jvp-sum", "hvp-sum", "jacobian-symmetry", "log-sum-exp-limits", "mean-limits", "shift"),
)


def check(
    question: Question,
    quantity: str,
    got: Floats,
    *,
    cotangent: Floats | None = None,
    tangent: Floats | None = None,
    working: str,
    accumulation: str,
    forms: tuple[str, ...] = (),
) -> tuple[Violation, ...]:
    """Return where ``got``, a result as float64, breaks a law of its op; nothing where no law speaks of ``quantity``.

    Vectors, formats and forms are those of :func:`reference.truth.truth`. Rows without an answer (undefined ones) break
    no law. Raise ValueError for a word or shape that is none of these.
    """
    if not question.x.size:
        return ()
    arithmetic = arithmetic_of(question, working=working, accumulation=accumulation, forms=forms)
    with np.errstate(all="ignore"):
        block = Block.whole(question, quantity, cotangent=cotangent, tangent=tangent)
        temper = Temper(temperature=question.temperature, entering=FORMATS.get(question.format))
        rounding = Rounding(sizes=Sizes.of(question), arithmetic=arithmetic, temper=temper)
        found = list(findings(question, quantity, got, block=block, rounding=rounding))
        excused = np.zeros(1, dtype=np.bool_)
        if not all(np.isfinite(law.measured).all() for law in found):  # it takes its time, and excuses nothing else
            excused = excused_rows(question, quantity, block, arithmetic=arithmetic)
        return tuple(one for law in found for one in law.violations(accumulation=accumulation, excused=excused))


def shift_violation(
    question: Question,
    other: Question,
    quantity: str,
    got: Floats,
    other_got: Floats,
    *,
    cotangent: Floats | None = None,
    tangent: Floats | None = None,
    working: str,
    accumulation: str,
    forms: tuple[str, ...] = (),
) -> tuple[Violation, ...]:
    """Return the rows in which two results of one kernel, at x and at x + c, differ by more than the law allows.

    ``other`` is ``question`` with one number added to each row of x, as :func:`common_shift` finds it. Rows that have
    no answer, or in which a correct kernel may overflow, are not compared; nor is anything where the logits are
    divided by a temperature that is no power of two. Raise ValueError where the questions are not shifts of each other.
    """
    asked = Asked(
        quantity=quantity,
        cotangent=cotangent,
        tangent=tangent,
        working=working,
        accumulation=accumulation,
        forms=forms,
    )
    with np.errstate(all="ignore"):
        found = shift_finding(question, other, got, other_got, asked=asked)
        none = np.zeros(1, dtype=np.bool_)  # rows that may overflow are not compared at all
        return () if found is None else found.violations(accumulation=accumulation, excused=none)


def findings(question: Question, quantity: str, got: Floats, *, block: Block, rounding: Rounding) -> Iterator[Finding]:
    """Yield what each law that speaks of ``quantity`` finds in ``got``, row by row."""
    rows, op = question.rows, question.op
    if quantity == "forward" and op in LIKE_SOFTMAX:
        yield sum_to_one(rows.cut(got), rounding)
    elif quantity == "forward" and op in LIKE_LOG_SOFTMAX:
        yield positive_log(rows.cut(got), rounding)
        yield exponentials(rows.cut(got), rounding)
    elif quantity == "forward" and never_negative(question):
        yield negative_loss(question, got, rounding)
        if has_class(question):
            yield log_sum_exp(question, got, block=block, rounding=rounding)
    elif quantity == "forward" and op == "logsumexp":
        yield log_sum_exp(question, got, block=block, rounding=rounding)
    elif quantity in ("vjp", "jvp", "hvp") and (quantity == "vjp" or op != "softmax_output"):
        yield from _derivative(question, quantity, got, block=block, rounding=rounding.before_results())
    elif quantity == "jacobian" and op in LIKE_SOFTMAX:
        yield symmetric(question, got, rounding)


def _derivative(
    question: Question, quantity: str, got: Floats, *, block: Block, rounding: Rounding
) -> Iterator[Finding]:
    """Yield what the laws of a derivative in one direction or two find."""
    rows, op = question.rows, question.op
    answered = ~unanswered_rows(block) & np.asarray(not mean_of_none(question))
    if quantity == "vjp":
        yield Gradient.of(question, rows.cut(got), block=block, rounding=rounding).finding(applies=answered)
    elif quantity == "hvp" or op in LIKE_SOFTMAX:
        found = Directional.of(question, quantity, rows.cut(got), block=block, rounding=rounding)
        yield found.finding(applies=answered)
    elif question.outputs_per_row is None:
        yield mean(question, rows.cut(got), block=block, rounding=rounding, applies=answered)
    elif op == "logsumexp" or has_class(question):
        each = got.reshape(-1, 1)
        yield mean(question, each, block=block, rounding=rounding, applies=answered & ~block.ignored)


def excused_rows(question: Question, quantity: str, block: Block, *, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Return the rows, (count,), or (1,) of an op that adds them up, where a right result may be no number."""
    found = may_overflow(question, quantity, block, arithmetic=arithmetic)
    for vector in (block.cotangent, block.tangent):
        if vector is not None and arithmetic.entering is not None:  # v - s V may be larger than any v
            size = 2.0 * np.abs(vector).sum(axis=-1) / min(question.temperature, 1.0)
            found = found | (size >= arithmetic.entering.largest)
    return np.asarray([found.any()]) if question.outputs_per_row == 0 and quantity == "forward" else found


__all__ = ["KINDS", "Violation", "check", "common_shift", "exactly_shifted", "shift_violation"]
