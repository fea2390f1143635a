"""What is wrong with a wrong result: the faults of the catalogue that explain it, or that none does.

From cheap to dear, each step only where the one before has found nothing:

1. every fault of :data:`reference.faults.CATALOGUE` that has a formula for the quantity;
2. the right rule, and the formulas, times a factor that nobody knows: -1, 2, 1/N, or one without a name;
3. the row test: all elements agree on what they share, and that is off;
4. two faults at once: a formula, asked of the wrong thing (another temperature, an ignored mask, a row before).

A large result is tried by its worst row first, and held in full against what is left then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from harness.call import Call
from harness.compare.asked import Asked
from harness.compare.judge import Assessment
from harness.compare.naming_fit import Fit, fit, scaled_fit, strongest
from harness.compare.naming_rows import Wrong
from harness.compare.naming_scalar import row_scalar
from harness.compare.verdict import json_value
from harness.plan.problem import Problem
from harness.vocabulary import Outcome, Quantity
from reference.faults import CATALOGUE, Answer, Evaluation, Fault
from reference.question import OPS, QUANTITIES

_AT_ONCE: Final = 1 << 11  # elements of a result that is held against all faults in full
_AT_MOST: Final = 1 << 17  # elements that one fault is held against
_ROWS: Final = 64  # of a larger result: the worst ones
_LONGEST: Final = 1 << 12  # elements of a row that two faults at once are tried on
_DECIDING: Final = 3  # elements that have to agree where there are hundreds of candidates: pairs, multiples of formulas
_TELLING: Final = 2.0**-6  # how loosely two faults at once may fit where they fit best

RIGHT: Final = Fault(
    name="scaled",
    what="the right answer",
    why="a factor too many, or one that is missing",
    ops=OPS,
    quantities=QUANTITIES,
    rule=lambda evaluation: evaluation.right,
    scale=True,
)
"""No fault, but for the factor that it is found with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An explanation: ``factor`` times the formula of a fault; ``share`` and ``called`` as :class:`Fit` has them."""

    name: str
    what: str
    factor: float = 1.0
    share: float
    called: str = ""

    @property
    def evidence(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return {"name": self.name, "what": self.what, "factor": json_value(self.factor), "share": self.share}


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """All explanations of a wrong result, the strongest first; ``tried``: how many faults it was held against."""

    names: tuple[Named, ...]
    tried: int
    rows: int = 0  # that are wrong
    of_rows: int = 0


def named(problem: Problem, assessed: Assessment) -> Naming | None:
    """Name what is wrong with a result, None where nothing can be held against a formula."""
    verdict, numbers = assessed.verdict, assessed.numbers
    if numbers is None or assessed.oracle is None or assessed.by_law:
        return None
    if verdict.outcome not in (Outcome.BEYOND_BOUND, Outcome.NONFINITE_PATTERN, Outcome.SIGN_OF_INFINITY):
        return None
    wrong = wrong_of(problem.call, verdict.quantity, assessed)
    scalar = row_scalar(wrong, verdict)
    alone = () if scalar is None else (Named(**scalar),)
    if not wrong.beyond.any():
        return Naming(names=alone, tried=0) if alone else None
    tried, names = explained(wrong, problem.call, instead=alone)
    return Naming(names=tuple(names), tried=tried, rows=len(wrong.wrong_rows), of_rows=wrong.rows)


def wrong_of(call: Call, quantity: Quantity, assessed: Assessment) -> Wrong:
    """Return a judged result as the faults see it."""
    numbers = assessed.numbers
    assert numbers is not None  # noqa: S101 - it was judged
    asked = Asked([call], result=numbers.result)
    vectors = asked.vectors(quantity)
    evaluation = Evaluation.of(
        asked.question,
        quantity.value,
        cotangent=vectors.get("cotangent"),
        tangent=vectors.get("tangent"),
        working=numbers.precision.working.value,
        accumulation=numbers.precision.accumulation.value,
        forms=tuple(form.value for form in numbers.precision.forms),
    )
    return Wrong(evaluation=evaluation, got=numbers.value, dtype=numbers.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stages:
    """A result in pieces of growing size: ``first`` is tried before ``whole``; ``all`` where rows need each other."""

    first: Wrong
    whole: Wrong
    all: Wrong | None

    @classmethod
    def of(cls, wrong: Wrong) -> _Stages:
        """Cut a result; one whose rows cannot be cut apart stays whole."""
        small = wrong.got.size <= _AT_MOST
        if wrong.got.size <= _AT_ONCE or not wrong.divisible or wrong.evaluation.quantity == "jacobian":
            return cls(first=wrong, whole=wrong, all=wrong if small else None)
        length = max(wrong.evaluation.question.rows.length, 1)
        worst = wrong.of_rows(wrong.wrong_rows[: max(1, min(_ROWS, _AT_MOST // length))])
        return cls(
            first=wrong.of_rows(wrong.wrong_rows[:1]), whole=wrong if small else worst, all=wrong if small else None
        )

    def pieces(self, fault: Fault) -> Iterator[Wrong]:
        """Yield what a fault is held against, one after the other."""
        yield from ((self.first, self.whole) if fault.rows_alone else (self.all,) if self.all is not None else ())


def explained(wrong: Wrong, call: Call, *, instead: Sequence[Named] = ()) -> tuple[int, Sequence[Named]]:
    """Return how many faults have a say in a result, and those that explain it; or what is known ``instead``."""
    with np.errstate(all="ignore"):
        return _explained(wrong, call, instead)


def _explained(wrong: Wrong, call: Call, instead: Sequence[Named]) -> tuple[int, Sequence[Named]]:
    stages = _Stages.of(wrong)
    tried: list[tuple[Fault, Answer]] = []
    fits: dict[str, Fit] = {}
    for fault in CATALOGUE:
        found: Fit | None = None
        for number, piece in enumerate(dict.fromkeys(stages.pieces(fault))):
            answer = fault.answer(piece.evaluation)
            found = None if answer is None else fit(piece, answer)
            if answer is not None and not number:
                tried.append((fault, answer))
            if found is None:
                break
        if found is not None:
            fits[fault.name] = found
    if fits:
        by_name = {fault.name: fault for fault, _ in tried}
        return len(tried), [_named(by_name[name], fits[name]) for name in strongest(fits)]
    found_scaled = _scaled(stages, tried, call)
    return len(tried), found_scaled or instead or _two_at_once(stages, [fault for fault, _ in tried])


def _scaled(stages: _Stages, tried: Iterable[tuple[Fault, Answer]], call: Call) -> list[Named]:
    """Return formulas that fit times a factor."""
    fits: dict[str, Fit] = {}
    by_name = {RIGHT.name: RIGHT} | {fault.name: fault for fault, _ in tried if not fault.scale}
    known = {RIGHT.name: stages.first.evaluation.right} | {fault.name: answer for fault, answer in tried}
    for fault in by_name.values():
        found: Fit | None = None
        for number, piece in enumerate(dict.fromkeys(stages.pieces(fault))):
            answer = known[fault.name] if not number else _answer(fault, piece)
            found = (
                None
                if answer is None
                else scaled_fit(piece, answer, call, at_least=_DECIDING if fault is not RIGHT else 1)
            )
            if found is None:
                break
        if found is not None:
            fits[fault.name] = found
            if fault is RIGHT:  # what every other formula would only say in other words
                break
    return [_named(by_name[name], fits[name]) for name in strongest(fits)]


def _two_at_once(stages: _Stages, tried: Iterable[Fault]) -> list[Named]:
    """Return pairs that fit: the formula of one fault, asked of what the other takes for the question."""
    first = stages.first
    beyond, concerned = int(first.beyond.sum()), int(first.concerned.sum())
    if first.evaluation.question.rows.length > _LONGEST or beyond < max(_DECIDING, concerned / 2.0):
        return []  # wrong rules move whole rows
    faults = tuple(tried)
    fits: dict[str, Fit] = {}
    words: dict[str, str] = {}
    for outer in (fault for fault in faults if fault.alteration is not None):
        for inner in (fault for fault in faults if fault.alteration is None):
            found: Fit | None = None
            rows_alone = outer.rows_alone and inner.rows_alone
            pieces = (stages.first, stages.whole) if rows_alone else (stages.all,)
            for piece in dict.fromkeys(pieces):
                found = None if piece is None else _pair(outer, inner, piece)
                if found is None:
                    break
            if found is not None:
                name = f"{inner.name} + {outer.name}"
                fits[name], words[name] = found, f"{inner.what}; and {outer.what}"
    return [Named(name=name, what=words[name], share=fits[name].share) for name in strongest(fits)]


def _pair(outer: Fault, inner: Fault, piece: Wrong) -> Fit | None:
    assert outer.alteration is not None  # noqa: S101 - only such are tried
    altered = outer.alteration(piece.evaluation)
    answer = None if altered is None else inner.rule(altered)
    found = None if answer is None else fit(piece, answer)
    return found if found is not None and found.loose <= _TELLING else None


def _answer(fault: Fault, piece: Wrong) -> Answer | None:
    return piece.evaluation.right if fault is RIGHT else fault.answer(piece.evaluation)


def _named(fault: Fault, found: Fit) -> Named:
    return Named(name=fault.name, what=fault.what, factor=found.factor, share=found.share, called=found.called)
