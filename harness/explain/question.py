"""From words to a problem: every number rounded once to its dtype, every misfit said before anything is computed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call, batch_shape, output_shape
from harness.explain.reading import Misread, Written, a_number, a_truth_value, a_whole_number, read_array
from harness.explain.words import PARAMETERS, Words
from harness.plan.carrier import encoded, one_hot
from harness.plan.number import NotANumber, WrittenFloat, rounded
from harness.plan.problem import Problem
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction

NAME: Final = "question"  # of the problem: there is one at a time
_ONE_HOT: Final = re.compile(r"one[_-]hot[:= ]([0-9]+)")
_LIKE_X: Final = "of the shape of x"


def problem_of(words: Words) -> Problem:
    """Return the problem that ``words`` ask; raise :class:`~harness.explain.reading.Misread` where they ask none."""
    _check_words(words)
    x = _numbers(words.x, words.dtype, where="--x")
    rank = max(x.ndim, 1)
    if not -rank <= words.axis < rank:
        raise Misread("--axis", f"{words.axis}, and x has the shape {_shape(x.shape)}", f"give {-rank} to {rank - 1}")
    call = Call(
        op=words.op,
        axis=words.axis,
        dtype=words.dtype,
        mode=Mode.DEFAULT,
        x=x,
        reduction=(words.reduction or Reduction.NONE) if words.op is Op.CROSS_ENTROPY else words.reduction,
        cotangent=_cotangent(words, x),
        tangent=_tangent(words, x),
        mask=_mask(words, x.shape),
        lengths=_lengths(words, x.shape),
        targets=_targets(words, x.shape),
        ignore_index=words.ignore_index,
        normalization=words.normalization or Normalization.NULL,
        temperature=_number(words, "temperature", at_least=0.0, open_end=True),
        label_smoothing=_number(words, "label_smoothing", at_least=0.0, below=1.0) or 0.0,
        grad_scale=1.0 if words.grad_scale is None else _number(words, "grad_scale") or 0.0,
    )
    named = "implicit" if words.cotangent is None else words.cotangent if _NAMED(words.cotangent) else "given"
    return Problem(id=NAME, case=NAME, call=call, cotangent_name=named, check=(words.quantity,))


def got_numbers(words: Words, call: Call) -> Written[WrittenFloat] | None:
    """Return what somebody got, in the shape of what was asked; None where nothing is said of it."""
    if words.got is None:
        return None
    written = read_array(words.got, a_number, where="--got")
    _fit(written.shape, call.shape_of(words.quantity), where="--got", what=f"the shape of the {words.quantity}")
    return written


def stored(written: Written[WrittenFloat], dtype: DType, *, where: str) -> NDArray[Any]:
    """Return numbers in ``dtype``, each rounded once from its text; raise Misread where one is too large for it."""
    values = []
    for value in written.items:
        try:
            values.append(rounded(value, dtype))
        except NotANumber as error:
            raise Misread(where, error.what, error.instead) from None
    return encoded(np.array(values, dtype=np.float64), dtype).reshape(written.shape)


def _numbers(text: str, dtype: DType, *, where: str) -> NDArray[Any]:
    return stored(read_array(text, a_number, where=where), dtype, where=where)


def _check_words(words: Words) -> None:
    op, quantity = words.op, words.quantity
    for name in words.parameters:
        if op not in PARAMETERS[name]:
            belongs = ", ".join(PARAMETERS[name])
            raise Misread(_option(name), f"{op} has no use for it", f"leave it out: it belongs to {belongs}")
    if op.masked and (words.mask is None) == (words.lengths is None):
        said = "neither a mask nor lengths" if words.mask is None else "a mask and lengths"
        raise Misread("--mask", f"{said}, and {op} needs one of them", "as in: --mask '[true, false]', or --lengths 1")
    if op.has_targets and words.targets is None:
        instead = "add --targets with one class index for each row, as in: --targets 0"
        raise Misread("--targets", f"none, and {op} needs them", instead)
    if op is Op.SOFTMAX_OUTPUT and quantity not in (Quantity.FORWARD, Quantity.VJP):
        instead = "ask for forward or vjp: its backward rule is not the derivative of its output"
        raise Misread("--quantity", f"softmax_output has no {quantity}", instead)
    if not words.dtype.floating and quantity is not Quantity.FORWARD:
        raise Misread("--dtype", "int32 numbers have no derivatives", "ask for a floating dtype, or --quantity forward")
    for name, quantities in (("cotangent", _WITH_COTANGENT), ("tangent", _WITH_TANGENT)):
        if getattr(words, name) is not None and quantity not in quantities:
            needed = " or ".join(quantities)
            raise Misread(_option(name), f"a {quantity} has none", f"leave it out, or ask for --quantity {needed}")
    if quantity in _WITH_TANGENT and words.tangent is None:
        raise Misread("--tangent", f"none, and a {quantity} needs one", "as in: --tangent one_hot:0")


_WITH_COTANGENT: Final = (Quantity.VJP, Quantity.HVP)
_WITH_TANGENT: Final = (Quantity.JVP, Quantity.HVP)


def _number(
    words: Words, name: str, *, at_least: float = -math.inf, open_end: bool = False, below: float = math.inf
) -> float | None:
    text = getattr(words, name)
    if text is None:
        return None
    try:
        value = float(a_number(text))
    except NotANumber as error:
        raise Misread(_option(name), error.what, error.instead) from None
    if not (at_least <= value < below and math.isfinite(value)) or (open_end and value == at_least):
        least = "" if at_least == -math.inf else f" {'above' if open_end else 'of at least'} {at_least:g}"
        most = "" if below == math.inf else f" below {below:g}"
        raise Misread(_option(name), f"{text}", f"give a finite number{least}{' and' if least and most else ''}{most}")
    return value


def _cotangent(words: Words, x: NDArray[Any]) -> NDArray[Any] | None:
    if words.cotangent is None:
        return None
    shape = output_shape(words.op, x.shape, axis=words.axis, reduction=words.reduction or Reduction.NONE)
    axis = None if words.op.reduces else words.axis
    return _vector(words.cotangent, shape, axis, words.dtype, where="--cotangent", what="the shape of the output")


def _tangent(words: Words, x: NDArray[Any]) -> NDArray[Any] | None:
    if words.tangent is None:
        return None
    return _vector(words.tangent, x.shape, words.axis, words.dtype, where="--tangent", what=_LIKE_X)


def _NAMED(text: str) -> bool:  # noqa: N802
    return text in _FULL or _ONE_HOT.fullmatch(text) is not None


_FULL: Final[dict[str, Callable[[int], float]]] = {
    "ones": lambda _: 1.0,
    "zeros": lambda _: 0.0,
    "mean": lambda size: 1.0 / max(size, 1),
}


def _vector(
    text: str, shape: tuple[int, ...], axis: int | None, dtype: DType, *, where: str, what: str
) -> NDArray[Any]:
    if text in _FULL:
        return encoded(np.full(shape, _FULL[text](math.prod(shape))), dtype)
    named = _ONE_HOT.fullmatch(text)
    if named is not None:
        length = (shape[axis] if shape else 1) if axis is not None else 0
        if axis is None:
            raise Misread(where, f"{text}, and the output has no such axis left", "give numbers, or ones")
        if not int(named[1]) < length:
            raise Misread(where, f"{text}, along an axis of length {length}", f"give one_hot:0 to one_hot:{length - 1}")
        return one_hot(shape, axis=axis, index=int(named[1]), dtype=dtype)
    if re.match(r"[a-z]", text) and text.lower() not in ("nan", "inf"):
        raise Misread(where, f"{text!r} is not known", "give numbers, or ones, zeros, mean, one_hot:0")
    array = _numbers(text, dtype, where=where)
    _fit(array.shape, shape, where=where, what=what)
    return array


def _mask(words: Words, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    if words.mask is None:
        return None
    written = read_array(words.mask, a_truth_value, where="--mask")
    _fit(written.shape, shape, where="--mask", what=_LIKE_X)
    return np.array(written.items, dtype=np.bool_).reshape(shape)


def _lengths(words: Words, shape: tuple[int, ...]) -> NDArray[np.int32] | None:
    if words.lengths is None:
        return None
    written = read_array(words.lengths, a_whole_number, where="--lengths")
    _fit(written.shape, batch_shape(shape, words.axis), where="--lengths", what="one length for each row")
    longest = shape[words.axis] if shape else 1
    wrong = [length for length in written.items if not 0 <= length <= longest]
    if wrong:
        raise Misread("--lengths", f"{wrong[0]} is no length of a row of {longest}", f"give 0 to {longest}")
    return np.array(written.items, dtype=np.int32).reshape(written.shape)


def _targets(words: Words, shape: tuple[int, ...]) -> NDArray[Any] | None:
    if words.targets is None:
        return None
    batch = batch_shape(shape, words.axis)
    written = read_array(words.targets, a_number, where="--targets")
    whole = all(re.fullmatch(r"[-+]?[0-9]+", text) for text in written.texts)
    if written.shape == batch and whole:
        return _indices(words, batch, shape)
    _fit(written.shape, shape, where="--targets", what=f"probabilities, or class indices of shape {_shape(batch)}")
    if not all(0 <= value <= 1 for value in written.items):
        raise Misread("--targets", "a probability that is not between 0 and 1", "give probabilities, or class indices")
    if words.ignore_index is not None:
        raise Misread("--ignore-index", "beside probabilities", "leave it out: only class indices are compared with it")
    return stored(written, words.dtype, where="--targets")


def _indices(words: Words, batch: tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.int32]:
    assert words.targets is not None  # noqa: S101 - the caller has read them
    written = read_array(words.targets, a_whole_number, where="--targets")
    classes = shape[words.axis] if shape else 1
    wrong = [index for index in written.items if not 0 <= index < classes and index != words.ignore_index]
    if wrong:
        raise Misread(
            "--targets", f"{wrong[0]} is no class", f"give 0 to {classes - 1}, or say --ignore-index {wrong[0]}"
        )
    return np.array(written.items, dtype=np.int32).reshape(batch)


def _fit(shape: tuple[int, ...], expected: tuple[int, ...], *, where: str, what: str) -> None:
    if shape != expected:
        raise Misread(where, f"an array of shape {_shape(shape)}", f"{_shape(expected)} is expected: {what}")


def _shape(shape: tuple[int, ...]) -> str:
    return str(list(shape)) if shape else "[] (one number)"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
