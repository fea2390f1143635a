"""Gradients c (Q s_i - q_i) of losses, and c s_i of logsumexp: all elements of a row share the error of s, and of c."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reference.bounds import found
from reference.bounds.constants import SECOND_ORDER
from reference.bounds.growth import exponential
from reference.bounds.reading import Reading
from reference.exact.doubledouble import DoubleDouble, Floats, where
from reference.votes.agreement import Votes
from reference.votes.gradient import Derivative

_ROUNDINGS_OF_TARGETS: Final = 8.0  # of q_i, of c, of their product, and of a result that is scaled after all
_ROUNDINGS_OF_FACTOR: Final = 8.0  # of c, of its product with Q s_i, and of a result that is scaled after all
_ROUNDINGS_THAT_UNDERFLOW: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loss:
    """What a gradient c (Q s_i - q_i) is made of beside s: q, (rows, n); Q and c, (rows, 1), in the gradient's scale.

    ``unsure``: how far off a kernel's Q may be, relatively.
    """

    q: DoubleDouble
    total: DoubleDouble
    c: DoubleDouble
    unsure: Floats


def gradient(given: Derivative, beside: Loss, reading: Reading) -> Votes:
    """Return what each element takes kappa for: (g_i + c q_i) / (c Q s_i) - 1, with the exact s_i."""
    arithmetic, moved = reading.arithmetic, reading.perturbation
    u = arithmetic.u
    p = found.of_logarithm(reading)
    share = beside.c * beside.total * reading.distribution.softmax
    asked = beside.c * beside.q
    omega = _ROUNDINGS_THAT_UNDERFLOW * given.omega * (1.0 + np.abs(beside.q.hi))
    silent = ~(np.abs(share.hi) > omega) | (moved.s <= arithmetic.omega)
    size = where(silent, DoubleDouble.exactly(np.ones_like(share.hi)), share)
    apart = (DoubleDouble.exactly(given.got) + asked - share) / size
    of_targets = _ROUNDINGS_OF_TARGETS * u + given.rounding + arithmetic.taken(arithmetic.entering).u
    absolute = (u + given.stored) * np.abs(given.got) + of_targets * np.abs(asked.hi) + omega
    own = np.maximum(p.own, exponential(moved.element + 3.0 * u + arithmetic.stored_output.u))
    common = beside.unsure + np.maximum(p.common, moved.mean + moved.common) + _ROUNDINGS_OF_FACTOR * u + given.rounding
    width = own * (1.0 + exponential(common)) + absolute / np.abs(size.hi) + p.lost / np.where(silent, 1.0, moved.s)
    return Votes(centre=apart.hi, width=SECOND_ORDER * width, silent=silent, limit=SECOND_ORDER * exponential(common))
