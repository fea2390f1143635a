"""MXNet's SoftmaxOutput: softmax forwards; backwards c (s_i - q_i), whatever the cotangent is."""

from __future__ import annotations

import numpy as np

from reference import constants
from reference.bounded import Bounded
from reference.exact_targets import Targets
from reference.reading import Reading
from reference.rules.softmax import ROUNDINGS_THAT_UNDERFLOW
from reference.rules.vector import idle


def vjp(reading: Reading, targets: Targets) -> Bounded:
    """Return c (s_i - q_i): (B1), the rounding of a target, of the difference, and of the scale."""
    moved = reading.perturbation
    arithmetic, distribution = moved.arithmetic, reading.distribution
    u = arithmetic.u
    q = targets.q
    value = distribution.less(q)
    bound = moved.s * moved.held + 3.0 * u * np.abs(q.hi) + u * np.abs(value.hi) + moved.held_lost
    result = Bounded(value=value, bound=constants.SECOND_ORDER * bound).times(targets.weight, relative=3.0 * u)
    size = np.abs(targets.weight.hi)
    underflow = ROUNDINGS_THAT_UNDERFLOW * arithmetic.omega * (1.0 + size)
    idle_rows = idle(targets.weight.hi)
    return Bounded(value=result.value, bound=result.bound + underflow).where(~idle_rows, 0.0)
