"""The summary as a terminal shows it: denominators, failures in full, the known and the explained by kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.compare.accounts import Accounts, Tally
from harness.compare.comparison import Comparison
from harness.compare.standing import Place
from harness.compare.verdict import Finding
from harness.plan.plan import LedgerEntry
from harness.report import since
from harness.report.figures import count, plural
from harness.report.headline import Tone, compared, headline
from harness.report.ledgerentry import until
from harness.report.legible import legible
from harness.report.ranking import Gathered, Rank, ranked
from harness.report.subject import subject

_TONES = {Tone.GOOD: "bold green", Tone.BAD: "bold red", Tone.OPEN: "bold yellow"}
_PLACES = {Place.EXACT: "green", Place.WITHIN: "green", Place.EXPECTED: "blue", Place.FLAGGED: "bold red"}
_UNBOUNDED = 1000  # columns: wider than the table of any number of adapters and places
MOST = 20  # findings of one kind: a terminal is scrolled past beyond that, and summary.md has them all


def show(comparison: Comparison, accounts: Accounts, console: Console) -> None:
    """Print the summary on ``console``, to its width, in colour where it has any."""
    said = headline(comparison)
    console.print(Text(said.sentence, style=_TONES[said.tone]))
    console.print(Text(compared(comparison)))
    table = _denominators(comparison, accounts)
    fits = console.measure(table, options=console.options.update(max_width=_UNBOUNDED)).maximum <= console.width
    console.print(table if fits else _stacked(comparison, accounts))
    for run in comparison.adapters:
        if not run.ran:
            console.print(Text.assemble((f"{run.name} did not run: ", "bold yellow"), legible(run.why_not or "")))
    if comparison.changes is not None:
        for line in since.in_lines(comparison.changes):
            console.print(Text(legible(line)))
    for rank, kinds in ranked(comparison.findings).items():
        for part in _rank(rank, kinds, comparison.ledger):
            console.print(part)


def _denominators(comparison: Comparison, accounts: Accounts) -> Table:
    total = accounts.tally()
    shown = [place for place in Place if total.counts[place]]
    table = Table(box=box.SIMPLE, show_footer=True, padding=0)
    table.add_column("", footer="all", no_wrap=True)
    table.add_column("planned", footer=count(total.planned), justify="right", no_wrap=True)
    for place in shown:
        number = count(total.counts[place])
        style = _PLACES.get(place, "dim")
        table.add_column(place.short, footer=number, justify="right", no_wrap=True, style=style)
    for name, tally in _tallies(comparison, accounts):
        numbers = [count(tally.counts[place]) if tally.counts[place] else "" for place in shown]
        table.add_row(Text(legible(name)), count(tally.planned), *numbers)
    return table


def _stacked(comparison: Comparison, accounts: Accounts) -> Table:
    """Return the denominators one below the other, for a terminal in which the table would cut its numbers."""
    table = Table.grid(padding=(0, 1))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True, overflow="fold")
    table.add_column(overflow="fold")
    for name, tally in (*_tallies(comparison, accounts), ("all", accounts.tally())):
        table.add_row(Text(legible(name), style="bold"), count(tally.planned), "planned")
        for place, number in tally.counts.items():
            if number:
                table.add_row("", Text(count(number), style=_PLACES.get(place, "dim")), place.short)
    return table


def _tallies(comparison: Comparison, accounts: Accounts) -> Iterable[tuple[str, Tally]]:
    for run in comparison.adapters:
        yield run.name, accounts.tally(verdict for verdict in comparison.verdicts if verdict.adapter == run.name)


def _rank(rank: Rank, kinds: tuple[Gathered, ...], ledger: Mapping[str, LedgerEntry]) -> Iterable[RenderableType]:
    number = sum(len(gathered.findings) for gathered in kinds)
    if number == 0:
        return
    yield Text(f"{rank.value}: {count(number)}", style="bold red" if rank.fails else "bold")
    for gathered in kinds:
        if rank.fails:
            yield from _failing(gathered)
        else:
            cases = len({finding.case for finding in gathered.findings})
            who = f"{gathered.adapters}: " if gathered.ledger is not None else ""
            yield _indented(Text.assemble(f"{who}{gathered.title}", (f"  ({plural(cases, 'case')})", "dim")))
            if gathered.ledger is not None:
                known = ledger.get(gathered.ledger)
                held = until(known) if known else ""
                yield _indented(Text(f"ledger entry {legible(gathered.ledger)}{held}", style="dim"), depth=4)


def _failing(gathered: Gathered) -> Iterable[RenderableType]:
    yield _indented(Text.assemble((gathered.title, "red"), (f"  {gathered.kind.value}", "dim")))
    for finding in gathered.findings[:MOST]:
        yield _indented(_item(finding), depth=4)
    if len(gathered.findings) > MOST:
        yield _indented(Text(f"and {count(len(gathered.findings) - MOST)} more: see summary.md", style="dim"), depth=4)


def _item(finding: Finding) -> Text:
    return Text.assemble((f"{legible(subject(finding))}: ", "bold"), " ".join(legible(finding.sentence).split()))


def _indented(text: Text, *, depth: int = 2) -> Padding:
    return Padding(text, (0, 0, 0, depth))
