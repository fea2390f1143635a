"""Results held against oracle, bounds, row tests and laws: a stack of problems at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from harness.adapters.contract import Precision
from harness.compare.added import OracleOfSum
from harness.compare.assessment import Assessment, Judged, assessed, unread
from harness.compare.laws import Broken, broken_laws
from harness.compare.measure import Measured, measure_together
from harness.compare.oracle import Oracle
from harness.compare.results import Entries, Results, RowTests, Stacked, usable
from harness.compare.stacking import ELEMENTS
from harness.compare.verdict import Verdict
from harness.plan.problem import Problem
from harness.vocabulary import Outcome, Quantity
from reference.consistency import needs_own_forward
from reference.truth import Truth


class Judge:
    """Judges every adapter's results for a stack of problems, which differ in nothing but their arrays.

    The oracle and its bounds are computed once for all of them.
    """

    def __init__(self, problems: Sequence[Problem], *, oracle: OracleOfSum | None = None) -> None:
        """Judge ``problems`` by what their own oracle says, or by that of the one problem whose rows are added up."""
        self._problems = tuple(problems)
        self._oracle = Oracle(self._problems) if oracle is None else oracle

    def truth(
        self, problem: Problem, quantity: Quantity, precision: Precision | None = None, *, result: str | None = None
    ) -> Truth:
        """Return the oracle and the bounds of a kernel; one without ``precision`` declares none of its own.

        A cotangent that was not given counts as ones, the sum. ``result`` names the format of the output where an API
        leaves it to the framework.
        """
        return self._oracle.truth(problem, quantity, precision, result=result)

    def verdicts(self, adapter: str, quantity: Quantity, entries: Entries) -> dict[str, Verdict]:
        """Return the verdicts of :meth:`assess`."""
        return {name: one.verdict for name, one in self.assess(adapter, quantity, entries).items()}

    def assess(self, adapter: str, quantity: Quantity, entries: Entries) -> dict[str, Assessment]:
        """Judge what a complete recording of ``adapter`` holds of ``quantity``, or that it holds nothing, by problem.

        Every problem that asks for the quantity has a verdict. The rows of a vjp or jvp are judged beside the same
        adapter's forward output.
        """
        judged = self.judged(quantity, entries)
        found: dict[str, Assessment] = {}
        for problem in self._problems:
            if quantity in problem.check:
                entry, one = entries.get((problem.id, quantity)), judged.get(problem.id)
                if entry is None or one is None:
                    found[problem.id] = unread(adapter, problem, quantity, entry)
                else:
                    oracle = self.truth(problem, quantity, one.results.precision, result=one.results.result)
                    found[problem.id] = assessed(adapter, problem, quantity, entry, one, oracle=oracle)
        return found

    def judged(self, quantity: Quantity, entries: Entries) -> dict[str, Judged]:
        """Return how each result of one adapter that can be judged was judged, by problem."""
        members = [p for p in self._problems if quantity in p.check]
        asked = {p.id: p for p in members}
        own_forward = self._own_forward(quantity, members, entries)
        found: dict[str, Judged] = {}
        for results in usable(members, quantity, entries):
            rows = self._oracle.rows(quantity, results, own_forward=own_forward)
            broken = self._broken(quantity, results)
            for names, tests in _in_pieces(results, rows):
                several = [asked[name] for name in names]
                measured = measure_together(
                    results.values.of(names),
                    oracle=self._oracle.truths(several, quantity, results.precision, result=results.result),
                    scale=partial(self._oracle.scales, several, quantity, result=results.result),
                    dtype=results.dtype,
                    rows=None if tests is None else tests.of(names),
                )
                for name, how in zip(names, measured, strict=True):
                    found[name] = _decided(how, results, broken.get(name, ()))
        return found

    def _own_forward(self, quantity: Quantity, asked: Sequence[Problem], entries: Entries) -> Stacked | None:
        """Return the adapter's own outputs where ``quantity`` is tested beside them; None where there are none."""
        if not needs_own_forward(self._problems[0].call.op.value, quantity.value):
            return None
        return Stacked.together([one.values for one in usable(asked, Quantity.FORWARD, entries)])

    def _broken(self, quantity: Quantity, results: Results) -> dict[str, tuple[Broken, ...]]:
        """Return the laws that results break, by problem."""
        found = {
            name: broken_laws(violations) for name, violations in self._oracle.violations(quantity, results).items()
        }
        for earlier, name, violations in self._oracle.shifts_seen(quantity, results):
            found[name] = found.get(name, ()) + broken_laws(violations, beside=earlier)
        return found


def _decided(measured: Measured, results: Results, broken: tuple[Broken, ...]) -> Judged:
    """Return what the numbers come to, with the laws in place of the bounds where no bound proves anything."""
    if measured.outcome is not Outcome.OUTSIDE_RANGE or not broken:
        return Judged(measured=measured, results=results, broken=broken)
    detail = f"no rounding bound proves anything here, and {broken[0].worst.sentence}"
    by_law = replace(measured, outcome=Outcome.BEYOND_BOUND, detail=detail)
    return Judged(measured=by_law, results=results, broken=broken, by_law=True)


def _in_pieces(results: Results, rows: RowTests | None) -> Iterator[tuple[list[str], RowTests | None]]:
    """Yield the problems whose results are measured in one piece, with row tests where they have them."""
    names = results.values.names
    tested = [] if rows is None else [name for name in names if name in rows.share]
    untested = [name for name in names if rows is None or name not in rows.share]
    several = max(1, ELEMENTS // max(1, results.values[names[0]].size))
    for alike, tests in ((tested, rows), (untested, None)):
        yield from ((alike[first : first + several], tests) for first in range(0, len(alike), several))
