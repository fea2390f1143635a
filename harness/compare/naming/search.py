"""Which faults explain a wrong result, if any does.

From cheap to dear, each step only where the one before has found nothing:

1. every fault of :data:`reference.faults.CATALOGUE` that has a formula for the quantity;
2. the right rule, and the formulas, times a factor that nobody knows: -1, 2, 1/N, or one without a name;
3. what the caller knows instead: that the row's common scalar is off;
4. two faults at once: a formula, asked of the wrong thing (another temperature, an ignored mask, a row before).

A large result is tried by its worst row first, and held in full against what is left then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from harness.call import Call
from harness.compare.naming.fit import Fit, fit, scaled_fit, strongest, undecided
from harness.compare.naming.wrong import Wrong
from harness.compare.verdict import json_value
from reference.faults import CATALOGUE, Answer, Evaluation, Fault
from reference.faults.fault import differs
from reference.faults.scaled import times

_AT_ONCE: Final = 1 << 12  # elements of a result that is held against all faults in full
_AT_MOST: Final = 1 << 16  # elements that one fault is held against
_IN_A_ROW: Final = 1 << 18  # the same of a single row, which cannot be cut: each takes some 40 us and 1.4 kB
_ROWS: Final = 64  # of a larger result: the worst ones
_LONGEST: Final = 1 << 12  # elements of a first piece on which more than single faults is tried
_DECIDING: Final = 3  # elements that have to agree where there are hundreds of candidates: pairs, multiples of formulas
_TELLING: Final = 2.0**-6  # how loosely two faults at once may fit where they fit best


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
    """A result in pieces of growing size: ``first`` is tried before ``most``, and ``all`` where rows need each other.

    ``all`` is also what factors are taken from that count rows. ``few``: whether it is small enough for many tries.
    """

    first: Wrong
    most: Wrong
    all: Wrong

    @classmethod
    def of(cls, wrong: Wrong) -> _Stages:
        """Cut a result; one whose rows cannot be cut apart stays whole."""
        if wrong.got.size <= _AT_ONCE or not wrong.divisible or wrong.evaluation.quantity == "jacobian":
            return cls(first=wrong, most=wrong, all=wrong)
        rows = max(1, min(_ROWS, _AT_MOST // max(wrong.evaluation.question.rows.length, 1)))
        most = wrong if wrong.got.size <= _AT_MOST else wrong.of_rows(wrong.wrong_rows[:rows])
        return cls(first=wrong.of_rows(wrong.wrong_rows[:1]), most=most, all=wrong)

    @property
    def few(self) -> bool:
        """Whether all of it is small enough to be tried often."""
        return self.first is self.all and self.all.got.size <= _AT_ONCE

    def pieces(self, *, rows_alone: bool) -> tuple[Wrong, ...]:
        """Return what is to be explained, one after the other; nothing where that is too much."""
        alone = (self.first,) if self.first is self.most else (self.first, self.most)
        pieces = alone if rows_alone else (self.all,)
        return () if any(piece.got.size > _limit(piece) for piece in pieces) else pieces


def _limit(piece: Wrong) -> int:
    return _IN_A_ROW if piece.rows == 1 else _AT_MOST


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Try:
    """One explanation to be tried: words, the answer that it gives of a piece, and how that is held against it."""

    name: str
    what: str
    rows_alone: bool
    answer: Callable[[Wrong], Answer | None]
    held: Callable[[Wrong, Answer], Fit | None] = fit

    def of(self, stages: _Stages) -> Fit | None:
        """Return how well it explains all pieces."""
        found: Fit | None = None
        for piece in stages.pieces(rows_alone=self.rows_alone):
            answer = self.answer(piece)
            found = None if answer is None else self.held(piece, answer)
            if found is None:
                return None
        return found

    def undecided(self, stages: _Stages) -> bool:
        """Say whether it agrees, and so does the truth, as far as their bounds can tell."""
        pieces = stages.pieces(rows_alone=self.rows_alone)
        answer = self.answer(pieces[0]) if pieces else None
        return answer is not None and undecided(pieces[0], answer)


def explained(
    wrong: Wrong, call: Call, *, instead: tuple[Named, ...] = (), at_last: tuple[Named, ...] = ()
) -> Explained:
    """Return the faults that explain a result, or what is known ``instead``; ``at_last`` is what else is possible."""
    with np.errstate(all="ignore"):
        stages = _Stages.of(wrong)
        known: set[str] = set()
        tries = [_single(fault, stages, known) for fault in _concerned(wrong)]
        names = _named(tries, stages)
        if not names:
            multiples = _named(_multiples(stages, known, call, tries), stages)
            names = instead if instead and not any(one.called for one in multiples) else multiples
        if not names:
            names = _named(_pairs(stages, known), stages)
        return Explained(names=names or at_last, tried=len(known))


def _named(tries: Iterable[_Try], stages: _Stages) -> tuple[Named, ...]:
    """Return those that explain the result, but for much weaker ones."""
    fits = {one: found for one in tries if (found := one.of(stages)) is not None}
    return tuple(
        Named(name=one.name, what=one.what, factor=fits[one].factor, share=fits[one].share, called=fits[one].called)
        for one in strongest(fits)
    )


def _concerned(wrong: Wrong) -> Iterator[Fault]:
    asked = wrong.evaluation
    return (fault for fault in CATALOGUE if fault.concerns(asked.question.op, asked.quantity))


def _single(fault: Fault, stages: _Stages, known: set[str]) -> _Try:
    """Return a fault to be tried by itself, whose name is added to ``known`` where it has an answer."""

    def answer(piece: Wrong) -> Answer | None:
        found = _answer(fault, piece.evaluation, stages)
        if found is None or not differs(found, piece.evaluation):
            return None
        known.add(fault.name)
        return found

    return _Try(name=fault.name, what=fault.what, rows_alone=_rows_alone(fault), answer=answer)


def _multiples(stages: _Stages, known: AbstractSet[str], call: Call, alone: Sequence[_Try]) -> Iterator[_Try]:
    """Yield the right rule, and the faults that have an answer here, to be tried with an unknown factor.

    Where a fault ``alone`` agrees already, and its bound is too wide to tell it from the truth, no other is tried.
    """
    yield _Try(
        name="scaled",
        what="the right answer",
        rows_alone=True,
        answer=lambda piece: piece.evaluation.right,
        held=partial(scaled_fit, call=call),
    )
    if stages.first.got.size > _LONGEST or any(one.undecided(stages) for one in alone):
        return
    for fault in (fault for fault in CATALOGUE if fault.name in known and fault.factor is None):
        if _rows_alone(fault) or stages.few:
            yield replace(_single(fault, stages, set()), held=partial(scaled_fit, call=call, at_least=_DECIDING))


def _pairs(stages: _Stages, known: AbstractSet[str]) -> Iterator[_Try]:
    """Yield pairs to be tried: the formula of one fault, asked of what the other takes for the question."""
    first = stages.first
    beyond, concerned = int(first.beyond.sum()), int(first.concerned.sum())
    if first.got.size > _LONGEST or beyond < max(_DECIDING, concerned // 2):
        return  # wrong rules move whole rows
    here = [fault for fault in CATALOGUE if fault.name in known]
    for outer in (fault for fault in here if fault.alteration is not None):
        for inner in (fault for fault in here if fault.alteration is None):
            rows_alone = _rows_alone(outer) and _rows_alone(inner)
            if rows_alone or stages.few:
                yield _Try(
                    name=f"{inner.name} + {outer.name}",
                    what=f"{inner.what}; and {outer.what}",
                    rows_alone=rows_alone,
                    answer=partial(_altered, outer=outer, inner=inner, stages=stages),
                    held=_telling,
                )


def _altered(piece: Wrong, *, outer: Fault, inner: Fault, stages: _Stages) -> Answer | None:
    altered = None if outer.alteration is None else outer.alteration(piece.evaluation)
    return None if altered is None else _answer(inner, altered, stages)


def _telling(piece: Wrong, answer: Answer) -> Fit | None:
    found = fit(piece, answer)
    return found if found is not None and found.loose <= _TELLING else None


def _answer(fault: Fault, evaluation: Evaluation, stages: _Stages) -> Answer | None:
    """Return what a fault gives; a factor is that of all rows."""
    if fault.factor is None:
        return fault.stated(evaluation)
    factor = fault.factor(stages.all.evaluation)
    return None if factor is None else times(evaluation.right, factor, evaluation)


def _rows_alone(fault: Fault) -> bool:
    return fault.rows_alone or fault.factor is not None
