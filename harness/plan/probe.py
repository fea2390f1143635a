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

from harness.call import Call
from harness.parts import AT_ONCE, in_parts
from harness.plan.carrier import decoded, normal_array, one_hot
from harness.plan.draw import Stream
from harness.plan.problem import Problem
from harness.vocabulary import DType, Op, Quantity

ALL_ROWS = 8  # length of an axis up to which every one-hot cotangent is a probe
_SEED = 1  # so that a probe is not the normal cotangent that a case gets when it names none


def with_probes(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the problems of one case, and behind them its probes where :func:`proves_nothing` says so."""
    if not proves_nothing(problems):
        return problems
    bases = {
        _stem(problem): problem
        for problem in reversed(problems)
        if Quantity.VJP in problem.check and _has_slope(problem.call)
    }
    return (*problems, *(probe for base in reversed(bases.values()) for probe in _probes(base)))


def proves_nothing(problems: tuple[Problem, ...]) -> bool:
    """Say whether the vjps of a case all have a cotangent in the null space of J^T, and no Jacobian is checked.

    That of an op whose outputs add up to one holds what is constant along the axis, among the elements that are kept;
    that of any op holds zero. Problems whose Jacobian is zero whatever is asked (no elements, a row with one element
    that is kept) do not count, nor does a cotangent that the op ignores.
    """
    asked = [problem for problem in problems if Quantity.VJP in problem.check and _has_slope(problem.call)]
    return (
        bool(asked)
        and not any(Quantity.JACOBIAN in problem.check for problem in problems)
        and all(_in_null_space(part) for problem in asked for part in in_parts(problem.call, elements=AT_ONCE))
    )


def _has_slope(call: Call) -> bool:
    if not call.x.size or not call.x.ndim:
        return False
    return any(bool((_kept(part).sum(axis=call.axis) > 1).any()) for part in in_parts(call, elements=AT_ONCE))


def _kept(call: Call) -> NDArray[np.bool_]:
    """Return which elements of x the op looks at."""
    if call.mask is not None:
        return call.mask
    if call.lengths is None:
        return np.ones(call.x.shape, dtype=np.bool_)
    within = np.arange(call.x.shape[call.axis]) < call.lengths[..., None]
    return np.moveaxis(within, -1, call.axis)


def _in_null_space(call: Call) -> bool:
    if call.op is Op.SOFTMAX_OUTPUT:
        return False  # its vjp is what it is, whatever the cotangent
    if call.cotangent is None:
        return call.op.gives_probabilities  # whatever comes back is the gradient of a sum
    cotangent = decoded(call.cotangent, _output_dtype(call))
    if not call.op.gives_probabilities:  # the transposed Jacobian of those has a null space, whatever x is
        return not cotangent.any()
    kept = _kept(call)
    low = np.where(kept, cotangent, np.inf).min(axis=call.axis)
    high = np.where(kept, cotangent, -np.inf).max(axis=call.axis)
    return bool((high <= low).all())  # never where it is NaN, always where nothing is kept


def _output_dtype(call: Call) -> DType:
    return call.result_dtype or call.dtype


def _stem(problem: Problem) -> str:
    """Return the id without its closing bracket and what it says of the cotangent: alike for alike parameters."""
    stem = problem.id.removesuffix("]")
    for before in (f",{problem.cotangent_name}", f"[{problem.cotangent_name}"):
        if problem.id.endswith(f"{before}]"):
            return stem.removesuffix(before)
    return stem


def _probes(base: Problem) -> Iterator[Problem]:
    stem = _stem(base)
    for name, cotangent in _cotangents(base.call):
        yield replace(
            base,
            id=f"{stem}{'[' if stem == base.case else ','}probe {name}]",
            call=replace(base.call, cotangent=cotangent, tangent=None),
            cotangent_name=f"probe {name}",
            check=(Quantity.FORWARD, Quantity.VJP),
            probe=True,
        )


def _cotangents(call: Call) -> Iterator[tuple[str, NDArray[Any]]]:
    shape, dtype = call.output_shape, _output_dtype(call)
    yield "normal", normal_array(shape, dtype, seed=_SEED, stream=Stream.COTANGENT)
    yield "normal about 1", normal_array(shape, dtype, seed=_SEED, stream=Stream.COTANGENT, shift=1.0)
    if call.op.reduces:
        return
    length = shape[call.axis]
    for index in range(length) if length <= ALL_ROWS else (0, length - 1):
        yield f"one_hot {index}", one_hot(shape, axis=call.axis, index=index, dtype=dtype)
