"""The sensitivities as text: CSV with every number, and from it, Markdown of one check."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from harness.campaign.sensitivity.figure import Sensitivity
from harness.campaign.sensitivity.trials import Cell
from harness.vocabulary import DType, Op, Quantity


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


def from_csv(text: str) -> tuple[Sensitivity, ...]:
    """Return what :func:`csv_text` has made a text of."""
    return tuple(
        Sensitivity(
            cell=Cell(
                op=Op(row["op"]),
                quantity=Quantity(row["quantity"]),
                head=row["head"],
                dtype=DType(row["dtype"]),
                n=int(row["n"]),
            ),
            check=row["check"],
            rows=int(row["rows"]),
            alarms=int(row["alarms"]),
            median=float(row["median"]),
            quantile=float(row["quantile95"]),
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def markdown_table(found: Sequence[Sensitivity], check: str) -> str:
    """Return a Markdown table of one check: median / 95 % quantile, a column for each length."""
    mine = [one for one in found if one.check == check]
    lengths = sorted({one.cell.n for one in mine})
    lines = [line([check, *(f"n = {n:,}" for n in lengths)]), line(["---"] + ["---:"] * len(lengths))]
    rows: dict[str, dict[int, Sensitivity]] = {}
    for one in mine:
        cell = one.cell
        rows.setdefault(f"{name_of(cell)}, {cell.dtype}", {})[cell.n] = one
    lines += [line([name, *(entry(rows[name][n]) for n in lengths)]) for name in sorted(rows)]
    return "\n".join(lines) + "\n"


def name_of(cell: Cell) -> str:
    """Return what is measured in a cell: op, quantity and head."""
    return f"{cell.op} {cell.quantity}" + (f", head {cell.head.removesuffix(' anywhere')}" if cell.head else "")


def entry(one: Sensitivity) -> str:
    """Return median / 95 % quantile, and how many false alarms there were."""
    if not one.rows:
        return "—"
    alarms = f" ({one.alarms} of {one.rows} false alarms)" if one.alarms else ""
    return f"{size(one.median)} / {size(one.quantile)}{alarms}"


def size(roundoffs: float) -> str:
    """Return a size for a reader."""
    if math.isnan(roundoffs) or math.isinf(roundoffs):
        return "—" if math.isnan(roundoffs) else "never"
    return f"{roundoffs:.0f}" if roundoffs < 1e4 else f"{roundoffs:.0e}".replace("e+0", "e").replace("e+", "e")


def line(fields: Sequence[str]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(fields)} |"
