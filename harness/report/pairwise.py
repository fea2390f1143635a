"""Call against call: how often two adapters agree, and what is to be told where they do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.compare.relation import Pair, PairCount, Relation
from harness.compare.verdict import Verdict
from harness.report.figures import plural, size

_NAMED = 3  # problems that a remark names
_FIRST = (Relation.FACTOR, Relation.DIFFERENT, Relation.FAULT, Relation.POLICY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Two adapters: how many of their results stand to each other in each way.

    ``share`` is the largest difference of two that agree, as a share of the sum of their bounds, met in ``problem``.
    """

    first: str
    second: str
    counts: dict[Relation, int]
    share: float | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One way in which results differ, in a sentence, with where it was seen."""

    relation: Relation
    sentence: str
    problems: tuple[str, ...]

    @property
    def where(self) -> str:
        """The first of its problems, and how many there are."""
        more = len(self.problems) - _NAMED
        return ", ".join(self.problems[:_NAMED]) + (f" and {plural(more, 'more problem')}" if more > 0 else "")


def standings(comparison: Comparison) -> tuple[Standing, ...]:
    """Return the counts of every pair of adapters that have two answers to compare."""
    found: dict[tuple[str, str], list[PairCount]] = defaultdict(list)
    for one in comparison.pairs.counts:
        found[one.first, one.second].append(one)
    names = [run.name for run in comparison.adapters]
    return tuple(
        _standing(*two, counts)
        for two, counts in sorted(found.items(), key=lambda pair: tuple(map(names.index, pair[0])))
        if any(one.relation is not Relation.UNANSWERED for one in counts)
    )


def _standing(first: str, second: str, counted: list[PairCount]) -> Standing:
    counts = dict.fromkeys(Relation, 0)
    for one in counted:
        counts[one.relation] += one.count
    within = [one for one in counted if one.relation is Relation.WITHIN and one.share is not None]
    worst = max(within, key=lambda one: one.share or 0.0, default=None)
    return Standing(
        first=first,
        second=second,
        counts=counts,
        share=worst.share if worst else None,
        problem=worst.problem if worst else "",
    )


def remarks(comparison: Comparison) -> tuple[Remark, ...]:
    """Return what is to be told of results of one problem that differ: factors first, then faults, then policies."""
    groups: dict[tuple[object, ...], list[Pair]] = defaultdict(list)
    for pair in comparison.pairs.notable:
        told = _told(pair)
        of_factor = (pair.first, pair.second, pair.quantity, pair.factor, pair.factor_is)
        for whose in pair.faulty if told is Relation.FAULT else ("",):
            groups[told, whose, pair.op, of_factor if told is Relation.FACTOR else ()].append(pair)
    ranked = sorted(groups.items(), key=lambda group: _FIRST.index(_told(group[1][0])))
    return tuple(_remark(_told(pairs[0]), pairs, whose=str(key[1])) for key, pairs in ranked)


def _told(pair: Pair) -> Relation:
    """Return the relation to be told: a factor that nothing explains says no more than whose fault it is."""
    unexplained = pair.relation is Relation.FACTOR and pair.faulty and not pair.factor_is
    return Relation.FAULT if unexplained or pair.relation is Relation.BOTH_AT_FAULT else pair.relation


def _remark(relation: Relation, pairs: list[Pair], *, whose: str) -> Remark:
    one = pairs[0]
    quantities, dtypes = _and(pair.quantity.value for pair in pairs), _and(pair.dtype for pair in pairs)
    of = f"{quantities} of {one.op} in {dtypes}"
    match relation:
        case Relation.FACTOR:
            fault = f"; the oracle finds {_and(one.faulty)} at fault" if one.faulty else ""
            sentence = f"{one.first}’s {of} is {times(one)} {one.second}’s{fault}"
        case Relation.FAULT:
            sides = (name for pair in pairs for name in (pair.first, pair.second) if name not in pair.faulty)
            others = _and(sides) or "every other adapter"
            sentence = f"{whose} differs from {others} in the {of}; the oracle finds {whose} at fault"
        case Relation.POLICY:
            sides = (f"{pair.first}–{pair.second}" for pair in pairs)
            sentence = (
                f"policies differ on the {of}, where one refuses or none is right ({', '.join(dict.fromkeys(sides))})"
            )
        case _:
            sentence = f"{one.first} and {one.second} differ in the {of}, and the oracle agrees with both"
    return Remark(relation=relation, sentence=sentence, problems=tuple(dict.fromkeys(pair.problem for pair in pairs)))


def times(pair: Pair) -> str:
    """Say what times what a result is: ``3 times (the number of rows)``."""
    if pair.factor is None:
        return "a multiple of"
    return f"{size(pair.factor)} times" + (f" ({pair.factor_is})" if pair.factor_is else "")


def _and(names: Iterable[str]) -> str:
    """Return names, each once, as ``a``, ``a and b``, ``a, b and c``; nothing where there are none."""
    *most, last = tuple(dict.fromkeys(names)) or ("",)
    return f"{', '.join(most)} and {last}" if most else last


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """Two calls of different problems that are said to be one and the same, and how their results stand."""

    first: str  # the calls, in words
    second: str
    by_first: tuple[str, ...]  # the adapters that made them
    by_second: tuple[str, ...]
    of: str  # quantities and dtypes
    agree: bool
    what: str  # how their results stand, with the factor where there is one
    cases: tuple[str, str]


def equivalents(comparison: Comparison) -> dict[str, tuple[Equivalent, ...]]:
    """Return, by tag, every two calls that share it, once for each way in which adapters' results of them stand."""
    about = {verdict.problem: verdict for verdict in comparison.verdicts}
    found: dict[str, dict[tuple[object, ...], list[Pair]]] = defaultdict(lambda: defaultdict(list))
    for pair in comparison.pairs.equivalents:
        first, second = about[pair.problem], about[pair.other]
        if first.case == second.case and first.op != second.op:
            continue  # a case about several ops says nothing of one against the other
        key = (first.case, _call(first), second.case, _call(second), _standing_of(pair))
        found[pair.group][key].append(pair)
    return {group: tuple(_equivalent(pairs, about) for pairs in ways.values()) for group, ways in sorted(found.items())}


def _standing_of(pair: Pair) -> str:
    """Return how two results stand, in words: equal numbers are within any bound."""
    match pair.relation:
        case Relation.EQUAL | Relation.WITHIN:
            return Relation.WITHIN.value
        case Relation.FACTOR:
            return f"the first is {times(pair)} the second"
        case Relation.FAULT:
            return f"{_and(pair.faulty)} is at fault"
        case Relation.BOTH_AT_FAULT:
            return "both are at fault"
        case _:
            return pair.relation.value


def _equivalent(pairs: list[Pair], about: dict[str, Verdict]) -> Equivalent:
    one = pairs[0]
    return Equivalent(
        first=_call(about[one.problem]),
        second=_call(about[one.other]),
        by_first=tuple(dict.fromkeys(pair.first for pair in pairs)),
        by_second=tuple(dict.fromkeys(pair.second for pair in pairs)),
        of=f"{_and(pair.quantity for pair in pairs)} in {_and(pair.dtype for pair in pairs)}",
        agree=one.relation in (Relation.EQUAL, Relation.WITHIN),
        what=_standing_of(one),
        cases=(about[one.problem].case, about[one.other].case),
    )


def _call(verdict: Verdict) -> str:
    """Return a call in words: its op, reduction and parameters."""
    reduction = f"reduction={verdict.reduction}" if verdict.reduction else ""
    return " ".join(filter(None, (verdict.op, reduction, verdict.parameters)))
