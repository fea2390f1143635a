"""What repeats each finding of a comparison: a snippet, and a report to those whose fault it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from harness.compare.comparison import Comparison
from harness.compare.parameters import op_in_words
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.record.recording import Header
from harness.repeat.drawn import LARGEST, drawn
from harness.repeat.kernel import Kernel, Unknown
from harness.repeat.literal import is_packed
from harness.repeat.program import of_its_row, program
from harness.repeat.snippet import SCRIPTS
from harness.repeat.upstream import title_of, upstream
from harness.vocabulary import FindingKind, Level

if TYPE_CHECKING:
    from harness.repeat.earlier import Earlier

LONGEST: Final = 20_000  # characters of a snippet that a person would paste somewhere
_WHOLE: Final = 4_000  # characters of a snippet that is not worth cutting down
_SMALLEST: Final = "Its input is the smallest that was found to show it."
_SMALLER: Final = "`harness shrink` looks for a smaller input."
_NEVER: Final = (FindingKind.EXPECTED_ABSENT, FindingKind.LEDGER_STALE, FindingKind.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smaller:
    """A smaller problem that still shows a finding, with the finding that was judged of it."""

    problem: Problem
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How to see a finding without us: a program, a report in Markdown, and what its input is, in a sentence.

    Where there is no program, ``about`` says why.
    """

    snippet: str = ""
    upstream: str = ""
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an adapter: how it was recorded, and, of one from outside, how its file is called."""

    header: Header
    kernel: Kernel | None


Kernels = Mapping[str, Kernel | Unknown]  # by the adapter's name
Titles = Callable[[FindingKind], str]
Key = tuple[Any, ...]


def key_of(finding: Finding) -> Key:
    """Return what tells a finding of a comparison from the others."""
    return (finding.kind, finding.case, finding.adapters, finding.quantity, finding.excuse, finding.problems[:1])


def repeats(
    comparison: Comparison,
    problems: Iterable[Problem],
    *,
    titles: Titles,
    smaller: Mapping[Key, Smaller],
    texts: Mapping[str, str] = MappingProxyType({}),
    kernels: Kernels = MappingProxyType({}),
    earlier: Earlier | None = None,
) -> dict[Key, Repeat]:
    """Return, by :func:`key_of`, what repeats each finding that a program can show; ``problems`` are the plan's.

    ``smaller`` holds what is known of smaller inputs; ``titles`` names a kind of finding in a few words; ``texts`` has
    the YAML of cases by their ids, whose draws a program can make again; ``kernels`` are the adapters from outside. A
    fault or a policy that no program shows has an entry without one, which says why. What ``earlier`` runs made of the
    same is not made again, but for adapters from outside.
    """
    by_id = {problem.id: problem for problem in problems}
    headers = {run.name: run.header for run in comparison.adapters if run.header is not None}
    found: dict[Key, Repeat] = {}
    for finding in comparison.findings:
        if finding.level is not Level.EXPLANATION and finding.kind not in _NEVER:
            found[key_of(finding)] = Repeat(about=_why_not(finding, by_id, kernels))
    for finding, adapter in showable(comparison.findings):
        kernel = kernels.get(adapter)
        if adapter not in SCRIPTS and not isinstance(kernel, Kernel):
            continue
        key = key_of(finding)
        less = smaller.get(key)
        problem = less.problem if less is not None else by_id.get(finding.problems[0])
        if problem is not None and adapter in headers:
            said = finding if less is None else replace(finding, evidence=less.finding.evidence)
            about = "" if less is None else _SMALLEST
            text = texts.get(problem.case, "") if less is None else ""
            header = replace(headers[adapter], plan="")  # so that no program depends on the rest of the plan
            known = Known(header=header, kernel=kernel if isinstance(kernel, Kernel) else None)
            make = partial(_repeat, said, problem, adapter, known=known, titles=titles, about=about, text=text)
            if earlier is None or known.kernel is not None:
                found[key] = make()
            else:
                words = (adapter, titles(said.kind), about, text)
                found[key] = earlier.repeat(said, problem, header, words=words, make=make)
    return found


def showable(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Yield the findings that one call of one framework, or kernel, shows, each with the adapter of that."""
    for finding in findings:
        of_one_call = len(finding.adapters) == 1 and finding.problems and finding.quantity
        weighs = finding.level is not Level.EXPLANATION and finding.kind not in _NEVER
        if of_one_call and weighs:
            yield finding, finding.adapters[0]


def _repeat(
    finding: Finding, problem: Problem, adapter: str, *, known: Known, titles: Titles, about: str, text: str
) -> Repeat:
    quantity = finding.quantity
    assert quantity is not None  # noqa: S101 - showable() asks for it
    call, kernel, described = problem.call, known.kernel, known.header.description
    framework, version = (described.framework, described.version) if described else ("", "")
    title = title_of(
        framework,
        version,
        call=op_in_words(call),
        quantity=quantity.value,
        dtype=call.dtype.value,
        what=titles(finding.kind),
    )
    large = call.x.size > LARGEST  # to pack it would take longer than the rest of the report
    instead = {} if large else drawn(call, text)
    code = None if large else program(adapter, call, quantity, finding, title=title, instead=instead, kernel=kernel)
    if large or (code is not None and len(code) > _WHOLE and not about):
        cut = of_its_row(call, quantity, finding)
        if cut is not None and cut[0].x.size <= LARGEST:
            alone = program(adapter, cut[0], quantity, cut[1], title=title, kernel=kernel)
            if alone is not None and (code is None or len(alone) < len(code) / 2):
                code, about = alone, "Its input is one row of a larger one, which was not tried alone."
    if code is None:
        why = f"Its input has {call.x.size:,} elements, too many for a program. {_SMALLER}"
        return Repeat(about=why if large else "No single call of the framework shows it.")
    if len(code) > LONGEST:
        return Repeat(about=f"A program with its input would have {len(code)} characters. {_SMALLER}")
    report = upstream(finding, title=title, header=known.header, snippet=code, about=about)
    if is_packed(code) and about != _SMALLEST:
        about = f"{about} {_SMALLER}".strip()
    return Repeat(snippet=code, upstream=report, about=about)


def _why_not(finding: Finding, problems: Mapping[str, Problem], kernels: Kernels) -> str:
    """Say why no program is tried for a finding that :func:`showable` leaves out, or whose call is not at hand."""
    if len(finding.adapters) != 1 or not finding.quantity:
        return "It is about more than one call: no single program shows it."
    if finding.adapters[0] not in SCRIPTS:
        kernel = kernels.get(finding.adapters[0])
        return (
            kernel.reason if isinstance(kernel, Unknown) else "Where the file of this adapter lies is not known here."
        )
    if not finding.problems or finding.problems[0] not in problems:
        return "Its input is not in the plan at hand."
    return "There is no recording at hand that says which version gave it."
