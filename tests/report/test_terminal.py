from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.report.figures import count
from harness.report.terminal import show
from tests.report.miniature import CLEAN, FINDINGS, MINIATURE

THOUSAND = replace(
    MINIATURE,
    verdicts=tuple(
        replace(verdict, problem=f"{verdict.problem}-{number}")
        for number in range(1000)
        for verdict in MINIATURE.verdicts
    ),
    findings=(),
)


def shown(comparison: Comparison, *, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show(comparison, Accounts(comparison), console)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 200])
def test_no_number_is_cut_at_any_width(width: int) -> None:
    lines = shown(THOUSAND, width=width)
    words = " ".join(lines).split()
    assert "…" not in "".join(lines)
    tally = Accounts(THOUSAND).tally()
    for number in (tally.planned, *filter(None, tally.counts.values())):
        assert count(number) in words
    assert max(map(len, lines)) <= width


def test_a_narrow_terminal_has_the_counts_one_below_the_other() -> None:
    lines = shown(MINIATURE, width=40)
    first = next(index for index, line in enumerate(lines) if line.startswith("mxnet "))
    assert [line.split() for line in lines[first : first + 4]] == [
        ["mxnet", "6", "planned"],
        ["4", "within"],
        ["1", "flagged"],
        ["1", "unsupported"],
    ]


def test_the_entries_of_the_ledger_are_told_apart_by_name() -> None:
    known = tuple(replace(FINDINGS[3], ledger=entry) for entry in ("one-row", "another-row"))
    lines = shown(replace(CLEAN, findings=known))
    first = lines.index("Expected and known: 2") + 1
    assert lines[first : first + 4] == [
        "  torch: No cotangent given: the framework refuses  (1 case)",
        "    ledger entry one-row",
        "  torch: No cotangent given: the framework refuses  (1 case)",
        "    ledger entry another-row",
    ]
