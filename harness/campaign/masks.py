"""Kinds of masks and valid lengths, and what stands in logits that are masked: they have no say, whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.campaign.dice import Dice, Floats

Kept = NDArray[np.bool_]


def _share(share: float) -> Callable[[Dice, Floats], Kept]:
    """Keep each element with the chance ``share``, and one in any case."""

    def draw(dice: Dice, x: Floats) -> Kept:
        kept = dice.uniform(x.shape) < share
        np.put_along_axis(kept, dice.columns(x.shape), True, axis=1)
        return np.asarray(kept)

    return draw


def _without_the_largest(_: Dice, x: Floats) -> Kept:
    """Keep all others; a row whose other elements have no probability, or that has none, keeps its largest."""
    kept = np.ones(x.shape, np.bool_)
    np.put_along_axis(kept, x.argmax(axis=1, keepdims=True), False, axis=1)
    alone = ~(np.isfinite(x) & kept).any(axis=1, keepdims=True)
    return kept | alone


MASKS: Final[dict[str, Callable[[Dice, Floats], Kept]]] = {
    "seven of ten": _share(0.7),
    "one of ten": _share(0.1),
    "one": _share(0.0),
    "all": lambda _, x: np.ones(x.shape, np.bool_),
    "all but the largest": _without_the_largest,
}
LENGTHS: Final[dict[str, Callable[[Dice, Floats], NDArray[np.int64]]]] = {  # (rows, 1)
    "any length": lambda dice, x: dice.integers(1, x.shape[1], (len(x), 1)),
    "length 1": lambda _, x: np.ones((len(x), 1), np.int64),
    "all but the last": lambda _, x: np.full((len(x), 1), x.shape[1] - 1, np.int64),
    "full length": lambda _, x: np.full((len(x), 1), x.shape[1], np.int64),
}


def _huge(x: Floats, kept: Kept, largest: float) -> Floats:
    return np.where(kept, x, largest)


UNDER: Final[dict[str, Callable[[Floats, Kept, float], Floats]]] = {
    "as drawn": lambda x, _, __: x,
    "huge": _huge,
    "NaN": lambda x, kept, _: np.where(kept, x, np.nan),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masked:
    """Logits (rows, n) beside their mask: ``kept`` of the same shape, or ``lengths`` (rows, 1); and both in words."""

    x: Floats
    kept: Kept | None
    lengths: NDArray[np.int64] | None
    words: str


def masked(dice: Dice, x: Floats, *, by_length: bool, largest: float) -> Masked:
    """Draw a mask for ``x``, and what is under it; in every row an element is kept whose probability is not 0."""
    what = dice.pick(tuple(LENGTHS if by_length else MASKS))
    under = dice.pick(tuple(UNDER), weights=(6, 1, 1))
    lengths = LENGTHS[what](dice, x) if by_length else None
    kept = MASKS[what](dice, x) if lengths is None else np.arange(x.shape[1]) < lengths
    nothing = np.isneginf(np.where(kept, x, -np.inf)).all(axis=1, keepdims=True)
    first = kept & nothing & (np.cumsum(kept, axis=1) == 1)  # the first that is kept, where all of them are -inf
    filled = UNDER[under](np.where(first, 0.0, x), kept, largest)
    words = f"kept: {what}" + (f", the others {under}" if under != "as drawn" else "")
    return Masked(x=filled, kept=None if by_length else kept, lengths=lengths, words=words)
