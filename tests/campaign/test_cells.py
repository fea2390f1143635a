"""How verdicts add up to cells, and what of a finished chunk is believed."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.contract import Description
from harness.campaign.cell import Cell, Extreme, joined, tally
from harness.campaign.kept import Kept, find, keep, key_of
from harness.campaign.table import csv_text, markdown_table
from harness.compare.verdict import Finding, Verdict
from harness.plan.plan import LedgerEntry
from harness.record.recording import Header
from harness.vocabulary import FindingKind, Outcome, Quantity

HEADER = Header(
    adapter="kernel", plan="p", description=Description(framework="f", version="1", device="cpu", threads=1)
)
ENTRY = LedgerEntry(
    id="known",
    case=None,
    op=None,
    dtype=None,
    adapter="kernel",
    kind=FindingKind.BEYOND_BOUND,
    quantity=None,
    largest_error=1e-6,
    owner="upstream",
    why="a reason",
    link="a link",
    version="1",
    platform="linux-x86_64",
    file="ledger.yaml",
    line=3,
)


def verdict(problem: str, outcome: Outcome = Outcome.WITHIN_BOUND, **numbers: Any) -> Verdict:
    stated: dict[str, Any] = {
        "adapter": "kernel",
        "op": "softmax",
        "axis": 0,
        "dtype": "float32",
        "mode": "eager",
        "shape": (3, 4),
        "cotangent": "normal",
        "quantity": Quantity.VJP,
    }
    return Verdict(**stated | {"problem": problem, "case": problem, "outcome": outcome} | numbers)


def finding(problem: str, excuse: str | None = None) -> Finding:
    return Finding(
        kind=FindingKind.BEYOND_BOUND,
        case=problem,
        sentence="It is wrong.",
        problems=(problem,),
        adapters=("kernel",),
        quantity=Quantity.VJP,
        excuse=excuse,
    )


def test_a_cell_counts_problems_and_rows_and_keeps_the_worst_of_each_share() -> None:
    (cell,) = tally(
        [
            verdict("a", share=0.5, row_share=0.1, row_scalar=0.3),
            verdict("b", Outcome.EXACT, share=0.0, row_share=0.2, row_scalar=0.1),
        ],
        [],
    )
    assert (cell.problems, cell.rows, cell.beyond, cell.known, cell.silent) == (2, 8, 0, 0, 0)
    assert cell.element == Extreme(share=0.5, problem="a")
    assert cell.row == Extreme(share=0.2, problem="b")
    assert cell.scalar == Extreme(share=0.3, problem="a")


def test_what_the_ledger_knows_is_counted_apart() -> None:
    verdicts = [verdict("a", Outcome.BEYOND_BOUND, share=9.0), verdict("b", Outcome.BEYOND_BOUND, share=2.0)]
    (cell,) = tally(verdicts, [finding("a", excuse="known"), finding("b")])
    assert (cell.known, cell.beyond) == (1, 1)
    assert cell.known_worst == Extreme(share=9.0, problem="a")
    assert cell.element == Extreme(share=2.0, problem="b")


def test_a_problem_is_known_only_where_the_ledger_knows_all_its_findings() -> None:
    verdicts = [verdict("a", Outcome.BEYOND_BOUND, share=9.0)]
    law = replace(finding("a"), kind=FindingKind.VJP_SUM_NOT_ZERO)
    (cell,) = tally(verdicts, [finding("a", excuse="known"), law])
    assert (cell.known, cell.beyond) == (0, 1)
    (cell,) = tally(verdicts, [finding("a", excuse="known"), replace(law, excuse="known")])
    assert (cell.known, cell.beyond) == (1, 0)


def test_an_explanation_is_no_finding_against_an_adapter() -> None:
    (cell,) = tally([verdict("a", share=0.5)], [replace(finding("a"), kind=FindingKind.COTANGENT_IGNORED)])
    assert (cell.known, cell.beyond) == (0, 0)


def test_broken_laws_are_counted_known_or_not_and_where_no_bound_exists() -> None:
    broken = ("vjp-does-not-sum-to-zero",)
    verdicts = [
        verdict("a", Outcome.BEYOND_BOUND, share=0.5, invariants=broken),
        verdict("b", Outcome.BEYOND_BOUND, share=2.0, invariants=broken),
        verdict("c", Outcome.OUTSIDE_RANGE, share=0.5),
    ]
    (cell,) = tally(verdicts, [finding("a", excuse="known"), finding("b")])
    assert (cell.lawless, cell.known, cell.beyond, cell.unbounded) == (2, 1, 1, 1)
    assert "**1 beyond**; 1 known; 2 lawless; 1 unbounded" in markdown_table([cell]).replace("2.00; ", "")


def test_a_share_that_is_no_number_is_beyond_every_bound() -> None:
    (cell,) = tally([verdict("a", Outcome.BEYOND_BOUND, share=math.nan)], [finding("a")])
    assert cell.element == Extreme(share=math.inf, problem="a")


@pytest.mark.parametrize("outcome", [Outcome.UNSUPPORTED, Outcome.RAISED, Outcome.CRASHED, Outcome.SHAPE])
def test_a_problem_without_a_result_is_silent_and_never_agrees(outcome: Outcome) -> None:
    (cell,) = tally([verdict("a", outcome)], [])
    assert (cell.problems, cell.silent, cell.element) == (1, 1, Extreme())


def test_a_result_where_no_bound_exists_is_counted_as_such() -> None:
    (cell,) = tally([verdict("a", Outcome.OUTSIDE_RANGE, share=0.1)], [])
    assert (cell.unbounded, cell.silent, cell.beyond) == (1, 0, 0)


def test_joining_cells_in_parts_gives_what_joining_them_at_once_gives() -> None:
    verdicts = [verdict(f"{k}", share=k / 7, row_share=(k * 5 % 7) / 7) for k in range(7)]
    parts = [*tally(verdicts[:3], []), *tally(verdicts[3:], [])]
    assert joined(parts) == tally(verdicts, [])


def test_the_table_shows_the_worst_shares_of_each_adapter_and_says_where_there_is_none() -> None:
    cells = [
        *tally(
            [verdict("a", share=0.25, row_share=0.5), verdict("b", Outcome.BEYOND_BOUND, share=3.5)], [finding("b")]
        ),
        *tally([verdict("a", adapter="other", share=0.125)], []),
        Cell(adapter="kernel", op="softmax", dtype="float32", quantity=Quantity.JVP, problems=2, silent=2),
    ]
    shown = markdown_table(cells)
    assert "|  | problems | rows | kernel | other |" in shown
    assert "| softmax vjp float32 | 2 | 8 | 3.50 / 0.50 / 0.00; **1 beyond** | 0.12 |" in shown
    assert "| softmax jvp float32 | 2 | 0 | — |  |" in shown
    assert "kernel,softmax,float32,jvp,2,0,2,0,0,0,0" in csv_text(cells)


def kept(**changes: Any) -> Kept:
    stated: dict[str, Any] = {
        "key": key_of("plan", HEADER, judge="judge", ledger=[ENTRY]),
        "problems": 1,
        "seconds": 1.5,
        "cells": tally([verdict("a", Outcome.BEYOND_BOUND, share=math.inf)], [finding("a")]),
        "findings": (finding("a"),),
    }
    return Kept(**stated | changes)


def test_what_was_kept_is_found_again_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kernel" / "0-0-1.json"
    keep(kept(), path)
    assert find(path, kept().key) == kept()


@pytest.mark.parametrize(
    "key",
    [
        key_of("another plan", HEADER, judge="judge", ledger=[ENTRY]),
        key_of("plan", HEADER, judge="another judge", ledger=[ENTRY]),
        key_of("plan", HEADER, judge="judge", ledger=[]),
        key_of("plan", HEADER, judge="judge", ledger=[replace(ENTRY, largest_error=2e-6)]),
        key_of("plan", replace(HEADER, source="another"), judge="judge", ledger=[ENTRY]),
        key_of("plan", replace(HEADER, packages=("numpy==2",)), judge="judge", ledger=[ENTRY]),
    ],
)
def test_what_was_kept_of_anything_else_is_not_believed(key: Any, tmp_path: Path) -> None:
    keep(kept(), tmp_path / "kept.json")
    assert find(tmp_path / "kept.json", key) is None


def test_moving_a_ledger_entry_or_mending_its_words_changes_no_key() -> None:
    moved = replace(ENTRY, line=9, why="a better reason")
    assert key_of("plan", HEADER, judge="j", ledger=[moved]) == key_of("plan", HEADER, judge="j", ledger=[ENTRY])


def test_a_file_cut_short_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    keep(kept(), path)
    path.write_bytes(path.read_bytes()[:-40])
    assert find(path, kept().key) is None
