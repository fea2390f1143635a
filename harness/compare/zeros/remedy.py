"""The one change that ends a cause: a row of the problem as a call of its own, with that change made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.compare.asked import decoded, kept, result_format
from harness.compare.zeros.cause import Cause
from harness.compare.zeros.rows import Rows
from harness.plan.carrier import encoded
from harness.vocabulary import DType, Op, Quantity
from reference.formats import FLOAT64, Floats, format_named

_DUST: Final = 2.0**-40  # of a number of float64, relatively


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is changed, in words that follow on ``with``, and the call in which it is."""

    words: str
    call: Call


def change(rows: Rows, cause: Cause) -> Change | None:
    """Return the change that ends ``cause`` in a call of one row along its only axis; None where nothing can."""
    match cause:
        case Cause.NOTHING_KEPT:
            return _keeping(rows, "every element of the row kept", np.ones(rows.call.x.shape, np.bool_))
        case Cause.IGNORED_ROW | Cause.OPTIMUM:
            return _another_target(rows)
        case Cause.SINGLE:
            return _a_second_element(rows)
        case Cause.SATURATED:
            return _less_saturated(rows)
        case Cause.ZERO_TANGENT | Cause.CONSTANT_TANGENT | Cause.LEVEL:
            return _one_direction(rows)
        case Cause.EXTREMUM:
            x = _numbers(rows.call.x, rows.call)
            x[0] += 1.0
            return Change(words="the first input larger by 1", call=replace(rows.call, x=_stored(x, rows.call)))
        case Cause.UNDERFLOW:
            return _scaled(rows)
        case Cause.WITHIN_ROUNDING if rows.call.dtype is not DType.FLOAT64:
            return Change(words="the same numbers in float64", call=_in_float64(rows.call))
        case Cause.WITHIN_ROUNDING if rows.heads is None:
            return _one_direction(rows)
        case _:
            return _one_output(rows)


def _one_output(rows: Rows) -> Change | None:
    """Ask for one output: of probabilities the one that moves most, of logarithms the least probable."""
    call, result = rows.call, result_format(rows.call)
    if rows.heads is None:
        return None
    if call.op.reduces:
        one = encoded(np.ones(call.output_shape), DType(result))
        return Change(words="a cotangent of 1", call=replace(call, cotangent=one))
    output = _most_movable(rows) if rows.adds_up_to_one else _least_probable(rows)
    head = np.zeros(call.x.shape)
    head[output] = 1.0
    words = f"a cotangent that asks for output {output} alone (one-hot)"
    return Change(words=words, call=replace(call, cotangent=encoded(head, DType(result))))


def _one_direction(rows: Rows) -> Change:
    """Move one input: the one that an output follows most, or that the other end of a balance hangs on."""
    call = rows.call
    direction = np.zeros(call.x.shape)
    at = _most_movable(rows)
    if call.op.reduces and rows.targets is not None:
        slopes = np.abs(np.nan_to_num(rows.probabilities) - rows.targets.q.hi)
        at = int(slopes[0].argmax())
    elif call.op is Op.LOGSUMEXP and rows.quantity is Quantity.JVP:
        at = int(rows.probabilities[0].argmax())
    direction[at] = 1.0
    words = f"a tangent that moves input {at} alone (one-hot)"
    return Change(words=words, call=replace(call, tangent=_stored(direction, call)))


def _another_target(rows: Rows) -> Change:
    """Hold the row against the class that is least probable, and is not the one that does not count."""
    call = rows.call
    s = np.where(rows.kept[0], np.nan_to_num(rows.probabilities[0]), np.inf)
    if call.ignore_index is not None and 0 <= call.ignore_index < s.size > 1:
        s[call.ignore_index] = np.inf
    target = int(s.argmin())
    if call.index_targets:
        made: NDArray[Any] = np.full(call.batch_shape, target, np.int32)
    else:
        one_hot = np.zeros(call.x.shape)
        one_hot[target] = 1.0
        made = _stored(one_hot, call)
    return Change(words=f"class {target} as the target", call=replace(call, targets=made))


