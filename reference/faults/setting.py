"""What formulas are made of, row by row: probabilities, vectors, targets, each with what a kernel may be off in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds import found
from reference.bounds.arithmetic import Arithmetic
from reference.bounds.found import Found
from reference.bounds.reading import Reading, Shift, reading_of
from reference.bounds.shift import Temper
from reference.exact.doubledouble import Floats
from reference.exact.targets import Targets
from reference.faults.estimate import Estimate
from reference.faults.evaluation import Evaluation
from reference.formats import FORMATS
from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX
from reference.undefined import unanswered_rows


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is derived is computed once and kept
class Setting:
    """The rows of an evaluation: arrays are (rows, n), of a Jacobian (rows, outputs, n), of one per row (rows, 1).

    Rows without an answer are read as zeros here, and answered by NaN.
    """

    evaluation: Evaluation

    @property
    def arithmetic(self) -> Arithmetic:
        """What the kernel computes in."""
        return self.evaluation.arithmetic

    @cached_property
    def block(self) -> Block:
        """The rows."""
        asked = self.evaluation
        return Block.whole(asked.question, asked.quantity, cotangent=asked.cotangent, tangent=asked.tangent)

    @cached_property
    def unanswered(self) -> NDArray[np.bool_]:
        """Which rows have no answer."""
        return unanswered_rows(self.block)

    @cached_property
    def absent(self) -> NDArray[np.bool_]:
        """Which rows have no say, (rows, 1)."""
        return np.asarray((self.unanswered | self.block.ignored)[:, np.newaxis])

    @property
    def square(self) -> bool:
        """Whether the rows are those of a Jacobian with as many outputs as inputs."""
        return self.evaluation.quantity == "jacobian" and self.evaluation.question.outputs_per_row is None

    @cached_property
    def temper(self) -> Temper:
        """The temperature."""
        question = self.evaluation.question
        return Temper(temperature=question.temperature, entering=FORMATS.get(question.format))

    @cached_property
    def x(self) -> Floats:
        """The logits, 0 in rows that have no say."""
        clean = np.where(self.absent, 0.0, self.block.x)
        return clean[:, np.newaxis, :] if self.square else clean

    @cached_property
    def reading(self) -> Reading:
        """The softmax of the rows at the exact x, with what rounding may move in it."""
        return reading_of(self.x, Shift.EXACT, temper=self.temper, arithmetic=self.arithmetic)

    @cached_property
    def found(self) -> Found:
        """The probabilities as a derivative finds them."""
        like_softmax = self.evaluation.question.op in LIKE_SOFTMAX
        return found.of_softmax(self.reading) if like_softmax else found.of_logarithm(self.reading)

    @cached_property
    def s(self) -> Estimate:
        """The probabilities."""
        value = self.reading.distribution.softmax
        p = self.found
        return Estimate(value=value, error=p.s * p.relative + p.lost, arithmetic=self.arithmetic)

    @cached_property
    def e(self) -> Estimate:
        """The exponentials of d = x - max x."""
        moved, value = self.reading.perturbation, self.reading.distribution.weight
        relative = np.maximum(np.expm1(moved.element), 2.0 * moved.element)
        lost = np.where(moved.size > 0, np.minimum(self.arithmetic.omega, value.hi), 0.0)
        return Estimate(value=value, error=value.hi * relative + lost, arithmetic=self.arithmetic)

    @cached_property
    def d(self) -> Estimate:
        """The differences x - max x, over the temperature; 0 where they are -inf: look at :attr:`gone`."""
        moved, d = self.reading.perturbation, self.reading.distribution.d
        rho = np.where(self.gone, 0.0, moved.rho)
        exact = Estimate.exactly(d, self.arithmetic).where(~self.gone, 0.0)
        return Estimate(value=exact.value, error=rho, arithmetic=self.arithmetic)

    @property
    def largest(self) -> Estimate:
        """The largest logit over the temperature, (..., 1)."""
        return Estimate.exactly(self.reading.largest, self.arithmetic).over(1.0)

    @cached_property
    def log_probability(self) -> Estimate:
        """l_i = d_i - log S; a number without meaning where a logit is -inf."""
        return self.d - self.e.total().log()

    @property
    def gone(self) -> NDArray[np.bool_]:
        """Where logits are -inf, or masked."""
        return np.isinf(self.reading.distribution.d.hi)

    @property
    def length(self) -> int:
        """The number of elements of a row."""
        return int(self.x.shape[-1])

    def number(self, values: NDArray[np.float64] | float) -> Estimate:
        """Return numbers that the kernel is given."""
        return Estimate.exactly(values, self.arithmetic)

    @cached_property
    def v(self) -> Estimate:
        """The cotangent, (rows, n) or (rows, 1); a Jacobian's are one-hots, or a one."""
        if self.evaluation.quantity != "jacobian":
            return self._vector(self.block.cotangent)
        rows, length = self.block.x.shape
        if not self.square:
            return self.number(np.ones((rows, 1)))
        every = np.broadcast_to(np.eye(length), (rows, length, length))
        kept = self.block.kept
        return self.number(every if kept is None else every * kept[:, :, np.newaxis])

    @cached_property
    def w(self) -> Estimate:
        """The tangent."""
        return self._vector(self.block.tangent)

    @property
    def vector(self) -> Estimate:
        """The vector that a Jacobian is applied to: a tangent forwards, else the cotangent."""
        return self.w if self.evaluation.quantity == "jvp" else self.v

    @property
    def targets(self) -> Targets:
        """The targets."""
        assert self.block.targets is not None  # noqa: S101 - only kinds that have some ask for them
        return self.block.targets

    @cached_property
    def q(self) -> Estimate:
        """The targets, smoothed, which is a rounding or two."""
        exact = self.number(0.0) + Estimate.exactly(self.targets.q, self.arithmetic)
        return exact if not self.targets.exact_total else Estimate.exactly(self.targets.q, self.arithmetic)

    @cached_property
    def c(self) -> Estimate:
        """The factor of each row's loss: its weight, times its cotangent where there is one."""
        weight = Estimate.exactly(self.targets.weight, self.arithmetic)
        has_one = self.evaluation.question.op != "softmax_output"
        return weight * self.v if has_one else weight

    @cached_property
    def factor(self) -> Estimate:
        """The factor c of a curvature: the cotangent of a logsumexp, c Q of a loss, -V of a log_softmax."""
        op = self.evaluation.question.op
        if op in LIKE_LOG_SOFTMAX:
            return -self.v.total()
        return self.v if op == "logsumexp" else self.c * self.q.total()

    def mean(self, vector: Estimate) -> Estimate:
        """Return <s, vector>."""
        return (self.s * vector).total()

    def centred(self, vector: Estimate) -> Estimate:
        """Return vector - <s, vector>."""
        return vector - self.mean(vector)

    def over_length(self, numbers: Estimate) -> Estimate:
        """Return numbers over that of the elements of a row."""
        return numbers.over(float(self.length))

    def _vector(self, values: Floats | None) -> Estimate:
        assert values is not None  # noqa: S101 - the truth was asked with the same vectors
        return self.number(np.where(self.absent, 0.0, values))


@lru_cache(maxsize=2)
def setting_of(evaluation: Evaluation) -> Setting:
    """Return the rows of an evaluation; those of the last ones are kept, since many formulas are made of the same."""
    return Setting(evaluation=evaluation)
