"""Slips in an output."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.selftest.slips.rows import Array, Rows
from harness.selftest.slips.rules import TILE
from harness.selftest.slips.slip import ROW_SCALAR, Slip
from harness.selftest.slips.steps import log_softmax, logits, softmax, total
from harness.vocabulary import DType, Op, Quantity

_PROBABILITIES: Final = (Op.SOFTMAX, Op.SOFTMIN, Op.MASKED_SOFTMAX)
_SMALLEST_HALF: Final = 2.0**-14


def _added_one_by_one(terms: Array, dtype: type[np.floating]) -> Array:
    """Return the sum of each row in an accumulator of another dtype."""
    accumulator = np.zeros_like(terms[..., 0], dtype=dtype)
    for column in np.moveaxis(terms, -1, 0):
        accumulator = accumulator + column.astype(dtype)
    return np.asarray(accumulator[..., np.newaxis].astype(terms.dtype))


def in_half(at: Rows) -> Array:
    """Add the exponentials up in a float16."""
    x = logits(at)
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / _added_one_by_one(exponentials, np.float16))


def in_single(at: Rows) -> Array:
    """Add the exponentials up in a float32."""
    x = logits(at)
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / _added_one_by_one(exponentials, np.float32))


def flushed(at: Rows) -> Array:
    """Set to zero what a float16 could hold only as a subnormal."""
    p = softmax(logits(at))
    return np.where(p < _SMALLEST_HALF, p.dtype.type(0), p)


def of_the_textbook(at: Rows) -> Array:
    """Leave out the shift by the largest logit."""
    exponentials = np.exp(logits(at))
    return np.asarray(exponentials / total(exponentials))


def log_of_softmax(at: Rows) -> Array:
    """Call one function after the other."""
    return np.asarray(np.log(softmax(logits(at))))


def shift_not_undone(at: Rows) -> Array:
    """Leave out the largest logit after the logarithm."""
    x = logits(at)
    return np.asarray(np.log(total(np.exp(x - x.max(axis=-1, keepdims=True)))))


def not_rescaled(at: Rows) -> Array:
    """Keep a running maximum and a running sum, and forget to rescale the sum when the maximum grows."""
    x = logits(at)
    largest = np.full_like(x[..., :1], -np.inf)
    running = np.zeros_like(largest)
    for k in range(0, x.shape[-1], TILE):
        tile = x[..., k : k + TILE]
        largest = np.maximum(largest, tile.max(axis=-1, keepdims=True))
        running = running + total(np.exp(tile - largest))
    return np.asarray(np.exp(x - largest) / running)


def clamped(at: Rows) -> Array:
    """Guard the logarithm of a probability against zero."""
    p = np.take_along_axis(softmax(logits(at)), np.asarray(at.target), axis=-1)
    return np.asarray(-np.log(np.maximum(p, np.float32(1e-8).astype(p.dtype))))


def divided_twice(at: Rows) -> Array:
    """Divide by the temperature in the caller, and in the kernel again."""
    x = logits(at) / at.temperature
    return log_softmax(x) if at.op.gives_logarithms else softmax(x)


FORWARDS: Final[tuple[Slip, ...]] = (
    Slip(
        name="half-accumulator",
        fault=ROW_SCALAR,
        what="float16 total; total += exp(x[i] - m)",
        ops=_PROBABILITIES,
        quantity=Quantity.FORWARD,
        compute=in_half,
        dtypes=(DType.FLOAT32, DType.FLOAT64),
    ),
    Slip(
        name="single-accumulator",
        fault="coarse-sum",
        what="float total; total += exp(x[i] - m), in a kernel of doubles",
        ops=_PROBABILITIES,
        quantity=Quantity.FORWARD,
        compute=in_single,
        dtypes=(DType.FLOAT64,),
    ),
    Slip(
        name="small-to-zero",
        fault="small-probabilities-flushed",
        what="p[p < 2**-14] = 0",
        ops=_PROBABILITIES,
        quantity=Quantity.FORWARD,
        compute=flushed,
    ),
    Slip(
        name="textbook-softmax",
        fault="unshifted",
        what="exp(x) / sum(exp(x))",
        ops=_PROBABILITIES,
        quantity=Quantity.FORWARD,
        compute=of_the_textbook,
    ),
    Slip(
        name="log-of-softmax",
        fault="logarithm-of-probability",
        what="log(softmax(x))",
        ops=(Op.LOG_SOFTMAX, Op.MASKED_LOG_SOFTMAX),
        quantity=Quantity.FORWARD,
        compute=log_of_softmax,
        dtypes=(DType.FLOAT16, DType.FLOAT32, DType.FLOAT64),  # a bfloat16 between the calls is not stored here
    ),
    Slip(
        name="log-of-at-least",
        fault="probability-clamped",
        what="-log(max(softmax(x)[label], 1e-8))",
        ops=(Op.CROSS_ENTROPY,),
        quantity=Quantity.FORWARD,
        compute=clamped,
        dtypes=(DType.FLOAT32, DType.FLOAT64),
    ),
    Slip(
        name="shift-not-undone",
        fault="largest-forgotten",
        what="log(sum(exp(x - m))), without the m that goes in front",
        ops=(Op.LOGSUMEXP,),
        quantity=Quantity.FORWARD,
        compute=shift_not_undone,
    ),
    Slip(
        name="online-not-rescaled",
        fault="never-rescaled-in-tiles-of-32",
        what="l += sum(exp(tile - m)), where m has grown",
        ops=(Op.SOFTMAX, Op.SOFTMIN),
        quantity=Quantity.FORWARD,
        compute=not_rescaled,
        longer=TILE,
    ),
    Slip(
        name="logits-over-t-twice",
        fault="temperature-twice",
        what="softmax((x / T) / T)",
        ops=(Op.SOFTMAX, Op.LOG_SOFTMAX),
        quantity=Quantity.FORWARD,
        compute=divided_twice,
        tempered=True,
    ),
)
