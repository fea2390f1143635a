"""Forwards: all elements of a row share the error of S."""

from __future__ import annotations

import numpy as np

from reference.bounds import found
from reference.bounds.arithmetic import LOG_SUM_EXP
from reference.bounds.constants import SECOND_ORDER
from reference.bounds.growth import exponential, growth
from reference.bounds.reading import Reading
from reference.exact.doubledouble import Floats
from reference.votes.agreement import Votes


def softmax(got: Floats, reading: Reading) -> Votes:
    """Each element's relative error is that of the sum, and its own."""
    s, moved, arithmetic = reading.distribution.softmax, reading.perturbation, reading.arithmetic
    limit = SECOND_ORDER * growth(moved.mean + moved.common + arithmetic.u)
    own = exponential(moved.element + arithmetic.u + arithmetic.stored_output.u)
    if LOG_SUM_EXP in arithmetic.forms:
        p = found.of_softmax(reading)
        limit, own = np.maximum(limit, SECOND_ORDER * p.common), np.maximum(own, p.own)
    own = own * (1.0 + limit)
    return Votes(
        centre=((got - s.hi) - s.lo) / s.hi,
        width=SECOND_ORDER * (own + moved.held_lost / s.hi),
        silent=s.hi < max(arithmetic.working.smallest_subnormal, arithmetic.output.smallest_subnormal),
        limit=limit,
    )


def log_softmax(got: Floats, reading: Reading) -> Votes:
    """Each element's error is that of log S (or of max x + log S), and its own."""
    log, moved, arithmetic = reading.distribution.log_softmax, reading.perturbation, reading.arithmetic
    u, stored = arithmetic.u, arithmetic.stored_output
    shared = SECOND_ORDER * u * reading.rounded_log_sum_exp + moved.log_sum(reading.log_total)
    own = moved.rho + (u + stored.u) * (np.abs(log.hi) + shared)
    return Votes(
        centre=(got - log.hi) - log.lo,
        width=SECOND_ORDER * own + arithmetic.omega + stored.omega,
        silent=np.isneginf(log.hi),
        limit=shared,
    )
