"""The examples by which ``harness verify`` shows what it found: shrunk, and as programs on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.cli.exits import note
from harness.cli.hunting import Hunt
from harness.cli.messages import SHOWN, Known, messages
from harness.cli.repeated import kernels_of, repeats_of, smaller_of
from harness.compare.comparison import Comparison
from harness.compare.store import read_comparison
from harness.compare.verdict import Finding
from harness.layout import Layout
from harness.plan.plan import Plan
from harness.plan.store import read_plan
from harness.repeat.chosen import worth_shrinking
from harness.repeat.kept import Shrunk
from harness.repeat.repeats import showable
from harness.report.causes import Cause, causes
from harness.wholefile import write_whole

PROGRAMS = "programs"  # the folder beside the report


def look(layout: Layout, name: str, *, seconds: float, limits: tuple[str, ...], environ: Mapping[str, str]) -> None:
    """Ask how the adapter ``name`` is called, and shrink, for so many seconds, what shows each cause told in full.

    Of each it is the finding of the smallest input, and the worst. Raise as :meth:`~harness.cli.hunting.Hunt.run` does.
    """
    plan = read_plan(layout.plan)
    comparison = read_comparison(layout.home(selected=plan.selection is not None))
    header = next(run.header for run in comparison.adapters if run.name == name)
    kernels_of(comparison, plan, layout, environ=environ)
    if header is None or not seconds:
        return
    hunt = Hunt(
        layout=layout,
        plan=plan,
        shrunk=Shrunk(layout.shrunk),
        environments=Path(os.devnull),  # its Python is known
        environ=environ,
        limits=limits,
    )
    sizes = {problem.id: problem.call.x.size for problem in plan.problems}
    examples: dict[int, Finding] = {}
    for cause in _causes(comparison)[:SHOWN]:
        tried = [finding for finding, _ in showable(cause.clearest) if worth_shrinking(finding)]
        if tried:
            smallest = min(tried, key=lambda finding: sizes[finding.problems[0]])
            examples |= {id(finding): finding for finding in (smallest, tried[0])}
    targets = hunt.open_targets(list(examples.values()), header)
    if targets:
        hunt.run(targets, header, seconds=seconds)
        if any(target.cut_short for target in targets):
            note("the time for smaller inputs was up: the same command goes on, and --shrink SECONDS gives it more")


def told(layout: Layout, plan: Plan, comparison: Comparison, name: str, *, everything: Path) -> Iterator[str]:
    """Write the programs that show what was found about ``name``; yield the lines that say it, and name them.

    ``everything`` is the file that has all findings.
    """
    repeats = repeats_of(comparison, plan, layout.root)
    problems = {problem.id: problem for problem in plan.problems}
    known = Known(problems=problems, smaller=smaller_of(comparison, plan, layout.root), repeats=repeats)
    found = _causes(comparison)
    folder = layout.home(selected=plan.selection is not None) / PROGRAMS
    for old in folder.glob("*.py"):
        old.unlink()
    programs = {}
    for number, cause in enumerate(found[:SHOWN]):
        example = known.example(cause)
        if example is not None and example.repeat is not None and example.repeat.snippet:
            folder.mkdir(exist_ok=True)
            programs[number] = folder / f"{number + 1}-{cause.kind.value}.py"
            write_whole(programs[number], example.repeat.snippet)
    yield from messages(found, name, known, programs=programs, everything=everything)


def _causes(comparison: Comparison) -> tuple[Cause, ...]:
    return causes(comparison.unexpected)
