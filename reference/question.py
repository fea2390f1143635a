"""What is asked of a function of the softmax family: the op, its primal, and the parameters that some ops have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reference.batch import Batch
from reference.formats import FORMATS, Floats, format_named
from reference.ops import FAMILY, LOGARITHMS, MASKED, PROBABILITIES, TEMPERED, WITH_TARGETS
from reference.rows import Rows

LIKE_SOFTMAX: Final = (*PROBABILITIES, "softmax_output")  # whose forward is softmax
LIKE_LOG_SOFTMAX: Final = LOGARITHMS
OPS: Final = tuple(FAMILY)
QUANTITIES: Final = ("forward", "vjp", "jvp", "jacobian", "hvp")
INTEGER: Final = "int32"
_WORDS: Final = {"reduction": ("none", "sum", "mean"), "normalization": ("null", "batch", "valid")}
_DEFAULTS: Final = {
    **{"temperature": 1.0, "reduction": "none", "ignore_index": None, "label_smoothing": 0.0},
    **{"grad_scale": 1.0, "normalization": "null"},
}
_USED_BY: Final = {
    "temperature": TEMPERED,
    "reduction": ("cross_entropy",),
    "ignore_index": WITH_TARGETS,
    "label_smoothing": WITH_TARGETS,
    "grad_scale": ("softmax_output",),
    "normalization": ("softmax_output",),
}


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is derived is computed once and kept
class Question:
    """One op at one primal.

    ``x``: float64, the exact numbers of an array of ``format`` (a floating point format, or int32). ``result``: the
    format of the op's output. ``mask``: bool, of the shape of ``x``, true where an element is kept. ``targets``: class
    indices (integers, of the shape of ``x`` without ``axis``) or probabilities (float64, of the shape of ``x``).
    ``reduction``: none, sum or mean. ``normalization``: null, batch or valid. ``batch``: that of which these are some
    of the rows, for what is divided by its size; None where they are all.

    Raise ValueError for a word, number, dtype, shape or combination that is none of these. (An index that names no
    class is found once targets are made of it: :func:`~reference.exact.targets.targets_of`.)
    """

    op: str
    axis: int
    x: Floats
    format: str
    result: str
    temperature: float = 1.0
    mask: NDArray[np.bool_] | None = None
    targets: NDArray[Any] | None = None
    reduction: str = "none"
    ignore_index: int | None = None
    label_smoothing: float = 0.0
    grad_scale: float = 1.0
    normalization: str = "null"
    batch: Batch | None = None

    def __post_init__(self) -> None:
        """Refuse what nobody can answer."""
        for wrong in (self._wrong_words(), self._wrong_numbers(), self._wrong_arrays()):
            if wrong:
                raise ValueError(f"{wrong}; the caller's mistake")

    @cached_property
    def rows(self) -> Rows:
        """How ``x`` is cut into rows."""
        return Rows.of(self.x, self.axis)

    @property
    def negated(self) -> bool:
        """Whether the op is taken at -x: its first derivatives change their sign."""
        return FAMILY[self.op].negated

    @property
    def outputs_per_row(self) -> int | None:
        """How many outputs a row has: as many as inputs (None), one, or (0) one for all rows together."""
        if self.op == "logsumexp" or (self.op == "cross_entropy" and self.reduction == "none"):
            return 1
        return 0 if self.op == "cross_entropy" else None

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the op's output."""
        match self.outputs_per_row:
            case None:
                return self.x.shape
            case 0:
                return ()
            case _:
                return self.rows.batch_shape

    @cached_property
    def logits(self) -> Floats:
        """The rows, (count, length), that softmax is taken of but for the temperature: negated, or masked by -inf."""
        rows = self.rows.cut(self.x)
        if self.negated:
            return np.negative(rows)
        if self.mask is not None:
            return np.where(self.rows.cut(self.mask), rows, -np.inf)
        return rows

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Which rows count, (count, 1): those whose target is not ``ignore_index``."""
        every = np.ones((self.rows.count, 1), dtype=np.bool_)
        if self.ignore_index is None or self.targets is None or not self.has_indices:
            return every
        return np.asarray(self.targets.reshape(-1, 1) != self.ignore_index)

    @cached_property
    def whole(self) -> Batch:
        """The batch that the rows are some of, or all."""
        if self.batch is not None:
            return self.batch
        first = self.x.shape[0] if self.x.ndim else 1
        return Batch(rows=self.rows.count, counted=int(self.counted.sum()), first_axis=first)

    @property
    def counting(self) -> int:
        """How many rows of the whole batch count."""
        ignores = self.ignore_index is not None and self.has_indices
        return self.whole.counted if ignores else self.whole.rows

    @property
    def has_indices(self) -> bool:
        """Whether the targets are class indices."""
        return self.targets is not None and self.targets.dtype.kind in "iu"

    def _wrong_words(self) -> str:
        if self.op not in OPS:
            return f"no op is called {self.op!r}; the reference knows {', '.join(OPS)}"
        format_named(self.result)
        if self.format not in (*FORMATS, INTEGER):
            format_named(self.format)
        for name, default in _DEFAULTS.items():
            if getattr(self, name) != default and self.op not in _USED_BY[name]:
                return f"{self.op} has no {name}"
        for name, known in _WORDS.items():
            if getattr(self, name) not in known:
                return f"no {name} is called {getattr(self, name)!r}; known: {', '.join(known)}"
        return ""

    def _wrong_numbers(self) -> str:
        if not 0 < self.temperature < math.inf:
            return f"a temperature of {self.temperature}: expected a positive finite number"
        if not 0 <= self.label_smoothing < 1:
            return f"label smoothing of {self.label_smoothing}: expected 0 <= a < 1"
        return "" if math.isfinite(self.grad_scale) else f"a grad_scale of {self.grad_scale}: expected a finite number"

    def _wrong_arrays(self) -> str:
        if self.x.dtype != np.float64:
            return f"a primal of dtype {self.x.dtype.name}: decode it to float64, which holds all its numbers"
        batch_shape = self.rows.batch_shape
        if (self.op in MASKED) != (self.mask is not None):
            return f"{self.op} {'needs a' if self.mask is None else 'takes no'} mask"
        if (self.op in WITH_TARGETS) != (self.targets is not None):
            return f"{self.op} {'needs' if self.targets is None else 'takes no'} targets"
        if self.mask is not None and self.mask.shape != self.x.shape:
            return f"a mask of shape {self.mask.shape} beside a primal of shape {self.x.shape}: expected the same"
        if self.targets is None:
            return ""
        shape, what = (batch_shape, "class indices") if self.has_indices else (self.x.shape, "probabilities")
        if self.targets.shape != shape:
            return f"{what} of shape {self.targets.shape} beside a primal of shape {self.x.shape}: expected {shape}"
        if self.has_indices:
            return ""
        if self.op == "softmax_output" and self.label_smoothing:
            return "SoftmaxOutput smooths class indices, and leaves probabilities as they are"
        return "a probability below 0" if (self.targets < 0).any() else ""


def kept_by_length(lengths: NDArray[Any], shape: tuple[int, ...], *, axis: int) -> NDArray[np.bool_]:
    """Return the mask, of ``shape``, that keeps the first elements of each row; ``lengths`` lacks ``axis``."""
    along = axis % max(len(shape), 1)
    position = np.arange(shape[along]).reshape([-1 if k == along else 1 for k in range(len(shape))])
    return np.asarray(position < np.expand_dims(lengths, along))
