"""What ``harness verify`` says of its findings: one message for each kind and cause, with the clearest example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from harness.cli.titles import titles_of
from harness.cli.verdict import plain
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.repeat.repeats import Key, Repeat, Smaller, key_of
from harness.report.causes import Cause
from harness.report.elementtext import due_dtype, element_lines
from harness.report.figures import count, plural, share
from harness.report.ranking import severest
from harness.report.smallest import smallest_lines

SHOWN = 5  # messages that are told in full
_LISTED = 10  # further ones, with their sentence cut to a line
_WIDTH = 112  # characters of that line, beside its indentation
_NAMED = 6  # further problems of one message


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The finding by which a cause is shown, and the smaller problem that shows it too, where one was found."""

    finding: Finding
    problem: Problem
    smaller: Smaller | None
    repeat: Repeat | None

    @property
    def smallest(self) -> Smaller:
        """The problem to look at."""
        return self.smaller or Smaller(problem=self.problem, finding=self.finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of findings, by :func:`~harness.repeat.repeats.key_of`, and of the plan's problems, by name."""

    problems: Mapping[str, Problem]
    smaller: Mapping[Key, Smaller]
    repeats: Mapping[Key, Repeat]

    def example(self, cause: Cause) -> Example | None:
        """Return the finding of ``cause`` that has the smallest input, once shrunk; None where none has a problem."""
        made = [self._of(finding) for finding in cause.clearest if finding.problems[:1] and self._has(finding)]
        return min(made, key=lambda one: (one.smaller is None, one.smallest.problem.call.x.size), default=None)

    def _has(self, finding: Finding) -> bool:
        return finding.problems[0] in self.problems

    def _of(self, finding: Finding) -> Example:
        key, problem = key_of(finding), self.problems[finding.problems[0]]
        return Example(finding=finding, problem=problem, smaller=self.smaller.get(key), repeat=self.repeats.get(key))


def messages(
    found: Sequence[Cause], name: str, known: Known, *, programs: Mapping[int, Path], everything: Path
) -> Iterator[str]:
    """Yield what is to be said of the causes ``found`` about the adapter ``name``, line by line.

    ``programs`` are the files that show them, by their place in ``found``; ``everything`` has all findings.
    """
    if not found:
        return
    titles = titles_of(name)
    yield "findings, the worst first:"
    for number, cause in enumerate(found[:SHOWN]):
        yield from _message(cause, known.example(cause), title=titles[cause.kind], program=programs.get(number))
    for cause in found[SHOWN : SHOWN + _LISTED]:
        first = cause.findings[0]
        yield f"  {titles[cause.kind]} ({plural(len(cause.problems), 'problem')}), as in {plain(first.case)}:"
        yield f"    {shorten(plain(first.sentence), _WIDTH, placeholder=' ...')}"
    if len(found) > SHOWN + _LISTED:
        yield f"  and {plural(len(found) - SHOWN - _LISTED, 'other message')}"
    yield f"every finding: {everything}"


def _message(cause: Cause, example: Example | None, *, title: str, program: Path | None) -> Iterator[str]:
    worst, whose = max(severest(finding.evidence.get) for finding in cause.findings)
    numbers = plural(len(cause.problems), "problem")
    if worst > 1:
        numbers += f", up to {share(worst)} times the bound of {'the law' if _is_law(cause) else whose}"
    shown = cause.findings[0] if example is None else example.finding
    yield f"  {title} ({numbers}), as in {plain(shown.case)}:"
    yield f"    {plain(shown.sentence)}"
    if example is not None:
        yield from (f"    {line}" for line in _smallest(example))
    if program is not None:
        yield f"    a program that shows it: {program}"
    others = [name for name in cause.problems if name not in shown.problems]
    if others:
        more = f" and {count(len(others) - _NAMED)} more" if len(others) > _NAMED else ""
        yield f"    the same in: {plain(', '.join(others[:_NAMED]))}{more}"


def _smallest(example: Example) -> Iterator[str]:
    """Yield the smallest input that was found to show a finding, and what came back for it."""
    if example.smaller is not None:
        yield from smallest_lines(example.smaller, cut_from=example.problem.call.x.shape)
    else:
        yield from element_lines(example.finding, due_dtype(example.problem.call, example.finding.quantity))


def _is_law(cause: Cause) -> bool:
    return "law" in cause.findings[0].evidence
