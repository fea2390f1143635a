"""Cases by adapters: one cell for all evaluations of a case by an adapter, showing the worst of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import quote

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.compare.standing import SEVERITY, Place
from harness.compare.verdict import Verdict
from harness.report.outcomes import by_law, outcome_in_words
from harness.vocabulary import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The worst of a case's evaluations by one adapter, and how many of them have no result at all."""

    place: Place
    outcome: Outcome
    words: str  # the outcome as the page says it
    unsupported: int  # beside the evaluations that the cell shows
    share: float | None  # the worst share of a bound, where the outcome shown comes from holding errors against bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One case; a cell is None where nothing of this case was planned for that adapter."""

    case: str
    cells: tuple[Cell | None, ...]

    @property
    def worst(self) -> Place:
        """The worst place in this row."""
        places = {cell.place for cell in self.cells if cell is not None}
        return next((place for place in SEVERITY if place in places), Place.NOT_RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The cases of one file."""

    file: str
    title: str
    rows: tuple[Row, ...]


def anchor(case: str) -> str:
    """Return the name under which a page links to a case: safe in an attribute and in a fragment."""
    return "case-" + quote(case, safe="")


def cell_anchor(case: str, adapter: str) -> str:
    """Return the name under which a page links to a cell: a slash parts case from adapter, as neither can hold one."""
    return f"cell-{quote(case, safe='')}/{quote(adapter, safe='')}"


def matrix(comparison: Comparison, accounts: Accounts) -> tuple[Theme, ...]:
    """Return the cases in the order of the comparison, by file."""
    verdicts: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    order = dict.fromkeys(comparison.cases)
    for verdict in comparison.verdicts:
        verdicts[verdict.case, verdict.adapter].append(verdict)
        order.setdefault(verdict.case)
    files: dict[str, list[Row]] = {}
    for case in order:
        cells = tuple(_cell(verdicts.get((case, run.name), []), accounts) for run in comparison.adapters)
        record = comparison.cases.get(case)
        files.setdefault(record.file if record else "", []).append(Row(case=case, cells=cells))
    return tuple(
        Theme(file=file, title=comparison.themes.get(file, file) or "no case file", rows=tuple(rows))
        for file, rows in files.items()
    )


def _cell(verdicts: list[Verdict], accounts: Accounts) -> Cell | None:
    if not verdicts:
        return None
    placed = [(accounts.place(verdict), verdict) for verdict in verdicts]
    place = min((place for place, _ in placed), key=SEVERITY.index)
    # outcomes are declared in the order in which they are decided: the first is the one that stops a result earliest
    outcomes = list(Outcome)
    outcome = min((verdict.outcome for found, verdict in placed if found is place), key=outcomes.index)
    shown = [verdict for found, verdict in placed if found is place and verdict.outcome is outcome]
    shares = [share for verdict in shown if (share := _share(verdict, outcome)) is not None]
    unsupported = sum(found is Place.UNSUPPORTED for found, _ in placed) if place is not Place.UNSUPPORTED else 0
    words = place.value if place is Place.RANGE else outcome_in_words(shown)
    return Cell(place=place, outcome=outcome, words=words, unsupported=unsupported, share=max(shares, default=None))


def _share(verdict: Verdict, outcome: Outcome) -> float | None:
    """Return the share of a bound that speaks for an outcome; None where it comes from something else, as from a law.

    A result beyond its bounds may be so by the row test alone.
    """
    if verdict.outcome is not outcome or by_law(verdict):
        return None
    if outcome is Outcome.WITHIN_BOUND:
        return verdict.share
    if outcome is not Outcome.BEYOND_BOUND:
        return None
    shares = [share for share in (verdict.share, verdict.row_share, verdict.row_scalar) if share is not None]
    beyond = [share for share in shares if not share <= 1]
    return max(beyond, default=None)
