"""Explanations of a wrong result, in the sentence and the evidence of a finding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from harness.compare.naming.name import Naming
from harness.compare.naming.scalar import ROW_SCALAR
from harness.compare.naming.search import Named
from harness.compare.parameters import number
from harness.compare.verdict import Finding, Verdict
from harness.vocabulary import Outcome
from reference.formats import format_named

_ZEROS: Final = "zeros-returned"  # which comes before what else gives zeros here
_IN_FULL: Final = 3  # explanations whose formulas are told; of more, each is told by its name in the catalogue
_BARE: Final = ("", "one", "two", "minus one", "minus two")  # names that say no more than the number


def explained_by(naming: Naming | None, finding: Finding, verdict: Verdict) -> Finding:
    """Return a finding with what is known of its cause in words, and as ``faults`` in its evidence."""
    if naming is None:
        return finding
    faults = {"faults": [one.evidence for one in naming.names], "faults tried": naming.tried}
    distance = "" if "law" in finding.evidence else _distance(verdict)  # a law is about rows, not about an element
    words = f"{finding.sentence} {_in_words(naming, verdict, distance)}".rstrip()
    return replace(finding, sentence=words, evidence=finding.evidence | faults)


def _in_words(naming: Naming, verdict: Verdict, distance: str) -> str:
    """Return the sentences that go behind that of a finding."""
    if not naming.names:
        if verdict.outcome is Outcome.NONFINITE_PATTERN:
            return ""  # that a rule gives another number says nothing of how NaN comes about
        return f"None of the {naming.tried} faults that have a formula here explains it." if naming.tried else ""
    first = naming.names[0]
    if first.name == ROW_SCALAR:
        return f"{first.what[0].upper()}{first.what[1:]}."
    agrees = "It agrees, in all digits that it has, with" if naming.in_print else "It agrees with"
    names = sorted(naming.names, key=lambda one: one.name != _ZEROS)
    said = [_what(one) + _how_well(one, naming) for one in names[:_IN_FULL]]
    others = _others(names[_IN_FULL:])
    return f"{agrees} {'; and with '.join(said)}{others}{distance}.{_rows(naming)}"


def _what(one: Named) -> str:
    if one.factor == 1.0:
        return one.what
    called = "" if one.called in _BARE else f" ({one.called})"
    return f"{_factor(one.factor)}{called} times {one.what}"


def _factor(value: float) -> str:
    """Return a factor as a person would say it: 3, 0.5, 1/3."""
    decimal = number(value)
    whole = round(1.0 / value) if value else 0
    inverse = f"{'-' if value < 0 else ''}1/{abs(whole)}"
    return inverse if whole and 1.0 / whole == value and len(inverse) < len(decimal) - 2 else decimal


def _how_well(one: Named, naming: Naming) -> str:
    return "" if naming.in_print else f", to {one.share:.2g} of the bound"


def _others(names: Sequence[Named]) -> str:
    """Name all that coincide with those that are told in full; `harness selftest --list` says what each is."""
    if not names:
        return ""
    told = (one.name if one.factor == 1.0 else f"{_factor(one.factor)} times {one.name}" for one in names)
    return f"; {len(names)} more coincide{'s' if len(names) == 1 else ''} with these here: {', '.join(told)}"


def _distance(verdict: Verdict) -> str:
    """Say how far the right rule is from the worst element: in ulps of a normal number, since zero has none."""
    if verdict.want is None or verdict.error is None or not math.isfinite(verdict.error):
        return ""
    target = format_named(verdict.result_dtype or verdict.dtype)
    if abs(verdict.want) < target.smallest_normal:
        return "" if verdict.want else "; the right rule gives 0 there"
    ulps = verdict.error / float(target.spacing(np.asarray(verdict.want)))
    return f"; the right rule is off by {ulps:.2g} ulp"


def _rows(naming: Naming) -> str:
    if naming.rows == naming.of_rows:
        return ""
    return f" So it is in {naming.rows} of {naming.of_rows} rows; the others are right."
