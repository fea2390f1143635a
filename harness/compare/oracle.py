"""What is true of several problems at once, and how far they may be from it.

Rows do not influence each other: problems that differ in nothing but their arrays are put on top of each other, and
truth and row tests computed for the whole stack, which for small arrays takes little more time than for one of them.
What comes out is what each problem alone would give, bit for bit. Problems that ask the same of the same numbers (the
modes of a framework, the forward of every cotangent) share one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Precision, usual_precision
from harness.call import Call
from harness.compare.asked import Asked, result_format
from harness.compare.shifts import shifted_pairs
from harness.parts import separable
from harness.plan.digest import fingerprint
from harness.plan.problem import Problem
from harness.plan.signatures import stack_key
from harness.vocabulary import Quantity
from reference.consistency import RowConsistency, needs_own_forward, row_consistency
from reference.formats import Floats
from reference.invariants import Violation, check, shift_violation
from reference.scale import natural_scale
from reference.truth import Truth, truth

_COPIED = 1 << 24  # bytes
ELEMENTS = 1 << 15  # of a stack: what the reference judges in one piece

Arrays = Mapping[str, Floats]  # by problem
Part = TypeVar("Part", Truth, Floats)
_INPUTS = {  # the arrays of a call that decide the true value of each quantity, beside those that decide the forward
    Quantity.VJP: ("cotangent",),
    Quantity.JVP: ("tangent",),
    Quantity.HVP: ("cotangent", "tangent"),
}
_OPERANDS = ("x", "mask", "lengths", "targets")


def stacks(problems: Iterable[Problem]) -> Iterator[tuple[Problem, ...]]:
    """Yield the problems in stacks of at most :data:`ELEMENTS` elements, which differ in nothing but their arrays.

    Arrays without axes or without elements stay alone, and what is made of all rows of a batch together.
    """
    open_stacks: dict[object, list[Problem]] = {}
    for problem in problems:
        if not separable(problem.call):
            yield (problem,)
            continue
        stack = open_stacks.setdefault(_key(problem.call), [])
        stack.append(problem)
        if (len(stack) + 1) * problem.call.x.size > ELEMENTS:
            yield tuple(stack)
            stack.clear()
    yield from (tuple(stack) for stack in open_stacks.values() if stack)


def same_numbers(first: Call, second: Call) -> bool:
    """Say whether two calls are of one op at the same numbers, with the same parameters: their outputs are equal."""
    return _key(first) == _key(second) and _bits(first, _OPERANDS) == _bits(second, _OPERANDS)


def _key(call: Call) -> object:
    _mode, *rest = stack_key(call)  # the mode changes nothing that is true
    return tuple(rest)


class Oracle:
    """Truth, bounds and row tests of one stack of problems; a cotangent that was not given counts as ones, the sum.

    ``result`` names the format of the output where an API leaves it to the framework.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._problems = tuple(problems)
        self._truths: dict[tuple[str, Quantity, Precision, str], _Place[Truth]] = {}
        self._scales: dict[tuple[str, Quantity, str], _Place[Floats]] = {}
        self._asked: dict[tuple[object, ...], Asked] = {}
        self._first: dict[Quantity, dict[str, Problem]] = {}

    def truth(
        self, problem: Problem, quantity: Quantity, precision: Precision | None = None, *, result: str | None = None
    ) -> Truth:
        """Return the oracle and bounds of ``quantity`` for one problem of the stack."""
        used = precision or usual_precision(problem.call)
        return self._truth(problem, quantity, used, result_format(problem.call, returned=result)).part

    def truths(self, problems: Sequence[Problem], quantity: Quantity, precision: Precision, *, result: str) -> Truth:
        """Return the oracle and bounds for some problems of the stack, along a new first axis."""
        output = result_format(problems[0].call, returned=result)
        places = [self._truth(problem, quantity, precision, output) for problem in problems]
        whole = _whole(places)
        return Truth.together([place.part for place in places]) if whole is None else whole

    def scales(self, problems: Sequence[Problem], quantity: Quantity, *, result: str) -> Floats:
        """Return the natural scale of each element of ``quantity`` for some problems, along a new first axis."""
        places = [self._scale(problem, quantity, result) for problem in problems]
        whole = _whole(places)
        return np.stack([place.part for place in places]) if whole is None else whole

    def _truth(self, problem: Problem, quantity: Quantity, precision: Precision, output: str) -> _Place[Truth]:
        first = self._alike(quantity)[problem.id]
        key = (first.id, quantity, precision, output)
        if key not in self._truths:
            members = self._together(quantity, first)
            whole = self.of_stack(members, quantity, precision, output)
            self._truths |= {(p.id, quantity, precision, output): _Place(whole, k) for k, p in enumerate(members)}
        return self._truths[key]

    def of_stack(self, members: Sequence[Problem], quantity: Quantity, precision: Precision, output: str) -> Truth:
        """Return the oracle and bounds of different problems, along a new first axis."""
        asked = self._ask(members, output)
        found = truth(asked.question, quantity.value, **asked.vectors(quantity), **_named(precision))
        return found.lifted() if len(members) == 1 else found

    def _scale(self, problem: Problem, quantity: Quantity, output: str) -> _Place[Floats]:
        first = self._alike(quantity)[problem.id]
        if (first.id, quantity, output) not in self._scales:
            members = self._together(quantity, first)
            asked = self._ask(members, output)
            whole = natural_scale(asked.question, quantity.value, **asked.vectors(quantity))
            whole = whole[np.newaxis] if len(members) == 1 else whole
            self._scales |= {(p.id, quantity, output): _Place(whole, k) for k, p in enumerate(members)}
        return self._scales[first.id, quantity, output]

    def _together(self, quantity: Quantity, first: Problem) -> list[Problem]:
        """Return the problems whose quantity is computed in one piece with that of ``first``, each number once."""
        same = self._alike(quantity)
        alone = quantity is Quantity.JACOBIAN  # the Jacobian of a stack is no stack of Jacobians
        needed = {same[p.id].id for p in self._problems if quantity in p.check and not alone} | {first.id}
        return [p for p in self._problems if p.id in needed]

    def rows(
        self, quantity: Quantity, precision: Precision, *, result: str, got: Arrays, own_forward: Arrays
    ) -> dict[str, RowConsistency]:
        """Return the row tests of results of one adapter, by problem; nothing where there is no such test.

        Derivatives of softmax and log_softmax are judged beside the adapter's ``own_forward`` output; one that lacks
        it, or a usable one, has no test.
        """
        beside = needs_own_forward(self._problems[0].call.op.value, quantity.value)
        members = [p for p in self._problems if p.id in got and (not beside or p.id in own_forward)]
        if not members or quantity not in (Quantity.FORWARD, Quantity.VJP, Quantity.JVP):
            return {}
        asked = self._ask(members, result)
        found = row_consistency(
            asked.question,
            quantity.value,
            asked.laid([got[p.id] for p in members]),
            **asked.vectors(quantity),
            own_forward=asked.laid([own_forward[p.id] for p in members]) if beside else None,
            **_named(precision),
        )
        if found is None:
            return {}
        shares, scalars = (rows.reshape(len(members), -1) for rows in (found.share, found.scalar))
        return {p.id: RowConsistency(share=shares[k], scalar=scalars[k]) for k, p in enumerate(members)}

    def violations(
        self, quantity: Quantity, precision: Precision, *, result: str, got: Arrays
    ) -> dict[str, tuple[Violation, ...]]:
        """Return the laws that results of one adapter break, by problem; those that break none are left out."""
        members = [p for p in self._problems if p.id in got]
        together = quantity is not Quantity.JACOBIAN  # the Jacobian of a stack is no stack of Jacobians
        if together and not self._check(members, quantity, precision, result, got):
            return {}
        found = {p.id: self._check([p], quantity, precision, result, got) for p in members}  # whose, and in which row
        return {name: violations for name, violations in found.items() if violations}

    def shifts_seen(
        self, quantity: Quantity, precision: Precision, *, result: str, got: Arrays
    ) -> Iterator[tuple[str, str, tuple[Violation, ...]]]:
        """Yield pairs of problems whose results differ though nothing but a shift of each row tells them apart.

        ``got`` holds the results of one adapter. The earlier problem comes first, then the shifted one.
        """
        if quantity is Quantity.JACOBIAN:
            return
        for earlier, later in self._shifted:
            if earlier.id in got and later.id in got:
                one, other = (self._ask([p], result) for p in (earlier, later))
                found = shift_violation(
                    one.question,
                    other.question,
                    quantity.value,
                    got[earlier.id],
                    got[later.id],
                    **one.vectors(quantity),
                    **_named(precision),
                )
                if found:
                    yield earlier.id, later.id, found

    @cached_property
    def _shifted(self) -> tuple[tuple[Problem, Problem], ...]:
        return tuple(shifted_pairs(self._problems))

    def _check(
        self, members: Sequence[Problem], quantity: Quantity, precision: Precision, result: str, got: Arrays
    ) -> tuple[Violation, ...]:
        asked = self._ask(members, result)
        whole = asked.laid([got[p.id] for p in members])
        return check(asked.question, quantity.value, whole, **asked.vectors(quantity), **_named(precision))

    def _ask(self, members: Sequence[Problem], result: str) -> Asked:
        key = (result, *(p.id for p in members))
        if key not in self._asked:
            self._asked[key] = Asked([p.call for p in members], result=result)
        return self._asked[key]

    def _alike(self, quantity: Quantity) -> dict[str, Problem]:
        """Return, for each problem, the first of those that ask the same of the same numbers."""
        if quantity not in self._first:
            seen: dict[tuple[bytes, ...], Problem] = {}
            names = (*_OPERANDS, *_INPUTS.get(quantity, ()))
            self._first[quantity] = {p.id: seen.setdefault(_bits(p.call, names), p) for p in self._problems}
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


def _bits(call: Call, names: Iterable[str]) -> tuple[bytes, ...]:
    arrays = [getattr(call, name) for name in names]
    return tuple(b"none" if array is None else _content(array) for array in arrays)


def _content(array: NDArray[Any]) -> bytes:
    """Return the bits of an array; of one whose copy would be large, a digest of them."""
    return array.tobytes() if array.nbytes <= _COPIED else fingerprint(array).encode()


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
