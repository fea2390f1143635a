"""Problems too large to be judged in one piece: some of their rows after the other.

What oracle, bounds and tests take beside an array is a hundred times as large as the array. Rows do not influence each
other, but for the size of the batch that some are divided by, which parts are told: so each part is judged as a problem
of its own, and forgotten before the next. A loss that is one number for all rows is judged as a whole, by an oracle
that adds up what it finds in parts (:mod:`harness.compare.added`); which wrong rule it agrees with is not looked for.
Such a problem is not held against equivalent calls of other cases, for which all results would have to be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Protocol

from harness.compare.assessment import DIGITS, Assessment, unjudged, unread
from harness.compare.comparison import AdapterRun
from harness.compare.findings import of_evaluation, of_zero
from harness.compare.measure import Measured
from harness.compare.pairs import Side, pair
from harness.compare.refusal import refused
from harness.compare.relation import Pair
from harness.compare.results import Entries
from harness.compare.verdict import Finding, Verdict
from harness.compare.whole import Of, finding_of, pair_of, verdict_of
from harness.compare.zeros.find import zero_gradients
from harness.parts import AT_ONCE, Part, has_rows, is_of_rows, parts, rows_within
from harness.plan.digest import fingerprint, question_of
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned, Unsupported
from harness.vocabulary import FindingKind, Level, Outcome, Quantity
from reference.truth import Truth

_OF_NUMBERS: Final = (
    FindingKind.BEYOND_BOUND,
    FindingKind.NONFINITE,
    FindingKind.INFINITY_SIGN,
    FindingKind.POSITIVE_LOG,
)
_UNREAD: Final = Unsupported("judged as a whole: there is nothing to be cut")

Found = tuple[Sequence[Verdict], Sequence[Finding]]
_Evaluation = tuple[str, Quantity]
_Kind = tuple[FindingKind, tuple[str, ...], Quantity | None, object]


class Sees(Protocol):
    """Who is shown the results of all adapters for a problem."""

    def see(self, problem: Problem, sides: Sequence[Side]) -> Sequence[Pair]:
        """Take note of them; return how they stand to each other, where that is wanted problem by problem."""


class Judging(Protocol):
    """How a part is judged: as a problem of its own."""

    def __call__(self, part: Problem, entries: Mapping[str, Entries], /, *, pairing: Sees, named: bool) -> Found:
        """Return verdicts and findings; those of wrong results name the rule that was broken where ``named``."""


def is_large(problem: Problem, *, elements: int = AT_ONCE) -> bool:
    """Say whether ``problem`` is judged in parts: where it has more than ``elements``, in rows, and no Jacobian."""
    return problem.call.x.size > elements and Quantity.JACOBIAN not in problem.check and has_rows(problem.call)


def halves(problem: Problem) -> tuple[Problem, Problem]:
    """Return ``problem`` asked for what is judged in parts of its rows, and for what is one number for all of them."""
    of_rows = tuple(quantity for quantity in problem.check if is_of_rows(problem.call, quantity))
    added_up = tuple(quantity for quantity in problem.check if quantity not in of_rows)
    return replace(problem, check=of_rows), replace(problem, check=added_up)


def judged_in_parts(
    problem: Problem,
    *,
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    judging: Judging,
    note: Callable[[Pair], None],
    elements: int = AT_ONCE,
) -> Found:
    """Judge ``problem``, the first of its :func:`halves`, in parts of at most ``elements`` elements, one row at least.

    ``entries`` holds, by adapter, what those recorded that ran. ``note`` is called with each pair of results.
    """
    if not problem.check:
        return (), ()
    read = {
        (run.name, quantity): entry.result
        for run in runs
        if run.ran
        for quantity in problem.check
        if isinstance((entry := entries[run.name].get((problem.id, quantity))), Entry)
        and isinstance(entry.result, Returned)
        and refused(problem, quantity, entry) is None
    }
    gathered = _Gathered(read)
    cut = _Cut(problem=problem, entries=entries, read=read)
    for part in parts(problem.call, rows=rows_within(problem.call, elements)):
        gathered.take(part, *judging(*cut.of(part), pairing=gathered, named=False))
    gathered.name(lambda part: judging(*cut.of(part), pairing=_Nobody(), named=True)[1])
    rest = {
        (run.name, quantity): alone(run, problem, quantity, entries)
        for run in runs
        for quantity in problem.check
        if (run.name, quantity) not in read
    }
    findings = [*gathered.findings, *(found for one in rest.values() for found in of_evaluation(problem, one))]
    assessed = rest | gathered.assessed(problem)
    for found in _pairs(problem, runs, assessed, gathered, findings):
        note(found)
    order = [assessed[run.name, quantity].verdict for quantity in problem.check for run in runs]
    return order, findings


def zeros_in_parts(problem: Problem, quantity: Quantity, derivative: Truth, *, elements: int) -> list[Finding]:
    """Say of the rows of ``problem`` why the derivative of their sum, one number, is zero, if it is."""
    gathered = _Gathered({})
    for part in parts(problem.call, rows=rows_within(problem.call, elements)):
        some = replace(problem, call=part.call)
        found = [of_zero(some, quantity, zero) for zero in zero_gradients(some, quantity, derivative)]
        gathered.take(part, (), found)
    return gathered.findings


def unnamed(finding: Finding) -> Finding:
    """Return a finding of a wrong sum of all rows, with a sentence that says what was not tried."""
    if finding.kind not in _OF_NUMBERS:
        return finding
    return replace(finding, sentence=f"{finding.sentence} Which wrong rule gives it was not looked for at this size.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """What is cut out of for each part: the problem, and what was recorded of it; ``read`` are the arrays of that."""

    problem: Problem
    entries: Mapping[str, Entries]
    read: Mapping[_Evaluation, Returned]

    def of(self, part: Part) -> tuple[Problem, dict[str, Entries]]:
        """Return the rows of ``part`` as a problem, and what was recorded of them, by adapter."""
        there: dict[str, Entries] = {
            name: {
                (self.problem.id, quantity): self._entry(part, recorded[self.problem.id, quantity], name)
                for quantity in self.problem.check
                if (self.problem.id, quantity) in recorded
            }
            for name, recorded in self.entries.items()
        }
        return replace(self.problem, call=part.call), there

    def _entry(self, part: Part, entry: Entry, adapter: str) -> Entry:
        result = self.read.get((adapter, entry.quantity))
        if result is None:
            return replace(entry, result=_UNREAD)
        return replace(entry, result=replace(result, value=part.of(result.value, entry.quantity)))


def alone(run: AdapterRun, problem: Problem, quantity: Quantity, entries: Mapping[str, Entries]) -> Assessment:
    """Return the verdict on an evaluation that gave nothing to be judged."""
    if not run.ran:
        return unjudged(run.name, problem, quantity, Measured(Outcome.NOT_RUN, run.why_not or ""))
    return unread(run.name, problem, quantity, entries[run.name].get((problem.id, quantity)))


def _pairs(
    problem: Problem,
    runs: Sequence[AdapterRun],
    assessed: Mapping[_Evaluation, Assessment],
    gathered: _Gathered,
    findings: Iterable[Finding],
) -> Iterable[Pair]:
    policies = {
        (name, finding.quantity) for finding in findings if finding.level is Level.POLICY for name in finding.adapters
    }
    for quantity in problem.check:
        for first, second in combinations([run.name for run in runs], 2):
            seen = gathered.pairs.get((first, second, quantity))
            if seen:
                yield pair_of(seen)
                continue
            sides = (
                Side.of(problem, assessed[name, quantity], policy=(name, quantity) in policies)
                for name in (first, second)
            )
            yield pair(*sides)


class _Nobody:
    def see(self, problem: Problem, sides: Sequence[Side]) -> Sequence[Pair]:
        return ()


class _Gathered:
    """What was found of the parts so far, without their arrays; ``read`` holds the results that are judged in parts."""

    def __init__(self, read: Mapping[_Evaluation, Returned]) -> None:
        self._read = read
        self.pairs: dict[tuple[str, str, Quantity], list[Of[Pair]]] = {}
        self._verdicts: dict[_Evaluation, list[Of[Verdict]]] = {}
        self._kinds: dict[_Kind, list[Of[Finding]]] = {}
        self._seen: list[Pair] = []
        self._parts = 0

    def see(self, problem: Problem, sides: Sequence[Side]) -> Sequence[Pair]:
        """Hold the results of all adapters against each other: parts of a whole, whose pairs come last."""
        there = [(side, side.assessed.verdict.quantity) for side in sides]
        for quantity in problem.check:
            of_quantity = [side for side, one in there if one is quantity and (side.adapter, one) in self._read]
            self._seen += [pair(first, second) for first, second in combinations(of_quantity, 2)]
        return ()

    def take(self, part: Part, verdicts: Sequence[Verdict], findings: Sequence[Finding]) -> None:
        """Take note of what was found of one part."""
        self._parts += 1
        undefined = {
            (name, finding.quantity)
            for finding in findings
            if finding.kind is FindingKind.UNDEFINED_ROW
            for name in finding.adapters
        }
        for verdict in verdicts:
            key = (verdict.adapter, verdict.quantity)
            if key in self._read:
                self._verdicts.setdefault(key, []).append(Of(part=part, found=verdict, policy=key in undefined))
        for finding in findings:
            self._kinds.setdefault(_kind(finding), []).append(Of(part=part, found=finding))
        for found in self._seen:
            key_of_pair = (found.first, found.second, found.quantity)
            self.pairs.setdefault(key_of_pair, []).append(Of(part=part, found=found))
        self._seen = []

    def name(self, again: Callable[[Part], Sequence[Finding]]) -> None:
        """Have the findings of faults name the rule that was broken: those of the parts where they are worst."""
        worst = {
            kind: finding_of(found, parts=self._parts).evidence["part"][0]
            for kind, found in self._kinds.items()
            if kind[0].level is Level.FAULT
        }
        for first in sorted(set(worst.values())):
            part = next(one.part for found in self._kinds.values() for one in found if one.part.first == first)
            named = {_kind(finding): finding for finding in again(part)}
            for kind in (kind for kind, where in worst.items() if where == first and kind in named):
                self._kinds[kind] = [
                    replace(one, found=named[kind]) if one.part.first == first else one for one in self._kinds[kind]
                ]

    @property
    def findings(self) -> list[Finding]:
        """One finding for each kind, in the order in which they were met."""
        return [finding_of(found, parts=self._parts) for found in self._kinds.values()]

    def assessed(self, problem: Problem) -> dict[_Evaluation, Assessment]:
        """Return the verdicts on the whole."""
        inputs = question_of(problem.call)[:DIGITS]
        return {
            key: Assessment(
                verdict=replace(
                    verdict_of(found),
                    shape=tuple(problem.call.x.shape),
                    inputs=inputs,
                    result=fingerprint(self._read[key].value)[:DIGITS],
                )
            )
            for key, found in self._verdicts.items()
        }


def _kind(finding: Finding) -> _Kind:
    return finding.kind, finding.adapters, finding.quantity, finding.evidence.get("law")
