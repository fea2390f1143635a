"""Losses of a batch that are added up in a coarse format.

The sum is taken one loss after the other, each partial sum rounded: it stands still where a loss is less than half the
spacing of the sum, 2048 in float16. Rounding and adding are monotone, so the sums of losses that are as small, and as
large, as a kernel's may be enclose what it gets: no bound has to be accumulated that would explain everything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from reference.exact.doubledouble import DoubleDouble
from reference.faults.evaluation import Answer, Evaluation
from reference.faults.fault import Fault
from reference.faults.rounding import COARSER, added_up
from reference.formats import FLOAT32, FloatFormat

_AT_MOST: Final = 1 << 14  # losses that are added up one by one


def _format(evaluation: Evaluation) -> FloatFormat | None:
    """Return that of the result, where it is one of half precision, else the next coarser one than the sum's."""
    arithmetic = evaluation.arithmetic
    if arithmetic.output.precision < FLOAT32.precision:
        return arithmetic.output
    return COARSER.get(arithmetic.accumulation.name)


def _added_up_coarsely(evaluation: Evaluation) -> Answer | None:
    question, coarse = evaluation.question, _format(evaluation)
    counted = question.counted.reshape(-1)
    number = int(counted.sum())
    if coarse is None or question.reduction not in ("sum", "mean") or not 1 < number <= _AT_MOST:
        return None
    each = evaluation.about(replace(question, reduction="none")).right
    losses, width = each.value.hi.reshape(-1)[counted], each.bound.reshape(-1)[counted]
    if not (np.isfinite(losses).all() and np.isfinite(width).all()):
        return None
    middle, least, most = added_up(np.stack([losses, losses - width, losses + width]), coarse)[:, 0]
    bound = max(most - middle, middle - least)
    if question.reduction == "mean":
        middle, bound = middle / number, bound / number
        bound += 2.0 * evaluation.result_format.unit_roundoff * (abs(middle) + bound)
    shape = question.output_shape
    return Answer(value=DoubleDouble.exactly(np.full(shape, middle)), bound=np.full(shape, bound))


BATCHES: Final[tuple[Fault, ...]] = (
    Fault(
        name="losses-added-coarsely",
        what="the sum of the losses in half precision, or the next coarser format: it is rounded to it after each loss",
        why="an accumulator in half precision: in float16 a sum of losses below one stands still at 2048",
        ops=("cross_entropy",),
        quantities=("forward",),
        rule=_added_up_coarsely,
        rows_alone=False,
    ),
)
