"""Probing cotangents, for a case whose own ones prove nothing.

J^T of softmax maps every cotangent that is constant along the axis to zero: the ones of a sum, the implicit cotangent
of a framework that sums, a mean. A backward rule may be wrong in almost any way and still return zero there. So a case
that asks for nothing else is asked more: one-hot cotangents, which are the rows of the Jacobian, and normal ones about
0 and about 1, of which each finds any wrong linear rule with probability one, and a wrong inner product well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.draw import Stream, normal_draws
from harness.plan.problem import Problem
from harness.vocabulary import Op, Quantity

ALL_ROWS = 8  # length of an axis up to which every one-hot cotangent is a probe
_SEED = 1  # so that a probe is not the normal cotangent that a case gets when it names none


def with_probes(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the problems of one case, and behind them its probes where :func:`proves_nothing` says so."""
    if not proves_nothing(problems):
        return problems
    bases = {
        (problem.call.op, problem.call.axis, problem.call.dtype, problem.call.mode): problem
        for problem in reversed(problems)
        if Quantity.VJP in problem.check and _has_slope(problem)
    }
    return (*problems, *(probe for base in reversed(bases.values()) for probe in _probes(base)))


def proves_nothing(problems: tuple[Problem, ...]) -> bool:
    """Say whether the vjps of a case are all of softmax in the null space of J^T, and no Jacobian is checked.

    Problems whose Jacobian is zero whatever is asked (no elements, an axis of length one) do not count.
    """
    asked = [problem for problem in problems if Quantity.VJP in problem.check and _has_slope(problem)]
    return (
        bool(asked)
        and not any(Quantity.JACOBIAN in problem.check for problem in problems)
        and all(problem.call.op is Op.SOFTMAX and _in_null_space(problem) for problem in asked)
    )


def _has_slope(problem: Problem) -> bool:
    x = problem.call.x
    return x.size > 0 and x.ndim > 0 and x.shape[problem.call.axis] > 1


def _in_null_space(problem: Problem) -> bool:
    cotangent = problem.call.cotangent
    if cotangent is None:
        return True  # whatever comes back is the gradient of a sum
    return bool((cotangent == cotangent.take([0], axis=problem.call.axis)).all())


def _probes(base: Problem) -> Iterator[Problem]:
    listed = base.id.removeprefix(base.case).strip("[]").split(",")
    kept = [part for part in listed if part not in ("", base.cotangent_name)]
    for name, cotangent in _cotangents(base):
        yield replace(
            base,
            id=f"{base.case}[{','.join([*kept, f'probe {name}'])}]",
            call=replace(base.call, cotangent=cotangent, tangent=None),
            cotangent_name=f"probe {name}",
            check=(Quantity.FORWARD, Quantity.VJP),
            probe=True,
        )


def _cotangents(base: Problem) -> Iterator[tuple[str, NDArray[Any]]]:
    x, axis = base.call.x, base.call.axis
    draws = normal_draws(x.size, seed=_SEED, stream=Stream.COTANGENT).reshape(x.shape)
    yield "normal", draws.astype(x.dtype)
    yield "normal about 1", (draws + 1).astype(x.dtype)
    length = x.shape[axis]
    for index in range(length) if length <= ALL_ROWS else (0, length - 1):
        hot = np.zeros(x.shape, dtype=x.dtype)
        hot[(slice(None),) * (axis % x.ndim) + (index,)] = 1
        yield f"one_hot {index}", hot
