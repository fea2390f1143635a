"""A question as its author wrote it: texts, and words of closed sets, not yet checked against each other."""

from __future__ import annotations

from dataclasses import dataclass

from harness.call import USES
from harness.vocabulary import DType, Normalization, Op, Quantity, Reduction


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What somebody asks: numbers are texts, as :mod:`harness.explain.reading` takes them; None is not said.

    ``cotangent`` and ``tangent``: numbers, or ones, zeros, mean, one_hot:K; a cotangent that is not said is the
    implicit one. ``got``: what somebody's program returned for ``quantity``. ``dtype``: that of x, beside
    what the texts say of it (:mod:`harness.explain.dtypes`).
    """

    x: str
    op: Op = Op.SOFTMAX
    axis: int = -1
    dtype: DType | None = None
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
    def due(self) -> DType:
        """The dtype of x: float32 where nothing is said of it."""
        return self.dtype or DType.FLOAT32

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of what is said that only some ops have a use for."""
        return tuple(name for name in USES if getattr(self, name) is not None)
