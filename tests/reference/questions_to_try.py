"""Every op with every parameter it has, asked about given rows of shape (rows, n)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.formats import format_named
from reference.ops import NEGATED
from reference.question import OPS, Question
from reference.truth import Truth, truth

Array = NDArray[Any]
NOBODY = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An op with the words and numbers of its parameters; ``targets`` and masks are made for the rows at hand."""

    op: str
    words: tuple[tuple[str, Any], ...] = ()
    targets: str = ""

    @property
    def name(self) -> str:
        return " ".join([self.op, *(f"{name}={value}" for name, value in self.words), self.targets]).strip()

    @property
    def quantities(self) -> tuple[str, ...]:
        return ("forward", "vjp") if self.op == "softmax_output" else ("forward", "vjp", "jvp", "hvp")

    def question(self, x: Array, *, of: str = "float64") -> Question:
        """Ask about rows, at -x of softmin; what a mask drops is NaN, huge or infinite."""
        arrays: dict[str, Any] = {}
        if self.op in NEGATED:
            x = -x
        if self.op.startswith("masked"):
            arrays["mask"] = kept = self._mask(x)
            x = np.where(kept, x, np.resize([np.nan, format_named(of).largest, np.inf], x.shape))
        if self.targets:
            arrays["targets"] = self._targets(x.shape, of)
        return Question(op=self.op, axis=1, x=x, format=of, result=of, **dict(self.words), **arrays)

    def outputs(self, question: Question, vectors: Array) -> Array:
        """Cut vectors of the shape of x down to the shape of the output."""
        return vectors.reshape(-1)[: int(np.prod(question.output_shape))].reshape(question.output_shape)

    def _mask(self, x: Array) -> Array:
        """Keep the largest of each row, and about half of the others."""
        place = np.arange(x.size).reshape(x.shape)
        return (place % 5 < 3) | (x == x.max(axis=1, keepdims=True, initial=-np.inf))

    def _targets(self, shape: tuple[int, ...], of: str) -> Array:
        count, n = shape
        index = np.arange(count) % max(n, 1)
        match self.targets:
            case "indices":
                return index
            case "some ignored":
                return np.where(np.arange(count) % 3 == 1, NOBODY, index)
            case "one-hots":
                return np.eye(n)[index]
            case _:
                q = (np.arange(count * n).reshape(shape) * 37 % 11) ** 3.0 * (np.arange(n) % 3 != 1)
                q[:, :1] += 1.0
                return format_named(of).nearest(q / q.sum(axis=1, keepdims=True))


def _cases() -> list[Case]:
    every = [Case(op=op) for op in OPS if op not in ("cross_entropy", "softmax_output")]
    for op, temperatures in (
        ("softmax", (0.7, 1e3, 2.0**-3)),
        ("log_softmax", (0.7, 1e-3)),
        ("softmin", (3.0,)),
        ("masked_softmax", (0.7,)),
        ("masked_log_softmax", (3.0,)),
    ):
        every += [Case(op=op, words=(("temperature", temperature),)) for temperature in temperatures]
    for reduction in ("none", "sum", "mean"):
        words = (("reduction", reduction),)
        every += [
            Case(op="cross_entropy", words=words, targets="indices"),
            Case(op="cross_entropy", words=(*words, ("ignore_index", NOBODY)), targets="some ignored"),
            Case(op="cross_entropy", words=(*words, ("label_smoothing", 0.1)), targets="indices"),
            Case(op="cross_entropy", words=words, targets="probabilities"),
        ]
    every += [
        Case(op="cross_entropy", words=(("label_smoothing", 0.25),), targets="probabilities"),
        Case(op="cross_entropy", targets="one-hots"),
    ]
    scaled = ("grad_scale", 0.3)
    every += [
        Case(op="softmax_output", targets="indices"),
        Case(op="softmax_output", targets="one-hots"),
        Case(op="softmax_output", words=(scaled, ("normalization", "batch")), targets="probabilities"),
        Case(op="softmax_output", words=(("label_smoothing", 0.1),), targets="indices"),
        Case(
            op="softmax_output",
            words=(scaled, ("ignore_index", NOBODY), ("normalization", "valid")),
            targets="some ignored",
        ),
    ]
    return every


CASES = _cases()
DERIVED = [case for case in CASES if case.op != "softmax_output"]  # whose gradient is no derivative of its output


def exactly(
    question: Question, quantity: str, *, cotangent: Array | None = None, tangent: Array | None = None
) -> Truth:
    """The truth, with the vectors that the quantity takes; bounds are of a kernel that works in the result's format."""
    return truth(
        question,
        quantity,
        cotangent=cotangent if quantity in ("vjp", "hvp") else None,
        tangent=tangent if quantity in ("jvp", "hvp") else None,
        working=question.result,
        accumulation=question.result,
    )
