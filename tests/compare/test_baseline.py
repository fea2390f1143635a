from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.call import Call
from harness.cli.compare import verdict
from harness.compare.accounts import Accounts
from harness.compare.baseline import BaselineUnreadable, read_baseline
from harness.compare.change import Changes, Trend
from harness.compare.changes import changes_since
from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.standing import Place
from harness.compare.table import METADATA_KEY
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.report.tabular import csv, parquet, placed
from harness.vocabulary import FindingKind, Outcome, Quantity
from tests.compare.bench import RIGHT, Kernel, plan, problem, recording
from tests.report.miniature import MINIATURE

HEAD = b"adapter,problem,quantity,place,format"
FORMAT = b"softmax-harness/comparison-csv/1"
A = problem([[0.1, 2.0, -1.0]], [[1.0, 0.0, 0.5]], case="a")
B = problem([[0.3, 1.0, -2.0]], [[0.0, 2.0, 0.5]], case="b")


def off_by(size: float) -> Mapping[Quantity, Kernel]:
    return RIGHT | {Quantity.VJP: lambda call: right_vjp(call) + np.float32(size)}


def right_vjp(call: Call) -> np.ndarray:
    return RIGHT[Quantity.VJP](call)  # type: ignore[no-any-return]


def run(*problems: Problem, kernels: Mapping[Quantity, Kernel] = RIGHT) -> Comparison:
    asked = plan(*problems)
    return compare(asked, {"kernel": recording(asked, kernels)}, required=("kernel",))


def kept(comparison: Comparison, folder: Path, *, ending: str = "parquet") -> Path:
    frame = placed(comparison, Accounts(comparison))
    path = folder / f"earlier.{ending}"
    path.write_bytes(parquet(frame) if ending == "parquet" else csv(frame))
    return path


def since(then: Comparison, now: Comparison, folder: Path) -> Changes:
    return changes_since(read_baseline(kept(then, folder)), now)


def trends(changes: Changes) -> dict[tuple[str, str], Trend]:
    return {(one.problem.split("[")[0], one.quantity.value): one.trend for one in changes.changes}


def test_the_same_results_are_unchanged_and_fail_nothing(tmp_path: Path) -> None:
    changes = since(run(A, B), run(A, B), tmp_path)
    assert changes.counts == {"kernel": {Trend.UNCHANGED: 4}}
    assert not changes.changes


@pytest.mark.parametrize(
    ("then", "now", "trend", "fails"),
    [
        (0.0, 0.1, Trend.WORSE, True),
        (0.1, 0.3, Trend.WORSE, True),
        (0.3, 0.1, Trend.BETTER, False),
        (0.1, 0.0, Trend.BETTER, False),
        (0.0, 3e-9, Trend.WORSE, False),
    ],
    ids=["became wrong", "became worse", "became less wrong", "was mended", "worse within the bound"],
)
def test_a_change_has_a_direction_and_fails_only_where_it_is_wrong_and_worse(
    then: float, now: float, trend: Trend, *, fails: bool, tmp_path: Path
) -> None:
    changes = since(run(A, kernels=off_by(then)), run(A, kernels=off_by(now)), tmp_path)
    assert trends(changes) == {("a", "vjp"): trend}
    assert bool(changes.failing) is fails


def test_what_was_wrong_already_and_is_so_still_fails_no_more(tmp_path: Path) -> None:
    now = run(A, kernels=off_by(0.1))
    assert now.fails
    held = replace(now, changes=since(now, now, tmp_path))
    assert held.unexpected
    assert not held.fails


def test_what_was_found_before_is_said_to_be_no_news_and_stands_behind_what_fails(tmp_path: Path) -> None:
    then = run(A, B, kernels=RIGHT | {Quantity.VJP: lambda call: right_vjp(call) + (call.x[0, 0] == A.call.x[0, 0])})
    now = run(A, B, kernels=off_by(1.0))
    known = [finding for finding in now.unexpected if A.id in finding.problems]
    held = replace(now, changes=since(then, now, tmp_path))
    assert known
    assert list(held.failing) == [finding for finding in now.unexpected if finding not in known]
    assert held.failing
    lines = verdict(held).splitlines()[-len(now.unexpected) :]
    assert ["in the baseline, too" in line for line in lines] == [False] * len(held.failing) + [True] * len(known)
    assert "in the baseline" not in verdict(now)


