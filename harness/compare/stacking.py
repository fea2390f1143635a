"""Which problems may be judged together: those that differ in nothing but their arrays, and not in all of these.

Rows do not influence each other, so such problems lie on top of each other as rows of one array.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from numpy.typing import NDArray

from harness.call import Call
from harness.parts import separable
from harness.plan.digest import fingerprint
from harness.plan.problem import Problem
from harness.plan.signatures import stack_key
from harness.vocabulary import Quantity

ELEMENTS: Final = 1 << 15  # of a stack: what the reference judges in one piece
_COPIED: Final = 1 << 24  # bytes
_INPUTS: Final = {  # what decides the true value of each quantity, beside what decides that of the forward
    Quantity.VJP: ("cotangent",),
    Quantity.JVP: ("tangent",),
    Quantity.HVP: ("cotangent", "tangent"),
}
_OPERANDS: Final = ("x", "mask", "lengths", "targets")


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


def bits(call: Call, quantity: Quantity) -> tuple[bytes, ...]:
    """Return the bits of all arrays that decide what is true of ``quantity``."""
    return _bits(call, (*_OPERANDS, *_INPUTS.get(quantity, ())))


def _key(call: Call) -> object:
    return stack_key(call)[1:]  # the mode, which comes first, changes nothing that is true


def _bits(call: Call, names: Iterable[str]) -> tuple[bytes, ...]:
    return tuple([b"none" if (array := getattr(call, name)) is None else _content(array) for name in names])


def _content(array: NDArray[Any]) -> bytes:
    """Return the bits of an array; of one whose copy would be large, a digest of them."""
    return array.tobytes() if array.nbytes <= _COPIED else fingerprint(array).encode()
