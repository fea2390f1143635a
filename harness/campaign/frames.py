"""What JAX compiles anew: op, shape, axis, dtype and the parameters that are no arrays, in few combinations.

JAX takes up to half a second for each of them and each quantity. So numbers that could be anything (a temperature, a
share of smoothing) depend on the dtype: four numbers in each row of these tables cost no more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.vocabulary import DType, Normalization, Op, Quantity, Reduction

FLOATS: Final = (DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64)
HALVES: Final = (DType.FLOAT16, DType.BFLOAT16)
FULL: Final = (DType.FLOAT32, DType.FLOAT64)
_OTHER: Final = {  # the dtype of the result where one other than that of x is asked for
    DType.FLOAT16: DType.FLOAT32,
    DType.BFLOAT16: DType.FLOAT32,
    DType.FLOAT32: DType.FLOAT64,
    DType.FLOAT64: DType.FLOAT32,
    DType.INT32: DType.FLOAT32,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A shape with its axis and parameters, and how often it is drawn (``weight``).

    ``temperatures`` and ``smoothings``: one for each of :data:`FLOATS`. ``mixed``: a result of another dtype is asked
    for. ``by_length``: the mask is one of valid lengths. ``probabilities``: so are the targets. ``ignores``: rows are
    left out by ``ignore_index``. ``jacobian``: the whole Jacobian is asked for. ``eager``: one problem in a few is
    asked of JAX without compiling it.
    """

    shape: tuple[int, ...]
    axis: int
    weight: int
    dtypes: tuple[DType, ...] = FLOATS
    temperatures: tuple[float, ...] | None = None
    mixed: bool = False
    by_length: bool = False
    probabilities: bool = False
    reduction: Reduction | None = None
    ignores: bool = False
    smoothings: tuple[float, ...] | None = None
    grad_scale: float = 1.0
    normalization: Normalization = Normalization.NULL
    jacobian: bool = False
    eager: bool = False

    def temperature(self, dtype: DType) -> float | None:
        """Return the temperature of problems of this dtype."""
        return None if self.temperatures is None else self.temperatures[FLOATS.index(dtype)]

    def label_smoothing(self, dtype: DType) -> float:
        """Return the share of smoothing of problems of this dtype."""
        return 0.0 if self.smoothings is None else self.smoothings[FLOATS.index(dtype)]

    def result_dtype(self, dtype: DType) -> DType | None:
        """Return the dtype asked for the result, where it is not that of x."""
        return _OTHER[dtype] if self.mixed else None


def _plain(temperatures: tuple[float, ...]) -> tuple[Frame, ...]:
    return (
        Frame(shape=(3, 2), axis=-1, weight=12, jacobian=True, eager=True),
        Frame(shape=(7, 4), axis=0, weight=12),
        Frame(shape=(4, 10), axis=-1, weight=12),
        Frame(shape=(2, 17, 3), axis=1, weight=12),
        Frame(shape=(6, 5), axis=-1, weight=12, temperatures=temperatures),
        Frame(shape=(3, 65), axis=-1, weight=10),  # one beyond a block of 64, 16, 8 or 4 lanes
        Frame(shape=(4, 10), axis=-1, weight=6, mixed=True),
        Frame(shape=(4, 10), axis=-1, weight=8, mixed=True, dtypes=(DType.INT32,)),
        Frame(shape=(2, 1000), axis=-1, weight=8),
        Frame(shape=(1023, 2), axis=0, weight=4, dtypes=(DType.FLOAT16, *FULL)),
        Frame(shape=(1, 10_000), axis=-1, weight=4, dtypes=FULL),
        Frame(shape=(1, 70_000), axis=-1, weight=4, dtypes=HALVES),  # beyond the range of float16
    )


