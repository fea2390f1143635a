"""The verdict of a whole run, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.compare.accounts import Tally
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.standing import Place
from harness.report.figures import count, plural
from harness.report.ranking import Rank, rank


class Tone(StrEnum):
    """Whether the headline is good news."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"  # neither: something that was asked for is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What a run says, in a sentence, and how to take it."""

    sentence: str
    tone: Tone


def headline(comparison: Comparison) -> Headline:
    """Say what the run found; a run that proves nothing is never good news."""
    if not comparison.verdicts:
        return Headline(sentence="Nothing was planned, so nothing was judged: this is not a pass.", tone=Tone.OPEN)
    absent = f"{names(comparison.not_run)} did not run" if comparison.not_run else ""
    if comparison.changes is not None and comparison.unexpected and not comparison.fails and not absent:
        remain = plural(len(comparison.unexpected), "unexpected finding remains", "unexpected findings remain")
        return Headline(sentence=f"Nothing new or worse since the baseline; {remain}.", tone=Tone.OPEN)
    if comparison.unexpected:
        kinds = [rank(finding) for finding in comparison.unexpected]
        parts = [
            plural(kinds.count(each), one, several)
            for each, one, several in (
                (Rank.FAULT, "unexpected fault", "unexpected faults"),
                (Rank.POLICY, "unexpected difference of policy", "unexpected differences of policy"),
            )
            if kinds.count(each)
        ]
        return Headline(sentence=" and ".join(parts) + (f"; {absent}." if absent else "."), tone=Tone.BAD)
    lost = sum(one.lost for one in comparison.changes.changes) if comparison.changes is not None else 0
    if lost and not absent:
        words = plural(lost, "result that agreed in the baseline is", "results that agreed in the baseline are")
        return Headline(sentence=f"{words} lost: there is none now.", tone=Tone.BAD)
    if comparison.judged == 0:
        return Headline(sentence="Nothing was judged: this is not a pass.", tone=Tone.OPEN)
    if absent:
        return Headline(sentence=f"{absent}: this is not a pass. What ran agrees or is explained.", tone=Tone.OPEN)
    return Headline(
        sentence="Every judged result agrees with the exact oracle, or differs as expected.", tone=Tone.GOOD
    )


def accounted(tally: Tally) -> str:
    """Say where the planned evaluations stand; the numbers add up to what was planned."""
    agreed, differ = tally.agreed, tally.counts[Place.EXPECTED]
    parts = [f"{count(agreed)} {'agrees' if agreed == 1 else 'agree'}"]
    if differ:
        parts.append(f"{count(differ)} {'differs' if differ == 1 else 'differ'} as expected")
    others = (Place.FLAGGED, Place.RANGE, Place.UNSUPPORTED, Place.NOT_RUN)
    parts += [f"{count(tally.counts[place])} {place.value}" for place in others if tally.counts[place]]
    return f"{plural(tally.planned, 'evaluation')} planned: {', '.join(parts)}"


def names(runs: Sequence[AdapterRun]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    *most, last = [run.name for run in runs]
    return f"{', '.join(most)} and {last}" if most else last


def compared(comparison: Comparison) -> str:
    """Say what was compared: how many evaluations, problems and cases, by which adapters."""
    problems = len({verdict.problem for verdict in comparison.verdicts})
    cases = len({verdict.case for verdict in comparison.verdicts})
    ran = [run for run in comparison.adapters if run.ran]
    by = f"by {', '.join(map(version, ran))}" if ran else "by no adapter"
    return (
        f"{plural(len(comparison.verdicts), 'evaluation')} of {plural(problems, 'problem')} "
        f"from {plural(cases, 'case')}, {by}.{_machines(ran)}"
    )


def _machines(ran: Sequence[AdapterRun]) -> str:
    """Say which adapter was recorded on what, where recordings of different machines stand beside each other."""
    found: dict[str, list[AdapterRun]] = {}
    for run in ran:
        platform = run.header.platform if run.header else {}
        known = [platform[name] for name in ("system", "machine", "processor") if platform.get(name)]
        found.setdefault(" ".join(known) or "a machine unknown", []).append(run)
    if len(found) <= 1:
        return ""
    return " Recorded on different machines: " + "; ".join(f"{names(own)} on {one}" for one, own in found.items()) + "."


def version(run: AdapterRun) -> str:
    """Return the framework and version behind an adapter, or its name where no recording says."""
    description = run.header.description if run.header else None
    return f"{description.framework} {description.version}" if description else run.name
