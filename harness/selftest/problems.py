"""The problems of one setting, dtype and length: the same bits for ever, drawn as those of a campaign are."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.campaign.dice import Dice, Floats, Purpose
from harness.campaign.heads import KINDS, drawn
from harness.plan.carrier import encoded
from harness.plan.problem import Problem
from harness.selftest.settings import ROWS, Setting
from harness.vocabulary import DType, Mode, Op, Quantity
from reference.formats import format_named

HEADS: Final = {  # by the name that a reader sees: of these kinds of a campaign
    "normal": "normal",
    "one-hot": "one-hot anywhere",
    "0 or 2": "0 or 2",
    "ones": "ones",
    "probing": "1 + normal",
}
SPREAD: Final = "normal, wide logits"  # the head of the problem whose rows overflow and underflow where not shifted
_JACOBIAN_UP_TO: Final = 3  # elements of a row
_SHARE_KEPT: Final = 0.7
_FAR: Final = 1000.0  # beyond the logarithm of the largest number of every dtype
_WIDE: Final = 300.0


def problems(setting: Setting, dtype: DType, n: int, *, seed: int) -> tuple[Problem, ...]:
    """Return the problems: one for each of :data:`HEADS`, and one at other logits.

    Every cotangent asks for a vjp, and a forward beside it; the other quantities, which no cotangent decides or which
    take longest, only the first and the last problem.
    """
    number = zlib.crc32(f"{setting.name} {n}".encode())  # a stream of its own for each, whatever is added to the list

    def dice(purpose: Purpose) -> Dice:
        return Dice(seed, number, purpose)

    near = dice(Purpose.X).normal((ROWS, n))
    found = []
    for name, kind in HEADS.items():
        heads = drawn(KINDS[kind], dice(Purpose.COTANGENT), _per_output(setting, near), dtype)
        check = tuple(_checked(setting, n, first=name == next(iter(HEADS))))
        found.append(_problem(setting, dtype, near, heads, name=name, check=check, dice=dice(Purpose.CHOICES)))
    far = _far(near)
    heads = drawn(KINDS["normal"], dice(Purpose.COTANGENT), _per_output(setting, far), dtype)
    check = tuple(one for one in _checked(setting, n, first=True) if one is not Quantity.JACOBIAN)
    found.append(_problem(setting, dtype, far, heads, name=SPREAD, check=check, dice=dice(Purpose.CHOICES)))
    return tuple(found)


def asks(problem: Problem, quantity: Quantity) -> bool:
    """Say whether a result of ``quantity`` is a trial of its own, and not that of the problem before once more."""
    if quantity not in problem.check:
        return False
    return quantity is not Quantity.FORWARD or problem.cotangent_name in (next(iter(HEADS)), SPREAD)


def _checked(setting: Setting, n: int, *, first: bool) -> Iterator[Quantity]:
    yield Quantity.FORWARD
    yield Quantity.VJP
    if setting.op is Op.SOFTMAX_OUTPUT:
        return  # its vjp is the derivative of nothing that it returns
    if first:
        yield Quantity.JVP
        yield Quantity.HVP
        if n <= _JACOBIAN_UP_TO:
            yield Quantity.JACOBIAN


def _per_output(setting: Setting, x: Floats) -> Floats:
    """Return an array that has a row of x for each row of outputs."""
    return x[:, :1] if setting.op.reduces else x


def _far(near: Floats) -> Floats:
    """Return rows for three faults: probabilities that underflow, exponentials that overflow, and a row as before."""
    far = near.copy()
    far[0] *= _WIDE
    far[1] += _FAR
    return far


def _problem(
    setting: Setting,
    dtype: DType,
    x: Floats,
    heads: Floats,
    *,
    name: str,
    check: tuple[Quantity, ...],
    dice: Dice,
) -> Problem:
    n = x.shape[1]
    seen = format_named(dtype).nearest(x)  # what the dtype makes of the logits
    kept = dice.uniform(x.shape) < _SHARE_KEPT
    np.put_along_axis(kept, dice.columns(x.shape), True, axis=1)
    lengths = dice.integers(1, n, (ROWS,)).astype(np.int32)
    targets = dice.columns(x.shape)[:, 0].astype(np.int32)
    if setting.ignores:
        targets[ROWS // 2] = -1
    parts = dice.integers(1, 64, x.shape).astype(np.float64)
    tangent = dice.normal(x.shape)

    def laid(rows: NDArray[Any]) -> NDArray[Any]:
        return rows if setting.axis else np.ascontiguousarray(rows.T)

    weights = encoded(laid(parts / (32.0 * n)), dtype)  # of each row about one in total, as of weighted classes
    call = Call(
        op=setting.op,
        axis=setting.axis,
        dtype=dtype,
        mode=Mode.DEFAULT,
        x=encoded(laid(seen), dtype),
        tangent=encoded(laid(tangent), dtype),
        temperature=setting.temperature,
        mask=laid(kept) if setting.op.masked and not setting.by_length else None,
        lengths=lengths if setting.by_length else None,
        targets=(weights if setting.probabilities else targets) if setting.op.has_targets else None,
        reduction=setting.reduction,
        ignore_index=setting.ignore_index,
        label_smoothing=setting.label_smoothing,
        grad_scale=setting.grad_scale,
        normalization=setting.normalization,
    )
    return Problem(
        id=f"selftest[{setting.name},{dtype},n={n},{name}]",
        case="selftest",
        call=_with_head(call, laid(heads), dtype),
        cotangent_name=name,
        check=check,
    )


def _with_head(call: Call, heads: Floats, dtype: DType) -> Call:
    """Return the call with its cotangent: of the shape of the output, which may be that of the first row alone."""
    shape = call.output_shape
    chosen = heads.reshape(-1)[:1] if shape == () else heads
    return replace(call, cotangent=encoded(chosen.reshape(shape), dtype))
