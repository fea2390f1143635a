"""The catalogue of faults for a reader: what each is, why people write it, and where it can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.vocabulary import Op, Quantity
from reference.faults import Fault

HEADS: Final = ("fault", "formula", "what is wrong", "where it comes from", "quantities", "ops")


def rows(faults: Sequence[Fault]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each fault, with the columns :data:`HEADS`."""
    for fault in faults:
        quantities = ", ".join(one for one in Quantity if one in fault.quantities)
        ops = ", ".join(one for one in Op if one in fault.ops)
        yield (fault.name, fault.formula, fault.words, fault.why, quantities, ops)


def markdown(faults: Sequence[Fault]) -> Iterator[str]:
    """Yield the lines of the same as a table, in which nothing is taken for markup."""
    yield _line(HEADS)
    yield _line(["---"] * len(HEADS))
    for name, formula, *texts in rows(faults):
        yield _line((f"`{name}`", f"`{formula}`", *(text.replace("<", r"\<").replace("*", r"\*") for text in texts)))


def _line(fields: Sequence[str]) -> str:
    return f"| {' | '.join(fields)} |"
