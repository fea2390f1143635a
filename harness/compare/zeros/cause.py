"""The causes of a zero derivative, in the order in which they decide."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from harness.vocabulary import FindingKind


class Cause(Enum):
    """Why a row is zero. What makes it zero whatever the input is comes before what the input itself brings about."""

    NOTHING_KEPT = auto()  # the mask keeps nothing of the row
    IGNORED_ROW = auto()  # its target is ignore_index
    ZERO_COTANGENT = auto()
    ZERO_TANGENT = auto()
    SINGLE = auto()  # a single element has a say
    CONSTANT_COTANGENT = auto()  # of outputs that add up to one
    CONSTANT_TANGENT = auto()  # along which no op of the family but logsumexp changes
    STRAIGHT = auto()  # hvp: log-probabilities whose weights add up to zero are differences of inputs
    BALANCED = auto()  # vjp of log_softmax: the cotangent is a multiple of softmax
    SATURATED = auto()
    OPTIMUM = auto()  # of a loss: softmax is the target
    LEVEL = auto()  # jvp: what goes up in the direction of the tangent, and what goes down, is equally much
    EXTREMUM = auto()  # hvp: the gradient is at an extremum in the direction of the tangent
    UNDERFLOW = auto()  # the true derivative is smaller than the smallest normal number
    WITHIN_ROUNDING = auto()  # it is smaller than what rounding explains, for no other reason

    @property
    def kind(self) -> FindingKind:
        """The kind of finding that it makes."""
        return _KINDS[self]

    @property
    def implies(self) -> frozenset[Cause]:
        """The causes that hold wherever this one does, and need not be named beside it."""
        return _IMPLIED.get(self, frozenset())


_KINDS: Final = {
    Cause.NOTHING_KEPT: FindingKind.ALL_MASKED,
    Cause.IGNORED_ROW: FindingKind.ALL_MASKED,
    Cause.ZERO_COTANGENT: FindingKind.ZERO_COTANGENT,
    Cause.ZERO_TANGENT: FindingKind.STATIONARY,
    Cause.SINGLE: FindingKind.LENGTH_ONE_AXIS,
    Cause.CONSTANT_COTANGENT: FindingKind.SUMMED_OUTPUT,
    Cause.CONSTANT_TANGENT: FindingKind.STATIONARY,
    Cause.STRAIGHT: FindingKind.STATIONARY,
    Cause.BALANCED: FindingKind.STATIONARY,
    Cause.SATURATED: FindingKind.SATURATED,
    Cause.OPTIMUM: FindingKind.STATIONARY,
    Cause.LEVEL: FindingKind.STATIONARY,
    Cause.EXTREMUM: FindingKind.STATIONARY,
    Cause.UNDERFLOW: FindingKind.UNDERFLOW,
    Cause.WITHIN_ROUNDING: FindingKind.WITHIN_ROUNDING,
}
_OF_SHAPE: Final = frozenset(
    {
        *(Cause.CONSTANT_COTANGENT, Cause.CONSTANT_TANGENT, Cause.STRAIGHT, Cause.BALANCED),
        *(Cause.SATURATED, Cause.OPTIMUM),
    }
)
_IMPLIED: Final = {
    Cause.NOTHING_KEPT: frozenset({*_OF_SHAPE, Cause.ZERO_COTANGENT, Cause.ZERO_TANGENT, Cause.SINGLE}),
    Cause.IGNORED_ROW: frozenset({Cause.OPTIMUM}),
    Cause.ZERO_COTANGENT: frozenset({Cause.CONSTANT_COTANGENT, Cause.STRAIGHT, Cause.BALANCED}),
    Cause.ZERO_TANGENT: frozenset({Cause.CONSTANT_TANGENT}),
    Cause.SINGLE: _OF_SHAPE,
    Cause.SATURATED: frozenset({Cause.OPTIMUM}),
}
