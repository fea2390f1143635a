"""What a loss compares with: a probability of each class for each row, and which rows count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """``weights``: q, (count, n), in the dtype of the logits. ``counted``: bool (count, 1), false in ignored rows.

    A row of probabilities that holds NaN or an infinity is NaN in all of them.
    """

    weights: NDArray[Any]
    counted: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        targets: NDArray[Any],
        rows: Rows,
        *,
        dtype: np.dtype[Any],
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
    ) -> Targets:
        """Return the targets of ``rows``, given as class indices or as probabilities.

        Indices are integers of the batch's shape; q is their one-hot, and a row whose index is ``ignore_index`` is
        ignored. Probabilities are floating point numbers of the shape of the logits; every row of them counts. Label
        smoothing a makes (1 - a) q + a/n of both (Szegedy et al., CVPR 2016, section 7). Raise ValueError for another
        shape, for an index that names no class, and for a share that is not below 1.
        """
        check_share(label_smoothing)
        if targets.dtype.kind in "iu":
            index = rows.cut_batch(targets)
            counted = np.ones_like(index, dtype=np.bool_) if ignore_index is None else index != ignore_index
            _check(index[counted], rows)
            weights = (np.arange(rows.length) == index).astype(dtype)
        else:
            given = rows.cut(targets).astype(dtype)
            weights = np.where(np.isfinite(given).all(axis=-1, keepdims=True), given, dtype.type(np.nan))
            counted = np.ones((rows.count, 1), dtype=np.bool_)
        if label_smoothing:
            uniform = label_smoothing / max(rows.length, 1)
            weights = np.asarray((1.0 - label_smoothing) * weights + uniform, dtype=dtype)
        return cls(weights=weights, counted=counted)


def check_share(label_smoothing: float) -> None:
    """Raise ValueError for a share of label smoothing that is not from 0 on below 1."""
    if not 0.0 <= label_smoothing < 1.0:
        raise ValueError(f"label smoothing of {label_smoothing}: expected 0 <= a < 1; the caller's mistake")


def _check(index: NDArray[Any], rows: Rows) -> None:
    outside = (index < 0) | (index >= rows.length)
    if outside.any():
        raise ValueError(
            f"a target of class {index[outside][0]} among {rows.length} classes: expected an index from 0 on below "
            f"{rows.length}, or ignore_index; the caller's mistake"
        )
