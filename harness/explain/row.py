"""One row, written as a plain list, read as the row along an axis that a plain list has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from harness.explain.arrays import named
from harness.explain.pasted import nested
from harness.explain.reading import AXES, a_number, a_truth_value, a_whole_number, read_array
from harness.explain.words import Words
from harness.vocabulary import Reduction

_LEAVES: Final[dict[str, Callable[[str], Any]]] = {
    "x": a_number,
    "got": a_number,
    "cotangent": a_number,
    "tangent": a_number,
    "mask": a_truth_value,
    "lengths": a_whole_number,
    "targets": a_number,
}


def as_row(words: Words) -> Words:
    """Return ``words`` with x and what belongs to it put in as many brackets as ``axis`` asks for.

    A list of n numbers and axis k > 0 leave one meaning, since every axis before the k-th holds one row: the shape
    1 x ... x 1 x n. Words that are not so written are returned as they are. Raise
    :class:`~harness.explain.reading.Misread`, at the character as it was written, where an array cannot be read.
    """
    if not 0 < words.axis < AXES or len(shape := _shape("x", words.x)) != 1:
        return words
    changed: dict[str, Any] = {}
    for name in _LEAVES:
        text = getattr(words, name)
        if text is None or named(text):
            continue
        given = _shape(name, text)
        if len(given) > 1:
            return words
        one_of_each_row = given == (1,) * words.axis != shape  # as the axes before the k-th have it already
        of_whole_batch = not given and name in ("cotangent", "got") and words.reduction not in (None, Reduction.NONE)
        if not (one_of_each_row or of_whole_batch):
            changed[name] = nested(text, words.axis)
    return replace(words, **changed)


def _shape(name: str, text: str) -> tuple[int, ...]:
    return read_array(text, _LEAVES[name], where=f"--{name}").shape
