"""Where a bound proves nothing, and where a correct kernel may leave the range of its formats on the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.arithmetic import Arithmetic
from reference.block import Block
from reference.doubledouble import Floats
from reference.question import LIKE_SOFTMAX, Question
from reference.reading import Reading
from reference.shift import Temper


def vacuous(reading: Reading, question: Question, *, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return where the bound proves nothing, since the relative error of a row's sum may reach 1."""
    nothing = reading.perturbation.vacuous
    if question.op not in LIKE_SOFTMAX:
        nothing = nothing | (reading.perturbation.log_sum(reading.log_total) >= 1.0)
    of_row: NDArray[np.bool_] = np.asarray(nothing.any(axis=-1, keepdims=True))
    return np.broadcast_to(of_row if of_row.ndim == len(shape) else of_row[..., np.newaxis], shape)


def may_overflow(block: Block, temper: Temper, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Say in which rows what a kernel computes on its way may leave the range of its formats.

    Logits converted to a narrower format, or divided by a small temperature; the sum S; sums and products of the
    vectors, of which no intermediate of any usual form exceeds four times the sum of |v|, taken with one spare bit.
    """
    formats = [arithmetic.working, arithmetic.accumulation, arithmetic.output]
    formats += [] if temper.entering is None else [temper.entering]
    largest = min(one.largest for one in formats)
    rows, length = block.x.shape
    found = np.full(rows, length >= largest)
    if largest < arithmetic.working.largest or temper.temperature < 1.0:
        finite = np.where(np.isfinite(block.x), np.abs(block.x), 0.0)
        found |= (finite / min(temper.temperature, 1.0) >= largest).any(axis=-1)
    vectors = [vector for vector in (block.cotangent, block.tangent) if vector is not None]
    if vectors:
        size: Floats = np.full(rows, 1.0 / 8.0)
        for vector in vectors:
            size = size * (np.abs(vector) / 8.0).sum(axis=-1) * 8.0
        found |= size > largest / 64.0
    return found
