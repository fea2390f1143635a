"""How one problem is drawn: op, frame and dtype first, then its arrays, each from random numbers of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.campaign import heads, logits, targets
from harness.campaign.dice import Dice, Floats, Purpose
from harness.campaign.frames import FRAMES, Frame
from harness.campaign.masks import masked
from harness.compare.asked import kept
from harness.plan.carrier import encoded
from harness.vocabulary import DType, Mode, Op
from reference.formats import format_named
from reference.rows import Rows

_OPS: Final = {
    Op.SOFTMAX: 20,
    Op.LOG_SOFTMAX: 20,
    Op.SOFTMIN: 6,
    Op.LOGSUMEXP: 10,
    Op.MASKED_SOFTMAX: 12,
    Op.MASKED_LOG_SOFTMAX: 8,
    Op.CROSS_ENTROPY: 18,
    Op.SOFTMAX_OUTPUT: 6,
}
_PLAIN: Final = {Mode.DEFAULT: 95, Mode.SAFE_ACCUMULATION: 4, Mode.JIT: 1}  # the last two, and NUMPY, are MXNet's
_MODES: Final[dict[Op, dict[Mode, int]]] = {  # how often each is asked for; of other ops, the default alone
    Op.SOFTMAX: _PLAIN | {Mode.NUMPY: 2},
    Op.LOG_SOFTMAX: _PLAIN | {Mode.NUMPY: 2},
    Op.SOFTMIN: _PLAIN,
    Op.MASKED_SOFTMAX: _PLAIN | {Mode.NUMPY: 2},
    Op.CROSS_ENTROPY: _PLAIN,
    Op.SOFTMAX_OUTPUT: _PLAIN,
}
_EAGER: Final = 8  # one in so many problems of some frames


@dataclass(slots=True, kw_only=True, eq=False)
class Drawing:
    """One problem as it is being drawn: what was chosen of it, and the words that say so."""

    seed: int
    number: int
    choices: Dice
    op: Op
    dtype: DType
    frame: Frame
    rows: Rows
    words: list[str]

    @classmethod
    def begun(cls, seed: int, number: int) -> Drawing:
        """Choose op, frame and dtype of problem ``number`` of ``seed``."""
        choices = Dice(seed, number, Purpose.CHOICES)
        op = choices.pick(tuple(_OPS), weights=tuple(_OPS.values()))
        frame = choices.pick(FRAMES[op], weights=[frame.weight * len(frame.dtypes) for frame in FRAMES[op]])
        dtype = choices.pick(frame.dtypes)
        rows = Rows(shape=frame.shape, axis=frame.axis % len(frame.shape))
        shape = "x".join(map(str, frame.shape))
        words = [f"{op} {dtype}, shape {shape}, axis {frame.axis}"]
        return cls(seed=seed, number=number, choices=choices, op=op, dtype=dtype, frame=frame, rows=rows, words=words)

    def call(self) -> tuple[Call, str]:
        """Draw the arrays; return the call, and what its cotangent is called."""
        frame, choices = self.frame, self.choices
        family = choices.pick(self._families())
        kind = choices.pick(tuple(family))
        head, direction = choices.pick(tuple(heads.KINDS)), choices.pick(tuple(heads.KINDS))
        mode = self._mode()
        x = logits.drawn(family[kind], self._dice(Purpose.X), (self.rows.count, self.rows.length), self.dtype)
        call = Call(
            op=self.op,
            axis=frame.axis,
            dtype=self.dtype,
            mode=mode,
            x=self._rows(x, self.dtype),
            temperature=frame.temperature(self.dtype),
            reduction=frame.reduction,
            ignore_index=targets.IGNORED if frame.ignores else None,
            label_smoothing=frame.label_smoothing(self.dtype),
            grad_scale=frame.grad_scale,
            normalization=frame.normalization,
            result_dtype=frame.result_dtype(self.dtype),
        )
        self.words[0] += _parameters(call)
        self.words.append(f"x: {kind}")
        if self.op.masked:
            call = self._masked(call, x)
        if self.op.has_targets:
            call = self._with_targets(call, x)
        if not self.dtype.floating:
            return call, ""
        self.words += [f"cotangent: {head}", f"tangent: {direction}"]
        tangent = heads.drawn(heads.KINDS[direction], self._dice(Purpose.TANGENT), x, self.dtype)
        return (
            replace(call, cotangent=self._cotangent(call, x, head), tangent=self._rows(tangent, self.dtype)),
            head,
        )

    def _families(self) -> tuple[dict[str, logits.Draw], ...]:
        """Return the kinds of logits; without -inf where a target may be 0 there: frameworks compute 0 * -inf."""
        if not self.dtype.floating:
            return (logits.WHOLE,)
        return logits.FINITE if self.frame.probabilities else (*logits.FINITE, logits.WITH_MINUS_INFINITY)

    def _mode(self) -> Mode:
        if self.frame.eager and self.choices.pick((True, False), weights=(1, _EAGER - 1)):
            return Mode.EAGER
        modes = _MODES.get(self.op, {Mode.DEFAULT: 1})
        return self.choices.pick(tuple(modes), weights=tuple(modes.values()))

    def _masked(self, call: Call, x: Floats) -> Call:
        found = masked(
            self._dice(Purpose.MASK),
            x,
            by_length=self.frame.by_length,
            largest=format_named(self.dtype).largest,
        )
        self.words.append(found.words)
        return replace(
            call,
            x=self._rows(found.x, self.dtype),
            mask=None if found.kept is None else _locked(self.rows.join(found.kept)),
            lengths=None if found.lengths is None else self._whole(found.lengths),
        )

    def _with_targets(self, call: Call, x: Floats) -> Call:
        dice = self._dice(Purpose.TARGETS)
        if self.frame.probabilities:
            kind = self.choices.pick(tuple(targets.PROBABILITIES))
            given = self._rows(targets.PROBABILITIES[kind](dice, x), self.dtype)
        else:
            kind = self.choices.pick(tuple(targets.INDICES))
            indices = targets.INDICES[kind](dice, x)
            given = self._whole(targets.ignoring(dice, indices) if self.frame.ignores else indices)
        self.words.append(f"targets: {kind}")
        return replace(call, targets=given)

    def _cotangent(self, call: Call, x: Floats, head: str) -> NDArray[Any]:
        """Draw the cotangent; that of a masked logarithm is 0 where it is masked, seven times of eight.

        There the output is the constant -inf, but not every framework takes it for one.
        """
        dtype = call.result_dtype or self.dtype
        if call.output_shape != call.x.shape:
            like = x.max(axis=1, keepdims=True) if call.output_shape else x.max(keepdims=True)
            values = heads.drawn(heads.KINDS[head], self._dice(Purpose.COTANGENT), like, dtype)
            return _locked(encoded(values.reshape(call.output_shape), dtype))
        values = heads.drawn(heads.KINDS[head], self._dice(Purpose.COTANGENT), x, dtype)
        mask = kept(call)
        if self.op is Op.MASKED_LOG_SOFTMAX and mask is not None and self.choices.pick((True, False), weights=(7, 1)):
            self.words[-2] += ", 0 where masked"
            values = np.where(self.rows.cut(mask), values, 0.0)
        return self._rows(values, dtype)

    def _dice(self, purpose: Purpose) -> Dice:
        return Dice(self.seed, self.number, purpose)

    def _rows(self, values: Floats, dtype: DType) -> NDArray[Any]:
        return _locked(encoded(self.rows.join(values), dtype))

    def _whole(self, values: NDArray[np.int64]) -> NDArray[Any]:
        return _locked(self.rows.join_batch(values).astype(np.int32))


def _parameters(call: Call) -> str:
    """Return the parameters that are numbers and words, as they follow a shape in a description."""
    given = {
        "temperature": call.temperature,
        "result": call.result_dtype,
        "reduction": call.reduction,
        "ignore_index": call.ignore_index,
        "label_smoothing": call.label_smoothing or None,
        "grad_scale": call.grad_scale if call.grad_scale != 1.0 else None,
        "normalization": call.normalization if call.op is Op.SOFTMAX_OUTPUT else None,
        "mode": call.mode if call.mode is not Mode.DEFAULT else None,
    }
    return "".join(f", {name} {value}" for name, value in given.items() if value is not None)


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
