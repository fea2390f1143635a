"""The campaign's table as text: CSV with every number, Markdown for a reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from harness.campaign.cell import Cell, Extreme
from harness.compare.verdict import Finding

_COLUMNS = (
    *("adapter", "op", "dtype", "quantity", "problems", "rows", "silent", "unbounded", "beyond", "known"),
    *("element", "element_problem", "row", "row_problem", "scalar", "scalar_problem", "known_worst", "known_problem"),
)


def csv_text(cells: Iterable[Cell]) -> str:
    """Return one line per cell, every share in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for cell in cells:
        extremes = (cell.element, cell.row, cell.scalar, cell.known_worst)
        counts = (cell.problems, cell.rows, cell.silent, cell.unbounded, cell.beyond, cell.known)
        shares = [value for one in extremes for value in (one.share, one.problem)]
        writer.writerow([cell.adapter, cell.op, cell.dtype, cell.quantity, *counts, *shares])
    return out.getvalue()


def markdown_table(cells: Iterable[Cell]) -> str:
    """Return a Markdown table: counts, and the worst shares of the bounds; cells that gave nothing are left out."""
    head = ("", "problems", "rows", "worst element", "row", "scalar", "beyond", "known (worst)")
    lines = [_line(head), _line(["---"] + ["---:"] * (len(head) - 1))]
    for cell in cells:
        if cell.silent == cell.problems:
            continue
        known = f"{cell.known:,} ({cell.known_worst.share:.3g})" if cell.known else "0"
        shares = [_share(one) for one in (cell.element, cell.row, cell.scalar)]
        name = f"{cell.adapter} {cell.op} {cell.quantity} {cell.dtype}"
        lines.append(_line([name, f"{cell.problems:,}", f"{cell.rows:,}", *shares, f"{cell.beyond:,}", known]))
    return "\n".join(lines) + "\n"


def unjudged_lines(cells: Iterable[Cell]) -> list[str]:
    """Say which cells gave nothing to judge, wholly or in part, and where nothing could be said of a result."""
    lines = []
    for cell in cells:
        name = f"{cell.adapter} {cell.op} {cell.quantity} {cell.dtype}"
        if cell.silent:
            lines.append(f"{name}: {cell.silent:,} of {cell.problems:,} problems gave no result")
        if cell.unbounded:
            lines.append(f"{name}: {cell.unbounded:,} of {cell.problems:,} lie where no finite bound exists")
    return lines


def finding_lines(findings: Sequence[Finding], descriptions: dict[str, str]) -> list[str]:
    """Return every finding as a paragraph: what, by whom, and the problem that repeats it."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.kind.value}: {finding.sentence}")
        lines += [f"    {name}: {descriptions[name]}" for name in finding.problems]
    return lines


def _share(extreme: Extreme) -> str:
    return f"{extreme.share:.3f}" if extreme.problem else "-"


def _line(fields: Iterable[str]) -> str:
    return f"| {' | '.join(fields)} |"
