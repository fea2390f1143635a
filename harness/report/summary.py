"""``summary.md``: the denominators, what fails, and the rest counted; for a terminal, a pull request, a CI job page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.compare.accounts import Accounts, Tally
from harness.compare.change import Trend
from harness.compare.comparison import Comparison
from harness.compare.relation import Relation
from harness.compare.standing import Place
from harness.compare.verdict import Finding
from harness.report import since
from harness.report.figures import count, plural, share
from harness.report.files import ReportFile
from harness.report.headline import compared, headline, version
from harness.report.ledgerentry import until
from harness.report.markdown import literal, table
from harness.report.pairwise import remarks, standings
from harness.report.ranking import Gathered, Rank, ranked
from harness.report.selftest import SelfTest
from harness.report.selftest import markdown as of_selftest
from harness.report.subject import subject
from harness.report.unmatched import MOST as MOST_UNMATCHED
from harness.report.unmatched import left_out, unmatched
from harness.report.unverified import gaps

MOST = 20  # failing findings of one kind: findings.json has them all
_NAMED = 5  # cases of one kind, or problems of one remark


def summary(comparison: Comparison, accounts: Accounts, selftest: SelfTest | None = None) -> str:
    """Return the summary as Markdown; texts that came from outside are escaped.

    ``selftest`` is the score of the last self-test, where there was one.
    """
    parts = [
        f"<!-- {ReportFile.SUMMARY.format_name} -->",
        f"# {literal(headline(comparison).sentence)}",
        literal(compared(comparison)),
        _denominators(comparison, accounts),
        *_since(comparison),
        *_groups(comparison),
        *_pairs(comparison),
        *of_selftest(selftest),
        "## Not verified",
        "\n".join(
            f"- **{literal(gap.what)}**: {literal(gap.why)}"
            for gap in gaps(comparison, accounts, judge_tried=selftest is not None)
        ),
        "The page `index.html` beside this file shows every case with its numbers, `accuracy.md` how large errors are, "
        "`findings.json` every finding in full.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _denominators(comparison: Comparison, accounts: Accounts) -> str:
    heads = ["evaluations", "planned", *(place.value for place in Place)]
    lines = []
    for run in comparison.adapters:
        tally = accounts.tally(verdict for verdict in comparison.verdicts if verdict.adapter == run.name)
        name = f"{version(run)} ({run.name})" if run.ran else f"{run.name}: not run: {run.why_not}"
        if run.ran and run.header is not None and run.header.rows_per_call is not None:
            name += f", at most {plural(run.header.rows_per_call, 'row')} per call"
        lines.append([literal(name), *_counts(tally)])
    lines.append(["**all**", *(f"**{number}**" for number in _counts(accounts.tally()))])
    return table(heads, lines, align="l" + "r" * (len(heads) - 1))


def _counts(tally: Tally) -> list[str]:
    return [count(number) for number in (tally.planned, *tally.counts.values())]


def _since(comparison: Comparison) -> Iterable[str]:
    changes = comparison.changes
    if changes is None:
        return
    yield "## Since the baseline"
    yield literal(f"{since.in_words(changes)} {'; '.join(since.versions(changes))}.")
    trends = [trend for trend, number in changes.total.items() if number]
    lines = [
        [literal(adapter), *(count(own[trend]) if own.get(trend) else "" for trend in trends)]
        for adapter, own in changes.counts.items()
    ]
    yield table(["adapter", *(trend.value for trend in trends)], lines, align="l" + "r" * len(trends))
    reasons = [f"- **fails**, worse: {literal(said)}" for said in since.idle(changes)]
    reasons += [f"- not comparable: {literal(reason)}" for reason in since.incomparable(changes)]
    if reasons:
        yield "\n".join(reasons)
    told = [
        f"- {'**fails**, ' if one.fails else ''}{one.trend.value}: "
        + literal(f"{one.adapter} {one.problem} {one.quantity.value}: {since.difference(one)}")
        for one in since.told(changes)
    ]
    if told:
        yield f"{since.heading(changes)}:"
        yield "\n".join(told[: since.MOST])
    for trend in (Trend.NEW, Trend.GONE):
        if found := unmatched(changes, trend):
            yield f"{trend.value.capitalize()}, {plural(len(found), 'case')}:"
            named = [f"{one.name}: {one.sentence}" for one in found[:MOST_UNMATCHED]]
            yield "\n".join(f"- {literal(line)}" for line in (*named, left_out(len(found))) if line)
    if said := since.outside(changes):
        yield said


def _groups(comparison: Comparison) -> Iterable[str]:
    for rank, kinds in ranked(comparison.findings).items():
        number = sum(len(gathered.findings) for gathered in kinds)
        if number or rank is Rank.FAULT:
            yield f"## {rank.value}: {count(number) if number else 'none'}"
        if rank.fails:
            yield from map(_failing, kinds)
        else:
            yield "\n".join(f"- {_counted(gathered, comparison)}" for gathered in kinds)


def _failing(gathered: Gathered) -> str:
    heading = f"### {gathered.title} (`{gathered.kind.value}`, {count(len(gathered.findings))})"
    items = [f"- {_item(finding)}" for finding in gathered.findings[:MOST]]
    if len(gathered.findings) > MOST:
        items.append(f"- and {count(len(gathered.findings) - MOST)} more")
    return heading + "\n\n" + "\n".join(items)


def _item(finding: Finding) -> str:
    where = f"**{literal(subject(finding))}**"
    if len(finding.problems) > 1:
        where += f" ({len(finding.problems)} problems)"
    return f"{where}: {literal(finding.sentence)}"


def _counted(gathered: Gathered, comparison: Comparison) -> str:
    """Return one line for all findings that are excused alike, or that explain alike."""
    cases = tuple(dict.fromkeys(finding.case for finding in gathered.findings))
    who = f"**{literal(gathered.adapters)}**: " if gathered.adapters else ""
    line = f"{who}{gathered.title} (`{gathered.kind.value}`): {plural(len(gathered.findings), 'finding')}"
    known = comparison.ledger.get(gathered.ledger or "")
    if known is not None:
        line += f", known as `{literal(known.id)}` ({known.owner}{until(known)}): {literal(known.why)}"
        return f"{line} {literal(known.link)} In {plural(len(cases), 'case')}."
    return f"{line} in {_named(cases, 'case')}"


def _named(names: Sequence[str], noun: str) -> str:
    """Return how many there are, and what the first of them are called."""
    more = ", …" if len(names) > _NAMED else ""
    return f"{plural(len(names), noun)}: {literal(', '.join(names[:_NAMED]))}{more}"


def _pairs(comparison: Comparison) -> Iterable[str]:
    stand = standings(comparison)
    if not stand:
        return
    yield "## Call against call"
    seen = [relation for relation in Relation if any(one.counts[relation] for one in stand)]
    heads = ["", *(relation.value for relation in seen), "largest share of the sum of both bounds"]
    lines = [
        [
            literal(f"{one.first} and {one.second}"),
            *(count(one.counts[relation]) for relation in seen),
            share(one.share),
        ]
        for one in stand
    ]
    yield table(heads, lines, align="l" + "r" * len(seen) + "r")
    told = remarks(comparison)
    if told:
        yield "\n".join(f"- {literal(one.sentence)} ({_named(one.problems, 'problem')})" for one in told)
