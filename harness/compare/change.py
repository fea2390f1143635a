"""What is said of an evaluation that does not stand as it did in an earlier run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.compare.standing import Place, Standing
from harness.vocabulary import Quantity

Evaluation = tuple[str, str, Quantity]  # adapter, problem, quantity


class Trend(StrEnum):
    """How an evaluation stands to the earlier one of the same adapter, problem and quantity; the worst first."""

    WORSE = "worse"
    NEW = "new"
    NOT_COMPARABLE = "not comparable"
    GONE = "gone"
    CHANGED = "changed in bits alone"
    BETTER = "better"
    UNCHANGED = "unchanged"


_AGREED: Final = (Place.EXACT, Place.WITHIN)
_WITHOUT_RESULT: Final = (Place.UNSUPPORTED, Place.NOT_RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier run: the version of each adapter, and how each evaluation stood."""

    name: str
    versions: Mapping[str, str]
    standings: Mapping[Evaluation, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One evaluation that does not stand as it did; ``then`` or ``now`` is None where it is new or gone."""

    adapter: str
    problem: str
    quantity: Quantity
    trend: Trend
    then: Standing | None = None
    now: Standing | None = None
    why: str = ""  # what makes two runs incomparable

    @property
    def lost(self) -> bool:
        """Whether a result that agreed with the oracle has become none at all, which no finding speaks of."""
        if self.then is None or self.now is None or self.trend is not Trend.WORSE:
            return False
        return self.then.place in _AGREED and self.now.place in _WITHOUT_RESULT

    @property
    def fails(self) -> bool:
        """Whether it fails the run: lost, or flagged and not shown to be as it was, or better."""
        flagged = self.now is not None and self.now.place is Place.FLAGGED
        return self.lost or (flagged and self.trend in (Trend.WORSE, Trend.NEW, Trend.NOT_COMPARABLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A comparison held against an earlier run.

    ``versions`` gives, by adapter, what it was then and what it is now, empty where it did not run; ``counts`` how many
    evaluations of each adapter have which trend. ``changes`` are those that are not unchanged, the worst first, but for
    those of adapters that one of the two runs lacks, which ``counts`` has as not comparable: ``absent`` counts those of
    the earlier run alone, ``added`` those of this run alone, of which only what fails is among ``changes``. Of a
    selection the earlier run may have had more: how many evaluations are ``outside``.
    """

    baseline: str
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)
    counts: dict[str, dict[Trend, int]] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    absent: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    outside: int = 0

    @property
    def total(self) -> dict[Trend, int]:
        """How many evaluations have which trend; every trend has a number."""
        added: Counter[Trend] = Counter()
        for own in self.counts.values():
            added.update(own)
        return {trend: added[trend] for trend in Trend}

    @property
    def failing(self) -> tuple[Change, ...]:
        """The changes that fail the run."""
        return tuple(change for change in self.changes if change.fails)