_LOSS: Final = (
    Frame(shape=(6, 5), axis=-1, weight=12, reduction=Reduction.NONE, jacobian=True, eager=True),
    Frame(shape=(4, 10), axis=-1, weight=12, reduction=Reduction.NONE, probabilities=True),
    Frame(shape=(7, 4), axis=0, weight=10, reduction=Reduction.SUM),
    Frame(shape=(2, 17, 3), axis=1, weight=10, reduction=Reduction.MEAN, probabilities=True),
    Frame(shape=(9, 5), axis=-1, weight=10, reduction=Reduction.MEAN, ignores=True),
    Frame(shape=(3, 65), axis=-1, weight=10, reduction=Reduction.NONE, smoothings=(0.25, 0.1, 0.1, 0.3)),
    Frame(shape=(2, 1000), axis=-1, weight=6, reduction=Reduction.MEAN),
)
_OUTPUT: Final = (  # MXNet's alone: JAX compiles none of these
    Frame(shape=(4, 10), axis=-1, weight=10),
    Frame(shape=(6, 5), axis=-1, weight=10, probabilities=True, grad_scale=2.0),
    Frame(shape=(9, 5), axis=-1, weight=10, ignores=True, normalization=Normalization.VALID),
    Frame(shape=(8, 3), axis=-1, weight=10, normalization=Normalization.BATCH, smoothings=(0.25, 0.25, 0.25, 0.25)),
    Frame(shape=(3, 65), axis=-1, weight=10, grad_scale=0.1, smoothings=(0.1, 0.1, 0.1, 0.1)),
    Frame(shape=(2, 1000), axis=-1, weight=5),
)

FRAMES: Final[dict[Op, tuple[Frame, ...]]] = {
    Op.SOFTMAX: _plain((3.0, 0.1, 0.1, 3.0)),
    Op.LOG_SOFTMAX: _plain((0.1, 3.0, 0.001, 0.1)),
    Op.SOFTMIN: (
        Frame(shape=(7, 4), axis=0, weight=10, jacobian=True, eager=True),
        Frame(shape=(3, 65), axis=-1, weight=10, temperatures=(2.0, 0.7, 0.7, 0.001)),
    ),
    Op.LOGSUMEXP: (
        Frame(shape=(3, 2), axis=-1, weight=10, jacobian=True, eager=True),
        Frame(shape=(2, 17, 3), axis=1, weight=10),
        Frame(shape=(3, 65), axis=-1, weight=10),
        Frame(shape=(2, 1000), axis=-1, weight=5),
        Frame(shape=(1, 70_000), axis=-1, weight=2, dtypes=HALVES),
    ),
    Op.MASKED_SOFTMAX: (
        Frame(shape=(6, 5), axis=-1, weight=10, by_length=True, jacobian=True, eager=True),
        Frame(shape=(2, 17, 3), axis=1, weight=10),
        Frame(shape=(3, 65), axis=-1, weight=10, temperatures=(0.5, 0.1, 3.0, 0.1)),
    ),
    Op.MASKED_LOG_SOFTMAX: (
        Frame(shape=(4, 10), axis=-1, weight=10, jacobian=True),
        Frame(shape=(3, 65), axis=-1, weight=10, by_length=True),
    ),
    Op.CROSS_ENTROPY: _LOSS,
    Op.SOFTMAX_OUTPUT: _OUTPUT,
}


def checked(op: Op, frame: Frame, dtype: DType) -> tuple[Quantity, ...]:
    """Return what is asked of problems of this op, frame and dtype."""
    if not dtype.floating:
        return (Quantity.FORWARD,)
    if op is Op.SOFTMAX_OUTPUT:
        return (Quantity.FORWARD, Quantity.VJP)
    jacobian = (Quantity.JACOBIAN,) if frame.jacobian else ()
    return (Quantity.FORWARD, Quantity.VJP, Quantity.JVP, *jacobian, Quantity.HVP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What JAX compiles for all problems together: signatures, and functions, one for each of their quantities."""

    signatures: int
    functions: int
    eager_signatures: int


def compiled() -> Compiled:
    """Count what JAX compiles, however many problems there are."""
    every = [
        (frame, len(checked(op, frame, dtype)))
        for op, frames in FRAMES.items()
        if op is not Op.SOFTMAX_OUTPUT
        for frame in frames
        for dtype in frame.dtypes
    ]
    return Compiled(
        signatures=len(every),
        functions=sum(quantities for _, quantities in every),
        eager_signatures=sum(frame.eager for frame, _ in every),
    )