def excused(comparison: Comparison) -> Comparison:
    known = tuple(replace(one, excuse="known to the ledger", ledger="an-entry") for one in comparison.findings)
    return replace(comparison, findings=known)


def test_the_same_wrong_bits_that_the_ledger_knows_now_are_unchanged(tmp_path: Path) -> None:
    wrong = run(A, kernels=off_by(0.1))
    assert not since(wrong, excused(wrong), tmp_path).changes


def test_the_same_wrong_bits_that_nobody_excuses_any_more_are_worse_and_fail(tmp_path: Path) -> None:
    wrong = run(A, kernels=off_by(0.1))
    (change,) = since(excused(wrong), wrong, tmp_path).failing
    assert (change.trend, change.why) == (Trend.WORSE, "the same bits, judged or excused otherwise")


@pytest.mark.parametrize(("then", "now", "trend"), [(0.1, 0.3, Trend.WORSE), (0.3, 0.1, Trend.BETTER)])
def test_other_wrong_bits_that_the_ledger_knows_now_stand_as_their_numbers_say(
    then: float, now: float, trend: Trend, tmp_path: Path
) -> None:
    changes = since(run(A, kernels=off_by(then)), excused(run(A, kernels=off_by(now))), tmp_path)
    assert trends(changes) == {("a", "vjp"): trend}
    assert not changes.failing


@pytest.mark.parametrize(("then", "now"), [((0.0, 0.0), (1e-9, 5e-9)), ((1e-9, 5e-9), (0.0, 0.0))])
def test_of_one_trend_what_has_moved_furthest_stands_first(
    then: tuple[float, float], now: tuple[float, float], tmp_path: Path
) -> None:
    def both(sizes: tuple[float, float]) -> Comparison:
        added = dict(zip((A.call.x.tobytes(), B.call.x.tobytes()), sizes, strict=True))
        vjps = RIGHT | {Quantity.VJP: lambda call: right_vjp(call) + np.float32(added[call.x.tobytes()])}
        return run(A, B, kernels=vjps)

    changes = since(both(then), both(now), tmp_path).changes
    assert [one.problem for one in changes] == [B.id, A.id]


def test_a_finding_of_no_evaluation_fails_whatever_the_baseline_says(tmp_path: Path) -> None:
    now = run(A, kernels=off_by(0.1))
    of_none = replace(now.unexpected[0], problems=(), adapters=())
    held = replace(now, findings=(*now.findings, of_none), changes=since(now, now, tmp_path))
    assert held.fails


def test_new_and_gone_evaluations_are_told_apart(tmp_path: Path) -> None:
    changes = since(run(A), run(B, kernels=off_by(0.1)), tmp_path)
    assert trends(changes) == {
        ("a", "forward"): Trend.GONE,
        ("a", "vjp"): Trend.GONE,
        ("b", "forward"): Trend.NEW,
        ("b", "vjp"): Trend.NEW,
    }
    assert [(one.problem, one.quantity) for one in changes.failing] == [(B.id, Quantity.VJP)]


def test_an_edited_case_is_not_comparable_and_fails_where_it_is_flagged(tmp_path: Path) -> None:
    edited = replace(A, call=replace(A.call, x=A.call.x * 2))
    right, wrong = (since(run(A), run(edited, kernels=off_by(size)), tmp_path) for size in (0.0, 0.1))
    assert set(trends(right).values()) == {Trend.NOT_COMPARABLE}
    assert all("edited" in one.why for one in right.changes)
    assert not right.failing
    assert [one.quantity for one in wrong.failing] == [Quantity.VJP]


def test_an_adapter_that_did_not_run_then_is_not_comparable(tmp_path: Path) -> None:
    then = compare(plan(A), {}, required=("kernel",))
    changes = since(then, run(A), tmp_path)
    assert {one.why for one in changes.changes} == {"not run then"}


