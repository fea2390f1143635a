"""Explanations of a wrong result, in the sentence and the evidence of a finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.compare.naming.name import Naming
from harness.compare.naming.scalar import ROW_SCALAR
from harness.compare.naming.search import Named
from harness.compare.parameters import number
from harness.compare.verdict import Finding, Verdict
from harness.vocabulary import Outcome

_SAID: Final = 3  # explanations in one sentence; the evidence has all
_BARE: Final = ("", "one", "two", "minus one", "minus two")  # names that say no more than the number


def explained_by(naming: Naming | None, finding: Finding, verdict: Verdict) -> Finding:
    """Return a finding with what is known of its cause in words, and as ``faults`` in its evidence."""
    if naming is None:
        return finding
    faults = {"faults": [one.evidence for one in naming.names], "faults tried": naming.tried}
    words = f"{finding.sentence} {in_words(naming, verdict)}".rstrip()
    return replace(finding, sentence=words, evidence=finding.evidence | faults)


def in_words(naming: Naming, verdict: Verdict) -> str:
    """Return the sentences that go behind that of a finding."""
    if not naming.names:
        if verdict.outcome is Outcome.NONFINITE_PATTERN:
            return ""  # that a rule gives another number says nothing of how NaN comes about
        return f"None of the {naming.tried} faults that have a formula here explains it." if naming.tried else ""
    first = naming.names[0]
    if first.name == ROW_SCALAR:
        return f"{first.what[0].upper()}{first.what[1:]}."
    said = [f"{_what(one)}, to {one.share:.2g} of the bound" for one in naming.names[:_SAID]]
    more = len(naming.names) - len(said)
    also = f"; and with {more} more that coincide here" if more else ""
    off = "" if verdict.ulps is None else f"; the right rule is off by {verdict.ulps:.2g} ulp"
    return f"It agrees with {'; and with '.join(said)}{also}{off}.{_rows(naming)}"


def _what(one: Named) -> str:
    if one.factor == 1.0:
        return one.what
    called = "" if one.called in _BARE else f" ({one.called})"
    return f"{number(one.factor)}{called} times {one.what}"


def _rows(naming: Naming) -> str:
    if naming.rows == naming.of_rows:
        return ""
    return f" So it is in {naming.rows} of {naming.of_rows} rows; the others are right."
