"""What repeats each finding of a comparison: a snippet, and a report to those whose fault it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from harness.call import Call
from harness.compare.comparison import Comparison
from harness.compare.parameters import op_in_words
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.record.recording import Header
from harness.repeat import shown
from harness.repeat.expected import expected
from harness.repeat.smaller import place_alone, row_alone, row_of
from harness.repeat.snippet import SCRIPTS, snippet
from harness.repeat.upstream import title_of, upstream
from harness.vocabulary import FindingKind, Level, Quantity

LONGEST: Final = 20_000  # characters of a snippet that a person would paste somewhere
_WHOLE: Final = 4_000  # characters of a snippet that is not worth cutting down
_NEVER: Final = (FindingKind.EXPECTED_ABSENT, FindingKind.LEDGER_STALE, FindingKind.MISSING, FindingKind.INPUT_CHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smaller:
    """A smaller problem that still shows a finding, with the finding that was judged of it."""

    problem: Problem
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How to see a finding without us: a program, a report in Markdown, and what its input is, in a sentence."""

    snippet: str
    upstream: str
    about: str


Titles = Callable[[FindingKind], str]
Key = tuple[Any, ...]


def key_of(finding: Finding) -> Key:
    """Return what tells a finding of a comparison from the others."""
    return (finding.kind, finding.case, finding.adapters, finding.quantity, finding.excuse, finding.problems[:1])


def repeats(
    comparison: Comparison, problems: Iterable[Problem], *, titles: Titles, smaller: Mapping[Key, Smaller]
) -> dict[Key, Repeat]:
    """Return, by :func:`key_of`, what repeats each finding that a program can show; ``problems`` are the plan's.

    ``smaller`` holds what is known of smaller inputs; ``titles`` names a kind of finding in a few words.
    """
    by_id = {problem.id: problem for problem in problems}
    headers = {run.name: run.header for run in comparison.adapters if run.header is not None}
    found: dict[Key, Repeat] = {}
    for finding, adapter in showable(comparison.findings):
        key = key_of(finding)
        less = smaller.get(key)
        problem = less.problem if less is not None else by_id.get(finding.problems[0])
        if problem is not None and adapter in headers:
            said = finding if less is None else replace(finding, evidence=less.finding.evidence)
            about = "" if less is None else "Its input is the smallest that was found to show it."
            one = _repeat(said, problem, adapter, header=headers[adapter], titles=titles, about=about)
            if one is not None:
                found[key] = one
    return found


def showable(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Yield the findings that one call of one framework shows, each with that framework's adapter."""
    for finding in findings:
        of_one_call = len(finding.adapters) == 1 and finding.problems and finding.quantity
        weighs = finding.level is not Level.EXPLANATION and finding.kind not in _NEVER
        if of_one_call and weighs and finding.adapters[0] in SCRIPTS:
            yield finding, finding.adapters[0]


def _repeat(
    finding: Finding, problem: Problem, adapter: str, *, header: Header, titles: Titles, about: str
) -> Repeat | None:
    quantity = finding.quantity
    assert quantity is not None  # noqa: S101 - showable() asks for it
    call = problem.call
    framework, version = (header.description.framework, header.description.version) if header.description else ("", "")
    title = title_of(
        framework,
        version,
        call=op_in_words(call),
        quantity=quantity.value,
        dtype=call.dtype.value,
        what=titles(finding.kind),
    )
    code = _code(adapter, call, quantity, finding, title=title)
    if code is not None and len(code) > _WHOLE and not about:
        cut = _row_alone(call, quantity, finding)
        if cut is not None:
            alone = _code(adapter, cut[0], quantity, cut[1], title=title)
            if alone is not None and len(alone) < len(code) / 2:
                code, about = alone, "Its input is one row of a larger one, which was not tried alone."
    if code is None or len(code) > LONGEST:
        return None
    return Repeat(
        snippet=code,
        upstream=upstream(finding, title=title, header=header, snippet=code, about=about),
        about=about,
    )


def _code(adapter: str, call: Call, quantity: Quantity, finding: Finding, *, title: str) -> str | None:
    """Return the snippet with what it prints, or None where no single call shows the finding."""
    lines = _shown(call, quantity, finding)
    return None if lines is None else snippet(adapter, call, quantity, shown=lines, comments=(title,))


def _shown(call: Call, quantity: Quantity, finding: Finding) -> list[str] | None:
    evidence = finding.evidence
    match finding.kind:
        case kind if shown.never_returns(kind):
            return shown.of_nothing(str(evidence.get("detail", "")))
        case FindingKind.WRONG_SHAPE | FindingKind.WRONG_DTYPE:
            return shown.form(call, quantity)
        case FindingKind.PRINTED_VALUE:
            return ["print(got)"]
        case _ if "law" in evidence:
            law = str(evidence["law"])
            return shown.of_law(law, call, int(evidence["row"])) if shown.knows(law) else None
        case FindingKind.INCONSISTENT_ROW if "row_at" in evidence:
            exact = expected(call, quantity, dtype=_dtype(call, quantity))
            return shown.row(call, [int(index) for index in evidence["row_at"]], exact)
        case _ if "at" in evidence and "want" in evidence:
            return shown.element(evidence["at"], float(evidence["want"]), dtype=_dtype(call, quantity))
        case _:
            return ["print(got)"]


def _row_alone(call: Call, quantity: Quantity, finding: Finding) -> tuple[Call, Finding] | None:
    """Return the row that a finding is about as a call of its own, and the finding with its numbers there."""
    evidence = dict(finding.evidence)
    at = tuple(int(index) for index in evidence.get("at", ()))
    if "law" in evidence:
        row = tuple(int(index) for index in np.unravel_index(int(evidence["row"]), call.batch_shape))
        alone, evidence["row"] = row_alone(call, row), 0
    elif "at" in evidence and (found := row_of(call, quantity, at)) is not None:
        alone, place = row_alone(call, found), place_alone(call, at)
        want = expected(alone, quantity, dtype=_dtype(call, quantity))[place]
        evidence |= {"at": list(place), "want": float(want)}
        if "row_at" in evidence and tuple(evidence["row_at"]) == found:
            evidence["row_at"] = [0] * len(found)
        else:
            evidence.pop("row_at", None)
    else:
        return None
    return alone, replace(finding, evidence=evidence)


def _dtype(call: Call, quantity: Quantity) -> str:
    due = call.dtype_of(quantity)
    return "float32" if due is None else due.value
