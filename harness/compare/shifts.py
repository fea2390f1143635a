"""Problems whose logits differ by one number per row: what a kernel returns for both must be the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from harness.compare.asked import Asked, result_format
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
    if len(problems) == 1:
        yield problems[0], problems[0]
        return
    first: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        if problem.call.x.size and problem.call.x.ndim:
            yield first.setdefault(_unshifted(problem), problem), problem


def _unshifted(problem: Problem) -> tuple[object, ...]:
    """Return what two problems have in common that may be shifts of each other, and hardly any others have."""
    call = problem.call
    question = Asked([call], result=result_format(call)).question
    x = question.rows.cut(question.x)
    with np.errstate(all="ignore"):
        distances = x - x[:, :1]  # rounded, perhaps: whether the shift is exact is asked afterwards
    arrays = [getattr(call, name) for name in _OTHERS]
    return call.mode, distances.tobytes(), *(None if array is None else array.tobytes() for array in arrays)


def _exactly(problem: Problem, other: Problem) -> bool:
    result = result_format(problem.call)
    pair = (Asked([one.call], result=result).question for one in (problem, other))
    return common_shift(*pair) is not None
