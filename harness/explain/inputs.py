"""What the inputs of a question leave open of its answer, where they were pasted with fewer digits than they have.

To first order the answer moves by the sum of what each input moves it: by at most::

    sum over j of max( |f(in with in_j least) - f(in)|, |f(in with in_j largest) - f(in)| )

with the least and the largest number of the dtype that print as the j-th does. The oracle gives f; where the rows of a
call do not influence each other, an input of every row is moved at a time. The sum is that of the derivatives at
``in``: elsewhere in the box a product of two probabilities, which they are made of, is larger by a factor of
exp(4 d / T) at most, where no logit moves by more than d.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.compare.judge import Judge
from harness.compare.stacking import stacks
from harness.explain.arrays import named
from harness.explain.digits import reach_of
from harness.explain.pasted import style_of
from harness.explain.reading import a_number, read_array
from harness.explain.words import Words
from harness.parts import separable
from harness.plan.problem import Problem
from harness.vocabulary import Quantity
from reference.formats import Floats, format_named
from reference.truth import Truth
from reference.ulp import error

_NAMES: Final = ("x", "cotangent", "tangent", "targets")
AT_MOST: Final = 1 << 20  # elements of answers that are computed to learn what is open: a second of work

Reach = tuple[NDArray[Any], NDArray[Any]]  # of an array of a call: its least and its largest numbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inputs:
    """The options whose digits are not all there, and by how much each element of the answer is ``open`` for it.

    ``open`` is None where there are too many of these digits to say. ``of_products``: by what share of itself a product
    of probabilities and elements of the vectors is open, at each element; a wrong rule need not cancel where the right
    one does.
    """

    options: tuple[str, ...]
    open: Floats | None
    of_products: Floats | float = 0.0


def open_inputs(words: Words, problem: Problem, quantity: Quantity, truth: Truth) -> Inputs | None:
    """Return what the digits of the inputs leave open of ``truth``; None where they are all there."""
    reaches = dict(_reaches(words, problem.call))
    if not reaches:
        return None
    options = tuple(f"--{name}" for name in reaches)
    several = sum(_place_count(problem.call, getattr(problem.call, name)) for name in reaches)
    if 2 * several * problem.call.x.size > AT_MOST:
        return Inputs(options=options, open=None)
    moved = [list(moves) for moves in _moves(problem.call, reaches)]
    steps = iter(_steps(problem, quantity, truth, [call for calls in moved for call in calls]))
    total = np.zeros(truth.value.hi.shape)
    with np.errstate(all="ignore"):
        for calls in moved:
            total = total + np.max([next(steps) for _ in calls], axis=0)
        growth = _growth(problem.call, reaches)
        shares = _shares(problem.call, reaches, total.shape) + (growth - 1.0)
        return Inputs(options=options, open=total * growth, of_products=shares)


def _reaches(words: Words, call: Call) -> Iterator[tuple[str, Reach]]:
    """Yield the inputs that are not known in full, by the field of the call, as arrays of it."""
    if not call.dtype.floating:
        return
    target = format_named(call.dtype.value)
    for name in _NAMES:
        text, array = getattr(words, name), getattr(call, name)
        if text is None or named(text) or (name == "targets" and call.index_targets):
            continue
        found = reach_of(read_array(text, a_number, where=f"--{name}"), target, style=style_of(text))
        if found is not None:
            low, high = (target.encode(end).reshape(array.shape) for end in found)
            yield name, (low, high)


def _moves(call: Call, reaches: dict[str, Reach]) -> Iterator[Iterator[Call]]:
    """Yield, for each input, the calls in which it is moved to either end; the same input of every row together."""
    for name, ends in reaches.items():
        array = getattr(call, name)
        for place in _places(call, array):
            if any((end[place] != array[place]).any() for end in ends):
                yield (_with(call, name, _put(array, place, end)) for end in ends)


def _places(call: Call, array: NDArray[Any]) -> Iterator[tuple[Any, ...]]:
    if not separable(call):
        yield from ((*index, ...) for index in np.ndindex(array.shape))
    elif array.shape != call.x.shape:
        yield (...,)  # one number of each row
    else:
        before = (slice(None),) * (call.axis % array.ndim)
        yield from ((*before, number, ...) for number in range(array.shape[call.axis]))


def _place_count(call: Call, array: NDArray[Any]) -> int:
    """Return how many places :func:`_places` yields."""
    if not separable(call):
        return array.size
    return 1 if array.shape != call.x.shape else int(array.shape[call.axis])


def _with(call: Call, name: str, array: NDArray[Any]) -> Call:
    changed: dict[str, Any] = {name: array}
    return replace(call, **changed)


def _put(array: NDArray[Any], place: tuple[Any, ...], end: NDArray[Any]) -> NDArray[Any]:
    changed = array.copy()
    changed[place] = end[place]
    return changed


def _steps(problem: Problem, quantity: Quantity, truth: Truth, calls: list[Call]) -> Iterator[Floats]:
    """Yield how far each call takes every element from ``truth``; 0 where both have no number."""
    asked = [replace(problem, id=f"{problem.id} {number}", call=call) for number, call in enumerate(calls)]
    for stack in stacks(asked):
        judge = Judge(stack)
        for one in stack:
            moved = judge.truth(one, quantity).value.hi
            with np.errstate(all="ignore"):
                step = np.where(moved == truth.value.hi, 0.0, error(moved, truth.value))
            yield np.where(np.isnan(step), 0.0, step)


def _growth(call: Call, reaches: dict[str, Reach]) -> float:
    """Return by how much the derivatives may be larger elsewhere among the inputs that print alike."""
    if "x" not in reaches:
        return 1.0
    low, high = (format_named(call.dtype.value).decode(end) for end in reaches["x"])
    widest = float(np.where(np.isfinite(high - low), high - low, 0.0).max(initial=0.0))
    return float(np.exp(np.minimum(2.0 * widest / (call.temperature or 1.0), 700.0)))


def _shares(call: Call, reaches: dict[str, Reach], shape: tuple[int, ...]) -> Floats:
    """Return the share of itself by which each element of the vectors may be another one, added up."""
    target, total = format_named(call.dtype.value), np.zeros(shape)
    for name in {"cotangent", "tangent"} & reaches.keys():
        value, low, high = (target.decode(array) for array in (getattr(call, name), *reaches[name]))
        if value.shape == shape:
            share = np.maximum(high - value, value - low) / np.abs(value)
            total = total + np.where(np.isfinite(share), share, 0.0)
    return total
