"""From words to a problem: every number rounded once to its dtype, every misfit said before anything is computed."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from harness.call import USES, Call, output_shape
from harness.explain.arrays import fit, name_of, numbers, shape_text, vector
from harness.explain.operands import lengths, mask, targets
from harness.explain.reading import Misread, Written, a_number, read_array
from harness.explain.words import Words
from harness.plan.number import NotANumber, WrittenFloat
from harness.plan.problem import Problem
from harness.vocabulary import Mode, Normalization, Op, Quantity, Reduction

NAME: Final = "question"  # of the problem: there is one at a time
_WITH_COTANGENT: Final = (Quantity.VJP, Quantity.HVP)
_WITH_TANGENT: Final = (Quantity.JVP, Quantity.HVP)


def problem_of(words: Words) -> Problem:
    """Return the problem that ``words`` ask; raise :class:`~harness.explain.reading.Misread` where they ask none."""
    _check_words(words)
    x = numbers(words.x, words.due, where="--x")
    rank = max(x.ndim, 1)
    if not -rank <= words.axis < rank:
        nested = ", or nest every array as deeply as the axis asks" if words.axis > 0 else ""
        instead = f"give {-rank} to {rank - 1}{nested}"
        raise Misread("--axis", f"{words.axis}, and x has the shape {shape_text(x.shape)}", instead)
    call = Call(
        op=words.op,
        axis=words.axis,
        dtype=words.due,
        mode=Mode.DEFAULT,
        x=x,
        reduction=(words.reduction or Reduction.NONE) if words.op is Op.CROSS_ENTROPY else words.reduction,
        cotangent=_cotangent(words, x),
        tangent=_tangent(words, x),
        mask=mask(words, x.shape),
        lengths=lengths(words, x.shape),
        targets=targets(words, x.shape),
        ignore_index=words.ignore_index,
        normalization=words.normalization or Normalization.NULL,
        temperature=_number(words, "temperature", at_least=0.0, open_end=True),
        label_smoothing=_number(words, "label_smoothing", at_least=0.0, below=1.0) or 0.0,
        grad_scale=1.0 if words.grad_scale is None else _number(words, "grad_scale") or 0.0,
    )
    return Problem(id=NAME, case=NAME, call=call, cotangent_name=name_of(words.cotangent), check=(words.quantity,))


def got_numbers(words: Words, call: Call) -> Written[WrittenFloat] | None:
    """Return what somebody got, in the shape of what was asked; None where nothing is said of it."""
    if words.got is None:
        return None
    written = read_array(words.got, a_number, where="--got")
    fit(written.shape, call.shape_of(words.quantity), where="--got", what=f"the shape of the {words.quantity}")
    return written


def _check_words(words: Words) -> None:
    op, quantity = words.op, words.quantity
    for name in words.parameters:
        if op not in USES[name]:
            belongs = ", ".join(USES[name])
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
    if not words.due.floating and quantity is not Quantity.FORWARD:
        raise Misread("--dtype", "int32 numbers have no derivatives", "ask for a floating dtype, or --quantity forward")
    for name, quantities in (("cotangent", _WITH_COTANGENT), ("tangent", _WITH_TANGENT)):
        if getattr(words, name) is not None and quantity not in quantities:
            needed = " or ".join(quantities)
            raise Misread(_option(name), f"a {quantity} has none", f"leave it out, or ask for --quantity {needed}")
    if quantity in _WITH_TANGENT and words.tangent is None:
        raise Misread("--tangent", f"none, and a {quantity} needs one", "as in: --tangent one_hot:0")


def _number(
    words: Words, name: str, *, at_least: float = -math.inf, open_end: bool = False, below: float = math.inf
) -> float | None:
    text = getattr(words, name)
    if text is None:
        return None
    try:
        value = float(a_number(text))
    except NotANumber as error:
        raise Misread.of(_option(name), error) from None
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
    return vector(words.cotangent, shape, axis, words.due, where="--cotangent", what="the shape of the output")


def _tangent(words: Words, x: NDArray[Any]) -> NDArray[Any] | None:
    if words.tangent is None:
        return None
    return vector(words.tangent, x.shape, words.axis, words.due, where="--tangent", what="that of x")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
