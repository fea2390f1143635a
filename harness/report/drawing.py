"""The Jacobian of one row as a coloured table: its one-hot rows, what they add up to, and each adapter's answer."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.exhibit import Answer, Exhibit
from harness.vocabulary import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Tinted:
    """A number, and how strongly its cell is coloured: 0 to 100 per cent of the largest magnitude in the table."""

    value: float
    strength: int

    @property
    def sign(self) -> str:
        """The colour's name: ``p`` above zero, ``m`` below, ``z`` at zero or where there is no number."""
        if self.value > 0:
            return "p"
        return "m" if self.value < 0 else "z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What one adapter's Jacobian adds up to, row after row, in the dtype of the problem."""

    adapter: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """An exhibit, ready to be drawn."""

    exhibit: Exhibit
    rows: tuple[tuple[Tinted, ...], ...]
    added: tuple[Added, ...]  # adapters that returned a Jacobian
    vjps: tuple[Answer, ...]  # what each adapter gave for the exhibited problem's cotangent

    @property
    def cancels(self) -> bool:
        """Whether the exact one-hot rows add up to zero in every column."""
        return all(total == 0 for total in self.exhibit.column_sums)


def draw(exhibit: Exhibit) -> Drawing:
    """Tint the Jacobian of an exhibit and sort its answers."""
    largest = max((abs(value) for row in exhibit.jacobian for value in row if _finite(value)), default=0.0)
    return Drawing(
        exhibit=exhibit,
        rows=tuple(tuple(_tinted(value, largest) for value in row) for row in exhibit.jacobian),
        added=tuple(
            Added(adapter=answer.adapter, values=answer.summed)
            for answer in exhibit.answers
            if answer.quantity is Quantity.JACOBIAN and answer.summed is not None
        ),
        vjps=tuple(
            answer
            for answer in exhibit.answers
            if answer.quantity is Quantity.VJP and answer.problem == exhibit.problem
        ),
    )


def _tinted(value: float, largest: float) -> Tinted:
    strength = round(100 * abs(value) / largest) if largest > 0 and _finite(value) else 0
    return Tinted(value=value, strength=strength)


def _finite(value: float) -> bool:
    return abs(value) < float("inf")
