"""Two results held against each other: of two adapters for one problem, or of calls that are equivalent.

Each result is known to lie within its own bound, or not: so two that agree with the oracle agree with each other within
the sum of both. What is to be told is the rest: who refuses, who is wrong, and whether one is a multiple of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from harness.compare.assessment import Assessment
from harness.compare.factor import factors, named_factor
from harness.compare.relation import Pair, Relation
from harness.plan.problem import Problem
from harness.vocabulary import Outcome
from reference.formats import Floats
from reference.truth import Truth
from reference.ulp import error

_UNANSWERED = (Outcome.NOT_RUN, Outcome.UNSUPPORTED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One result: what was asked, how it was judged, and how far from the truth it may be."""

    problem: Problem
    assessed: Assessment
    policy: bool  # whether it is refused, or undefined and answered differently
    allowance: Floats | None  # None where there are no numbers

    @classmethod
    def of(cls, problem: Problem, assessed: Assessment, *, policy: bool) -> Side:
        """Return a side of pairs."""
        allowance = None if assessed.oracle is None else _allowance(assessed.oracle)
        return cls(problem=problem, assessed=assessed, policy=policy, allowance=allowance)

    @property
    def adapter(self) -> str:
        """Whose result it is."""
        return self.assessed.verdict.adapter

    @property
    def outcome(self) -> Outcome:
        """How it was judged."""
        return self.assessed.verdict.outcome

    @property
    def value(self) -> Floats | None:
        """What came back, where it was judged."""
        return None if self.assessed.numbers is None else self.assessed.numbers.value

    @property
    def faulty(self) -> bool:
        """Whether the oracle does not explain it."""
        fine = self.outcome.agreed or self.outcome is Outcome.OUTSIDE_RANGE or self.policy
        return not fine and self.outcome not in _UNANSWERED


def _allowance(oracle: Truth) -> Floats:
    """Return how far from the exact value a result that meets either reading of its bound may lie."""
    value, shifted = oracle.value, oracle.shifted_value
    with np.errstate(invalid="ignore"):
        apart = np.abs((value.hi - shifted.hi) + (value.lo - shifted.lo))
        apart = np.where(np.isfinite(value.hi), apart, 0.0)
        return np.fmax(oracle.bound, apart + oracle.shifted_bound)


def pair(first: Side, second: Side, *, group: str = "") -> Pair:
    """Return how two results stand to each other; those of different problems are members of ``group``."""
    verdict = first.assessed.verdict
    bare = Pair(
        first=first.adapter,
        second=second.adapter,
        problem=first.problem.id,
        other=second.problem.id,
        op=verdict.op,
        other_op=second.assessed.verdict.op,
        dtype=verdict.dtype,
        quantity=verdict.quantity,
        relation=Relation.UNANSWERED,
        faulty=tuple(side.adapter for side in (first, second) if side.faulty),
        group=group,
    )
    if first.outcome in _UNANSWERED or second.outcome in _UNANSWERED:
        return bare
    found = _measured(bare, first, second)
    if bare.faulty:
        return _at_fault(found, first, second)
    if found.relation is Relation.EQUAL:
        return found
    if first.policy or second.policy:
        return replace(found, relation=Relation.POLICY)
    if not (first.outcome.agreed and second.outcome.agreed):
        return replace(found, relation=Relation.NO_BOUND)
    if not group or (found.share is not None and found.share <= 1):
        return replace(found, relation=Relation.WITHIN)
    return _multiple(found, first, second) or replace(found, relation=Relation.DIFFERENT)


def _at_fault(found: Pair, first: Side, second: Side) -> Pair:
    """Return a pair of which the oracle does not explain both results.

    Whether calls are equivalent does not hang on a fault that is small beside their results: there each is taken to be
    as far off as it is, and the fault stands beside the relation.
    """
    relation = Relation.FAULT if len(found.faulty) == 1 else Relation.BOTH_AT_FAULT
    multiple = _multiple(found, first, second, as_it_is=bool(found.group))
    return multiple or replace(found, relation=relation)


def _measured(bare: Pair, first: Side, second: Side) -> Pair:
    """Return how far apart two results are, where both have numbers; whether they are equal is a relation already."""
    a, b = first.value, second.value
    if a is None or b is None or first.allowance is None or second.allowance is None:
        return bare
    if np.array_equal(a, b, equal_nan=True):
        return replace(bare, relation=Relation.EQUAL, difference=0.0, share=0.0)
    with np.errstate(all="ignore"):
        alike = (a == b) | (np.isnan(a) & np.isnan(b))
        apart = np.where(alike, 0.0, np.where(np.isfinite(a) & np.isfinite(b), np.abs(a - b), np.inf))
        shares = np.where(apart == 0, 0.0, apart / (first.allowance + second.allowance))
        shares = np.where(np.isnan(shares), np.inf, shares)
    at = np.unravel_index(int(shares.argmax()), shares.shape)
    index = tuple(int(number) for number in at)
    return replace(bare, difference=float(apart.max()), share=float(shares[index]), at=index)


def _multiple(found: Pair, first: Side, second: Side, *, as_it_is: bool = False) -> Pair | None:
    """Return the pair as one of a multiple, where one result is the other times a number that is not one.

    ``as_it_is``: a result beyond its bound is taken to be as far off as it is; and a number that is one is found, too.
    """
    arrays = [*_known(first, as_it_is=as_it_is), *_known(second, as_it_is=as_it_is)]
    if len(arrays) < 4:
        return None
    kept = np.isfinite(arrays).all(axis=0)
    a, of_a, b, of_b = (array[kept] for array in arrays)
    interval = factors(a, b, of_a=of_a, of_b=of_b)
    if interval is None:
        return None
    if interval.holds(1.0):
        return replace(found, relation=Relation.WITHIN) if as_it_is and interval.narrow else None
    named = named_factor(interval, (first.problem.call, second.problem.call))
    if named is None:
        return None
    return replace(found, relation=Relation.FACTOR, factor=named[0], factor_is=named[1])


def _known(side: Side, *, as_it_is: bool) -> list[Floats]:
    """Return the numbers of a side and how far off they are, flat; nothing where it has none."""
    oracle = side.assessed.oracle
    if side.value is None or side.allowance is None or oracle is None:
        return []
    off = side.allowance
    if as_it_is and side.faulty:
        off = np.fmax(off, error(side.value, oracle.value))
    return [side.value.reshape(-1), off.reshape(-1)]
