"""Which rule answers which quantity of which op."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from reference.bounds.bounded import Bounded
from reference.bounds.reading import Reading
from reference.exact.targets import Targets
from reference.ops import FAMILY
from reference.rules import cross_entropy, log_softmax, logsumexp, softmax, softmax_output
from reference.rules.vector import Vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """What a rule is given beside a reading of the rows: what its quantity and op have need of, and no more."""

    cotangent: Vector | None
    tangent: Vector | None
    targets: Targets | None

    @property
    def v(self) -> Vector:
        """The cotangent; a Jacobian's are one-hots."""
        assert self.cotangent is not None  # noqa: S101 - the facade has asked for it
        return self.cotangent

    @property
    def w(self) -> Vector:
        """The tangent."""
        assert self.tangent is not None  # noqa: S101
        return self.tangent

    @property
    def q(self) -> Targets:
        """The targets."""
        assert self.targets is not None  # noqa: S101
        return self.targets


Rule = Callable[[Reading, Given], Bounded]

_SOFTMAX: Final[Mapping[str, Rule]] = {
    "forward": lambda reading, _: softmax.forward(reading),
    "vjp": lambda reading, given: softmax.derivative(reading, given.v),
    "jvp": lambda reading, given: softmax.derivative(reading, given.w),
    "jacobian": lambda reading, given: softmax.derivative(reading, given.v),
    "hvp": lambda reading, given: softmax.hvp(reading, given.v, given.w),
}
_LOG_SOFTMAX: Final[Mapping[str, Rule]] = {
    "forward": lambda reading, _: log_softmax.forward(reading),
    "vjp": lambda reading, given: log_softmax.vjp(reading, given.v),
    "jvp": lambda reading, given: log_softmax.jvp(reading, given.w),
    "jacobian": lambda reading, given: log_softmax.vjp(reading, given.v),
    "hvp": lambda reading, given: log_softmax.hvp(reading, given.v, given.w),
}
_LOGSUMEXP: Final[Mapping[str, Rule]] = {
    "forward": lambda reading, _: logsumexp.forward(reading),
    "vjp": lambda reading, given: logsumexp.vjp(reading, given.v),
    "jvp": lambda reading, given: logsumexp.jvp(reading, given.w),
    "jacobian": lambda reading, given: logsumexp.vjp(reading, given.v),
    "hvp": lambda reading, given: logsumexp.hvp(reading, given.v, given.w),
}
_CROSS_ENTROPY: Final[Mapping[str, Rule]] = {
    "forward": lambda reading, given: cross_entropy.forward(reading, given.q),
    "vjp": lambda reading, given: cross_entropy.vjp(reading, given.q, given.v),
    "jvp": lambda reading, given: cross_entropy.jvp(reading, given.q, given.w),
    "jacobian": lambda reading, given: cross_entropy.vjp(reading, given.q, given.v),
    "hvp": lambda reading, given: cross_entropy.hvp(reading, given.q, given.v, given.w),
}
_SOFTMAX_OUTPUT: Final[Mapping[str, Rule]] = {
    "forward": lambda reading, _: softmax.forward(reading),
    "vjp": lambda reading, given: softmax_output.vjp(reading, given.q),
}

_RULES: Final = {
    "softmax": _SOFTMAX,
    "log_softmax": _LOG_SOFTMAX,
    "logsumexp": _LOGSUMEXP,
    "cross_entropy": _CROSS_ENTROPY,
    "softmax_output": _SOFTMAX_OUTPUT,
}
RULES: Final[Mapping[str, Mapping[str, Rule]]] = {op: _RULES[traits.rules] for op, traits in FAMILY.items()}
