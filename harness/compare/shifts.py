"""Problems whose logits differ by one number per row: what a kernel returns for both must be the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.asked import Asked, decoded, result_format
from harness.plan.problem import Problem
from reference.invariants import common_shift

_OTHERS = ("cotangent", "tangent", "mask", "lengths", "targets")


def shifted_pairs(problems: Sequence[Problem]) -> Iterator[tuple[Problem, Problem]]:
    """Yield those of ``problems`` that are an exact shift of an earlier one, each behind that one.

    ``problems`` differ in nothing but their arrays and modes.
    """
    for earlier, problem in leaders(problems):
        if earlier.call.x.tobytes() != problem.call.x.tobytes() and _exactly(earlier, problem):
            yield earlier, problem


def leaders(problems: Sequence[Problem]) -> Iterator[tuple[Problem, Problem]]:
    """Yield each of ``problems`` behind the first one that it may be a shift of: itself, where there is no earlier one.

    A problem is held against that one, and no other.
    """
    of_rows = [problem for problem in problems if problem.call.x.size and problem.call.x.ndim]
    glances = _glances(of_rows)
    alike = Counter(glances)
    doubtful = [problem for problem, glance in zip(of_rows, glances, strict=True) if alike[glance] > 1]
    distances = iter(_distances(doubtful))
    first: dict[tuple[object, ...], Problem] = {}
    for problem, glance in zip(of_rows, glances, strict=True):
        if alike[glance] == 1:
            yield problem, problem
        else:
            yield first.setdefault(_unshifted(problem, next(distances)), problem), problem


def _glances(problems: Sequence[Problem]) -> list[tuple[object, ...]]:
    """Return, of each problem, its mode and the bits of the distances in its first row, which few have in common."""
    if len(problems) < 2:
        return [()] * len(problems)
    call = problems[0].call
    along = call.axis % call.x.ndim
    row = tuple(slice(None) if axis == along else 0 for axis in range(call.x.ndim))
    rows = decoded(np.stack([problem.call.x[row] for problem in problems]), call.dtype.value)
    with np.errstate(all="ignore"):
        distances = rows - rows[:, :1]
    return [(problem.call.mode, one.tobytes()) for problem, one in zip(problems, distances, strict=True)]


def _distances(problems: Sequence[Problem]) -> Sequence[NDArray[Any]]:
    """Return, of each problem, the distances of its logits from the first of their row, (rows * n,)."""
    if not problems:
        return ()
    calls = [problem.call for problem in problems]
    question = Asked(calls, result=result_format(calls[0])).question
    x = question.rows.cut(question.x)
    with np.errstate(all="ignore"):
        # rounded, perhaps: whether a shift is exact is asked afterwards
        return tuple((x - x[:, :1]).reshape(len(problems), -1))


def _unshifted(problem: Problem, distances: NDArray[Any]) -> tuple[object, ...]:
    """Return what two problems have in common that may be shifts of each other, and hardly any others have."""
    call = problem.call
    arrays = [getattr(call, name) for name in _OTHERS]
    return call.mode, distances.tobytes(), *(None if array is None else array.tobytes() for array in arrays)


def _exactly(problem: Problem, other: Problem) -> bool:
    result = result_format(problem.call)
    pair = (Asked([one.call], result=result).question for one in (problem, other))
    return common_shift(*pair) is not None
