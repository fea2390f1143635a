"""By how much a result differs from the truth: what the judge is held against, so measured without it.

A change is *beyond* where an element is outside both readings of its rounding bound. A bound that is too wide would
hide it, so there is a second measure, which knows no bound: a change is *obvious* where an element is off by more than

    100 (n + span + 10) (u scale + lambda c)

with u the unit roundoff and lambda the smallest normal number of the dtype, n the length of the axis, span the distance
between the largest and the smallest logit over the temperature, scale the natural scale of the row
(:mod:`reference.scale`) and c = (1 + max |v|) (1 + max |w|) of cotangent and tangent. Every constant of the bounds is a
few roundoffs for each term of a sum and for each unit of a logit (the classical form is (n + 2 + 2 span) u for the
forward of softmax: Blanchard, Higham and Higham, IMA J. Numer. Anal. 41(4), 2021, theorem 4.3), so that no bound
that deserves its name comes near a hundred times their sum.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.compare.asked import decoded
from harness.plan.problem import Problem
from reference.faults import Answer
from reference.formats import FloatFormat, Floats
from reference.truth import Truth
from reference.ulp import error, rounded

GENEROUS: Final = 100.0


def changed(got: Floats, oracle: Truth, *, of: FloatFormat) -> bool:
    """Say whether ``got`` is anything but the correctly rounded truth; what convention decides does not count."""
    want = rounded(oracle.value, of)
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    return bool((~same & ~oracle.undefined).any())


def beyond(got: Floats, oracle: Truth) -> bool:
    """Say whether an element of ``got`` is farther from the truth than rounding explains.

    One that is not finite where the truth is, is, unless a correct kernel may overflow on its way there.
    """
    return bool(_beyond(got, oracle).any())


def obvious(got: Floats, oracle: Truth, *, scale: Floats, problem: Problem, of: FloatFormat) -> bool:
    """Say whether an element of ``got`` is off by more than any rounding; see the head of this module."""
    call = problem.call
    logits = decoded(call.x, call.dtype)
    length = call.x.shape[call.axis] + float(np.ptp(logits)) / (call.temperature or 1.0) + 10.0
    factor = 1.0
    for vector, dtype in ((call.cotangent, call.result_dtype or call.dtype), (call.tangent, call.dtype)):
        factor *= 1.0 if vector is None else 1.0 + float(np.abs(decoded(vector, dtype)).max(initial=0.0))
    with np.errstate(all="ignore"):
        allowed = GENEROUS * length * (of.unit_roundoff * scale + of.smallest_normal * factor)
        off = ~(error(got, oracle.value) <= allowed)
    return bool((_number(got, oracle) & np.isfinite(scale) & off).any())


def told_apart(wrong: Answer, truth: Truth, *, of: FloatFormat) -> bool:
    """Say whether a wrong answer, stored in the format ``of``, is so far from the truth that it has to be named.

    At some element that is beyond its bound the two are farther apart than both their bounds and the rounding of
    storage together, so that no result can agree with both; an infinity agrees with no finite number.
    """
    value = wrong.value.hi
    with np.errstate(all="ignore"):
        storage = np.where(value == 0, 0.0, of.unit_roundoff * np.abs(value) + of.smallest_subnormal / 2.0)
        apart = np.abs((value - truth.value.hi) + (wrong.value.lo - truth.value.lo))
        within = (apart <= wrong.bound + storage + truth.bound) & np.isfinite(value)
    return bool((_beyond(rounded(wrong.value, of), truth) & ~within).any())


def _beyond(got: Floats, oracle: Truth) -> NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        plain = error(got, oracle.value) <= oracle.bound
        shifted = error(got, oracle.shifted_value) <= oracle.shifted_bound
    return np.asarray(_number(got, oracle) & ~plain & ~shifted)


def _number(got: Floats, oracle: Truth) -> NDArray[np.bool_]:
    """Return where the truth is a finite number, and ``got`` has to be one."""
    excused = oracle.undefined | (oracle.out_of_range & ~np.isfinite(got))
    return np.isfinite(oracle.value.hi) & ~excused
