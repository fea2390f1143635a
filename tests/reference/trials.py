"""Correct kernels of every form, in every arithmetic, held to every bound: for the tests, and for the bench."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.consistency import needs_own_forward, row_consistency
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat
from reference.question import OPS, QUANTITIES, Question
from reference.truth import truth
from tests.reference.draws import LOGITS, VECTORS, Draw, draw
from tests.reference.kernels import Kernel, Style
from tests.reference.machine import EXTENDED, Machine, in_lanes, pairwise, reversed_order, sequential

Array = NDArray[Any]
ORDERS = (pairwise, sequential, reversed_order, in_lanes)
STYLES = {
    "plain": Style(),
    "reciprocal, s v - s t": Style(normalised="reciprocal", backward="expanded", second="expanded"),
    "online": Style(exponentials="online", block=1),
    "online in blocks": Style(exponentials="online"),
    "one pass": Style(exponentials="one pass", block=1),
    "one pass in blocks": Style(exponentials="one pass", block=4),
    "exp(x - lse)": Style(normalised="lse"),
    "exp(l)": Style(normalised="logarithm"),
    "folded scale": Style(exponentials="folded"),
    "derivative of a quotient": Style(backward="quotient", probabilities="anew", second="quotient"),
    "the same backwards": Style(backward="quotient squared", probabilities="anew", second="quotient reversed"),
    "x - lse": Style(logarithm="lse", loss="lse"),
    "recomputed": Style(probabilities="recomputed"),
    "direct second derivative, weights last": Style(second="factored", smoothing="end", weight="after"),
    "quotients stored": Style(temperature="stored"),
    "times 1/T": Style(temperature="multiplied"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """What a kernel works and adds up in, what it stores, and what x has (``entering``)."""

    working: FloatFormat
    accumulation: FloatFormat
    storage: FloatFormat
    entering: FloatFormat

    def declared(self, style: Style) -> dict[str, Any]:
        """Return what a kernel in these formats declares."""
        working, sums = (min(one, FLOAT64, key=lambda of: of.precision) for one in (self.working, self.adding(style)))
        return {"working": working.name, "accumulation": sums.name, "forms": style.forms}

    def adding(self, style: Style) -> FloatFormat:
        """Return what a style adds up in: an online sum is rescaled, and so rounded, in the working format."""
        coarse = style.exponentials in ("online", "one pass") and self.working.precision < self.accumulation.precision
        return self.working if coarse else self.accumulation


def same(working: FloatFormat, accumulation: FloatFormat, storage: FloatFormat) -> Formats:
    """Return the formats of a kernel whose x and outputs have one dtype."""
    return Formats(working=working, accumulation=accumulation, storage=storage, entering=storage)


ARITHMETICS = {
    "float64": same(FLOAT64, FLOAT64, FLOAT64),
    "float64, wider inside": same(EXTENDED, EXTENDED, FLOAT64),
    "float32": same(FLOAT32, FLOAT32, FLOAT32),
    "float32, float64 inside": same(FLOAT64, FLOAT64, FLOAT32),
    "float16": same(FLOAT16, FLOAT16, FLOAT16),
    "float16, float32 sums": same(FLOAT16, FLOAT32, FLOAT16),
    "float16, float32 inside": same(FLOAT32, FLOAT32, FLOAT16),
    "bfloat16": same(BFLOAT16, BFLOAT16, BFLOAT16),
    "bfloat16, float32 sums": same(BFLOAT16, FLOAT32, BFLOAT16),
    "bfloat16, float32 inside": same(FLOAT32, FLOAT32, BFLOAT16),
    "float32 to float16": Formats(working=FLOAT16, accumulation=FLOAT32, storage=FLOAT16, entering=FLOAT32),
    "float32 to bfloat16": Formats(working=BFLOAT16, accumulation=FLOAT32, storage=BFLOAT16, entering=FLOAT32),
    "float32 to bfloat16, float32 inside": Formats(
        working=FLOAT32, accumulation=FLOAT32, storage=BFLOAT16, entering=FLOAT32
    ),
    "float16 to float32": Formats(working=FLOAT32, accumulation=FLOAT32, storage=FLOAT32, entering=FLOAT16),
    "float64 to float32": Formats(working=FLOAT32, accumulation=FLOAT32, storage=FLOAT32, entering=FLOAT64),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The worst shares of a result: of an element's bound, of a row's width, of the bound of a row's scalar."""

    element: float
    row: float = 0.0
    scalar: float = 0.0

    @property
    def worst(self) -> float:
        """The worst of them."""
        return max(self.element, self.row, self.scalar)


