"""The findings of one case in plain text: what was found, of which problems, and the numbers that prove it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.repeat.repeats import Key, Smaller, key_of
from harness.report.elementtext import dtype_of, element_lines
from harness.report.evidence import proof_of_zero
from harness.report.smallest import smallest_lines
from harness.vocabulary import Level

WIDTH: Final = 100  # characters of a line of prose


def findings_text(comparison: Comparison, case: str, smaller: Mapping[Key, Smaller]) -> str:
    """Return what was found of ``case``, what nobody expected first; what is said of several problems stands once."""
    found = [finding for finding in comparison.findings if finding.case == case]
    if not found:
        return "Nothing was found that needs a sentence."
    found.sort(key=lambda finding: (not finding.unexpected, finding.level is not Level.EXPLANATION))
    alike: dict[tuple[Any, ...], list[Finding]] = {}
    for one in found:
        alike.setdefault((one.kind, one.sentence, one.excuse, one.quantity), []).append(one)
    return "\n".join(
        ["What was found", *(line for group in alike.values() for line in _told(group, comparison, smaller))]
    )


def wrapped(text: str, *, indent: str = "", hanging: str = "") -> str:
    """Return prose in lines of its own, whatever lines it came in; words stay whole.

    Every line but the first is indented by ``hanging`` more.
    """
    return textwrap.fill(
        " ".join(text.split()),
        width=WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
    )


def _told(group: list[Finding], comparison: Comparison, smaller: Mapping[Key, Smaller]) -> Iterator[str]:
    """Yield the lines of findings that say the same of one problem or of several."""
    first = group[0]
    yield f"  {first.kind.value}"
    yield wrapped(first.sentence, indent="    ")
    numbers: dict[str, list[str]] = {}
    for one in group:
        lines = "\n".join(_numbers(one, comparison, smaller))
        numbers.setdefault(lines, []).extend(one.problems)
    for lines, problems in numbers.items():
        of = _problems(problems, case=first.case)
        if of:
            yield wrapped(of, indent="    ")
        if lines:
            yield lines
    if first.excuse:
        yield wrapped(f"({first.excuse})", indent="    ")


def _problems(names: Iterable[str], *, case: str) -> str:
    """Name problems by what tells them from the others of their case; nothing where it has no other."""
    told = [name.removeprefix(case) for name in dict.fromkeys(names)]
    return f"of {', '.join(told)}" if all(told) and told else ""


def _numbers(finding: Finding, comparison: Comparison, smaller: Mapping[Key, Smaller]) -> Iterator[str]:
    """Yield what proves a finding beside its sentence."""
    if "with" in finding.evidence and (numbers := proof_of_zero(finding.evidence)):
        yield wrapped(numbers, indent="    ")
    dtype = dtype_of(finding, comparison.verdicts)
    yield from (f"    {line}" for line in element_lines(finding, dtype))
    known = smaller.get(key_of(finding))
    if known is not None:
        yield from (f"    {line}" for line in smallest_lines(known))
