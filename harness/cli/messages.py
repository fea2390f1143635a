"""What ``harness verify`` says of its findings: one message for each kind and cause, with the clearest example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.adapters.registry import BUILT_IN
from harness.cli.verdict import plain
from harness.compare.parameters import op_in_words
from harness.compare.verdict import Finding
from harness.plan.carrier import decoded
from harness.plan.problem import Problem
from harness.repeat.given import arrays_of, cotangent_dtype
from harness.repeat.repeats import Key, Repeat, Smaller, key_of
from harness.repeat.shrink import shape_text
from harness.report.causes import Cause
from harness.report.figures import count, decimal, plural, share
from harness.report.ranking import TITLES, severest
from harness.vocabulary import DType, FindingKind
from reference.formats import Floats

if TYPE_CHECKING:
    from harness.call import Call

SHOWN = 5  # messages that are told in full
_LISTED = 10  # further ones in a line each
_NAMED = 6  # further problems of one message
_WRITTEN = 12  # elements of an array that is shown
_OWN_TITLES = {  # of a file of one's own: there may be no framework
    FindingKind.RAISED: "The adapter's file raised an exception",
    FindingKind.IMPLICIT_REFUSED: "No cotangent given: the adapter refuses",
    FindingKind.SHAPE_REFUSED: "The adapter refuses the shape",
}


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
    titles = TITLES | ({} if name in BUILT_IN else _OWN_TITLES)
    yield "findings, the worst first:"
    for number, cause in enumerate(found[:SHOWN]):
        yield from _message(cause, known.example(cause), title=titles[cause.kind], program=programs.get(number))
    for cause in found[SHOWN : SHOWN + _LISTED]:
        where = f"{plural(len(cause.problems), 'problem')}), as in {plain(cause.findings[0].case)}"
        yield f"  {titles[cause.kind]} ({where}"
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
    problem, finding = example.smallest.problem, example.smallest.finding
    if example.smaller is not None:
        before, after = (shape_text(one.call.x.shape) for one in (example.problem, problem))
        of = "" if before == after else f", cut from {before}"
        what = f"{op_in_words(problem.call)} along axis {problem.call.axis}"
        yield f"the smallest input that shows it: {after}{of}, {what}"
        if finding.quantity is not None:
            for name in arrays_of(problem.call, finding.quantity):
                yield f"  {name} = {_written(problem.call, name)}"
    evidence = finding.evidence
    if "law" in evidence:
        off, allowed = float(evidence["error"]), float(evidence["bound"])
        yield f"  the law is missed by {off:.3g} ({off.hex()}), where rounding explains {allowed:.3g}"
    elif "at" in evidence and "want" in evidence:
        due = problem.call.dtype if finding.quantity is None else problem.call.dtype_of(finding.quantity)
        yield from _element(evidence["at"], float(evidence["got"]), float(evidence["want"]), dtype=due)


def _element(at: Sequence[int], got: float, want: float, *, dtype: DType | None) -> Iterator[str]:
    """Yield an element as it came back and as it should be: in decimal, and in hex, which says its bits."""
    place = f"element {list(at)}" if at else "the number"
    decimals = [_decimal(value, dtype) for value in (got, want)]
    wide = max(map(len, decimals))
    yield f"  {place}: got      {decimals[0]:>{wide}}  {got.hex()}"
    yield f"  {'':{len(place)}}  expected {decimals[1]:>{wide}}  {want.hex()}"


def _written(call: Call, name: str) -> str:
    """Return an array as nested lists of its numbers, each as short as its bits allow; its shape where it is long."""
    array = getattr(call, name)
    if array.size > _WRITTEN:
        return f"an array of {shape_text(array.shape)}"
    if array.dtype.kind in "bi" or (name == "targets" and call.index_targets):
        return str(array.tolist())
    dtype = cotangent_dtype(call) if name == "cotangent" else call.dtype
    return _nested(decoded(array, dtype), dtype)


def _nested(values: Floats, dtype: DType) -> str:
    if not values.ndim:
        return _decimal(float(values), dtype)
    return f"[{', '.join(_nested(part, dtype) for part in values)}]"


def _decimal(value: float, dtype: DType | None) -> str:
    return decimal(value, "float64" if dtype is None else dtype.value).replace("−", "-")


def _is_law(cause: Cause) -> bool:
    return "law" in cause.findings[0].evidence
