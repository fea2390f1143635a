"""The law of a vjp: along the axis it sums to zero, or to what is known of it without knowing the gradient.

No op of the family but logsumexp sees a shift that all logits of a row share: so the gradient has no component along
it. The gradient of logsumexp sums to its cotangent; that of SoftmaxOutput, c (s - q), to c (1 - sum q).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds import constants
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.exact.oracle import scaled_to
from reference.laws.accumulator import judged
from reference.laws.finding import Finding
from reference.laws.missing import Missing, of_difference, of_logarithm, of_output, of_softmax
from reference.laws.rounding import Rounding
from reference.question import LIKE_SOFTMAX, Question
from reference.rowwise import row_sums
from reference.rules.vector import IN_PAIRS, lifted

_OPERATIONS: Final = 4.0  # between s_i and a derivative of any form: each may underflow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gradient:
    """A vjp of shape (rows, n) beside what it is the vjp of; ``got`` and ``v`` are scaled by 2^-exponent, row by row.

    ``v``: the cotangent, (rows, n) or (rows, 1), times the weights that a loss gives its rows.
    """

    question: Question
    got: Floats
    v: Floats
    exponent: NDArray[np.int32]
    block: Block
    rounding: Rounding

    @classmethod
    def of(cls, question: Question, got: Floats, *, block: Block, rounding: Rounding) -> Gradient:
        """Return the vjp ``got``, (rows, n), of what ``block`` holds."""
        v = np.ones((len(got), 1)) if block.cotangent is None else block.cotangent
        v, exponent = scaled_to(IN_PAIRS, np.where(np.isfinite(v), v, 0.0))
        v = v if block.targets is None else v * block.targets.weight.hi
        scaled = np.ldexp(got, -exponent)
        return cls(question=question, got=scaled, v=v, exponent=exponent, block=block, rounding=rounding)

    def finding(self, *, applies: NDArray[np.bool_]) -> Finding:
        """Return how far the sums are from what they should be."""
        expected, back = self._expected(), self.exponent[:, 0]
        total = DoubleDouble.exactly(self.got).sum_rows()
        allowed, widened = judged(self.rounding, self._allowed, relative=lambda one: self._missing(one).relative)
        return Finding(
            kind="vjp-sum",
            says=f"the vjp of row {{row}} adds up to {{value}} along the axis, not to {self._due(expected)}",
            value=np.ldexp(total.hi[:, 0], back),
            measured=np.ldexp(np.abs((total - expected).hi[:, 0]), back),
            allowed=np.ldexp(allowed, back),
            applies=applies,
            widened=widened,
        )

    def _expected(self) -> DoubleDouble:
        """Return what the rows sum to, (rows, 1)."""
        targets = self.block.targets
        if self.question.op == "logsumexp":
            return DoubleDouble.exactly(self.v)
        if self.question.op == "softmax_output" and targets is not None:
            return (-targets.q.sum_rows()).plus(np.ones_like(self.v)) * DoubleDouble.exactly(self.v)
        return DoubleDouble.exactly(np.zeros((len(self.got), 1)))

    def _due(self, expected: DoubleDouble) -> str:
        """Return the words for what the rows should sum to."""
        if not expected.hi.any():
            return "zero"
        return "its cotangent" if self.question.op == "logsumexp" else "what its targets lack of a sum of one"

    def _missing(self, rounding: Rounding) -> Missing:
        """Return what is missing in the sums of what a kernel multiplies and subtracts."""
        omega = lifted(rounding.arithmetic.omega, self.exponent)
        if self.question.op == "softmax_output" and self.block.targets is not None:
            return of_output(rounding, self.v, q=self.block.targets.q.hi)
        if self.question.op in LIKE_SOFTMAX:
            return of_softmax(rounding, self.v, omega=omega)
        if self.question.op == "logsumexp":
            return of_difference(rounding, self.v)
        if self.block.targets is None:
            return of_logarithm(rounding, self.v, omega=omega)
        of_target = 3.0 * rounding.u + rounding.arithmetic.stored_gradient.u  # smoothed, weighted, stored
        return of_logarithm(rounding, self.v * self.block.targets.q.hi, omega=omega, each=of_target)

    def _allowed(self, rounding: Rounding) -> Floats:
        """Return by how much the sums of a correct kernel may miss, (rows, 1)."""
        arithmetic, question, missing = rounding.arithmetic, self.question, self._missing(rounding)
        stored, temperature = arithmetic.stored_gradient, question.temperature
        roundings = rounding.u + stored.u + rounding.temper.rounding(arithmetic)
        if self.block.targets is not None or question.outputs_per_row is not None:  # times a weight and a cotangent
            roundings += 3.0 * rounding.u + stored.u
        size = np.where(np.isfinite(self.got), np.abs(self.got), 0.0)
        lost = _OPERATIONS * lifted(arithmetic.omega, self.exponent) * max(1.0, 1.0 / temperature)
        lost = lost + lifted(stored.omega, self.exponent)
        each = roundings * row_sums(size) + lost * self.got.shape[-1]
        return np.where(missing.idle, 0.0, constants.SECOND_ORDER * (missing.sums / temperature + each))
