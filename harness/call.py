"""What an adapter is asked to compute: one op at one primal, nothing about cases, files or judging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction

ARRAYS: Final = ("x", "cotangent", "tangent", "mask", "lengths", "targets")  # the fields of a call that hold arrays
_MASKED: Final = tuple(op for op in Op if op.masked)
_LOSSES: Final = tuple(op for op in Op if op.has_targets)
USES: Final[Mapping[str, tuple[Op, ...]]] = {  # the fields of a call that only some ops have a use for
    "temperature": tuple(op for op in Op if op.tempered),
    "mask": _MASKED,
    "lengths": _MASKED,
    "targets": _LOSSES,
    "reduction": (Op.CROSS_ENTROPY,),
    "ignore_index": _LOSSES,
    "label_smoothing": _LOSSES,
    "grad_scale": (Op.SOFTMAX_OUTPUT,),
    "normalization": (Op.SOFTMAX_OUTPUT,),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """One op with its arrays and parameters.

    Arrays of bfloat16 are uint16 arrays of its bits; every other dtype is NumPy's own. ``None`` stands for what the op
    or the quantities asked for do not need.

    ``x``: the primal, of ``dtype``, of any shape with 0 <= rank <= 8. ``tangent``: of the shape and dtype of ``x``.
    ``cotangent``: of the shape and dtype of the output; ``None`` means that none is given and the framework does
    whatever it does then (the ``implicit`` cotangent).

    ``mask``: bool, of the shape of ``x``, true where an element is kept. ``lengths``: int32, of ``batch_shape``: the
    elements of a row that are kept, from its beginning on. A masked op has one of the two.

    ``targets``: class indices, int32, of ``batch_shape``; or probabilities, of the shape and dtype of ``x``.
    Rows whose target is ``ignore_index`` do not count. ``label_smoothing``: the share of each target that is spread
    evenly over all classes, or, by ``softmax_output``, over the others. ``grad_scale`` and ``normalization`` are those
    of ``softmax_output``.

    ``temperature`` divides the logits first. ``result_dtype``: the dtype asked for where an API lets its user ask
    for one other than that of ``x``.
    """

    op: Op
    axis: int
    dtype: DType
    mode: Mode
    x: NDArray[Any]
    cotangent: NDArray[Any] | None = None
    tangent: NDArray[Any] | None = None
    temperature: float | None = None
    mask: NDArray[Any] | None = None
    lengths: NDArray[Any] | None = None
    targets: NDArray[Any] | None = None
    reduction: Reduction | None = None
    ignore_index: int | None = None
    label_smoothing: float = 0.0
    grad_scale: float = 1.0
    normalization: Normalization = Normalization.NULL
    result_dtype: DType | None = None

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of ``x`` without the axis along which the op is applied."""
        return batch_shape(self.x.shape, self.axis)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the op's output."""
        return output_shape(self.op, self.x.shape, axis=self.axis, reduction=self.reduction)

    def shape_of(self, quantity: Quantity) -> tuple[int, ...]:
        """Return the shape of ``quantity``."""
        match quantity:
            case Quantity.FORWARD | Quantity.JVP:
                return self.output_shape
            case Quantity.JACOBIAN:
                return self.output_shape + self.x.shape
            case _:
                return self.x.shape

    def dtype_of(self, quantity: Quantity) -> DType | None:
        """Return the dtype of ``quantity``; None for integer input where the framework is left to choose one."""
        output = self.result_dtype or (self.dtype if self.dtype.floating else None)
        return output if quantity in (Quantity.FORWARD, Quantity.JVP) else self.dtype

    @property
    def index_targets(self) -> bool:
        """Whether the targets are class indices."""
        return self.targets is not None and self.targets.dtype.name == DType.INT32.value


def batch_shape(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """Return ``shape`` without ``axis``; a 0-d array is a row of length one."""
    along = axis % max(len(shape), 1)
    return shape[:along] + shape[along + 1 :]


def output_shape(op: Op, shape: tuple[int, ...], *, axis: int, reduction: Reduction | None = None) -> tuple[int, ...]:
    """Return the shape of the output of ``op`` for an input of ``shape``."""
    if not op.reduces:
        return shape
    if op is Op.CROSS_ENTROPY and reduction is not Reduction.NONE:
        return ()
    return batch_shape(shape, axis)
