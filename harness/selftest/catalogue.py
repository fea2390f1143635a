"""The catalogue of faults for a reader: what each is, why people write it, and where it can be."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from harness.vocabulary import Op, Quantity
from reference.faults import Fault

HEADS: Final = ("fault", "formula", "what is wrong", "where it comes from", "quantities", "ops")
_HEAD: Final = max(map(len, HEADS)) + 2  # characters


def rows(faults: Sequence[Fault]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each fault, with the columns :data:`HEADS`."""
    for fault in faults:
        quantities = ", ".join(one for one in Quantity if one in fault.quantities)
        ops = ", ".join(one for one in Op if one in fault.ops)
        yield (fault.name, fault.formula, fault.words, fault.why, quantities, ops)


def listing(faults: Sequence[Fault], *, width: int) -> Iterator[str]:
    """Yield the same as lines of at most ``width`` characters, a paragraph for each fault."""
    for number, row in enumerate(rows(faults)):
        name, *texts = row
        yield from ("", name) if number else (name,)
        for head, text in zip(HEADS[1:], texts, strict=True):
            yield from textwrap.wrap(
                text,
                width=width,
                initial_indent=f"  {head:<{_HEAD}}",
                subsequent_indent=" " * (_HEAD + 2),
                break_on_hyphens=False,
            )


def markdown(faults: Sequence[Fault]) -> Iterator[str]:
    """Yield the lines of the same as a table, in which nothing is taken for markup."""
    yield _line(HEADS)
    yield _line(["---"] * len(HEADS))
    for name, formula, *texts in rows(faults):
        yield _line((f"`{name}`", f"`{formula}`", *(text.replace("<", r"\<").replace("*", r"\*") for text in texts)))


def _line(fields: Sequence[str]) -> str:
    return f"| {' | '.join(fields)} |"
