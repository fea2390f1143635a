"""Cross entropy from logits and its derivatives, in the dtype given, as a person would write them.

The loss of a row is L = -sum_j q_j l_j with l = log_softmax(x) and the target q (:mod:`reference.plain.targets`). A
term with q_j = 0 is 0 even where l_j = -inf: 0 l_j is 0 for every finite l_j, and so is its limit. A loss is +inf
where a class of positive weight has probability 0; its derivatives have limits there too, those of their formulas.

L is <-q, l>: every derivative is that of log_softmax for the cotangent -q. With Q = sum_j q_j, mu = <s, w> and a
cotangent c of the loss (Bishop, Pattern Recognition and Machine Learning, 2006, equations 4.109 and 4.110, for Q = 1):

    vjp c (s_i Q - q_i)    jvp -sum_j q_j (w_j - mu)    Hessian of c L times w: c Q s_i (w_i - mu)

The losses of a batch are kept, added up, or averaged over the rows that count. Ignored rows have loss 0 and derivative
0, whatever they hold. A mean over no rows is 0/0: NaN, and so are its derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack, get_args

import numpy as np
from numpy.typing import NDArray

from reference.plain.log_softmax import curvature, log_probabilities, probabilities, pull_back, push_forward
from reference.plain.logits import defined
from reference.plain.targets import Targets
from reference.rows import Rows

Reduction = Literal["none", "sum", "mean"]


class Settings(TypedDict, total=False):
    """What may be said of a loss: ``reduction`` (none), ``ignore_index`` (no such index), ``label_smoothing`` (0)."""

    reduction: Reduction
    ignore_index: int | None
    label_smoothing: float


def forward(x: NDArray[Any], *, targets: NDArray[Any], axis: int, **settings: Unpack[Settings]) -> NDArray[Any]:
    """Return the losses, of the shape of ``x`` without ``axis``, or their sum or mean, of shape (); dtype of ``x``.

    ``targets``, here and in all that follows: class indices, integers of the shape of ``x`` without ``axis``, or
    probabilities of the shape of ``x``. Raise ValueError as :meth:`reference.plain.targets.Targets.of` does, and for a
    reduction of another name.
    """
    batch = _Batch.of(x, targets, axis, settings)
    log, q = log_probabilities(batch.logits), batch.targets.weights
    with np.errstate(all="ignore"):
        terms = np.where(q == 0, q, q * -log)
        return batch.reduced(terms.sum(axis=-1, keepdims=True))


def vjp(
    x: NDArray[Any], cotangent: NDArray[Any], *, targets: NDArray[Any], axis: int, **settings: Unpack[Settings]
) -> NDArray[Any]:
    """Return c (s_i Q - q_i) for the cotangent c of the output, of the shape and dtype of ``x``."""
    batch = _Batch.of(x, targets, axis, settings)
    s = probabilities(batch.logits)
    return batch.rows.join(batch.counted(pull_back(s, batch.weighted(cotangent))))


def jvp(
    x: NDArray[Any], tangent: NDArray[Any], *, targets: NDArray[Any], axis: int, **settings: Unpack[Settings]
) -> NDArray[Any]:
    """Return -sum_j q_j (w_j - <s, w>) for the tangent w, reduced as the losses are."""
    batch = _Batch.of(x, targets, axis, settings)
    with np.errstate(all="ignore"):
        terms = -batch.targets.weights * push_forward(probabilities(batch.logits), batch.rows.cut(tangent))
        return batch.reduced(terms.sum(axis=-1, keepdims=True))


def jacobian(x: NDArray[Any], *, targets: NDArray[Any], axis: int, **settings: Unpack[Settings]) -> NDArray[Any]:
    """Return the derivative of every output by every input (outputs first): s_i Q - q_i of each row."""
    batch = _Batch.of(x, targets, axis, settings)
    gradients = batch.counted(pull_back(probabilities(batch.logits), -batch.targets.weights))
    return batch.rows.join_batch_jacobian(gradients) if batch.reduction == "none" else batch.rows.join(gradients)


def hvp(
    x: NDArray[Any],
    cotangent: NDArray[Any],
    tangent: NDArray[Any],
    *,
    targets: NDArray[Any],
    axis: int,
    **settings: Unpack[Settings],
) -> NDArray[Any]:
    """Return c Q s_i (w_i - <s, w>), of the shape and dtype of ``x``: the Hessian of <c, losses>, times the tangent."""
    batch = _Batch.of(x, targets, axis, settings)
    s, w = probabilities(batch.logits), batch.rows.cut(tangent)
    return batch.rows.join(batch.counted(curvature(s, batch.weighted(cotangent), w)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Batch:
    """Rows of logits with their targets, and what becomes of their losses."""

    rows: Rows
    logits: NDArray[Any]  # (count, n)
    targets: Targets
    reduction: Reduction

    @classmethod
    def of(cls, x: NDArray[Any], targets: NDArray[Any], axis: int, settings: Settings) -> _Batch:
        reduction = settings.get("reduction", "none")
        if reduction not in get_args(Reduction):
            known = ", ".join(get_args(Reduction))
            raise ValueError(f"no reduction is called {reduction!r}; known: {known}; the caller's mistake")
        rows = Rows.of(x, axis)
        target = Targets.of(
            targets,
            rows,
            dtype=x.dtype,
            ignore_index=settings.get("ignore_index"),
            label_smoothing=settings.get("label_smoothing", 0.0),
        )
        return cls(rows=rows, logits=rows.cut(x), targets=target, reduction=reduction)

    @property
    def divisor(self) -> float:
        """What the sum of the losses is divided by: 1, or how many rows count; NaN for a mean over none."""
        if self.reduction != "mean":
            return 1.0
        return float(np.count_nonzero(self.targets.counted)) or np.nan

    def weighted(self, cotangent: NDArray[Any]) -> NDArray[Any]:
        """Return -q c, the cotangent of log_softmax, for the cotangent c of the output; one per row, or of shape ()."""
        if self.reduction != "none" and cotangent.shape:
            raise ValueError(
                f"a cotangent of shape {cotangent.shape} for one loss without axes: expected (); the caller's mistake"
            )
        c = self.rows.cut_batch(cotangent) if self.reduction == "none" else cotangent.reshape(1, 1)
        with np.errstate(all="ignore"):
            return np.asarray(-self.targets.weights * defined(c), dtype=self.logits.dtype)

    def reduced(self, losses: NDArray[Any]) -> NDArray[Any]:
        """Return losses, or tangents of them, of shape (count, 1), as the output: 0 in ignored rows."""
        with np.errstate(all="ignore"):
            counted = np.where(self.targets.counted, losses, losses.dtype.type(0))
            if self.reduction == "none":
                return self.rows.join_batch(counted)
            return np.asarray(counted.sum() / self.divisor, dtype=losses.dtype)

    def counted(self, gradients: NDArray[Any]) -> NDArray[Any]:
        """Return derivatives of the sum of the losses, of shape (count, n), as those of the output: 0 likewise."""
        with np.errstate(all="ignore"):
            own = np.where(self.targets.counted, gradients, gradients.dtype.type(0))
            return np.asarray(own / self.divisor, dtype=gradients.dtype)
