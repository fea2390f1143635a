"""MXNet's SoftmaxOutput: softmax forwards; backwards c (s_i - q_i), whatever the cotangent is."""

from __future__ import annotations

import numpy as np

from reference.bounds import found
from reference.bounds.bounded import Bounded
from reference.bounds.constants import SECOND_ORDER
from reference.bounds.reading import Reading
from reference.exact.targets import Targets
from reference.rules.softmax import ROUNDINGS_THAT_UNDERFLOW
from reference.rules.vector import idle, weighted


def vjp(reading: Reading, targets: Targets) -> Bounded:
    """Return c (s_i - q_i): (B7), the rounding of s_i, of a target, of the difference, and of the scale."""
    arithmetic, q = reading.arithmetic, targets.q
    u = arithmetic.u
    p = found.of_softmax(reading)
    value = reading.distribution.less(q)
    converted = 0.0 if targets.exact_total else arithmetic.taken(arithmetic.entering).u
    bound = weighted(p.s, p.relative + u) + p.lost + (3.0 * u + converted) * np.abs(q.hi) + u * np.abs(value.hi)
    result = Bounded(value=value, bound=SECOND_ORDER * bound).times(targets.weight, relative=3.0 * u)
    underflow = ROUNDINGS_THAT_UNDERFLOW * arithmetic.omega * (1.0 + np.abs(targets.weight.hi))
    return Bounded(value=result.value, bound=result.bound + underflow).where(~idle(targets.weight.hi), 0.0)
