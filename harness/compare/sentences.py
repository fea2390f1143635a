"""What a finding about one evaluation says: who, what, how far, and what to do."""

from __future__ import annotations

import math

from harness.adapters.registry import BUILT_IN
from harness.compare.parameters import op_in_words
from harness.compare.printed import shown
from harness.compare.verdict import Verdict
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Op

_AGAIN = {  # what to add to the command that tries once more
    FindingKind.CRASHED: "",
    FindingKind.TIMED_OUT: " --timeout SECONDS",
    FindingKind.OUT_OF_MEMORY: " --memory GIB",
}
_LARGER = {
    FindingKind.CRASHED: "",
    FindingKind.TIMED_OUT: " and a larger --timeout",
    FindingKind.OUT_OF_MEMORY: " and a larger --memory",
}


def sentence(kind: FindingKind, problem: Problem, verdict: Verdict) -> str:
    """Return the sentence of a finding of ``kind`` about ``verdict``, which is one on ``problem``."""
    who, what = verdict.adapter, what_of(problem, verdict)
    match kind:
        case FindingKind.BEYOND_BOUND:
            return (
                f"{who}: the {what} is wrong by {_times(verdict.share)} what rounding can explain: element "
                f"{_index(verdict)} is {_number(verdict, verdict.got)}, the exact value rounds to "
                f"{_number(verdict, verdict.want)}."
            )
        case FindingKind.INCONSISTENT_ROW:
            return (
                f"{who}: each element of the {what} is within its bound, but {verdict.detail}{_row(verdict)} "
                f"({_times(max(verdict.row_share or 0.0, verdict.row_scalar or 0.0))} what rounding can explain)."
            )
        case FindingKind.ZERO_RULE:
            return (
                f"{who}: the {what} came back as zeros although the true one is not zero: element {_index(verdict)} "
                f"should be {_number(verdict, verdict.want)}. A backward rule that returns zeros is a fault, not "
                "rounding."
            )
        case FindingKind.IMPLICIT_REFUSED:
            return f"{who} refuses to differentiate a non-scalar output when no cotangent is given: {verdict.detail}"
        case FindingKind.SHAPE_REFUSED:
            return f"{who} refuses the {what} for an input of shape {verdict.shape}: {verdict.detail}"
        case FindingKind.UNDEFINED_ROW:
            return (
                f"{who}: the {what} is not defined where {_undefined(problem)}, and is answered there differently "
                f"from the convention of this harness, which is NaN: {verdict.detail}."
            )
        case FindingKind.RAISED:
            return f"{who}: the {what} raised {verdict.detail}"
        case FindingKind.OUT_OF_MEMORY if verdict.result:  # it came back: judging it is what takes too much
            return f"{who}: the {what} came back, and was {_closed(verdict.detail)}"
        case FindingKind.CRASHED | FindingKind.TIMED_OUT | FindingKind.OUT_OF_MEMORY:
            again = f"try again with: harness record {who} --fresh{_AGAIN[kind]}"
            if who not in BUILT_IN:  # where its file lies is not on record, nor whether it was recorded or verified
                again = f"the same command with --fresh{_LARGER[kind]} tries again"
            return f"{who}: the {what}: {verdict.outcome}: {verdict.detail}; {again}"
        case _:
            return f"{who}: the {what}: {_closed(f'{verdict.outcome}: {verdict.detail}')}"


def what_of(problem: Problem, verdict: Verdict) -> str:
    """Return what was asked, as a sentence names it: ``vjp of softmax at temperature 0.5``."""
    return f"{verdict.quantity.value} of {op_in_words(problem.call)}"


def _closed(words: str) -> str:
    """Return words as a sentence that another one may follow."""
    return words if words.endswith((".", "!", "?")) else f"{words.removesuffix(': ')}."


def _undefined(problem: Problem) -> str:
    """Say what leaves a result of this op undefined."""
    match problem.call.op:
        case Op.CROSS_ENTROPY:
            return "a row holds NaN or +inf, or nothing but -inf, or no row counts"
        case op if op.masked:
            return "what is kept of a row holds NaN or +inf, or nothing but -inf, or nothing at all"
        case _:
            return "a row holds NaN or +inf, or nothing but -inf"


def _number(verdict: Verdict, value: float | None) -> str:
    """Return a number of the result's dtype as short as its bits allow; the evidence has these bits."""
    return "none" if value is None else shown(value, verdict.result_dtype or verdict.dtype)


def _times(share: float | None) -> str:
    if share is None or not math.isfinite(share):
        return "infinitely many times"
    return f"{share:.3g} times"


def _row(verdict: Verdict) -> str:
    return f", worst in row {list(verdict.row_at)}," if verdict.row_at else ""


def _index(verdict: Verdict) -> str:
    return str(list(verdict.at or ()))
