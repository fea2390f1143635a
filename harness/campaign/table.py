"""The campaign's table as text: CSV with every number, Markdown for a reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from harness.campaign.cell import Cell
from harness.compare.verdict import Finding

_COUNTS = ("problems", "rows", "silent", "unbounded", "lawless", "beyond", "known")
_EXTREMES = ("element", "row", "scalar", "known_worst")
_COLUMNS = (
    *("adapter", "op", "dtype", "quantity"),
    *_COUNTS,
    *("element", "element_problem", "row", "row_problem", "scalar", "scalar_problem", "known_worst", "known_problem"),
)
LEGEND = (
    "An entry: the worst shares of the bounds of elements / rows / their scalars, or of elements alone where there is "
    "no test of rows. *beyond*: results that nothing excuses. *known*: results that differ as the ledger says. "
    "*lawless*: those of both that break an invariant. *unbounded*: results of which no finite bound exists, judged by "
    "invariants alone. *silent*: no result; a dash: none at all."
)


def csv_text(cells: Iterable[Cell]) -> str:
    """Return one line per cell, every share in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for cell in cells:
        counts = [getattr(cell, name) for name in _COUNTS]
        extremes = [getattr(cell, name) for name in _EXTREMES]
        shares = [value for one in extremes for value in (one.share, one.problem)]
        writer.writerow([cell.adapter, cell.op, cell.dtype, cell.quantity, *counts, *shares])
    return out.getvalue()


def markdown_table(cells: Iterable[Cell]) -> str:
    """Return a Markdown table, an adapter in each column, of what :data:`LEGEND` explains."""
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


def finding_lines(findings: Sequence[Finding], descriptions: dict[str, str]) -> list[str]:
    """Return every finding as a paragraph: what, by whom, and the problem that repeats it."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.kind.value}: {finding.sentence}")
        lines += [f"    {name}: {descriptions[name]}" for name in finding.problems]
    return lines


def _entry(cell: Cell) -> str:
    words = [f"**{cell.beyond:,} beyond**" if cell.beyond else ""]
    words += [f"{getattr(cell, name):,} {name}" if getattr(cell, name) else "" for name in ("known", "lawless")]
    if cell.silent == cell.problems:
        return "; ".join(["—", *filter(None, words)])
    tested = (cell.element, cell.row, cell.scalar) if cell.row.problem or cell.scalar.problem else (cell.element,)
    shares = " / ".join(f"{one.share:.2f}" for one in tested)
    words += [f"{getattr(cell, name):,} {name}" if getattr(cell, name) else "" for name in ("unbounded", "silent")]
    return "; ".join([shares, *filter(None, words)])


def _line(fields: Iterable[str]) -> str:
    return f"| {' | '.join(fields)} |"
