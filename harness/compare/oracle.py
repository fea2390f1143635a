"""What is true of several problems at once, and how far they may be from it.

Rows do not influence each other: problems of one op, axis, shape and dtype are put on top of each other, and truth and
row tests computed for the whole stack, which for small arrays takes little more time than for one of them. What comes
out is what each problem alone would give, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.call import Call
from harness.plan.problem import Problem
from harness.plan.signatures import signature
from harness.vocabulary import Quantity
from reference.consistency import RowConsistency
from reference.truth import Truth, row_consistency, truth

ELEMENTS = 1 << 15  # of a stack: what the reference judges in one piece

Arrays = Mapping[str, NDArray[Any]]  # by problem


def stacks(problems: Iterable[Problem]) -> Iterator[tuple[Problem, ...]]:
    """Yield the problems in stacks of at most :data:`ELEMENTS` elements, each of one op, axis, shape and dtype.

    Arrays without axes or without elements stay alone.
    """
    open_stacks: dict[object, list[Problem]] = {}
    for problem in problems:
        x = problem.call.x
        if x.size == 0 or x.ndim == 0:
            yield (problem,)
            continue
        stack = open_stacks.setdefault(signature(problem.call), [])
        stack.append(problem)
        if (len(stack) + 1) * x.size > ELEMENTS:
            yield tuple(stack)
            stack.clear()
    yield from (tuple(stack) for stack in open_stacks.values() if stack)


class Oracle:
    """Truth, bounds and row tests of one stack of problems; a cotangent that was not given counts as ones, the sum."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._problems = tuple(problems)
        self._truths: dict[tuple[str, Quantity, Precision], Truth] = {}

    def truth(self, problem: Problem, quantity: Quantity, precision: Precision | None = None) -> Truth:
        """Return the oracle and bounds of ``quantity`` for one problem of the stack."""
        used = precision or own_precision(problem.call)
        key = (problem.id, quantity, used)
        if key not in self._truths:
            alone = quantity is Quantity.JACOBIAN  # the Jacobian of a stack is no stack of Jacobians
            asked = [p for p in self._problems if p is problem or (not alone and quantity in p.check)]
            stack = _Stack(asked)
            found = truth(
                stack.call.op,
                quantity,
                stack.x,
                axis=stack.axis,
                vector=stack.vector(quantity),
                working=used.working,
                accumulation=used.accumulation,
            )
            self._truths |= {(p.id, quantity, used): stack.part(found, k) for k, p in enumerate(asked)}
        return self._truths[key]

    def rows(
        self, quantity: Quantity, precision: Precision, *, got: Arrays, own_forward: Arrays
    ) -> dict[str, RowConsistency]:
        """Return the row tests of results of one adapter, by problem; nothing where there is no such test.

        A vjp is judged beside the adapter's ``own_forward`` output; one that lacks it, or a usable one, has no test.
        """
        asked = [p for p in self._problems if p.id in got and (quantity is not Quantity.VJP or p.id in own_forward)]
        if not asked or quantity is Quantity.JACOBIAN:
            return {}
        stack = _Stack(asked)
        found = row_consistency(
            stack.call.op,
            quantity,
            stack.laid([got[p.id] for p in asked]),
            x=stack.x,
            axis=stack.axis,
            vector=stack.vector(quantity),
            own_forward=stack.laid([own_forward[p.id] for p in asked]) if quantity is Quantity.VJP else None,
            working=precision.working,
            accumulation=precision.accumulation,
        )
        if found is None:
            return {}
        shares, scalars = (np.split(rows, len(asked)) for rows in (found.share, found.scalar))
        return {p.id: RowConsistency(share=shares[k], scalar=scalars[k]) for k, p in enumerate(asked)}


class _Stack:
    """Problems of one signature as one array, along a new first axis; one alone stays as it is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._calls = [problem.call for problem in problems]
        self.call = self._calls[0]
        self._alone = len(problems) == 1
        self.axis = self.call.axis + (not self._alone and self.call.axis >= 0)
        self.x = self.laid([call.x for call in self._calls])

    def laid(self, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return arrays of these problems on top of each other."""
        return arrays[0] if self._alone else np.stack(arrays)

    def vector(self, quantity: Quantity) -> NDArray[Any] | None:
        """Return the cotangents of a vjp or the tangents of a jvp."""
        if quantity is Quantity.VJP:
            given = (call.cotangent for call in self._calls)
            return self.laid([np.ones_like(self.call.x) if v is None else v for v in given])
        if quantity is Quantity.JVP:
            return self.laid([call.tangent for call in self._calls if call.tangent is not None])
        return None

    def part(self, whole: Truth, number: int) -> Truth:
        """Return what holds for one of these problems."""
        return whole if self._alone else whole[number]


def own_precision(call: Call) -> Precision:
    """Return the precision of a kernel that declares none: the dtype of the call."""
    return Precision(working=call.dtype, accumulation=call.dtype)
