"""One case as a reader meets it: what its author wrote, and the numbers of every adapter side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.compare.standing import Place
from harness.compare.verdict import Verdict
from harness.plan.plan import CaseRecord
from harness.report import figures
from harness.report.drawing import Drawing, draw
from harness.report.errors import dtypes
from harness.report.matrix import Row, Theme
from harness.report.outcomes import by_law, outcome_in_words
from harness.report.ranking import TITLES
from harness.vocabulary import FindingKind, Outcome, Quantity

WIDEST = 8000  # verdicts: beyond this many, a page shows the bits of the worst element only where a result differs
WIDEST_PAIR = 26  # characters of a decimal and a hex float that stand side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """One verdict, and where it stands; ``bits`` says whether the page shows its worst element in bits, too.

    ``said``: whether its words stand at the same adapter's earlier result of this case already.
    """

    place: Place
    verdict: Verdict
    bits: bool
    said: bool = False

    @property
    def bounded(self) -> bool:
        """Whether a bound proves anything of it: where a law alone has decided, none did."""
        return not (self.verdict.outcome is Outcome.BEYOND_BOUND and by_law(self.verdict))

    @property
    def outcome(self) -> str:
        """The outcome in words."""
        return outcome_in_words([self.verdict])

    @property
    def words(self) -> str:
        """What is to be said of it: an exception, a reason, what differs, and which laws it breaks."""
        silent = self.said or self.place in (Place.EXACT, Place.WITHIN, Place.NOT_RUN)
        laws = [TITLES[FindingKind(law)] for law in self.verdict.invariants]
        return ". ".join(filter(None, ("" if silent else self.verdict.detail, *laws)))

    @property
    def ulps(self) -> float | None:
        """The error in ulps, None where there is none to tell: where zero is right, nothing is a number of its ulps.

        Then it is that of the elements whose true values are not below the smallest normal number, if there are any.
        """
        return self.verdict.normal_ulps if self.verdict.want == 0 else self.verdict.ulps

    @property
    def pair(self) -> str:
        """What came back at the worst element and what is right, for comparing by eye; one number where all are right.

        They are the shortest decimals that read back as these numbers, and beside them, where they are shown, the bits.
        """
        dtype = self.verdict.result_dtype or self.verdict.dtype
        got = figures.decimal(self.verdict.got, dtype)
        at = f"\nat   {figures.shape(self.verdict.at)}" if self.verdict.at else ""
        if self.place is Place.EXACT:
            return f"both {got}{at}"
        want = figures.decimal(self.verdict.want, dtype)
        if not self.bits:
            return f"got  {got}\nwant {want}{at}"
        bits_got, bits_want = (figures.hexadecimal(number) for number in (self.verdict.got, self.verdict.want))
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
    modes: str  # empty where all problems of the case ran in the same
    lines: tuple[Line, ...]

    @property
    def call(self) -> str:
        """The call in words: op, reduction, parameters, axis, shape and dtypes."""
        of = self.about
        named = (of.op, f"reduction={of.reduction}" if of.reduction else "", of.parameters)
        formats = dtypes(of.dtype, of.output_dtype)
        return f"{' '.join(filter(None, named))} along axis {of.axis} of {figures.shape(of.shape)}, {formats}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One case."""

    case: str
    worst: Place
    record: CaseRecord | None
    problems: tuple[ProblemTable, ...]
    modes: str  # in which all problems ran
    drawing: Drawing | None


def sections(comparison: Comparison, accounts: Accounts, themes: tuple[Theme, ...]) -> tuple[Section, ...]:
    """Return one section per row of the matrix, in its order."""
    every = len(comparison.verdicts) <= WIDEST
    numbers: dict[str, dict[str, list[Numbers]]] = defaultdict(lambda: defaultdict(list))
    said: set[tuple[str, str, str]] = set()
    for verdict in comparison.verdicts:
        place = accounts.place(verdict)
        words = (verdict.case, verdict.adapter, verdict.detail)
        numbers[verdict.case][verdict.problem].append(
            Numbers(
                place=place,
                verdict=verdict,
                bits=every or place not in (Place.EXACT, Place.WITHIN),
                said=place is Place.UNSUPPORTED and words in said,
            )
        )
        said.add(words)
    names = tuple(run.name for run in comparison.adapters)
    return tuple(_section(row, numbers[row.case], comparison, names) for theme in themes for row in theme.rows)


def _section(
    row: Row, problems: dict[str, list[Numbers]], comparison: Comparison, adapters: tuple[str, ...]
) -> Section:
    modes = {_modes(own) for own in problems.values()}
    return Section(
        case=row.case,
        worst=row.worst,
        record=comparison.cases.get(row.case),
        problems=tuple(
            _table(row.case, problem, own, adapters, modes="" if len(modes) == 1 else _modes(own))
            for problem, own in problems.items()
        ),
        modes=modes.pop() if len(modes) == 1 else "",
        drawing=draw(comparison.exhibits[row.case]) if row.case in comparison.exhibits else None,
    )


def _table(case: str, problem: str, numbers: list[Numbers], adapters: tuple[str, ...], *, modes: str) -> ProblemTable:
    lines: dict[Quantity, dict[str, Numbers]] = {}
    for one in numbers:
        lines.setdefault(one.verdict.quantity, {})[one.verdict.adapter] = one
    return ProblemTable(
        name=problem.removeprefix(case).strip("[]"),
        about=numbers[0].verdict,
        cotangent=next((one.verdict.cotangent for one in numbers if one.verdict.cotangent), ""),
        modes=modes,
        lines=tuple(
            Line(quantity=quantity, numbers=tuple(by_adapter.get(name) for name in adapters))
            for quantity, by_adapter in lines.items()
        ),
    )


def _modes(numbers: list[Numbers]) -> str:
    """Return the modes that ran, with the adapters that ran in each where there are several."""
    adapters: dict[str, dict[str, None]] = {}
    for one in numbers:
        if one.verdict.mode:
            adapters.setdefault(one.verdict.mode, {})[one.verdict.adapter] = None
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
