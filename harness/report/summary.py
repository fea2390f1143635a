"""``summary.md``: the denominators, then every finding, worst first; for a terminal, a pull request, a CI job page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.report.accounts import Accounts, Place, Tally
from harness.report.figures import count
from harness.report.files import ReportFile
from harness.report.headline import compared, headline, version
from harness.report.legible import legible
from harness.report.ranking import Gathered, Rank, ranked
from harness.report.unverified import gaps

_SPECIAL = re.compile(r"([\\`*_\[\]|#~])")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def summary(comparison: Comparison, accounts: Accounts) -> str:
    """Return the summary as Markdown; texts that came from outside are escaped."""
    parts = [
        f"<!-- {ReportFile.SUMMARY.format_name} -->",
        f"# {literal(headline(comparison).sentence)}",
        literal(compared(comparison)),
        _denominators(comparison, accounts),
        *_groups(comparison),
        "## Not verified",
        "\n".join(f"- **{literal(gap.what)}**: {literal(gap.why)}" for gap in gaps(comparison, accounts)),
        "The page `index.html` beside this file shows every case with its numbers.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _denominators(comparison: Comparison, accounts: Accounts) -> str:
    heads = ["evaluations", "planned", *(place.value for place in Place)]
    lines = [_row(heads), _row(["---", *["---:"] * (len(heads) - 1)])]
    for run in comparison.adapters:
        tally = accounts.tally(verdict for verdict in comparison.verdicts if verdict.adapter == run.name)
        name = f"{version(run)} ({run.name})" if run.ran else f"{run.name}: not run: {run.why_not}"
        lines.append(_row([literal(name), *_counts(tally)]))
    lines.append(_row(["**all**", *(f"**{number}**" for number in _counts(accounts.tally()))]))
    return "\n".join(lines)


def _counts(tally: Tally) -> list[str]:
    return [count(number) for number in (tally.planned, *tally.counts.values())]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _groups(comparison: Comparison) -> Iterable[str]:
    for rank, kinds in ranked(comparison.findings).items():
        number = sum(len(gathered.findings) for gathered in kinds)
        if number or rank is Rank.FAULT:
            yield f"## {rank.value}: {count(number) if number else 'none'}"
        for gathered in kinds:
            yield _kind(gathered, comparison)


def _kind(gathered: Gathered, comparison: Comparison) -> str:
    heading = f"### {gathered.title} (`{gathered.kind.value}`, {count(len(gathered.findings))})"
    known = comparison.ledger.get(gathered.ledger or "")
    if known is not None:
        heading += f"\n\n{known.adapter} ({known.owner}): {literal(known.why)} See {literal(known.link)}"
    return heading + "\n\n" + "\n".join(f"- {_item(finding)}" for finding in gathered.findings)


def _item(finding: Finding) -> str:
    where = f"**{literal(finding.case)}**"
    if len(finding.problems) > 1:
        where += f" ({len(finding.problems)} problems)"
    excuse = f" *{literal(finding.excuse)}*" if finding.excuse else ""
    return f"{where}: {literal(finding.sentence)}{excuse}"


def literal(text: str) -> str:
    """Return ``text`` as Markdown that shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(legible(text).split()).translate(_MARKUP))
