"""The score of the last self-test: what shows that a report without findings means something."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.report.figures import count, plural
from harness.report.markdown import literal, table

HEADS: Final = ("fault", "results", "beyond the bound", "caught", "nameable", "named", "below the bound")
_NUMBERS: Final = ("tried", "due", "caught", "tellable", "named", "below")
_RIGHT: Final = "right"  # the kind of rows that are of right kernels


class SelfTestUnreadable(Exception):
    """The file that the self-test left cannot be read; the text says why, and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """Counts by fault, in the order of :data:`HEADS`; of right results how many there were, and how many flagged."""

    faults: dict[str, tuple[int, ...]]
    right: int
    flagged: int

    @property
    def total(self) -> tuple[int, ...]:
        """The counts of all faults together."""
        return tuple(map(sum, zip(*self.faults.values(), strict=True))) or (0,) * len(_NUMBERS)

    @property
    def sentence(self) -> str:
        """The score in words."""
        tried, due, caught, tellable, named, below = self.total
        return (
            f"{plural(len(self.faults), 'wrong rule')} gave {plural(tried, 'wrong result')}, {count(due)} of them off "
            f"by more than rounding: {count(caught)} caught. {count(tellable)} can be told from the truth: "
            f"{count(named)} named. {count(below)} differ by less than rounding. {count(self.flagged)} of "
            f"{plural(self.right, 'right result')} flagged."
        )


def read(path: Path) -> SelfTest | None:
    """Return the score in ``path``, a selftest.csv; None where there is none. Raise :class:`SelfTestUnreadable`."""
    faults: dict[str, tuple[int, ...]] = defaultdict(lambda: (0,) * len(_NUMBERS))
    right = flagged = 0
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["kind"] == _RIGHT:
                    right, flagged = right + int(row["tried"]), flagged + int(row["flagged"])
                    continue
                numbers = [int(row[name]) for name in _NUMBERS]
                faults[row["kernel"]] = tuple(map(sum, zip(faults[row["kernel"]], numbers, strict=True)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        raise SelfTestUnreadable(
            f"{path}: not the score of a self-test ({error}): run `harness selftest` again, or delete it"
        ) from error
    return SelfTest(faults=dict(faults), right=right, flagged=flagged)


def markdown(score: SelfTest | None) -> Iterable[str]:
    """Yield the section of the summary; nothing where no self-test was run."""
    if score is None:
        return
    yield "## The self-test's score"
    yield literal(score.sentence)
    lines = [[literal(fault), *map(count, numbers)] for fault, numbers in score.faults.items()]
    yield table(HEADS, [*lines, ["**all**", *map(count, score.total)]], align="l" + "r" * len(_NUMBERS))
