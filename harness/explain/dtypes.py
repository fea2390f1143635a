"""The dtype of a question: what is said of it, and what the pasted texts say of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from harness.explain.pasted import dtypes_said
from harness.explain.reading import Misread
from harness.explain.words import Words
from harness.vocabulary import DType

_PRINTED: Final = ("x", "cotangent", "tangent", "targets", "got")  # what shares the dtype of x
_CLASSES: Final = "int"  # class indices have a dtype of their own


def typed(words: Words) -> Words:
    """Return ``words`` with the dtype that they say: by itself, or by the first text that has one printed beside it.

    Raise :class:`~harness.explain.reading.Misread` where two of them contradict each other. What is computed of
    integers is of another dtype than they are, so nothing contradicts int32.
    """
    known = None if words.dtype is None else ("--dtype", words.dtype)
    for name, dtype in _said(words):
        if known is None:
            known = (name, dtype)
        if known[1] is not DType.INT32 and dtype is not known[1]:
            by = "says" if known[0] == "--dtype" else "is printed as"
            raise Misread(
                name,
                f"printed as {dtype}, and {known[0]} {by} {known[1]}",
                "all numbers of a question are of one dtype: leave out the one that is not meant",
            )
    return words if known is None else replace(words, dtype=known[1])


def _said(words: Words) -> Iterator[tuple[str, DType]]:
    """Yield the dtypes that are printed in the texts, each with the option that it stands in."""
    for name in _PRINTED:
        option = f"--{name}"
        for dtype in dtypes_said(getattr(words, name) or ""):
            if name == "targets" and dtype.startswith(_CLASSES):
                continue
            if dtype not in set(DType):
                raise Misread(option, f"printed as {dtype}", f"give numbers of one of these: {', '.join(DType)}")
            yield option, DType(dtype)
