"""The campaign's table as text: CSV with every number, Markdown for a reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from harness.campaign.cell import Cell
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
    """Return a Markdown table, an adapter in each column: the worst shares of the bounds, and how many lie beyond.

    An entry is ``element / row / scalar``, or the element's share alone where no row test exists.
    """
    rows: dict[tuple[str, str, str], dict[str, Cell]] = {}
    for cell in cells:
        rows.setdefault((cell.op, cell.quantity, cell.dtype), {})[cell.adapter] = cell
    adapters = list(dict.fromkeys(adapter for row in rows.values() for adapter in row))
    lines = [_line(["", "problems", "rows", *adapters]), _line(["---", "---:", "---:"] + ["---"] * len(adapters))]
    for name, row in sorted(rows.items()):
        most = max(row.values(), key=lambda cell: cell.problems)
        entries = [_entry(row[adapter]) if adapter in row else "" for adapter in adapters]
        lines.append(_line([" ".join(name), f"{most.problems:,}", f"{most.rows:,}", *entries]))
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


def _entry(cell: Cell) -> str:
    if cell.silent == cell.problems:
        return "none"
    tested = (cell.element, cell.row, cell.scalar) if cell.row.problem or cell.scalar.problem else (cell.element,)
    shares = " / ".join(f"{one.share:.2f}" for one in tested)
    beyond = f"; **{cell.beyond:,} beyond**" if cell.beyond else ""
    known = f"; {cell.known:,} known" if cell.known else ""
    return shares + beyond + known


def _line(fields: Iterable[str]) -> str:
    return f"| {' | '.join(fields)} |"