def shares(
    question: Question,
    quantity: str,
    got: Array,
    *,
    precision: dict[str, Any],
    own: Array | None = None,
    **vectors: Array,
) -> Shares:
    """Judge what a bound can judge; infinity for a NaN."""
    judged = truth(question, quantity, **vectors, **precision)
    element = judged.share(got, of=question.result if quantity in ("forward", "jvp") else question.format)
    counted = ~(judged.undefined | judged.out_of_range | (judged.vacuous & judged.shifted_vacuous))
    largest = np.where(np.isnan(element), np.inf, element)[counted].max(initial=0.0)
    if quantity not in ("forward", "vjp", "jvp") or not counted.all():
        return Shares(element=float(largest))
    heads: dict[str, Any] = vectors | {"own_forward": own}
    row = row_consistency(question, quantity, got, **heads, **precision)
    if row is None:
        return Shares(element=float(largest))
    return Shares(
        element=float(largest), row=float(row.share.max(initial=0.0)), scalar=float(row.scalar.max(initial=0.0))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A result of a correct kernel."""

    arithmetic: str
    style: str
    op: str
    quantity: str
    drawn: Draw
    shares: Shares


def trials(rng: np.random.Generator, arithmetic: str, style: str) -> Iterator[Trial]:
    """Yield one result of every quantity of every op."""
    formats = ARITHMETICS[arithmetic]
    for op in OPS:
        for quantity in QUANTITIES:
            if op == "softmax_output" and quantity not in ("forward", "vjp"):
                continue
            n = int(rng.choice([1, 2, 5, 40, 150], p=[0.1, 0.2, 0.4, 0.2, 0.1]))
            if quantity == "jacobian":
                n = int(rng.integers(1, 6))
            heads = (str(rng.choice(list(VECTORS))), str(rng.choice(list(VECTORS))))
            entering, storage = formats.entering, formats.storage
            logits = str(rng.choice(list(LOGITS)))
            found = draw(
                rng, op, format_name=entering.name, result=storage.name, count=2, n=n, logits=logits, vectors=heads
            )
            yield Trial(
                arithmetic=arithmetic,
                style=style,
                op=op,
                quantity=quantity,
                drawn=found,
                shares=_tried(rng, formats, style, quantity, found),
            )


def _tried(rng: np.random.Generator, formats: Formats, style: str, quantity: str, found: Draw) -> Shares:
    flushes = FLOAT16 not in (formats.working, formats.storage, formats.entering) and rng.random() < 0.3
    machine = Machine(
        working=formats.working,
        accumulation=formats.adding(STYLES[style]),
        storage=formats.storage,
        entering=formats.entering,
        order=ORDERS[int(rng.integers(len(ORDERS)))],
        flush=bool(flushes),
    )
    kernel = Kernel(name=style, machine=machine, style=STYLES[style])
    needs = {"vjp": ("cotangent",), "jvp": ("tangent",), "hvp": ("cotangent", "tangent")}.get(quantity, ())
    given = {name: getattr(found, name) for name in needs}
    got = kernel(found.question, quantity, **given)
    own = kernel(found.question, "forward") if needs_own_forward(found.question.op, quantity) else None
    return shares(found.question, quantity, got, precision=formats.declared(STYLES[style]), own=own, **given)
