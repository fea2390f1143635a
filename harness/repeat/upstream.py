"""A finding as a report to those who can mend it: Markdown that stands alone, to be pasted into their tracker."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from harness.compare.verdict import Finding
from harness.record.recording import Header
from harness.repeat.shown import never_returns
from harness.vocabulary import FindingKind

_WORTH: Final = re.compile(r"(mxnet|torch|jax|jaxlib|optax|numpy|ml_dtypes)==", re.IGNORECASE)
_SHOWN: Final = ("elements", "ulps", "error", "bound", "share", "row_share", "row_scalar")
_MEANT: Final = {
    "ulps": "units in the last place, at most",
    "error": "absolute error",
    "bound": "what rounding can explain of it",
    "share": "the error as a share of that",
    "row_share": "the same for how the elements of a row agree",
    "row_scalar": "the same for what the elements of a row have in common",
}


def upstream(finding: Finding, *, title: str, header: Header, snippet: str, about: str) -> str:
    """Return the report: title, the program, got and expected, why it is wrong, versions and platform.

    ``about`` says what the program's input is, in a sentence.
    """
    parts = [
        f"# {title}",
        _claim(finding),
        f"This program repeats it. {about}" if about else "This program repeats it.",
        f"{_fence(snippet)}python\n{snippet}{_fence(snippet)}",
        _numbers(finding.evidence),
        _versions(header),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def title_of(framework: str, version: str, *, call: str, quantity: str, dtype: str, what: str) -> str:
    """Return the title of a report: who, which call, and what is wrong with it in a few words."""
    return f"{framework} {version}: {quantity} of {call} in {dtype}: {what}"


def _claim(finding: Finding) -> str:
    """Say what is wrong, to people who know nothing of this project."""
    evidence = finding.evidence
    if never_returns(finding.kind):
        return f"Instead of a result there is this: {evidence.get('detail', '')}"
    if "law" not in evidence and "at" in evidence:
        at, got, want = (evidence[name] for name in ("at", "got", "want"))
        due = ", where nan is due" if math.isnan(float(want)) else f"; the exact value, rounded once, is {want}"
        words = f"Element {at} is {got}{due}."
        share = evidence.get("share")
        if isinstance(share, float) and share > 1:
            words += f" The error is {share:.3g} times what rounding can explain in a kernel of any usual form."
        elif finding.kind is FindingKind.INCONSISTENT_ROW:
            words += f" Each element alone is near enough, but {evidence.get('detail', '')}."
        elif finding.kind is FindingKind.UNDEFINED_ROW:
            words += " Such a row has no value: the formula gives NaN for all of it, as most frameworks do."
        return words
    said = finding.sentence.split(" The same in ")[0]
    return said.removeprefix(f"{finding.adapters[0]}: ") if finding.adapters else said


def _fence(text: str) -> str:
    """Return backticks that no line of ``text`` could end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _numbers(evidence: Mapping[str, Any]) -> str:
    rows = []
    if "got" in evidence and "want" in evidence:
        where = f" at {evidence['at']}" if evidence.get("at") else ""
        got, want = (float(evidence[name]) for name in ("got", "want"))  # NaN and infinities are texts there
        once = "" if math.isnan(want) else ", the exact value rounded once"
        rows += [f"- got{where}: {_number(got)}", f"- expected: {_number(want)}{once}"]
    rows += [f"- {_MEANT[name]}: {evidence[name]:.4g}" for name in _SHOWN if _is_number(evidence.get(name), name)]
    if "want" in evidence and not math.isnan(float(evidence["want"])):
        rows += ["", "The exact value was computed with twice the precision of float64."]
    return "\n".join(rows)


def _number(value: float) -> str:
    """Return a number as decimal and as bits, of which NaN and infinities have nothing to show."""
    return f"`{value!r}` (`{value.hex()}`)" if math.isfinite(value) else f"`{value!r}`"


def _is_number(value: Any, name: str) -> bool:
    return name in _MEANT and isinstance(value, float)


@cache
def _worth_naming(packages: tuple[str, ...]) -> list[str]:
    return [package for package in packages if _WORTH.match(package)]


def _versions(header: Header) -> str:
    lines = []
    if header.description is not None:
        lines.append(f"- {header.description.framework} {header.description.version} on {header.description.device}")
        lines += [f"- {name}: {value}" for name, value in header.description.settings.items()]
    lines.append(f"- Python {header.python}")
    packages = _worth_naming(header.packages)
    lines += [f"- {' '.join(packages)}"] if packages else []
    platform = [header.platform[name] for name in ("system", "machine", "processor") if header.platform.get(name)]
    lines += [f"- {', '.join(platform)}"] if platform else []
    lines += [f"- {name}={value}" for name, value in header.flags.items()]
    return "\n".join(["Versions and platform:", "", *lines])
