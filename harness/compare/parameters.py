"""The parameters of a call as words: for a column of the table, and for sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.call import Call
from harness.vocabulary import Normalization, Op


def parameters(call: Call) -> str:
    """Return what decides the call beside its op, axis, dtype, reduction and numbers: ``temperature=0.5 mask``."""
    return " ".join(_parts(call))


def _parts(call: Call) -> Iterator[str]:
    if call.temperature is not None:
        yield f"temperature={number(call.temperature)}"
    for name in ("mask", "lengths"):
        if getattr(call, name) is not None:
            yield name
    if call.targets is not None:
        yield f"targets={'indices' if call.index_targets else 'probabilities'}"
    if call.ignore_index is not None:
        yield f"ignore_index={call.ignore_index}"
    if call.label_smoothing:
        yield f"label_smoothing={number(call.label_smoothing)}"
    if call.grad_scale != 1.0:
        yield f"grad_scale={number(call.grad_scale)}"
    if call.normalization is not Normalization.NULL:
        yield f"normalization={call.normalization.value}"


def shape_in_words(shape: Sequence[int]) -> str:
    """Return a shape as a sentence names it: ``2 x 3``."""
    return " x ".join(map(str, shape)) or "a number"


def op_in_words(call: Call) -> str:
    """Return the op with its parameters as a sentence names them: ``softmax at temperature 0.5``."""
    said = [call.op.value]
    if call.op is Op.CROSS_ENTROPY and call.reduction is not None:
        said.append(f"(reduction {call.reduction.value})")
    if call.temperature is not None:
        said.append(f"at temperature {number(call.temperature)}")
    with_what = []
    if call.lengths is not None:
        with_what.append("valid lengths")
    if call.label_smoothing:
        with_what.append(f"label smoothing {number(call.label_smoothing)}")
    if call.ignore_index is not None:
        with_what.append(f"ignore_index {call.ignore_index}")
    if call.grad_scale != 1.0:
        with_what.append(f"grad_scale {number(call.grad_scale)}")
    if call.normalization is not Normalization.NULL:
        with_what.append(f"normalization {call.normalization.value}")
    if with_what:
        *others, last = with_what
        said.append(f"with {', '.join(others)} and {last}" if others else f"with {last}")
    return " ".join(said)


def number(value: float) -> str:
    """Return a parameter as its author would write it: 2, 0.5, 1e-05."""
    return repr(float(value)).removesuffix(".0")
