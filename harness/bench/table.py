"""The figures of benchmarks as CSV, and as a table for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from harness.bench.contract import Figure, NotMeasured, Ratio

COLUMNS: Final = (
    "benchmark",
    "setting",
    "subject",
    "against",
    "ratio",
    "lower quartile",
    "upper quartile",
    "repetitions",
    "at most",
    "cost of the subject",
    "unit",
    "note",
    "not measured",
)


def csv_text(found: Mapping[str, Sequence[Figure]]) -> str:
    """Return a line for each figure of each benchmark, with the columns :data:`COLUMNS`."""
    return _written(_fields(name, figure) for name, figures in found.items() for figure in figures)


def kept_text(before: str, found: Mapping[str, Sequence[Figure]]) -> str:
    """Return the figures of record: those of ``before``, a text of :func:`csv_text`, but where there are newer ones."""
    lines = list(csv.reader(io.StringIO(before)))[1:]
    older = [line for line in lines if line[0] not in found]
    newer = [_fields(name, figure) for name, figures in found.items() for figure in figures]
    return _written(sorted([*older, *newer], key=lambda line: line[0]))  # stable: a benchmark's own order stays


def table(name: str, figures: Sequence[Figure]) -> Table:
    """Return the table of one benchmark; notes stand below it, each once."""
    notes = dict.fromkeys(one.note for one in figures if isinstance(one, Ratio) and one.note)
    drawn = Table(title=name, caption="; ".join(notes), title_justify="left", caption_justify="left", box=SIMPLE_HEAD)
    for head in ("setting", "cost of", "over that of"):
        drawn.add_column(head, overflow="fold")
    for head in ("ratio", "quartiles", "at most", "cost"):
        drawn.add_column(head, justify="right", no_wrap=True)
    for one in figures:
        drawn.add_row(*_cells(one))
    return drawn


def _cells(one: Figure) -> tuple[str, ...]:
    if isinstance(one, NotMeasured):
        return (one.setting, f"not measured: {one.reason}")
    return (
        one.setting,
        one.subject,
        one.against,
        f"{digits(one.of.median)}{'' if one.met else ' missed'}",
        f"{digits(one.of.lowest)} to {digits(one.of.highest)}",
        "" if one.at_most is None else digits(one.at_most),
        f"{digits(one.cost)} {one.unit}",
    )


def digits(number: float) -> str:
    """Return a number with three digits, which is more than a timing is good for."""
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"


def _fields(name: str, one: Figure) -> list[str]:
    if isinstance(one, NotMeasured):
        return [name, one.setting, *[""] * (len(COLUMNS) - 3), one.reason]
    return [name, *_of_ratio(one), ""]


def _of_ratio(one: Ratio) -> list[str]:
    numbers = [f"{number:.4g}" for number in (one.of.median, one.of.lowest, one.of.highest)]
    target = "" if one.at_most is None else f"{one.at_most:g}"
    return [
        one.setting,
        one.subject,
        one.against,
        *numbers,
        str(one.of.repetitions),
        target,
        f"{one.cost:.4g}",
        one.unit,
        one.note,
    ]


def _written(lines: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(lines)
    return out.getvalue()
