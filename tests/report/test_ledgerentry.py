from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from harness.compare.accounts import Accounts
from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.plan.faults import BadCases
from harness.plan.library import load_library
from harness.plan.placeholder import LINK, OWNER, WHY
from harness.plan.words import Name
from harness.report.ledgerentry import ledger_entry
from harness.report.listing import listing
from harness.vocabulary import FindingKind, Quantity
from tests.compare.bench import RIGHT, plan, problem, recording
from tests.report.miniature import MINIATURE

WRONG = {quantity: lambda call, right=right: right(call) + 1 for quantity, right in RIGHT.items()}
CASE = "  - {id: a-case, why: w, source: s, op: softmax, dtype: float32, x: [[0.1, 2]], cotangent: [[1, 0]]}\n"


def run(ledger: Path | None = None) -> Comparison:
    asked = plan(problem([[0.1, 2.0]], [[1.0, 0.0]]), ledger=() if ledger is None else load_library([ledger]).ledger)
    return compare(asked, {"kernel": recording(asked, WRONG)}, required=("kernel",))


def pasted(folder: Path, *, filled_in: bool) -> Path:
    """Paste every entry into a ledger, beside its case."""
    entries = sorted({entry for finding in run().unexpected if (entry := ledger_entry(finding, run()))})
    text = "format: 1\nledger:\n" + "\n".join(entries)
    if filled_in:
        for there, own in ((OWNER, "ours"), (WHY, "It adds one."), (LINK, "https://example.org/1")):
            assert there in text
            text = text.replace(there, own)
    (folder / "cases.yaml").write_text(f"format: 1\ntheme: one\ncases:\n{CASE}")
    (folder / "ledger.yaml").write_text(text)
    return folder


def test_the_entries_that_are_given_make_the_findings_known(tmp_path: Path) -> None:
    beyond = [finding for finding in run().unexpected if finding.kind is FindingKind.BEYOND_BOUND]
    assert {finding.quantity for finding in beyond} == {Quantity.FORWARD, Quantity.VJP}  # what one id would have held
    assert not run(pasted(tmp_path, filled_in=True)).unexpected


def test_an_entry_that_nobody_filled_in_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(BadCases) as refused:
        load_library([pasted(tmp_path, filled_in=False)])
    said = [fault.text.partition(": ")[2] for fault in refused.value.faults][:3]
    assert [text.split()[0].strip(":") for text in said] == ["owner", "why", "link"]
    assert all("; " in text for text in said)


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


def test_entries_of_long_names_have_ids_of_their_own_that_a_ledger_takes() -> None:
    case = "a" * 80
    kinds = (FindingKind.BEYOND_BOUND, FindingKind.RAISED)
    findings = [
        Finding(kind=kind, case=case, sentence="s", problems=("p",), adapters=("mxnet",), quantity=quantity)
        for kind in kinds
        for quantity in (Quantity.FORWARD, Quantity.VJP)
    ]
    ids = [str(ledger_entry(finding, MINIATURE)).splitlines()[0] for finding in findings]
    assert len(set(ids)) == len(ids)
    assert all(TypeAdapter(Name).validate_python(one.removeprefix("  - id: ")) for one in ids)