def test_a_smaller_selection_says_nothing_of_what_it_leaves_out(tmp_path: Path) -> None:
    part = replace(run(A), selection="a")
    changes = since(run(A, B), part, tmp_path)
    assert changes.counts == {"kernel": {Trend.UNCHANGED: 2}}
    assert changes.outside == 2


def test_an_adapter_that_the_baseline_has_and_the_run_lacks_is_counted_as_not_comparable(tmp_path: Path) -> None:
    asked = plan(A, B)
    recorded = {name: recording(asked, RIGHT, adapter=name) for name in ("kernel", "other")}
    both, one = (compare(asked, {name: recorded[name] for name in names}) for names in (recorded, ["kernel"]))
    changes = since(both, one, tmp_path)
    assert changes.counts == {"kernel": {Trend.UNCHANGED: 4}, "other": {Trend.NOT_COMPARABLE: 4}}
    assert changes.absent == {"other": 4}
    assert not changes.changes


def of_both(*, other: Mapping[Quantity, Kernel] = RIGHT) -> Comparison:
    asked = plan(A, B)
    recorded = {"kernel": recording(asked, RIGHT), "other": recording(asked, other, adapter="other")}
    return compare(asked, recorded, required=tuple(recorded))


def test_an_adapter_that_the_baseline_lacks_is_counted_as_not_comparable(tmp_path: Path) -> None:
    changes = since(run(A, B), of_both(), tmp_path)
    assert changes.counts == {"kernel": {Trend.UNCHANGED: 4}, "other": {Trend.NOT_COMPARABLE: 4}}
    assert changes.added == {"other": 4}
    assert not changes.changes


def test_wrong_results_of_an_adapter_that_the_baseline_lacks_fail(tmp_path: Path) -> None:
    changes = since(run(A, B), of_both(other=off_by(0.1)), tmp_path)
    assert {(one.adapter, one.quantity, one.trend) for one in changes.changes} == {
        ("other", Quantity.VJP, Trend.NOT_COMPARABLE)
    }
    assert changes.failing == changes.changes
    assert {one.why for one in changes.changes} == {"other is not in the baseline"}


def placing(comparison: Comparison, outcome: Outcome, *, of: Quantity = Quantity.VJP) -> Comparison:
    """Return a comparison in which one quantity ended otherwise, and no finding speaks of it."""
    verdicts = tuple(replace(one, outcome=outcome) if one.quantity is of else one for one in comparison.verdicts)
    return replace(comparison, verdicts=verdicts, findings=())


@pytest.mark.parametrize("then", [Outcome.EXACT, Outcome.WITHIN_BOUND])
@pytest.mark.parametrize("now", [Outcome.UNSUPPORTED, Outcome.NOT_RUN, Outcome.RAISED, Outcome.CRASHED])
def test_a_result_that_agreed_and_is_none_now_is_worse_and_fails(then: Outcome, now: Outcome, tmp_path: Path) -> None:
    changes = since(placing(run(A), then), placing(run(A), now), tmp_path)
    assert trends(changes) == {("a", "vjp"): Trend.WORSE}
    assert changes.failing == changes.changes


@pytest.mark.parametrize("then", [Outcome.OUTSIDE_RANGE, Outcome.RAISED])
@pytest.mark.parametrize("now", [Outcome.UNSUPPORTED, Outcome.NOT_RUN])
def test_of_what_did_not_agree_nothing_is_lost(then: Outcome, now: Outcome, tmp_path: Path) -> None:
    assert not since(placing(run(A), then), placing(run(A), now), tmp_path).failing


def test_an_exception_that_the_ledger_knows_is_worse_and_does_not_fail(tmp_path: Path) -> None:
    finding = Finding(
        kind=FindingKind.RAISED,
        case="a",
        sentence="it raises",
        problems=(A.id,),
        adapters=("kernel",),
        quantity=Quantity.VJP,
    )
    now = excused(replace(placing(run(A), Outcome.RAISED), findings=(finding,)))
    changes = since(run(A), now, tmp_path)
    assert trends(changes) == {("a", "vjp"): Trend.WORSE}
    assert not changes.failing


def test_of_an_absent_adapter_a_selection_counts_what_was_selected(tmp_path: Path) -> None:
    asked = plan(A, B)
    both = compare(asked, {name: recording(asked, RIGHT, adapter=name) for name in ("kernel", "other")})
    changes = since(both, replace(run(A), selection="a"), tmp_path)
    assert (changes.absent, changes.outside) == ({"other": 2}, 4)


