"""The pairwise view of a whole run: every pair of adapters, and calls that their cases say are equivalent."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.call import Call
from harness.compare.pairs import Side, pair
from harness.compare.relation import Pair, PairCount, Pairs, Relation
from harness.plan.problem import Problem
from harness.vocabulary import Quantity

if TYPE_CHECKING:
    from harness.compare.kept.memory import Memory

EQUIVALENT = "same-as-"  # how a tag begins that calls of several cases share, which should agree

_NOTABLE = (Relation.POLICY, Relation.FAULT, Relation.BOTH_AT_FAULT, Relation.FACTOR, Relation.DIFFERENT)
_Key = tuple[str, str, str, str, Quantity, Relation]


def equivalents_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Return those of a case's tags that make its calls equivalent to those of other cases."""
    return tuple(tag for tag in tags if tag.startswith(EQUIVALENT))


def pairs_of(problem: Problem, sides: Sequence[Side]) -> Iterator[Pair]:
    """Yield every pair of adapters for one problem, by quantity."""
    for quantity in problem.check:
        of_quantity = [side for side in sides if side.assessed.verdict.quantity is quantity]
        for first, second in itertools.combinations(of_quantity, 2):
            yield pair(first, second)


class Pairing:
    """Collects the pairwise view while problems are judged, one after the other.

    ``groups``: the tags that make calls of a case equivalent to those of others, by case.
    """

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self._groups = groups
        self._counts: dict[_Key, PairCount] = {}
        self._notable: dict[str, list[Pair]] = {}
        self._members: dict[str, list[Side]] = {}

    def groups(self, problems: Iterable[Problem]) -> dict[str, list[Problem]]:
        """Return those of ``problems`` that are members of each group of equivalent calls."""
        found: dict[str, list[Problem]] = {}
        for problem in problems:
            for group in self._groups_of(problem):
                found.setdefault(group, []).append(problem)
        return found

    def see(self, problem: Problem, sides: Sequence[Side]) -> tuple[Pair, ...]:
        """Take the results of all adapters for ``problem`` into its groups of equivalent calls; return their pairs."""
        groups = self._groups_of(problem)
        if groups:
            with_numbers = [side for side in sides if side.value is not None]
            for group in groups:
                self._members.setdefault(group, []).extend(with_numbers)
        return tuple(pairs_of(problem, sides))

    def holds(self, problems: Iterable[Problem]) -> bool:
        """Whether it holds on to results of ``problems``, until those of equivalent calls have been seen."""
        return any(self._groups_of(problem) for problem in problems)

    def _groups_of(self, problem: Problem) -> Sequence[str]:
        return () if problem.probe else self._groups.get(problem.case, ())

    def note(self, found: Pair) -> None:
        """Take note of two results of one problem that were held against each other."""
        key = (found.first, found.second, found.op, found.dtype, found.quantity, found.relation)
        before = self._counts.get(key)
        worst = before is None or (found.share is not None and not found.share <= (before.share or 0.0))
        self._counts[key] = PairCount(
            first=found.first,
            second=found.second,
            op=found.op,
            dtype=found.dtype,
            quantity=found.quantity,
            relation=found.relation,
            count=1 if before is None else before.count + 1,
            share=found.share if worst or before is None else before.share,
            problem=found.problem if worst or before is None else before.problem,
        )
        if found.relation in _NOTABLE:
            self._notable.setdefault(found.problem, []).append(found)

    def collected(self, problems: Sequence[Problem], memory: Memory | None = None) -> Pairs:
        """Return what was seen, in the order of ``problems``; ``memory`` may know the pairs of equivalent calls."""
        quantities = list(Quantity)
        counts = sorted(
            self._counts.values(),
            key=lambda one: (one.first, one.second, one.op, one.dtype, quantities.index(one.quantity), one.relation),
        )
        notable = [found for problem in problems for found in self._notable.get(problem.id, ())]
        equivalents = self._equivalents(problems, memory)
        return Pairs(counts=tuple(counts), notable=tuple(notable), equivalents=tuple(equivalents))

    def _equivalents(self, problems: Sequence[Problem], memory: Memory | None) -> list[Pair]:
        """Return the pairs of all groups."""
        position = {problem.id: number for number, problem in enumerate(problems)}
        equivalents: list[Pair] = []
        for group in sorted(self.groups(problems)):
            known = None if memory is None else memory.equivalents.get(group)
            if known is None:
                known = tuple(self._of_group(group, position))
                if memory is not None:
                    known = memory.keep_equivalents(group, known)
            equivalents += known
        return equivalents

    def _of_group(self, group: str, position: Mapping[str, int]) -> Iterator[Pair]:
        """Yield every pair of results of equivalent calls: of different cases, at the same numbers."""
        members = sorted(self._members.get(group, ()), key=lambda side: position[side.problem.id])
        for first, second in itertools.combinations(members, 2):
            if first.problem.case != second.problem.case and _comparable(first, second):
                yield pair(first, second, group=group)


def _comparable(first: Side, second: Side) -> bool:
    calls = (first.problem.call, second.problem.call)
    quantities = {side.assessed.verdict.quantity for side in (first, second)}
    shapes = {call.shape_of(quantity) for call in calls for quantity in quantities}
    return len(quantities) == 1 and len(shapes) == 1 and len({_primal(call) for call in calls}) == 1


def _primal(call: Call) -> tuple[object, ...]:
    return call.dtype, call.x.shape, call.x.tobytes()
