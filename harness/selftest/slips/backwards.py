"""Slips in a derivative; the output beside it is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from harness.selftest.slips.rows import Array, Rows
from harness.selftest.slips.rules import (
    TILE,
    averaged_dot,
    centred,
    elementwise,
    first_tile_alone,
    later_tiles_wrong,
    logistic,
    one_too_early,
)
from harness.selftest.slips.slip import Slip
from harness.selftest.slips.steps import (
    backward,
    chained,
    heads,
    log_softmax_backward,
    logits,
    scaled,
    softmax,
    softmax_backward,
    total,
    vjp,
)
from harness.vocabulary import Op, Quantity

_LIKE_SOFTMAX: Final = (Op.SOFTMAX, Op.SOFTMIN, Op.MASKED_SOFTMAX)
_LIKE_LOG_SOFTMAX: Final = (Op.LOG_SOFTMAX, Op.MASKED_LOG_SOFTMAX)


def of_output(rule: Callable[[Array, Array], Array]) -> Callable[[Rows], Array]:
    """Return the kernel of a rule on the saved output and the cotangent."""
    return lambda at: chained(at, rule(softmax(logits(at)), heads(at)))


def added_to_itself(at: Rows) -> Array:
    """Run the hook twice, into the same buffer."""
    buffer = np.zeros_like(at.x)
    for _ in range(2):
        buffer += vjp(at)
    return buffer


def not_divided(at: Rows) -> Array:
    """Forget the temperature on the way back."""
    gradient = softmax_backward(softmax(scaled(at)), at.cotangent)
    return -gradient if at.op.negated else gradient


def divided_twice(at: Rows) -> Array:
    """Divide by the temperature in the kernel, and in the code around it once more."""
    return np.asarray(vjp(at) / at.temperature)


def ones_for_cotangent(at: Rows) -> Array:
    """Write the backward of the sum of all outputs."""
    p = softmax(logits(at))
    ones = np.ones_like(p)
    return chained(at, backward(at)(p, ones if at.kept is None else ones * at.kept))


def stale_output(at: Rows) -> Array:
    """Read the saved output one row too high."""
    p = softmax(logits(at))
    return chained(at, softmax_backward(p[np.arange(len(p)) - 1], at.cotangent))


def unmasked(at: Rows) -> Array:
    """Compute the probabilities anew in the backward, without the mask."""
    return backward(at)(softmax(scaled(at)), at.cotangent)


def along_columns(at: Rows) -> Array:
    """Take the other axis, for the output and for its backward."""
    return chained(at, backward(at)(softmax(scaled(at).T), at.cotangent.T).T)


def without_target(at: Rows) -> Array:
    """Forget to subtract the one-hot."""
    return np.asarray(at.cotangent * softmax(at.x))


def counted_from_one(at: Rows) -> Array:
    """Subtract the one-hot of a label that counts from one."""
    p = softmax(at.x)
    hot = np.roll(at.hot, 1, axis=-1)
    return np.asarray(at.cotangent * (p - hot))


def from_the_wrong_side(at: Rows) -> Array:
    """Use the backward of log_softmax as its forward mode."""
    return chained(at, log_softmax_backward(softmax(logits(at)), at.tangent))


def dot_detached(at: Rows) -> Array:
    """Differentiate p * (v - dot) with a dot that was saved as a number."""
    p = softmax(scaled(at))
    moved = chained(at, softmax_backward(p, at.tangent))
    return chained(at, moved * (at.cotangent - total(p * at.cotangent)))


def _vjp(
    name: str,
    fault: str,
    what: str,
    compute: Callable[[Rows], Array],
    *ops: Op,
    tempered: bool = False,
    longer: int = 1,
) -> Slip:
    return Slip(
        name=name,
        fault=fault,
        what=what,
        ops=ops,
        quantity=Quantity.VJP,
        compute=compute,
        tempered=tempered,
        longer=longer,
    )


BACKWARDS: Final[tuple[Slip, ...]] = (
    _vjp("elementwise-backward", "dot-term-missing", "p * v", of_output(elementwise), *_LIKE_SOFTMAX),
    _vjp("sigmoid-backward", "diagonal-only", "v * p * (1 - p)", of_output(logistic), *_LIKE_SOFTMAX),
    _vjp("mean-in-backward", "mean-for-sum-in-dot", "p * (v - mean(p * v))", of_output(averaged_dot), *_LIKE_SOFTMAX),
    _vjp("layer-norm-backward", "unweighted-mean-for-dot", "p * v - p * mean(v)", of_output(centred), *_LIKE_SOFTMAX),
    _vjp(
        "log-softmax-backward",
        "log-softmax-rule",
        "v - p * sum(v), registered for softmax",
        of_output(log_softmax_backward),
        *_LIKE_SOFTMAX,
    ),
    _vjp(
        "softmax-backward",
        "softmax-rule",
        "p * (v - sum(p * v)), registered for log_softmax",
        of_output(softmax_backward),
        *_LIKE_LOG_SOFTMAX,
    ),
    _vjp(
        "loop-one-short",
        "last-element-not-in-dot",
        "for i in range(n - 1): dot += p[i] * v[i]",
        of_output(one_too_early),
        *_LIKE_SOFTMAX,
    ),
    _vjp(
        "first-block-alone",
        "dot-of-first-32",
        "a dot product in tiles of 32, of which only the first is used",
        of_output(first_tile_alone),
        Op.SOFTMAX,
        Op.SOFTMIN,
        longer=TILE,
    ),
    _vjp(
        "partial-dot-later",
        "wrong-past-element-32",
        "a dot product that is finished in the first tile of 32 alone",
        of_output(later_tiles_wrong),
        Op.SOFTMAX,
        Op.SOFTMIN,
        longer=TILE,
    ),
    _vjp(
        "hook-runs-twice",
        "accumulated-twice",
        "grad += ..., twice",
        added_to_itself,
        *_LIKE_SOFTMAX,
        *_LIKE_LOG_SOFTMAX,
        Op.LOGSUMEXP,
        Op.CROSS_ENTROPY,
    ),
    _vjp(
        "gradient-not-over-t",
        "temperature-missing-in-backward",
        "softmax(x / T) with a backward that returns the gradient of x / T",
        not_divided,
        Op.SOFTMAX,
        tempered=True,
    ),
    _vjp(
        "gradient-over-t-twice",
        "temperature-twice-in-backward",
        "the kernel divides by T, and its caller again",
        divided_twice,
        Op.SOFTMAX,
        Op.LOG_SOFTMAX,
        tempered=True,
    ),
    _vjp(
        "cotangent-as-ones",
        "cotangent-ignored",
        "v = ones_like(p)",
        ones_for_cotangent,
        *_LIKE_SOFTMAX,
        *_LIKE_LOG_SOFTMAX,
    ),
    _vjp("stale-output", "row-before", "p[row - 1] * (v - ...)", stale_output, Op.SOFTMAX, Op.SOFTMIN),
    _vjp(
        "mask-not-in-backward",
        "mask-ignored",
        "the backward computes p anew, from logits that nothing has masked",
        unmasked,
        Op.MASKED_SOFTMAX,
        Op.MASKED_LOG_SOFTMAX,
    ),
    _vjp("other-axis", "wrong-axis", "axis=0 for axis=1", along_columns, Op.SOFTMAX, Op.LOG_SOFTMAX),
    _vjp("loss-without-target", "target-missing", "v * p", without_target, Op.CROSS_ENTROPY),
    _vjp("label-from-one", "target-next-class", "p[label + 1] -= 1", counted_from_one, Op.CROSS_ENTROPY),
    Slip(
        name="vjp-as-jvp",
        fault="jacobian-transposed",
        what="w - p * sum(w), the backward, in forward mode",
        ops=(Op.LOG_SOFTMAX,),
        quantity=Quantity.JVP,
        compute=from_the_wrong_side,
    ),
    Slip(
        name="detached-dot",
        fault="dot-held-constant",
        what="a second derivative that takes the saved dot product for a constant",
        ops=(Op.SOFTMAX,),
        quantity=Quantity.HVP,
        compute=dot_detached,
    ),
)
