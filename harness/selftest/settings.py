"""Ops with their parameters: each is tried at every dtype and length, and some fault needs each parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.vocabulary import DType, Normalization, Op, Reduction

ROWS: Final = 3  # of a batch: faults that mix up rows need more than one
LENGTHS: Final = (2, 3, 10, 33, 129, 1000)
DTYPES: Final = (DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64)
_FEW: Final = (3, 33)  # lengths: of ops whose sums are those of another op
_COARSE_AND_FINE: Final = (DType.BFLOAT16, DType.FLOAT64)  # of settings that differ from another in a parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One op with its parameters, of :data:`ROWS` rows along ``axis`` of a two-dimensional array.

    ``by_length``: the mask is one of valid lengths. ``probabilities``: so are the targets. ``ignores``: the target of
    the middle row is :attr:`ignore_index`, and the row does not count.
    """

    name: str
    op: Op
    axis: int = -1
    temperature: float | None = None
    by_length: bool = False
    probabilities: bool = False
    reduction: Reduction | None = None
    ignores: bool = False
    label_smoothing: float = 0.0
    grad_scale: float = 1.0
    normalization: Normalization = Normalization.NULL
    dtypes: tuple[DType, ...] = DTYPES
    lengths: tuple[int, ...] = LENGTHS

    def shape(self, n: int) -> tuple[int, int]:
        """Return the shape of logits whose rows have ``n`` elements."""
        return (ROWS, n) if self.axis else (n, ROWS)

    @property
    def ignore_index(self) -> int | None:
        """The target of a row that does not count."""
        return -1 if self.ignores else None


SETTINGS: Final = (
    Setting(name="softmax", op=Op.SOFTMAX),
    Setting(name="softmax, axis 0", dtypes=_COARSE_AND_FINE, lengths=_FEW, op=Op.SOFTMAX, axis=0),
    Setting(name="softmax, T=0.5", dtypes=_COARSE_AND_FINE, lengths=_FEW, op=Op.SOFTMAX, temperature=0.5),
    Setting(name="log_softmax", op=Op.LOG_SOFTMAX),
    Setting(name="log_softmax, T=3", dtypes=_COARSE_AND_FINE, lengths=_FEW, op=Op.LOG_SOFTMAX, temperature=3.0),
    Setting(name="softmin", lengths=_FEW, op=Op.SOFTMIN),
    Setting(name="logsumexp", op=Op.LOGSUMEXP),
    Setting(name="masked_softmax", lengths=_FEW, op=Op.MASKED_SOFTMAX),
    Setting(name="masked_log_softmax, lengths", lengths=_FEW, op=Op.MASKED_LOG_SOFTMAX, by_length=True),
    Setting(name="cross_entropy", op=Op.CROSS_ENTROPY, reduction=Reduction.NONE),
    Setting(
        name="cross_entropy, sum, smoothed",
        dtypes=_COARSE_AND_FINE,
        lengths=_FEW,
        op=Op.CROSS_ENTROPY,
        reduction=Reduction.SUM,
        label_smoothing=0.125,
    ),
    Setting(
        name="cross_entropy, mean, ignoring",
        dtypes=_COARSE_AND_FINE,
        lengths=_FEW,
        op=Op.CROSS_ENTROPY,
        reduction=Reduction.MEAN,
        ignores=True,
    ),
    Setting(
        name="cross_entropy, mean, probabilities",
        dtypes=_COARSE_AND_FINE,
        lengths=_FEW,
        op=Op.CROSS_ENTROPY,
        reduction=Reduction.MEAN,
        probabilities=True,
    ),
    Setting(name="softmax_output, scaled", lengths=_FEW, op=Op.SOFTMAX_OUTPUT, grad_scale=3.0),
    Setting(
        name="softmax_output, valid, ignoring, smoothed",
        dtypes=_COARSE_AND_FINE,
        lengths=_FEW,
        op=Op.SOFTMAX_OUTPUT,
        normalization=Normalization.VALID,
        ignores=True,
        label_smoothing=0.125,
    ),
    Setting(
        name="softmax_output, batch",
        dtypes=_COARSE_AND_FINE,
        lengths=_FEW,
        op=Op.SOFTMAX_OUTPUT,
        normalization=Normalization.BATCH,
    ),
)
