"""Where convention says NaN: which rows have no answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.exact.doubledouble import Floats
from reference.question import Question
from reference.rowwise import row_maxima


def undefined_rows(x: Floats) -> NDArray[np.bool_]:
    """Return which rows hold NaN or +inf, or are nothing but -inf; an empty row is none of these."""
    if not x.shape[-1]:
        return np.zeros(x.shape[:-1], dtype=np.bool_)
    largest = row_maxima(x)[..., 0]  # NaN where the row holds one
    return np.asarray(~np.isfinite(largest))


def infinite_sums(question: Question, quantity: str, x: Floats) -> Floats:
    """Return the logsumexp of rows whose largest element is infinite, or that have none: (rows, 1), else NaN.

    It is the limit, +inf or -inf; the sum of nothing is 0, and its logarithm -inf. Derivatives have no such limit.
    """
    nowhere = np.full((len(x), 1), np.nan)
    if question.op != "logsumexp" or quantity != "forward":
        return nowhere
    largest = x.max(axis=-1, keepdims=True, initial=-np.inf)
    return np.where(np.isinf(largest), largest, nowhere)


def unanswered_rows(block: Block) -> NDArray[np.bool_]:
    """Return which rows of a block have no answer: undefined ones, and those beside something that is not finite.

    A cotangent, tangent or target that is an infinity enters a sum, and inf - inf is NaN in some forms of a rule and an
    infinity in others. Rows that do not count are answered, whatever they hold.
    """
    found = undefined_rows(block.x)
    beside = [block.cotangent, block.tangent, None if block.targets is None else block.targets.q.hi]
    for vector in beside:
        if vector is not None:
            found = found | ~np.isfinite(vector).all(axis=-1)
    return found & ~block.ignored


def mean_of_none(question: Question) -> bool:
    """Say whether the question is about a mean over no rows, which is 0 / 0, and so is all that comes of it."""
    return question.reduction == "mean" and not question.counting
