"""The sensitivity table as text: CSV with every number, Markdown for a reader."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from harness.campaign.sensitivity.figure import Sensitivity


def csv_text(found: Sequence[Sensitivity]) -> str:
    """Return one line per cell and check; sizes in unit roundoffs."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("check", "op", "quantity", "head", "dtype", "n", "rows", "alarms", "median", "quantile95"))
    for one in found:
        cell = one.cell
        where = (cell.op, cell.quantity, cell.head, cell.dtype, cell.n)
        writer.writerow((one.check, *where, one.rows, one.alarms, one.median, one.quantile))
    return out.getvalue()


def markdown_table(found: Sequence[Sensitivity], check: str) -> str:
    """Return a Markdown table of one check: median / 95 % quantile, a column for each length."""
    mine = [one for one in found if one.check == check]
    lengths = sorted({one.cell.n for one in mine})
    lines = [_line([check, *(f"n = {n:,}" for n in lengths)]), _line(["---"] + ["---:"] * len(lengths))]
    rows: dict[str, dict[int, Sensitivity]] = {}
    for one in mine:
        cell = one.cell
        head = f", head {cell.head}" if cell.head else ""
        rows.setdefault(f"{cell.op} {cell.quantity}{head}, {cell.dtype}", {})[cell.n] = one
    lines += [_line([name, *(_entry(rows[name][n]) for n in lengths)]) for name in sorted(rows)]
    return "\n".join(lines) + "\n"


def _entry(one: Sensitivity) -> str:
    if not one.rows:
        return "—"
    alarms = f" ({one.alarms} of {one.rows} false alarms)" if one.alarms else ""
    return f"{_size(one.median)} / {_size(one.quantile)}{alarms}"


def _size(size: float) -> str:
    if math.isinf(size):
        return "never"
    return f"{size:.0f}" if size < 1e4 else f"{size:.0e}".replace("e+0", "e").replace("e+", "e")


def _line(fields: Sequence[str]) -> str:
    return f"| {' | '.join(fields)} |"
