"""A question as its author wrote it: texts, and words of closed sets, not yet checked against each other."""

from __future__ import annotations

from dataclasses import dataclass

from harness.call import USES
from harness.vocabulary import DType, Normalization, Op, Quantity, Reduction


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What somebody asks: numbers are texts, as :mod:`harness.explain.reading` takes them; None is not said.

    ``cotangent`` and ``tangent``: numbers, or ones, zeros, mean, one_hot:K; a cotangent that is not said is the
    implicit one. ``got``: what somebody's program returned for ``quantity``.
    """

    x: str
    op: Op = Op.SOFTMAX
    axis: int = -1
    dtype: DType = DType.FLOAT32
    quantity: Quantity = Quantity.VJP
    cotangent: str | None = None
    tangent: str | None = None
    temperature: str | None = None
    mask: str | None = None
    lengths: str | None = None
    targets: str | None = None
    reduction: Reduction | None = None
    ignore_index: int | None = None
    label_smoothing: str | None = None
    grad_scale: str | None = None
    normalization: Normalization | None = None
    got: str | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of what is said that only some ops have a use for."""
        return tuple(name for name in USES if getattr(self, name) is not None)
