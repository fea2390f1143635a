"""What a campaign has shown, in words: for the terminal, and as a page beside the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.campaign.campaign import Campaign
from harness.campaign.frames import compiled
from harness.campaign.sample import draw, identified
from harness.campaign.table import LEGEND, finding_lines, markdown_table
from harness.compare.verdict import Finding

_SHOWN = 20  # findings on the terminal; the page has all of them


def headline(campaign: Campaign) -> str:
    """Say in one line how it ended: denominators, then what fails it."""
    judged = sum(cell.problems - cell.silent for cell in campaign.cells)
    known = sum(cell.known for cell in campaign.cells)
    lawless = sum(cell.lawless for cell in campaign.cells)
    return (
        f"{campaign.problems:,} problems (seed {campaign.seed}) for each of {len(campaign.headers)} adapters: "
        f"{judged:,} results judged, {known:,} differ as the ledger says, {lawless:,} break an invariant, "
        f"{len(campaign.findings):,} unexpected findings"
    )


def page(campaign: Campaign) -> str:
    """Return everything as Markdown."""
    count = compiled()
    parts = [
        "# Campaign",
        headline(campaign) + ".",
        f"JAX compiled at most {count.signatures} signatures, each for its quantities ({count.functions:,} functions), "
        f"and ran {count.eager_signatures} of them without compiling them, too. Recording and judging took "
        f"{campaign.seconds:,.0f} seconds.",
        "Made by:\n\n" + "\n".join(f"- {line}" for line in participants(campaign)),
        LEGEND,
        markdown_table(campaign.cells).rstrip(),
    ]
    if campaign.findings:
        parts += ["## Unexpected findings", "\n".join(_counted(campaign.findings))]
        parts += ["```text\n" + "\n".join(findings(campaign)) + "\n```"]
    return "\n\n".join(parts) + "\n"


def participants(campaign: Campaign) -> list[str]:
    """Say who took part, on what, of how many forwards there was something to judge, and who did not take part."""
    judged = Counter[str]()
    for cell in campaign.cells:
        judged[cell.adapter] += (cell.problems - cell.silent) * (cell.quantity == "forward")
    lines = []
    for header in campaign.headers:
        made = header.description
        version = f"{made.framework} {made.version}" if made is not None else ""
        where = f"Python {header.python}, {header.platform.get('processor', '')}"
        lines.append(f"{header.adapter}: {version}, {where}; has {judged[header.adapter]:,} of the problems' ops")
    return lines + [f"not run: {name}: {absent.reason}" for name, absent in campaign.absent.items()]


def findings(campaign: Campaign, *, limit: int | None = None) -> list[str]:
    """Return the unexpected findings, each with the problem that repeats it."""
    shown = campaign.findings[:limit]
    names = {name for finding in shown for name in finding.problems}
    lines = finding_lines(shown, {name: draw(*identified(name))[1].why for name in names})
    more = len(campaign.findings) - len(shown)
    return lines + ([f"... and {more:,} more: campaign.md has all of them"] if more else [])


def terminal(campaign: Campaign) -> str:
    """Return what the command line prints."""
    return "\n".join(
        [
            markdown_table(campaign.cells),
            *_counted(campaign.findings),
            *findings(campaign, limit=_SHOWN),
            *participants(campaign),
            headline(campaign),
        ]
    )


def _counted(found: Iterable[Finding]) -> list[str]:
    """Return how often each adapter has each kind of finding, in each op, dtype and quantity."""
    counts = Counter[str]()
    for finding in found:
        for name in finding.problems:
            call = draw(*identified(name))[0].call
            quantity = finding.quantity or ""
            counts[f"{', '.join(finding.adapters)}: {call.op} {quantity} {call.dtype}: {finding.kind.value}"] += 1
    return [f"- {what}: {count:,}" for what, count in sorted(counts.items())]
