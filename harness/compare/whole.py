"""What holds of a whole problem, made of what holds of its parts: verdict, finding, pair.

The worst element is the worst of all parts; counts and sums add up. Indices are those of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from harness.compare.relation import Pair, Relation
from harness.compare.verdict import Finding, Verdict
from harness.parts import Part
from harness.vocabulary import Outcome

T = TypeVar("T")

_PATTERNS: Final = (Outcome.NONFINITE_PATTERN, Outcome.SIGN_OF_INFINITY)
_WORST_FIRST: Final = (*_PATTERNS, Outcome.BEYOND_BOUND, Outcome.OUTSIDE_RANGE, Outcome.WITHIN_BOUND, Outcome.EXACT)
_COUNTS: Final = ("elements", "exact_elements", "computed", "rounded", "flushed", "normal")
_OF_WORST: Final = ("share", "at", "got", "want", "error", "bound")
_RELATIONS: Final = (
    *(Relation.BOTH_AT_FAULT, Relation.FAULT, Relation.DIFFERENT, Relation.POLICY, Relation.NO_BOUND),
    *(Relation.FACTOR, Relation.WITHIN, Relation.EQUAL, Relation.UNANSWERED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Of(Generic[T]):
    """What was found of one part."""

    part: Part
    found: T
    policy: bool = False  # of a verdict: it differs from the truth only where convention decides what that is


def verdict_of(found: Sequence[Of[Verdict]]) -> Verdict:
    """Return the verdict on a result that was judged in parts, but for shape and digests, which are those of a part.

    The order in which outcomes are decided is that of :func:`harness.compare.measure.measure`: a wrong number weighs
    more than another answer where none is defined. What is counted beside ``elements`` leaves out the parts that have
    such an answer.
    """
    deciding = min(found, key=_rank)
    verdict = deciding.found
    if verdict.share is None and verdict.outcome is not Outcome.EXACT:
        numbers: dict[str, Any] = {"at": _placed(deciding, verdict.at)}
    else:
        numbers = _numbers([one for one in found if one.found.outcome not in _PATTERNS])
    numbers["elements"] = sum(one.found.elements for one in found)
    laws = dict.fromkeys(law for one in found for law in one.found.invariants)
    return replace(verdict, detail=_detail(deciding), invariants=tuple(laws), **numbers)


def _rank(one: Of[Verdict]) -> tuple[int, ...]:
    """Return what sorts a part of a worse outcome, and of the test that is told of first, before another."""
    verdict = one.found
    rank = _WORST_FIRST.index(verdict.outcome) * 2
    if one.policy:
        rank = _WORST_FIRST.index(Outcome.BEYOND_BOUND) * 2 + 1
    return rank, *(value is None or value <= 1 for value in (verdict.share, verdict.row_share, verdict.row_scalar))


def _detail(deciding: Of[Verdict]) -> str:
    """Return the detail of the part that decides; what counts elements, or says where one is, names its rows."""
    detail = deciding.found.detail
    if not detail or deciding.found.outcome is Outcome.BEYOND_BOUND:
        return detail
    return f"{detail} (of {rows_of(deciding.part)} alone, counted from there)"


def rows_of(part: Part) -> str:
    """Return which rows a part has, in words."""
    return f"rows {part.first} to {part.first + part.rows - 1}"


def _numbers(found: Sequence[Of[Verdict]]) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: sum(getattr(one.found, name) for one in found) for name in _COUNTS}
    worst = _worst(found, lambda verdict: verdict.share)
    if worst is not None:
        numbers |= {name: getattr(worst.found, name) for name in _OF_WORST} | {"at": _placed(worst, worst.found.at)}
    for name in ("ulps", "row_share", "row_scalar"):
        largest = _worst(found, attrgetter(name))
        numbers[name] = None if largest is None else getattr(largest.found, name)
    row = _worst(found, _of_row)
    numbers["row_at"] = None if row is None else _placed(row, row.found.row_at)
    for name in ("normal_ulps", "eps"):
        largest = _worst(found, attrgetter(name))
        sums = [one for one in (getattr(each.found, f"{name}_sum") for each in found) if one is not None]
        numbers |= {
            name: None if largest is None else getattr(largest.found, name),
            f"{name}_at": None if largest is None else _placed(largest, getattr(largest.found, f"{name}_at")),
            f"{name}_sum": math.fsum(sums) if sums else None,
        }
    return numbers


def _of_row(verdict: Verdict) -> float | None:
    shares = [share for share in (verdict.row_share, verdict.row_scalar) if share is not None]
    return max(shares, key=_size) if shares else None


def _worst(found: Sequence[Of[Verdict]], number: Callable[[Verdict], float | None]) -> Of[Verdict] | None:
    """Return the first part whose number is the largest, NaN being larger than any; None where none has one."""
    have = [one for one in found if number(one.found) is not None]
    return max(have, key=lambda one: _size(number(one.found)), default=None)


def _size(number: float | None) -> float:
    return -math.inf if number is None else math.inf if math.isnan(number) else number


def _placed(one: Of[Verdict], at: tuple[int, ...] | None) -> tuple[int, ...] | None:
    return None if at is None else one.part.place(at)


def finding_of(found: Sequence[Of[Finding]], *, parts: int) -> Finding:
    """Return the finding of the whole that stands for those of its parts, all of one kind: the worst, or the first."""
    worst = max(found, key=lambda one: _share(one.found))
    finding, part = worst.found, worst.part
    evidence = dict(finding.evidence)
    for name in ("at", "row_at"):
        if name in evidence:
            evidence[name] = list(part.place(tuple(evidence[name])))
    if "row" in evidence:
        evidence["row"] = int(evidence["row"]) + part.first
    evidence |= {"part": [part.first, part.first + part.rows], "parts": parts, "parts like this": len(found)}
    others = f" {len(found)} of them show the same." if len(found) > 1 else ""
    where = f" This is of {rows_of(part)} alone, counted from there: the problem was judged in {parts} parts.{others}"
    return replace(finding, sentence=finding.sentence + where, evidence=evidence)


def _share(finding: Finding) -> float:
    """Return by how much a finding is beyond what is allowed; evidence is JSON, which has infinities as texts."""
    return _size(float(finding.evidence.get("share", 0.0)))


def pair_of(found: Sequence[Of[Pair]]) -> Pair:
    """Return how two results stand to each other, of how their parts do.

    One is a multiple of the other where it is so, and by the same factor, in all parts that are not equal.
    """
    relation = min((one.found.relation for one in found), key=_RELATIONS.index)
    deciding = next(one.found for one in found if one.found.relation is relation)
    apart = [one for one in found if one.found.relation is not Relation.EQUAL]
    faulty = tuple(dict.fromkeys(name for one in found for name in one.found.faulty))
    factor, factor_is = deciding.factor, deciding.factor_is
    if len({(one.found.relation, one.found.factor_is, one.found.factor) for one in apart}) > 1:
        factor, factor_is = None, ""
        if relation is Relation.FACTOR or faulty:
            relation = (Relation.DIFFERENT, Relation.FAULT, Relation.BOTH_AT_FAULT)[len(faulty)]
    have = [one for one in found if one.found.share is not None]
    worst = max(have, key=lambda one: _size(one.found.share), default=None)
    return replace(
        deciding,
        relation=relation,
        factor=factor,
        factor_is=factor_is,
        faulty=faulty,
        difference=max((one.found.difference for one in found if one.found.difference is not None), default=None),
        share=None if worst is None else worst.found.share,
        at=None if worst is None or worst.found.at is None else worst.part.place(worst.found.at),
    )
