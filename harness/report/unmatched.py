"""What only one of two runs has, case by case: new, or gone."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.change import Change, Changes, Trend
from harness.compare.standing import Place
from harness.report.figures import count, plural

MOST = 40  # cases that page and summary show; the tables of both runs have all


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """The evaluations of one case that only one of two runs has: how many there are, of which problems, and by whom."""

    case: str
    problems: tuple[str, ...]
    adapters: tuple[str, ...]
    evaluations: int
    flagged: int

    @property
    def name(self) -> str:
        """The problem, where there is one, or else the case."""
        return self.problems[0] if len(self.problems) == 1 else self.case

    @property
    def sentence(self) -> str:
        """How much there is of it, in words."""
        of = "" if len(self.problems) == 1 else f" of {plural(len(self.problems), 'problem')}"
        flagged = f", {count(self.flagged)} flagged" if self.flagged else ""
        return f"{plural(self.evaluations, 'evaluation')}{of}, by {', '.join(self.adapters)}{flagged}"


def unmatched(changes: Changes, trend: Trend) -> tuple[Unmatched, ...]:
    """Return what is new, or gone, as ``trend`` says; what is flagged first, else in the order of the runs."""
    cases: dict[str, list[Change]] = {}
    for change in changes.changes:
        if change.trend is trend:
            cases.setdefault(case_of(change), []).append(change)
    found = [
        Unmatched(
            case=case,
            problems=tuple(dict.fromkeys(one.problem for one in own)),
            adapters=tuple(sorted({one.adapter for one in own})),
            evaluations=len(own),
            flagged=sum(one.now is not None and one.now.place is Place.FLAGGED for one in own),
        )
        for case, own in cases.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.flagged))


def case_of(change: Change) -> str:
    """Return the case of a change's problem, which is named after it."""
    return change.problem.partition("[")[0]


def left_out(number: int, *, most: int = MOST) -> str:
    """Say that there are more cases than are shown; nothing where all are."""
    return f"and {plural(number - most, 'case')} more" if number > most else ""
