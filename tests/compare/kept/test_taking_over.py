"""A judgement is taken over where everything that decided it is equal, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.contract import Precision
from harness.compare.compare import NotRun, compare
from harness.compare.kept import keys
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, Plan, PrintedValue
from harness.plan.problem import Problem
from harness.record.recording import Entry, Raised, Recording, Returned
from harness.vocabulary import DType, FindingKind, Form, Mode, Quantity
from tests.compare.bench import TRUE, changed, plan, problem, recording
from tests.compare.kept.marks import mark, remembered, taken_over

FIRST, SECOND = "first[float32]", "second[float32]"
HALF = Precision(working=DType.FLOAT16, accumulation=DType.FLOAT16)

Changes = Callable[[Plan, dict[str, Recording | NotRun]], tuple[Plan, dict[str, Recording | NotRun]]]


def two(**parameters: Any) -> tuple[Problem, Problem]:
    return (
        problem([[0.1, 2.0, 0.5]], [[1.0, 0.0, 3.0]], case="first", **parameters),
        problem([[7.0, 1.0, 0.25]], [[1.0, 2.0, 0.0]], case="second", **parameters),
    )


def recorded(asked: Plan) -> dict[str, Recording | NotRun]:
    return {name: recording(asked, TRUE, adapter=name) for name in ("one", "other")}


def entry_changed(change: Callable[[Entry], Entry], *, quantity: Quantity = Quantity.FORWARD) -> Changes:
    """Change what the adapter ``other`` recorded of the first problem."""

    def changes(asked: Plan, recordings: dict[str, Recording | NotRun]) -> tuple[Plan, dict[str, Recording | NotRun]]:
        other = recordings["other"]
        assert isinstance(other, Recording)
        name = asked.problems[0].id
        entries = other.entries | {(name, quantity): change(other.entries[name, quantity])}
        return asked, recordings | {"other": replace(other, entries=entries)}

    return changes


def problem_changed(change: Callable[[Problem], Problem]) -> Changes:
    """Change the first problem, and nothing that was recorded of it."""

    def changes(asked: Plan, recordings: dict[str, Recording | NotRun]) -> tuple[Plan, dict[str, Recording | NotRun]]:
        first, second = asked.problems
        return plan(change(first), second), recordings

    return changes


def one_bit(entry: Entry) -> Entry:
    assert isinstance(entry.result, Returned)
    bits = entry.result.value.view(np.uint32).copy()
    bits.flat[0] ^= 1
    return replace(entry, result=replace(entry.result, value=bits.view(np.float32)))


def nan_payload(entry: Entry) -> Entry:
    assert isinstance(entry.result, Returned)
    value = entry.result.value.copy()
    value.view(np.uint32).flat[0] = 0x7FC00001
    return replace(entry, result=replace(entry.result, value=value))


def x_one_bit(asked: Problem) -> Problem:
    bits = asked.call.x.view(np.uint32).copy()
    bits.flat[0] ^= 1
    return changed(asked, x=bits.view(np.float32))


@pytest.mark.parametrize(
    "change",
    [
        entry_changed(one_bit),
        entry_changed(one_bit, quantity=Quantity.VJP),
        entry_changed(nan_payload),
        entry_changed(lambda entry: replace(entry, precision=HALF)),
        entry_changed(lambda entry: replace(entry, precision=replace(HALF, forms=(Form.ONLINE,)))),
        entry_changed(lambda entry: replace(entry, mode=Mode.JIT)),
        entry_changed(lambda entry: replace(entry, inputs_changed=("x",))),
        entry_changed(lambda entry: replace(entry, method="another")),
        entry_changed(lambda entry: replace(entry, result=Raised(type="ValueError", text="no"))),
        problem_changed(x_one_bit),
        problem_changed(lambda asked: changed(asked, temperature=0.5)),
        problem_changed(lambda asked: changed(asked, cotangent=np.float32([[1.0, 0.0, 4.0]]))),
        problem_changed(lambda asked: replace(asked, cotangent_name="another")),
        problem_changed(lambda asked: replace(asked, check=(Quantity.FORWARD,))),
        problem_changed(lambda asked: replace(asked, case="second")),
        problem_changed(lambda asked: replace(asked, probe=True)),
    ],
)
def test_what_changes_one_problem_has_it_judged_again_and_no_other(tmp_path: Path, change: Changes) -> None:
    path = tmp_path / "kept.sqlite"
    asked = plan(*two())
    before = recorded(asked)
    remembered(asked, before, path)
    assert mark(path) == 2
    assert taken_over(remembered(asked, before, path)[0]) == {FIRST, SECOND}
    after, recordings = change(asked, before)
    found, said = remembered(after, recordings, path)
    assert taken_over(found) == {SECOND}
    assert said == []


@pytest.mark.parametrize(
    "other",
    [
        NotRun(reason="cut short"),
        None,
        "another name",
    ],
)
def test_another_adapter_or_one_that_did_not_run_has_everything_judged_again(tmp_path: Path, other: Any) -> None:
    path = tmp_path / "kept.sqlite"
    asked = plan(*two())
    recordings = recorded(asked)
    remembered(asked, recordings, path)
    mark(path)
    ran = recordings.pop("other")
    recordings |= {"other": other} if isinstance(other, NotRun) else {}
    recordings |= {other: ran} if isinstance(other, str) else {}
    assert taken_over(remembered(asked, recordings, path)[0]) == set()


def test_another_judge_takes_over_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.sqlite"
    asked = plan(*two())
    remembered(asked, recorded(asked), path)
    mark(path)
    monkeypatch.setattr(keys, "judge_digest", lambda: "another")
    assert taken_over(remembered(asked, recorded(asked), path)[0]) == set()


def test_a_fresh_comparison_takes_over_nothing_and_leaves_what_it_judged(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    asked = plan(*two())
    remembered(asked, recorded(asked), path)
    mark(path)
    assert taken_over(remembered(asked, recorded(asked), path, fresh=True)[0]) == set()
    assert taken_over(remembered(asked, recorded(asked), path)[0]) == set(), "the marked ones were replaced"


def _expecting(asked: Plan, case: CaseRecord) -> Plan:
    return replace(asked, cases=asked.cases | {case.id: case})


@pytest.mark.parametrize("what", ["ledger", "expectation", "printed value", "older version"])
def test_what_excuses_a_finding_is_never_kept(tmp_path: Path, what: str) -> None:
    path = tmp_path / "kept.sqlite"
    asked = plan(*two())
    wrong = TRUE | {Quantity.FORWARD: lambda call: TRUE[Quantity.FORWARD](call) * np.float32(1.5)}
    recordings = {"kernel": recording(asked, wrong)}
    plain, _ = remembered(asked, recordings, path)
    assert len(plain.unexpected) > 1
    first = asked.cases["first"]
    entry = LedgerEntry(
        id="known",
        case="first",
        op=None,
        dtype=None,
        largest_error=None,
        adapter="kernel",
        kind=FindingKind.BEYOND_BOUND,
        quantity=Quantity.FORWARD,
        owner="upstream",
        why="it is known",
        link="none",
        version="1.0",
        platform="linux-x86_64",
        file="cases/ledger.yaml",
        line=1,
    )
    expected = ExpectedFinding(kind=FindingKind.BEYOND_BOUND, adapters=("kernel",))
    printed = PrintedValue(
        adapter="kernel", quantity=Quantity.FORWARD, dtype=DType.FLOAT32, values=("0", "0", "0"), summed=False
    )
    changes = {
        "ledger": replace(asked, ledger=(entry,)),
        "expectation": _expecting(asked, replace(first, findings=(expected,))),
        "printed value": _expecting(asked, replace(first, printed=(printed,))),
        "older version": replace(asked, ledger=(replace(entry, version="0.9"),)),
    }
    found, _ = remembered(changes[what], recordings, path)
    assert repr(found) == repr(compare(changes[what], recordings))
    assert (found.findings == plain.findings) == (what == "older version")
    mark(path)
    assert taken_over(remembered(changes[what], recordings, path)[0]) == {FIRST, SECOND}


def _shifted(*distances: float) -> list[Problem]:
    x = np.float32([[0.25, 2.0, 0.5]])
    return [problem(x + by, [[1.0, 0.0, 3.0]], case=f"by-{by:g}") for by in distances]


def test_a_problem_is_judged_again_where_the_one_that_it_shifts_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    asked = plan(*_shifted(0, 4, 8), two()[0])
    right = recording(asked, TRUE)
    remembered(asked, {"kernel": right}, path)
    mark(path)
    leader = asked.problems[0].id, Quantity.FORWARD
    spoilt = {"kernel": replace(right, entries=right.entries | {leader: one_bit(right.entries[leader])})}
    assert taken_over(remembered(asked, spoilt, path)[0]) == {FIRST}


def test_what_is_judged_again_is_held_against_the_one_that_it_shifts(tmp_path: Path) -> None:
    """That one is known already; and the one that stands between them is no shift of either, for what it is held."""
    path = tmp_path / "kept.sqlite"
    asked = plan(*_shifted(0, 4, 8))
    right = recording(asked, TRUE)
    remembered(asked, {"kernel": right}, path)
    last = asked.problems[2].id, Quantity.FORWARD
    other = right.entries[last]
    assert isinstance(other.result, Returned)
    moved = replace(other, result=replace(other.result, value=other.result.value * np.float32(1.001)))
    spoilt = {"kernel": replace(right, entries=right.entries | {last: moved})}
    found, _ = remembered(asked, spoilt, path)
    assert any(finding.kind is FindingKind.SHIFT_SEEN for finding in found.findings)
    assert repr(found) == repr(compare(asked, spoilt))


def test_equivalent_calls_are_held_against_each_other_whoever_changed(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    first, second = (problem([[0.25, 2.0, 0.5]], [[1.0, 0.0, 3.0]], case=name) for name in ("first", "second"))
    asked = plan(first, second, problem([[1.0, 2.0]], [[1.0, 0.0]], case="third"))
    tagged = {name: replace(case, tags=("same-as-it",)) for name, case in asked.cases.items()}
    asked = replace(asked, cases=tagged)
    right = recording(asked, TRUE)
    before, _ = remembered(asked, {"kernel": right}, path)
    assert repr(remembered(asked, {"kernel": right}, path)[0]) == repr(before)
    key = first.id, Quantity.VJP
    other = right.entries[key]
    assert isinstance(other.result, Returned)
    double = replace(other, result=replace(other.result, value=other.result.value * np.float32(2)))
    spoilt = {"kernel": replace(right, entries=right.entries | {key: double})}
    found, _ = remembered(asked, spoilt, path)
    assert found.pairs.equivalents != before.pairs.equivalents
    assert repr(found) == repr(compare(asked, spoilt))
