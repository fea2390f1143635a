"""Which faults explain a wrong result, if any does.

From cheap to dear, each step only where the one before has found nothing:

1. every fault of :data:`reference.faults.CATALOGUE` that has a formula for the quantity;
2. the right rule, and the formulas, times a factor that nobody knows: -1, 2, 1/N, or one without a name;
3. what the caller knows instead: that the row's common scalar is off;
4. two faults at once: a formula, asked of the wrong thing (another temperature, an ignored mask, a row before).

A large result is tried by its worst row first, and held in full against what is left then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from harness.call import Call
from harness.compare.naming.fit import Fit, fit, scaled_fit, strongest
from harness.compare.naming.wrong import Wrong
from harness.compare.verdict import json_value
from harness.vocabulary import Outcome
from reference.faults import CATALOGUE, Answer, Fault
from reference.question import OPS, QUANTITIES

_WRONG: Final = (Outcome.BEYOND_BOUND, Outcome.NONFINITE_PATTERN, Outcome.SIGN_OF_INFINITY)
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
class Explained:
    """Explanations in the order of the catalogue; ``tried``: how many faults have a say in the result."""

    names: tuple[Named, ...]
    tried: int


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


def explained(wrong: Wrong, call: Call, *, instead: tuple[Named, ...] = ()) -> Explained:
    """Return the faults that explain a result, or what is known ``instead``."""
    with np.errstate(all="ignore"):
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
        by_name = {fault.name: fault for fault, _ in tried}
        names = tuple(_named(by_name[name], fits[name]) for name in strongest(fits))
        if not names:
            multiples = _scaled(stages, tried, call)
            known_as_number = any(one.called for one in multiples)
            names = instead if instead and not known_as_number else multiples
        return Explained(names=names or _two_at_once(stages, tuple(by_name.values())), tried=len(tried))


def _scaled(stages: _Stages, tried: Iterable[tuple[Fault, Answer]], call: Call) -> tuple[Named, ...]:
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
    return tuple(_named(by_name[name], fits[name]) for name in strongest(fits))


def _two_at_once(stages: _Stages, faults: tuple[Fault, ...]) -> tuple[Named, ...]:
    """Return pairs that fit: the formula of one fault, asked of what the other takes for the question."""
    first = stages.first
    beyond, concerned = int(first.beyond.sum()), int(first.concerned.sum())
    if first.evaluation.question.rows.length > _LONGEST or beyond < max(_DECIDING, concerned / 2.0):
        return ()  # wrong rules move whole rows
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
    return tuple(Named(name=name, what=words[name], share=fits[name].share) for name in strongest(fits))


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
