"""What is true of several problems at once, and how far they may be from it.

Rows do not influence each other: problems that differ in nothing but their arrays are put on top of each other, and
truth and row tests computed for the whole stack, which for small arrays takes little more time than for one of them.
What comes out is what each problem alone would give, bit for bit. Problems that ask the same of the same numbers (the
modes of a framework, the forward of every cotangent) share one answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Generic, TypedDict, TypeVar

import numpy as np

from harness.adapters.contract import Precision, usual_precision
from harness.compare.asked import Asked, result_format
from harness.compare.results import Results, RowTests, Stacked
from harness.compare.shifts import shifted_pairs
from harness.compare.stacking import bits
from harness.plan.problem import Problem
from harness.vocabulary import Quantity
from reference.consistency import needs_own_forward, row_consistency
from reference.formats import Floats
from reference.invariants import Violation, check, shift_violation
from reference.scale import natural_scale
from reference.truth import Truth, truth

Part = TypeVar("Part", Truth, Floats)


class Oracle:
    """Truth, bounds and row tests of one stack of problems; a cotangent that was not given counts as ones, the sum.

    ``result`` names the format of the output where an API leaves it to the framework.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._problems = tuple(problems)
        self._truths: dict[tuple[Quantity, Precision, str], dict[str, _Place[Truth]]] = {}
        self._scales: dict[tuple[Quantity, str], dict[str, _Place[Floats]]] = {}
        self._asked: dict[tuple[object, ...], Asked] = {}
        self._first: dict[Quantity, dict[str, Problem]] = {}

    def truth(
        self, problem: Problem, quantity: Quantity, precision: Precision | None = None, *, result: str | None = None
    ) -> Truth:
        """Return the oracle and bounds of ``quantity`` for one problem of the stack."""
        used = precision or usual_precision(problem.call)
        (place,) = self._truth([problem], quantity, used, result_format(problem.call, returned=result))
        return place.part

    def truths(self, problems: Sequence[Problem], quantity: Quantity, precision: Precision, *, result: str) -> Truth:
        """Return the oracle and bounds for some problems of the stack, along a new first axis."""
        places = self._truth(problems, quantity, precision, result_format(problems[0].call, returned=result))
        whole = _whole(places)
        return Truth.together([place.part for place in places]) if whole is None else whole

    def scales(self, problems: Sequence[Problem], quantity: Quantity, *, result: str) -> Floats:
        """Return the natural scale of each element of ``quantity`` for some problems, along a new first axis."""
        places = self._scale(problems, quantity, result)
        whole = _whole(places)
        return np.stack([place.part for place in places]) if whole is None else whole

    def _truth(
        self, problems: Iterable[Problem], quantity: Quantity, precision: Precision, output: str
    ) -> list[_Place[Truth]]:
        there = self._truths.setdefault((quantity, precision, output), {})
        return self._places(problems, quantity, there, lambda some: self.of_stack(some, quantity, precision, output))

    def of_stack(self, members: Sequence[Problem], quantity: Quantity, precision: Precision, output: str) -> Truth:
        """Return the oracle and bounds of different problems, along a new first axis."""
        asked = self._ask(members, output)
        found = truth(asked.question, quantity.value, **asked.vectors(quantity), **_named(precision))
        return found.lifted() if len(members) == 1 else found

    def _scale(self, problems: Iterable[Problem], quantity: Quantity, output: str) -> list[_Place[Floats]]:
        def of_stack(members: Sequence[Problem]) -> Floats:
            asked = self._ask(members, output)
            whole = natural_scale(asked.question, quantity.value, **asked.vectors(quantity))
            return whole[np.newaxis] if len(members) == 1 else whole

        return self._places(problems, quantity, self._scales.setdefault((quantity, output), {}), of_stack)

    def _places(
        self,
        problems: Iterable[Problem],
        quantity: Quantity,
        there: dict[str, _Place[Part]],
        of_stack: Callable[[Sequence[Problem]], Part],
    ) -> list[_Place[Part]]:
        """Return where each problem has its part; what is not ``there`` is computed, of the whole stack, and kept."""
        same = self._alike(quantity)
        places = []
        for problem in problems:
            first = same[problem.id]
            if first.id not in there:
                members = self._together(quantity, first)
                whole = of_stack(members)
                there |= {p.id: _Place(whole, k) for k, p in enumerate(members)}
            places.append(there[first.id])
        return places

    def _together(self, quantity: Quantity, first: Problem) -> list[Problem]:
        """Return the problems whose quantity is computed in one piece with that of ``first``, each number once."""
        same = self._alike(quantity)
        alone = quantity is Quantity.JACOBIAN  # the Jacobian of a stack is no stack of Jacobians
        needed = {same[p.id].id for p in self._problems if quantity in p.check and not alone} | {first.id}
        return [p for p in self._problems if p.id in needed]

    def rows(self, quantity: Quantity, results: Results, *, own_forward: Stacked | None) -> RowTests | None:
        """Return the row tests of results of one adapter; None where there is no such test.

        Derivatives of softmax and log_softmax are judged beside the adapter's ``own_forward`` output; one that lacks
        it, or a usable one, has no test.
        """
        got = results.values
        beside = needs_own_forward(self._problems[0].call.op.value, quantity.value)
        forward = own_forward if beside else None
        members = [p for p in self._problems if p.id in got and (not beside or (forward and p.id in forward))]
        if not members or quantity not in (Quantity.FORWARD, Quantity.VJP, Quantity.JVP):
            return None
        names = [p.id for p in members]
        asked = self._ask(members, results.result)
        found = row_consistency(
            asked.question,
            quantity.value,
            asked.laid(got.of(names)),
            **asked.vectors(quantity),
            own_forward=None if forward is None else asked.laid(forward.of(names)),
            **_named(results.precision),
        )
        if found is None:
            return None
        share, scalar = (Stacked(names, rows.reshape(len(names), -1)) for rows in (found.share, found.scalar))
        return RowTests(share=share, scalar=scalar)

    def violations(self, quantity: Quantity, results: Results) -> dict[str, tuple[Violation, ...]]:
        """Return the laws that results of one adapter break, by problem; those that break none are left out."""
        members = [p for p in self._problems if p.id in results.values]
        together = quantity is not Quantity.JACOBIAN  # the Jacobian of a stack is no stack of Jacobians
        if together and not self._check(members, quantity, results):
            return {}
        found = {p.id: self._check([p], quantity, results) for p in members}  # whose, and in which row
        return {name: violations for name, violations in found.items() if violations}

    def shifts_seen(self, quantity: Quantity, results: Results) -> Iterator[tuple[str, str, tuple[Violation, ...]]]:
        """Yield pairs of problems whose results differ though nothing but a shift of each row tells them apart.

        ``results`` are those of one adapter. The earlier problem comes first, then the shifted one.
        """
        if quantity is Quantity.JACOBIAN:
            return
        got = results.values
        for earlier, later in self._shifted:
            if earlier.id in got and later.id in got:
                one, other = (self._ask([p], results.result) for p in (earlier, later))
                found = shift_violation(
                    one.question,
                    other.question,
                    quantity.value,
                    got[earlier.id],
                    got[later.id],
                    **one.vectors(quantity),
                    **_named(results.precision),
                )
                if found:
                    yield earlier.id, later.id, found

    @cached_property
    def _shifted(self) -> tuple[tuple[Problem, Problem], ...]:
        return tuple(shifted_pairs(self._problems))

    def _check(self, members: Sequence[Problem], quantity: Quantity, results: Results) -> tuple[Violation, ...]:
        asked = self._ask(members, results.result)
        whole = asked.laid(results.values.of([p.id for p in members]))
        return check(asked.question, quantity.value, whole, **asked.vectors(quantity), **_named(results.precision))

    def _ask(self, members: Sequence[Problem], result: str) -> Asked:
        key = (result, *(p.id for p in members))
        if key not in self._asked:
            self._asked[key] = Asked([p.call for p in members], result=result)
        return self._asked[key]

    def _alike(self, quantity: Quantity) -> dict[str, Problem]:
        """Return, for each problem, the first of those that ask the same of the same numbers."""
        if quantity not in self._first:
            seen: dict[tuple[bytes, ...], Problem] = {}
            self._first[quantity] = {p.id: seen.setdefault(bits(p.call, quantity), p) for p in self._problems}
        return self._first[quantity]


class _Place(Generic[Part]):
    """Where in what was computed for a stack a problem has its part."""

    def __init__(self, whole: Part, number: int) -> None:
        self.whole: Part = whole
        self.number = number

    @cached_property
    def part(self) -> Part:
        """The part, without the axis of the stack."""
        part: Part = self.whole[self.number]
        return part


def _whole(places: Sequence[_Place[Part]]) -> Part | None:
    """Return what these are all parts of, in order, or None where they are parts of more, or of less."""
    first: _Place[Part] = places[0]
    every = all(place.whole is first.whole and place.number == k for k, place in enumerate(places))
    return first.whole if every and len(places) == len(first.whole) else None


class _Named(TypedDict):
    working: str
    accumulation: str
    forms: tuple[str, ...]


def _named(precision: Precision) -> _Named:
    """Return a precision as the reference names it."""
    return {
        "working": precision.working.value,
        "accumulation": precision.accumulation.value,
        "forms": tuple(form.value for form in precision.forms),
    }
