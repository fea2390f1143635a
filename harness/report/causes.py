"""Findings gathered by what they say and what is behind them: one message for what one cause did to many problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.compare.verdict import Finding
from harness.repeat.symptom import raised_at
from harness.vocabulary import FindingKind, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Findings of one kind with one cause: a wrong rule of the catalogue, an exception; none where none is known.

    They stand in the order of the comparison, the worst first. ``rule`` says the cause in words, where it has one.
    """

    kind: FindingKind
    rule: str
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """The problems that it shows in, each once."""
        return tuple(dict.fromkeys(name for finding in self.findings for name in finding.problems))

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantities that are wrong."""
        return tuple(dict.fromkeys(finding.quantity for finding in self.findings if finding.quantity is not None))

    @property
    def clearest(self) -> tuple[Finding, ...]:
        """The findings that name this cause alone; all of them where none does."""
        alone = tuple(finding for finding in self.findings if rules_of(finding) == [self.rule])
        return alone or self.findings


def causes(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """Gather ``findings`` by kind and cause, in the order of their worst.

    A finding that several rules explain counts for the one that explains most of its kind.
    """
    kinds: dict[FindingKind, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.kind, []).append(finding)
    found = [cause for kind, members in kinds.items() for cause in _of_kind(kind, members)]
    place = {id(finding): number for members in kinds.values() for number, finding in enumerate(members)}
    first = {kind: number for number, kind in enumerate(kinds)}
    return tuple(sorted(found, key=lambda cause: (first[cause.kind], place[id(cause.findings[0])])))


def rules_of(finding: Finding) -> list[str]:
    """Return the causes that a finding names: wrong rules, with the factor that they are off by; or what was raised."""
    if finding.kind is FindingKind.RAISED:
        said = " ".join(str(finding.evidence.get("detail", "")).split())
        where = raised_at(said)
        return [said.partition(":")[0] + (f" [{where}]" if where else "")]
    faults: Sequence[dict[str, Any]] = finding.evidence.get("faults", ())
    return [fault["what"] if fault["factor"] == 1 else f"{fault['factor']:g} times {fault['what']}" for fault in faults]


def _of_kind(kind: FindingKind, findings: Sequence[Finding]) -> Iterable[Cause]:
    """Yield the causes of findings of one kind: again and again the one that explains most of what is left."""
    left = list(findings)
    while left:
        rules = Counter(rule for finding in left for rule in dict.fromkeys(rules_of(finding)))
        rule = rules.most_common(1)[0][0] if rules else ""
        own = [finding for finding in left if rule in rules_of(finding)] if rule else left
        yield Cause(kind=kind, rule=rule, findings=tuple(own))
        taken = {id(finding) for finding in own}
        left = [finding for finding in left if id(finding) not in taken]
