"""``harness explain``: one case, the mathematics of it, and what each framework returned."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

import click

from harness.cli.exits import Exit, leave
from harness.cli.options import reports_option
from harness.layout import Layout
from harness.plan.plan import Plan
from harness.plan.store import PlanError, read_plan

EXAMPLES = """\b
Examples:
  harness explain forum-summed-output
"""


@click.command(name="explain", epilog=EXAMPLES)
@click.argument("case")
@reports_option
def command(case: str, reports: Path) -> None:
    """Explain one CASE of the current plan, in words and numbers, with what each recorded framework returned.

    Needs a plan (`harness plan`); what was recorded for it is shown, and what was not is said. NumPy is enough.
    """
    from harness.compare.compare import compare  # noqa: PLC0415 - so that --help needs nothing but click
    from harness.compare.gather import gather  # noqa: PLC0415
    from harness.report.explanation import explanation  # noqa: PLC0415

    layout = Layout(reports)
    try:
        plan = read_plan(layout.plan)
    except PlanError as error:
        leave(Exit.USAGE, str(error))
    recordings = gather(layout.recordings(selected=plan.selection is not None), plan)
    click.echo(explanation(compare(_narrowed(plan, case), recordings), case))


def _narrowed(plan: Plan, case: str) -> Plan:
    """Return the selection of ``plan`` that is one case; leave where it has no such case."""
    if case not in plan.cases:
        near = difflib.get_close_matches(case, plan.cases, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "`harness cases --list` names them all"
        leave(Exit.USAGE, f"the plan has no case {case!r}: {hint}")
    return replace(
        plan,
        problems=tuple(problem for problem in plan.problems if problem.case == case),
        cases={case: plan.cases[case]},
        selection=case,
    )
