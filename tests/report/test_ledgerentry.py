from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.compare.accounts import Accounts
from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.plan.library import load_library
from harness.report.ledgerentry import ledger_entry
from harness.report.listing import listing
from harness.vocabulary import FindingKind, Quantity
from tests.compare.bench import RIGHT, plan, problem, recording
from tests.report.miniature import MINIATURE

WRONG = RIGHT | {Quantity.VJP: lambda call: RIGHT[Quantity.VJP](call) + 1}
CASE = "  - {id: a-case, why: w, source: s, op: softmax, dtype: float32, x: [[0.1, 2]], cotangent: [[1, 0]]}\n"


def run(ledger: Path | None = None) -> Comparison:
    asked = plan(problem([[0.1, 2.0]], [[1.0, 0.0]]), ledger=() if ledger is None else load_library([ledger]).ledger)
    return compare(asked, {"kernel": recording(asked, WRONG)}, required=("kernel",))


def test_the_entry_that_is_given_makes_the_finding_known(tmp_path: Path) -> None:
    entries = {ledger_entry(finding, run()) for finding in run().unexpected}
    (tmp_path / "cases.yaml").write_text(f"format: 1\ntheme: one\ncases:\n{CASE}")
    (tmp_path / "ledger.yaml").write_text("format: 1\nledger:\n" + "\n".join(sorted(filter(None, entries))))
    assert run().unexpected
    assert not run(tmp_path).unexpected


def test_findings_json_holds_the_entry_of_what_fails_alone() -> None:
    comparison = run()
    told = json.loads(listing(comparison, Accounts(comparison)))["findings"]
    assert {"ledger entry to paste" in one for one in told if one["unexpected"]} == {True}
    assert not any("ledger entry to paste" in one for one in told if not one["unexpected"])


@pytest.mark.parametrize("kind", [FindingKind.SUMMED_OUTPUT, FindingKind.LEDGER_STALE, FindingKind.EXPECTED_ABSENT])
def test_what_no_entry_could_excuse_has_none(kind: FindingKind) -> None:
    finding = Finding(kind=kind, case="forum", sentence="s", problems=("p",), adapters=("mxnet",))
    assert ledger_entry(finding, MINIATURE) is None


def test_a_finding_about_an_adapter_that_did_not_run_has_none() -> None:
    finding = Finding(kind=FindingKind.RAISED, case="forum", sentence="s", problems=("p",), adapters=("jax",))
    assert ledger_entry(finding, MINIATURE) is None
