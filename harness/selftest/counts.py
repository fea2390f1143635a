"""Counts of what became of results, by kernel, setting, dtype and quantity."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from harness.selftest.bench import Fate
from harness.vocabulary import DType, Quantity

_SHOWN: Final = 3  # problems that a person is given to repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What a count is of: one kernel, by the name of its fault or its own, at a setting, dtype and quantity."""

    kernel: str
    setting: str
    dtype: DType
    quantity: Quantity


@dataclass(slots=True, kw_only=True)
class Count:
    """Results, and what became of them.

    ``changed``: not the correctly rounded truth. ``due``: changed by more than the bound, or obviously
    (:mod:`harness.selftest.change`): these have to be found, and ``caught`` are. ``tellable`` of them are so far from
    the truth that the fault can be told from it: these have to be ``named``. ``flagged`` are all that are found, also
    by the row test and the laws below the bound. ``missed``, ``unnamed`` and ``flags`` are the first few problems that
    were not caught, not named, and flagged.
    """

    tried: int = 0
    changed: int = 0
    due: int = 0
    caught: int = 0
    tellable: int = 0
    named: int = 0
    flagged: int = 0
    missed: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def below(self) -> int:
        """Changes that no bound on single elements can see."""
        return self.changed - self.due

    def add(self, problem: str, fate: Fate, *, fault: str = "", tellable: bool = False) -> None:
        """Count one result for ``problem``; its findings should name ``fault`` where that is ``tellable``."""
        self.tried += 1
        self.changed += fate.changed
        self.flagged += fate.caught
        if fate.caught:
            self.flags = (*self.flags, problem)[:_SHOWN]
        if not (fate.beyond or fate.obvious):
            return
        self.due += 1
        self.caught += fate.caught
        if not fate.caught:
            self.missed = (*self.missed, problem)[:_SHOWN]
        if not tellable:
            return
        self.tellable += 1
        self.named += fault in fate.names
        if fault not in fate.names:
            self.unnamed = (*self.unnamed, problem)[:_SHOWN]

    def __add__(self, other: Count) -> Count:
        """Return both together."""
        return Count(
            tried=self.tried + other.tried,
            changed=self.changed + other.changed,
            due=self.due + other.due,
            caught=self.caught + other.caught,
            tellable=self.tellable + other.tellable,
            named=self.named + other.named,
            flagged=self.flagged + other.flagged,
            missed=(*self.missed, *other.missed)[:_SHOWN],
            unnamed=(*self.unnamed, *other.unnamed)[:_SHOWN],
            flags=(*self.flags, *other.flags)[:_SHOWN],
        )


Counts = dict[Where, Count]


def by_kernel(counts: Counts) -> dict[str, Count]:
    """Return the counts of each kernel, over all it was tried at."""
    total: dict[str, Count] = defaultdict(Count)
    for where, count in counts.items():
        total[where.kernel] += count
    return dict(total)
