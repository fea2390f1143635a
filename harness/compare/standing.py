"""How an evaluation stands: the place in which the accounts count it, and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where an evaluation stands in the accounts; in the order of a strip that reads from good to unknown."""

    EXACT = "exact"
    WITHIN = "within bound"
    EXPECTED = "differs as expected"
    FLAGGED = "flagged"
    RANGE = "outside range"
    UNSUPPORTED = "unsupported"
    NOT_RUN = "not run"

    @property
    def glyph(self) -> str:
        """A sign for those who do not see the colour."""
        return _GLYPHS[self]

    @property
    def meaning(self) -> str:
        """One sentence for the legend."""
        return _MEANINGS[self]

    @property
    def short(self) -> str:
        """One or two words, where a column is narrow."""
        return self.name.lower().replace("_", " ")

    @property
    def slug(self) -> str:
        """The name in style sheets."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one evaluation stood: its place, its numbers where it was judged, and digests of question and answer.

    ``precision`` is what the kernel declared; a text is empty where the table does not say.
    """

    place: Place
    share: float | None = None  # the worst share of a bound, of elements, rows or their common factors
    ulps: float | None = None
    inputs: str = ""
    result: str = ""
    precision: str = ""


_GLYPHS = {
    Place.EXACT: "=",
    Place.WITHIN: "✓",
    Place.EXPECTED: "◇",
    Place.FLAGGED: "✕",
    Place.RANGE: "?",
    Place.UNSUPPORTED: "–",
    Place.NOT_RUN: "·",
}
_MEANINGS = {
    Place.EXACT: "every element is the correctly rounded true value",
    Place.WITHIN: "every element meets its rounding bound: a correct kernel may return this",
    Place.EXPECTED: "not the oracle's value, or against a law, and the case or the ledger says so and why",
    Place.FLAGGED: "differs, and nobody expected it: this fails the run",
    Place.RANGE: (
        "no rounding bound proves anything: an intermediate leaves the dtype's range, or its error may be as large as "
        "it is; held against the laws alone"
    ),
    Place.UNSUPPORTED: "the framework has no such call; nothing was emulated",
    Place.NOT_RUN: "no result, because the adapter did not run",
}

# the worst first: what a cell that stands for several evaluations shows; what gave no result comes last, and is counted
SEVERITY = (
    Place.FLAGGED,
    Place.EXPECTED,
    Place.RANGE,
    Place.WITHIN,
    Place.EXACT,
    Place.NOT_RUN,
    Place.UNSUPPORTED,
)
