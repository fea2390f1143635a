"""One case as a reader meets it: what its author wrote, and the numbers of every adapter side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.compare.comparison import Comparison
from harness.compare.verdict import Verdict
from harness.plan.plan import CaseRecord
from harness.report import figures
from harness.report.accounts import Accounts, Place
from harness.report.drawing import Drawing, draw
from harness.report.matrix import Theme
from harness.vocabulary import Quantity

WIDEST = 8000  # verdicts: beyond this many, a page shows the worst element only where a result does not agree
WIDEST_PAIR = 26  # characters of a decimal and a hex float that stand side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """One verdict, and where it stands; ``worst`` says whether the page shows its worst element."""

    place: Place
    verdict: Verdict
    worst: bool

    @property
    def pair(self) -> str:
        """What came back at the worst element and what is right, in decimal and in bits, for comparing by eye."""
        dtype = self.verdict.dtype
        numbers = (self.verdict.got, self.verdict.want)
        got, want = (figures.decimal(number, dtype) for number in numbers)
        bits_got, bits_want = (figures.hexadecimal(number) for number in numbers)
        at = f"\nat   {figures.shape(self.verdict.at)}" if self.verdict.at else ""
        width = max(len(got), len(want))
        if width + max(len(bits_got), len(bits_want)) > WIDEST_PAIR:
            return f"got  {got}\nwant {want}\n     {bits_got}\n     {bits_want}{at}"
        return f"got  {got:<{width}}  {bits_got}\nwant {want:<{width}}  {bits_want}{at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One quantity of one problem: an entry per adapter, None where it was not planned."""

    quantity: Quantity
    numbers: tuple[Numbers | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemTable:
    """One problem; ``about`` is any of its verdicts, for what they have in common."""

    name: str  # what distinguishes it from the other problems of the case; empty where there is only one
    about: Verdict
    cotangent: str
    modes: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One case."""

    case: str
    worst: Place
    record: CaseRecord | None
    problems: tuple[ProblemTable, ...]
    drawing: Drawing | None


def sections(comparison: Comparison, accounts: Accounts, themes: tuple[Theme, ...]) -> tuple[Section, ...]:
    """Return one section per row of the matrix, in its order."""
    every = len(comparison.verdicts) <= WIDEST
    verdicts: dict[str, dict[str, dict[Quantity, dict[str, Numbers]]]] = defaultdict(dict)
    for verdict in comparison.verdicts:
        place = accounts.place(verdict)
        numbers = Numbers(place=place, verdict=verdict, worst=_shows_worst(place, verdict, every=every))
        problem = verdicts[verdict.case].setdefault(verdict.problem, {})
        problem.setdefault(verdict.quantity, {})[verdict.adapter] = numbers
    names = tuple(run.name for run in comparison.adapters)
    return tuple(
        Section(
            case=row.case,
            worst=row.worst,
            record=comparison.cases.get(row.case),
            problems=tuple(_table(row.case, problem, lines, names) for problem, lines in verdicts[row.case].items()),
            drawing=draw(comparison.exhibits[row.case]) if row.case in comparison.exhibits else None,
        )
        for theme in themes
        for row in theme.rows
    )


def _shows_worst(place: Place, verdict: Verdict, *, every: bool) -> bool:
    if verdict.got is None or place is Place.EXACT:
        return False  # exact: what was got is what was wanted
    return every or place is not Place.WITHIN


def _table(
    case: str, problem: str, lines: dict[Quantity, dict[str, Numbers]], adapters: tuple[str, ...]
) -> ProblemTable:
    verdicts = [numbers.verdict for by_adapter in lines.values() for numbers in by_adapter.values()]
    return ProblemTable(
        name=problem.removeprefix(case).strip("[]"),
        about=verdicts[0],
        cotangent=next((verdict.cotangent for verdict in verdicts if verdict.cotangent), ""),
        modes=_modes(verdicts),
        lines=tuple(
            Line(quantity=quantity, numbers=tuple(by_adapter.get(name) for name in adapters))
            for quantity, by_adapter in lines.items()
        ),
    )


def _modes(verdicts: list[Verdict]) -> str:
    """Return the modes that ran, with the adapters that ran in each where there are several."""
    adapters: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        if verdict.mode:
            adapters.setdefault(verdict.mode, {})[verdict.adapter] = None
    if len(adapters) <= 1:
        return "".join(adapters)
    return "; ".join(f"{mode}: {', '.join(ran)}" for mode, ran in adapters.items())


def web_address(source: str) -> str | None:
    """Return ``source`` where it is an address that a page may link to, else None: no other scheme becomes a link."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    safe = parts.scheme in ("http", "https") and bool(parts.netloc) and not any(map(str.isspace, source))
    return source if safe else None