def _a_second_element(rows: Rows) -> Change:
    """Give the row a second element that has a say, as large as the one there is."""
    call = rows.call
    mask = kept(call)
    if mask is not None and mask.size > 1:
        more = mask.copy()
        more[int(np.flatnonzero(~mask)[0])] = True
        return _keeping(rows, "a second element kept", more)
    arrays: dict[str, Any] = {"x": _twice(_numbers(call.x, call), call)}
    for name in ("cotangent", "tangent"):
        given = getattr(call, name)
        if given is not None and given.shape == call.x.shape:
            dtype = DType(result_format(call)) if name == "cotangent" else call.dtype
            arrays[name] = encoded(np.append(decoded(given, dtype.value).reshape(-1), 0.0), dtype)
    if call.targets is not None and not call.index_targets:
        arrays["targets"] = _stored(np.append(_numbers(call.targets, call), 0.0), call)
    if mask is not None:
        arrays |= {"mask": np.ones(2, np.bool_), "lengths": None}
    return Change(words="a second element along the axis", call=replace(call, **arrays))


def _less_saturated(rows: Rows) -> Change | None:
    """Bring the inputs nearer to each other; a loss, which is at its optimum, gets another target instead."""
    call = rows.call
    if rows.targets is not None and rows.quantity is not Quantity.HVP:
        return _another_target(rows)
    if rows.logarithm and rows.quantity is Quantity.VJP:
        return _one_output(rows)
    if rows.logarithm and rows.quantity is Quantity.JVP:
        return _one_direction(rows)
    x = _numbers(call.x, call)
    finite = np.isfinite(x) & rows.kept[0]
    with np.errstate(over="ignore"):
        spread = float(np.ptp(x[finite] / (call.temperature or 1.0))) if finite.any() else 0.0
    spread = min(spread, FLOAT64.largest)
    if spread > 1.0:
        x = np.where(np.isfinite(x), x / spread, x)
        words = f"inputs that lie closer together (here divided by {spread:.2g}, as a temperature does)"
    else:
        words = "finite inputs in place of infinite ones"
        x = np.where(np.isfinite(x), x, 0.0)
    return Change(words=words, call=replace(call, x=_stored(x, call)))


def _scaled(rows: Rows) -> Change | None:
    """Multiply what the derivative is linear in by a power of two, as a loss scale does."""
    call, largest = rows.call, float(rows.value.max())
    factor = 2.0 ** min(-int(np.floor(np.log2(largest))), 1000)
    name = "tangent" if rows.heads is None else "cotangent"
    if call.op is Op.SOFTMAX_OUTPUT:
        grown = call.grad_scale * factor
        return Change(words=f"a grad_scale of {grown:.2g}", call=replace(call, grad_scale=grown))
    dtype = call.dtype if name == "tangent" else DType(result_format(call))
    given = getattr(call, name)
    vector = np.ones(call.output_shape) if given is None else decoded(given, dtype.value)
    most = float(np.abs(vector).max())
    room = format_named(dtype.value).largest / most if most else 1.0
    if factor > room / 2:
        return _less_saturated(rows) if rows.adds_up_to_one else _one_output(rows)
    words = f"a {name} {factor:.2g} times as large (a loss scale)"
    scaled: dict[str, Any] = {name: encoded(vector * factor, dtype)}
    return Change(words=words, call=replace(call, **scaled))


def _in_float64(call: Call) -> Call:
    given = {"x": call.dtype, "tangent": call.dtype, "cotangent": DType(result_format(call))}
    if not call.index_targets:
        given["targets"] = call.dtype
    wide: dict[str, Any] = {
        name: decoded(array, dtype.value) for name, dtype in given.items() if (array := getattr(call, name)) is not None
    }
    return replace(call, dtype=DType.FLOAT64, result_dtype=None, **wide)


def _keeping(rows: Rows, words: str, mask: NDArray[np.bool_]) -> Change:
    return Change(words=words, call=replace(rows.call, mask=mask, lengths=None))


def _most_movable(rows: Rows) -> int:
    s = np.nan_to_num(rows.probabilities[0])
    return _first_largest(np.where(rows.kept[0], s * (1.0 - s), -1.0))


def _least_probable(rows: Rows) -> int:
    return _first_largest(-np.where(rows.kept[0], np.nan_to_num(rows.probabilities[0]), np.inf))


def _first_largest(values: Floats) -> int:
    """Return the first of those that are as large as any but for dust, so that two dtypes are told the same."""
    top = float(values.max())
    return int((values >= top - _DUST * abs(top)).argmax())


def _numbers(array: NDArray[Any], call: Call) -> Floats:
    return np.array(decoded(array, call.dtype.value), dtype=np.float64).reshape(-1)


def _stored(values: Floats, call: Call) -> NDArray[Any]:
    return encoded(values.reshape(call.x.shape) if values.size == call.x.size else values, call.dtype)


def _twice(x: Floats, call: Call) -> NDArray[Any]:
    return encoded(np.repeat(x, 2), call.dtype)
