"""The verb ``cases``: check case files, list what they hold, print their schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from harness.cli.casefiles import (
    counted,
    memory_option,
    plan_cases,
    read_cases,
)
from harness.cli.console import Terminal
from harness.cli.options import keyword_option, paths_argument
from harness.plan.plan import CaseRecord, Plan
from harness.plan.schema import schema_text
from harness.plan.signatures import count_signatures

EXAMPLES = """\b
Examples:
  harness cases
  harness cases --list -k forum
  harness cases mycases/port.yaml
  harness cases --schema > cases/schema.json
"""


@click.command("cases", epilog=EXAMPLES)
@paths_argument
@keyword_option
@click.option("--list", "listed", is_flag=True, help="List the cases by theme, each with its number of problems.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of case files, and do nothing else.")
@memory_option
def command(*, paths: tuple[Path, ...], keyword: str | None, listed: bool, schema: bool, gibibytes: float) -> None:
    """Check case files, list them, or print their JSON Schema.

    PATHS are case files, or folders of them; by default the folder cases. All faults of all files are shown at once,
    as file:line:column: what is wrong; what would be right.
    """
    if schema:
        click.echo(schema_text(), nl=False)
        return
    library = read_cases(paths, gibibytes=gibibytes)
    plan = plan_cases(library, paths, keyword=keyword)
    if listed:
        _list(plan)
    click.echo(
        f"{counted(len(plan.cases), 'case')} in {counted(len(plan.themes), 'file')}, "
        f"{counted(len(plan.problems), 'problem')}, {counted(plan.evaluations, 'evaluation')} per adapter; no faults"
    )
    click.echo(count_signatures(plan.problems).sentence)
    click.echo(f"ledger: {len(plan.ledger)} known differences")


def _list(plan: Plan) -> None:
    console = Terminal()
    problems = Counter(problem.case for problem in plan.problems)
    for file, theme in plan.themes.items():
        cases = [case for case in plan.cases.values() if case.file == file]
        if console.is_terminal:
            console.print(_table(file, theme, cases, problems), "")
        else:
            for line in _lines(file, theme, cases, problems):
                click.echo(line)


def _table(file: str, theme: str, cases: list[CaseRecord], problems: Counter[str]) -> Table:
    table = Table(title=Text(f"{file}: {theme}"), title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("case", style="cyan", no_wrap=True)
    table.add_column("problems", justify="right")
    table.add_column("why")
    for case in cases:
        table.add_row(Text(case.id), str(problems[case.id]), Text(case.why))
    return table


def _lines(file: str, theme: str, cases: list[CaseRecord], problems: Counter[str]) -> Iterator[str]:
    yield f"{file}: {theme}"
    for case in cases:
        yield f"  {case.id}  {counted(problems[case.id], 'problem')}  {case.file}:{case.line}"
    yield ""
