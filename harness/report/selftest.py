"""The score of the last self-test: what shows that a report without findings means something."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.report.figures import count, plural
from harness.report.markdown import literal, table

HEADS: Final = ("results", "beyond the bound", "caught", "nameable", "named", "below the bound")
OF_FAULTS: Final = "fault"
OF_SLIPS: Final = "kernel written step by step"
_NUMBERS: Final = ("tried", "due", "caught", "tellable", "named", "below")
_RIGHT: Final = "right"  # the kind of rows that are of right kernels
_SLIPPED: Final = "slipped"  # the kind of those that are of wrong kernels written step by step

Numbers = tuple[int, ...]


class SelfTestUnreadable(Exception):
    """The file that the self-test left cannot be read; the text says why, and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Wrong kernels of one sort; ``title``: what each is, ``counts``: by its name, in the order of :data:`HEADS`."""

    title: str
    counts: dict[str, Numbers]

    @property
    def total(self) -> Numbers:
        """The counts of all of them together."""
        return tuple(map(sum, zip(*self.counts.values(), strict=True))) or (0,) * len(_NUMBERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """Counts by fault, and by kernel with a slip; of right results how many there were, and how many flagged."""

    faults: dict[str, Numbers]
    slips: dict[str, Numbers] = field(default_factory=dict)
    right: int
    flagged: int

    @property
    def groups(self) -> tuple[Group, ...]:
        """The sorts of wrong kernels that were tried."""
        slips = (Group(title=OF_SLIPS, counts=self.slips),) if self.slips else ()
        return (Group(title=OF_FAULTS, counts=self.faults), *slips)

    @property
    def sentence(self) -> str:
        """The score in words."""
        each = (
            plural(len(self.faults), "wrong rule"),
            f"{plural(len(self.slips), 'wrong kernel')} written step by step",
        )
        said = [_sentence(wrong, group) for wrong, group in zip(each, self.groups, strict=False)]
        return " ".join([*said, f"{count(self.flagged)} of {plural(self.right, 'right result')} flagged."])


def _sentence(wrong: str, group: Group) -> str:
    tried, due, caught, tellable, named, below = group.total
    return (
        f"{wrong} gave {plural(tried, 'wrong result')}, {count(due)} of them off by more than rounding: "
        f"{count(caught)} caught. {count(tellable)} can be told from the truth: {count(named)} named. "
        f"{count(below)} differ by less than rounding."
    )


def read(path: Path) -> SelfTest | None:
    """Return the score in ``path``, a selftest.csv; None where there is none. Raise :class:`SelfTestUnreadable`."""
    faults: dict[str, Numbers] = defaultdict(lambda: (0,) * len(_NUMBERS))
    slips: dict[str, Numbers] = defaultdict(lambda: (0,) * len(_NUMBERS))
    right = flagged = 0
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["kind"] == _RIGHT:
                    right, flagged = right + int(row["tried"]), flagged + int(row["flagged"])
                    continue
                numbers = [int(row[name]) for name in _NUMBERS]
                group = slips if row["kind"] == _SLIPPED else faults
                group[row["kernel"]] = tuple(map(sum, zip(group[row["kernel"]], numbers, strict=True)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        raise SelfTestUnreadable(
            f"{path}: not the score of a self-test ({error}): run `harness selftest` again, or delete it"
        ) from error
    return SelfTest(faults=dict(faults), slips=dict(slips), right=right, flagged=flagged)


def markdown(score: SelfTest | None) -> Iterable[str]:
    """Yield the section of the summary; nothing where no self-test was run."""
    if score is None:
        return
    yield "## The self-test's score"
    yield literal(score.sentence)
    for group in score.groups:
        lines = [[literal(name), *map(count, numbers)] for name, numbers in group.counts.items()]
        yield table(
            (group.title, *HEADS), [*lines, ["**all**", *map(count, group.total)]], align="l" + "r" * len(HEADS)
        )