def test_csv_and_parquet_are_the_same_baseline(tmp_path: Path) -> None:
    tables = [read_baseline(kept(MINIATURE, tmp_path, ending=ending)) for ending in ("csv", "parquet")]
    assert tables[0].standings == tables[1].standings
    assert (
        tables[0].versions
        == tables[1].versions
        == {
            "reference": "NumPy 2.4.0",
            "mxnet": "MXNet 1.9.1",
            "torch": "PyTorch 2.13.0",
            "jax": "",
        }
    )
    assert {standing.place for standing in tables[0].standings.values()} == set(Place)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.csv", None, "no such file"),
        ("table.xlsx", b"", "ends neither in .parquet nor in .csv"),
        ("table.parquet", b"not a table", "cannot be read as a table"),
        ("table.csv", b"", "cannot be read as a table"),
        ("table.csv", b"a,b\n1,2\n", "has no column 'adapter'"),
        ("absent", None, "no such file"),
        ("table.csv", HEAD + b"\nk,p,vjp,nowhere," + FORMAT, "row 1: 'nowhere' is not a valid Place"),
        ("table.csv", HEAD + 2 * (b"\nk,p,vjp,exact," + FORMAT), "row 2: k p vjp stands there twice"),
        ("table.csv", HEAD + b",share\nk,p,vjp,exact," + FORMAT + b",much\n", "column 'share'"),
        ("table.csv", HEAD + b"\nk,p,vjp,exact," + FORMAT[:-1] + b"9", "comparison-csv/9, and this version of the"),
        ("table.csv", HEAD + b"\n", "has no row"),
        ("table.csv", HEAD + b"\nk,p,vjp,exact,", "does not say that it is of the format"),
    ],
    ids=[
        "absent",
        "another ending",
        "no parquet",
        "empty",
        "another table",
        "absent without an ending",
        "a strange word",
        "twice",
        "no number",
        "newer",
        "no row",
        "no format",
    ],
)
def test_a_file_that_is_no_baseline_is_refused_with_what_would_do(
    name: str, content: bytes | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BaselineUnreadable) as refused:
        read_baseline(path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
    assert "a baseline is the comparison.parquet or comparison.csv" in str(refused.value)


@pytest.mark.parametrize("bytes_left", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_that_was_cut_is_refused(ending: str, bytes_left: float, tmp_path: Path) -> None:
    path = kept(MINIATURE, tmp_path, ending=ending)
    whole = path.read_bytes()
    assert read_baseline(path).standings
    path.write_bytes(whole[: int(bytes_left * len(whole))])
    with pytest.raises(BaselineUnreadable, match=r"has been cut|cannot be read as a table|not a valid|no number"):
        read_baseline(path)


def test_a_parquet_file_with_another_byte_in_it_is_refused(tmp_path: Path) -> None:
    path = kept(MINIATURE, tmp_path)
    content = bytearray(path.read_bytes())
    at = content.index(b"wrong-rule")
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(BaselineUnreadable, match="cannot be read as a table"):
        read_baseline(path)


def test_a_newer_parquet_file_is_refused(tmp_path: Path) -> None:
    path = kept(MINIATURE, tmp_path)
    newer = pq.read_table(path).replace_schema_metadata({METADATA_KEY: b"softmax-harness/comparison-parquet/2"})
    pq.write_table(newer, path)
    with pytest.raises(BaselineUnreadable, match="comparison-parquet/2, and this version of the harness reads"):
        read_baseline(path)


def test_a_table_from_before_inputs_were_told_compares_nothing(tmp_path: Path) -> None:
    now = run(A)
    frame = placed(now, Accounts(now)).drop(columns=["inputs", "result", "version"])
    path = tmp_path / "old.csv"
    path.write_bytes(csv(frame))
    changes = changes_since(read_baseline(path), now)
    assert changes.counts == {"kernel": {Trend.NOT_COMPARABLE: 2}}
    assert {one.why for one in changes.changes} == {"the baseline does not say which inputs it had"}
