"""What a campaign has shown, in words: for the terminal, and as a page beside the table."""

from __future__ import annotations

from harness.campaign.campaign import Campaign
from harness.campaign.sample import draw, identified, signatures
from harness.campaign.table import finding_lines, markdown_table, unjudged_lines

_SHOWN = 20  # findings on the terminal; the page has all of them


def headline(campaign: Campaign) -> str:
    """Say in one line how it ended: denominators, then what fails it."""
    judged = sum(cell.problems - cell.silent for cell in campaign.cells)
    known = sum(cell.known for cell in campaign.cells)
    return (
        f"{campaign.problems:,} problems (seed {campaign.seed}) for each of {len(campaign.headers)} adapters: "
        f"{judged:,} results judged, {known:,} differ as the ledger says, "
        f"{len(campaign.findings):,} unexpected findings"
    )


def page(campaign: Campaign) -> str:
    """Return everything as Markdown."""
    parts = [
        "# Campaign",
        headline(campaign) + ".",
        f"JAX compiled {signatures()} signatures. Recording and judging took {campaign.seconds:,.0f} seconds.",
        "Made by:\n\n" + "\n".join(f"- {line}" for line in participants(campaign)),
        "The worst shares of the bounds, of elements / rows / their scalars:",
        markdown_table(campaign.cells).rstrip(),
    ]
    unjudged = unjudged_lines(campaign.cells)
    parts += ["\n".join(f"- {line}" for line in unjudged)] if unjudged else []
    if campaign.findings:
        parts += ["## Unexpected findings", "```text\n" + "\n".join(findings(campaign)) + "\n```"]
    return "\n\n".join(parts) + "\n"


def participants(campaign: Campaign) -> list[str]:
    """Say who took part, on what, and who did not."""
    lines = []
    for header in campaign.headers:
        made = header.description
        version = f"{made.framework} {made.version}" if made is not None else ""
        lines.append(f"{header.adapter}: {version}, Python {header.python}, {header.platform.get('processor', '')}")
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
            *unjudged_lines(campaign.cells),
            *findings(campaign, limit=_SHOWN),
            headline(campaign),
        ]
    )
