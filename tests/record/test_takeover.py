"""Where the plan changes, what it still asks is taken over, and nothing stale: each test tries to make it so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.plan.problem import Problem
from harness.record.recording import Crashed, Recording, Returned, TimedOut
from harness.record.runner import Ending, Run
from harness.record.segment import read_lines, replace_lines, segments
from harness.record.store import append, read_recording, rename_recording
from harness.record.watch import Limits
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction
from tests.record.bench import LIMITS, MARKED, WRONG, around_the_mark, problem, run, same, write

X = [[0.5, -1.0, 2.0]]
NAN = np.array([[0x7FF8000000000001, 0, 0x3FF0000000000000]], np.uint64).view(np.float64)
OTHER_NAN = np.array([[0x7FF8000000000002, 0, 0x3FF0000000000000]], np.uint64).view(np.float64)
COUNTS = """
from honest import Honest

class Counts(Honest):
    name = "counts"

    def forward(self, call):
        with open(__file__ + ".log", "a") as log:
            log.write(f"forward {call.x.tolist()}\\n")
        return super().forward(call)

    def vjp(self, call):
        with open(__file__ + ".log", "a") as log:
            log.write(f"vjp {call.x.tolist()}\\n")
        return super().vjp(call)
"""


class Counted:
    """An adapter that says how often it is called, recorded over one plan after the other."""

    def __init__(self, reports: Path) -> None:
        self.reports, self.kernel = reports, reports / "counts.py"
        self.folder = reports / "recordings" / "counts"
        shutil.copy(WRONG / "honest.py", reports)
        self.kernel.write_text(COUNTS)

    def __call__(self, problems: Sequence[Problem], **how: Any) -> tuple[Run, int]:
        """Record ``problems``; return what came of it, and how many calls it took."""
        log = self.reports / "counts.py.log"
        log.write_text("")
        done = run(str(self.kernel), self.reports, write(self.reports, problems), **how)
        assert done.read().complete
        assert done.results.total() == done.planned
        return done, len(log.read_text().splitlines())


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


def recorded_alone(problems: Sequence[Problem], reports: Path) -> Recording:
    """Return what an adapter that never saw another plan returns for ``problems``."""
    reports.mkdir()
    return Counted(reports)(problems)[0].read()


def test_one_more_problem_costs_its_own_evaluations(counted: Counted) -> None:
    counted(around_the_mark())
    done, calls = counted([*around_the_mark(), problem("more", X)])
    assert (done.ending, done.taken, done.planned, calls) == (Ending.RECORDED, 10, 12, 2)


def test_problems_in_another_order_or_fewer_of_them_cost_nothing(counted: Counted, tmp_path: Path) -> None:
    counted(around_the_mark())
    fewer = around_the_mark()[:0:-1]
    done, calls = counted(fewer)
    assert (done.taken, calls) == (8, 0)
    assert {name for name, _ in done.read().entries} == {each.id for each in fewer}
    assert same(done.read(), recorded_alone(fewer, tmp_path / "alone"))


def test_a_problem_under_another_name_costs_nothing_even_where_names_change_places(
    counted: Counted, tmp_path: Path
) -> None:
    one, other = problem("one", X), problem("other", [[7.0, 8.0, 10.0]])
    counted([one, other])
    exchanged = [replace(one, id="other"), replace(other, id="one"), replace(one, id="a third")]
    done, calls = counted(exchanged)
    assert (done.taken, calls) == (6, 0)
    assert same(done.read(), recorded_alone(exchanged, tmp_path / "alone"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (problem("p", X), problem("p", [[0.5, -1.0, np.nextafter(2.0, 3.0)]])),
        (problem("p", X), problem("p", X, cotangent=[[1.0, 2.0, 4.0]])),
        (problem("p", X), problem("p", X, cotangent=None)),
        (problem("p", X), problem("p", X, tangent=[[1.0, 2.0, 4.0]])),
        (problem("p", X), problem("p", X, axis=0)),
        (problem("p", X), problem("p", X, axis=1)),
        (problem("p", X), problem("p", X, op=Op.LOG_SOFTMAX)),
        (problem("p", X), problem("p", X, mode=Mode.EAGER)),
        (problem("p", X), problem("p", X, temperature=1.0)),
        (problem("p", X), problem("p", X, result_dtype=DType.FLOAT32)),
        (problem("p", X), problem("p", X, dtype=DType.FLOAT32)),
        (problem("p", X), problem("p", X, reduction=Reduction.SUM)),
        (problem("p", X), problem("p", X, ignore_index=1)),
        (problem("p", X), problem("p", X, label_smoothing=0.1)),
        (problem("p", X), problem("p", X, grad_scale=2.0)),
        (problem("p", X), problem("p", X, normalization=Normalization.BATCH)),
        (problem("p", X), problem("p", X, mask=np.array([[True, True, False]]))),
        (problem("p", X, lengths=np.int32([2])), problem("p", X, lengths=np.int32([3]))),
        (problem("p", X, targets=np.int32([2])), problem("p", X, targets=np.int32([1]))),
        (problem("p", [[0.0, 1.0]]), problem("p", [[-0.0, 1.0]])),
        (problem("p", NAN), problem("p", OTHER_NAN)),
        (problem("p", [[1.0, 2.0]]), problem("p", [1.0, 2.0])),
        (problem("p", [[1, 2]], dtype=DType.FLOAT16), problem("p", [[1, 2]], dtype=DType.BFLOAT16)),
    ],
    ids=[
        *("the last bit", "the cotangent", "no cotangent", "the tangent", "the axis", "the same axis, said otherwise"),
        *("the op", "the mode", "a temperature of 1", "the dtype of the result", "the dtype", "the reduction"),
        *("the ignored index", "the smoothing", "the scale", "the normalization", "a mask", "the lengths"),
        *("the targets", "the sign of a zero", "the payload of a NaN", "the shape", "the kind of half"),
    ],
)
def test_whatever_of_a_call_changes_it_is_evaluated_again(before: Problem, after: Problem, counted: Counted) -> None:
    keeps = problem("keeps", [[9.0, 9.5]])
    counted([keeps, before])
    done, calls = counted([keeps, after])
    assert (done.taken, calls) == (2, 2)


def test_a_quantity_that_was_not_asked_before_is_evaluated_alone(counted: Counted) -> None:
    counted([problem("p", X, check=[Quantity.FORWARD])])
    done, calls = counted([problem("p", X)])
    assert (done.taken, calls) == (1, 1)


def test_what_was_edited_and_edited_back_is_right_each_time(counted: Counted, tmp_path: Path) -> None:
    first, second = [problem("p", X), problem("q", [[1.0, 3.0]])], [problem("p", [[4.0, -1.0, 2.0]])]
    for turn, problems in enumerate([first, second, first, [*second, first[1]], first]):
        done, _ = counted(problems)
        assert same(done.read(), recorded_alone(problems, tmp_path / f"alone-{turn}"))


def test_segments_of_which_nothing_is_asked_any_more_are_removed(counted: Counted) -> None:
    for turn in range(4):
        counted([problem("keeps", X), problem("edited", [[float(turn), 1.0]])])
    assert len(segments(counted.folder)) == 2


def another_kernel(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    counted.kernel.write_text(COUNTS + "# edited\n")


def another_file_beside_it(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    with (counted.reports / "honest.py").open("a") as file:
        file.write("# edited\n")


def another_variable(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")


def header_says(**what: Any) -> Callable[[Counted, pytest.MonkeyPatch], None]:
    def edit(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
        header = read_recording(counted.folder, plan=None).header
        assert replace(header, **what) != header
        rename_recording(counted.folder, replace(header, **what))

    return edit


def described(**what: Any) -> Callable[[Counted, pytest.MonkeyPatch], None]:
    def edit(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
        description = read_recording(counted.folder, plan=None).header.description
        assert description is not None
        header_says(description=replace(description, **what))(counted, monkeypatch)

    return edit


def flip(name: str) -> Callable[[Counted, pytest.MonkeyPatch], None]:
    def damage(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
        path = counted.folder / name
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)

    return damage


def incomplete_and(damage: Callable[[Counted, pytest.MonkeyPatch], None]) -> Callable[..., None]:
    def change(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
        (counted.folder / "manifest.json").unlink()
        damage(counted, monkeypatch)

    return change


def without_questions(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in segments(counted.folder):
        lines = read_lines(path)
        for line in lines:
            del line["question"]
        replace_lines(path, lines)
    (counted.folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    "change",
    [
        *(another_kernel, another_file_beside_it, another_variable, described(version="0.9"), described(threads=64)),
        header_says(packages=("numpy==1.0",)),
        header_says(python="3.9.0"),
        header_says(platform={"instructions": "mmx"}),
        header_says(harness="0" * 64),
        flip("segment-0000.npy"),
        flip("segment-0000.jsonl"),
        incomplete_and(flip("segment-0000.npy")),
        incomplete_and(flip("segment-0000.jsonl")),
        without_questions,
    ],
    ids=[
        *("adapter", "module beside it", "variable", "version of the framework", "threads", "packages", "python"),
        *("instructions", "recorder", "damaged arrays", "damaged lines", "damaged arrays of an incomplete one"),
        *("damaged lines of an incomplete one", "of before questions were kept"),
    ],
)
def test_nothing_is_taken_from_a_recording_that_was_made_otherwise_or_is_damaged(
    change: Callable[[Counted, pytest.MonkeyPatch], None], counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = [problem("p", X), problem("q", [[1.0, 3.0]])]
    counted(problems)
    change(counted, monkeypatch)
    done, calls = counted([*problems, problem("more", [[5.0]])])
    assert (done.taken, calls) == (0, 6)


def test_fresh_takes_nothing_over(counted: Counted) -> None:
    counted([problem("p", X)])
    done, calls = counted([problem("p", X), problem("q", X)], fresh=True)
    assert (done.taken, calls) == (0, 4)


def test_what_was_killed_half_way_and_then_edited_keeps_what_is_still_asked(counted: Counted, tmp_path: Path) -> None:
    problems = [problem(f"p{k}", [[float(k), 1.0]]) for k in range(4)]
    done, _ = counted(problems)
    entries = [entry for entry in done.read().entries.values() if entry.problem in ("p0", "p1")]
    replace_lines(segments(counted.folder)[0], [])
    (counted.folder / "manifest.json").unlink()
    append(counted.folder, entries)  # as far as it had come
    edited = [problem("p0", [[9.0, 1.0]]), *problems[1:]]
    done, calls = counted(edited)
    assert (done.taken, calls) == (2, 6)
    assert same(done.read(), recorded_alone(edited, tmp_path / "alone"))


@pytest.mark.parametrize("killed_after", range(3))
@pytest.mark.parametrize("then", ["the new plan", "the old plan", "a third plan"])
def test_a_take_over_that_is_killed_half_way_is_made_good_under_any_plan(
    killed_after: int, then: str, counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = problem("one", X), problem("other", [[7.0, 8.0]])
    counted([one])
    counted([one, other])  # a segment each
    new = [replace(other, id="one"), replace(one, id="other")]
    killed = iter(range(killed_after))

    def dies(path: Path, lines: list[Any]) -> None:
        if next(killed, None) is None:
            raise KeyboardInterrupt
        replace_lines(path, lines)

    with monkeypatch.context() as patch:
        patch.setattr("harness.record.takeover.replace_lines", dies)
        if killed_after == 2:
            patch.setattr("harness.record.runner.rename_recording", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            counted(new)
    problems = {"the new plan": new, "the old plan": [one, other], "a third plan": [replace(one, id="third"), *new]}[
        then
    ]
    done, calls = counted(problems)
    assert calls == 0
    assert same(done.read(), recorded_alone(problems, tmp_path / "alone"))


def test_a_death_that_may_have_come_of_something_else_is_tried_again_under_another_plan(tmp_path: Path) -> None:
    run("segfaults", tmp_path, write(tmp_path, around_the_mark()))
    done = run("segfaults", tmp_path, write(tmp_path, around_the_mark(after=3)))
    assert (done.taken, done.planned) == (9, 12)
    assert isinstance(done.read().entries[MARKED].result, Crashed)


def test_a_time_out_under_another_limit_is_tried_again_under_another_plan(tmp_path: Path) -> None:
    short = Limits(timeout=0.5, memory=LIMITS.memory)
    first = run("hangs", tmp_path, write(tmp_path, around_the_mark()), limits=short)
    assert first.read().entries[MARKED].result == TimedOut(0.5)
    longer = Limits(timeout=1.0, memory=LIMITS.memory)
    done = run("hangs", tmp_path, write(tmp_path, around_the_mark(after=3)), limits=longer)
    assert done.read().entries[MARKED].result == TimedOut(1.0)


def test_a_division_by_zero_of_the_process_is_its_own_doing_and_taken_over(tmp_path: Path) -> None:
    shutil.copy(WRONG / "honest.py", tmp_path)
    kernel = tmp_path / "divides.py"
    kernel.write_text(
        "import os, signal\nfrom honest import Honest\n\nclass Divides(Honest):\n    name = 'divides'\n"
        "    def misbehave(self, call):\n        os.kill(os.getpid(), signal.SIGFPE)\n"
    )
    first = run(str(kernel), tmp_path, write(tmp_path, around_the_mark())).read()
    done = run(str(kernel), tmp_path, write(tmp_path, around_the_mark(after=3)))
    assert (done.taken, done.planned) == (10, 12)
    assert done.read().entries[MARKED].result == first.entries[MARKED].result


def test_the_arrays_that_are_taken_over_are_mapped_from_the_packs_that_they_were_written_to(counted: Counted) -> None:
    first = counted([problem("p", X)])[0].read()
    pack = counted.folder / "segment-0000.npy"
    before = (pack.stat().st_ino, pack.stat().st_mtime_ns)
    done = counted([replace(problem("p", X), id="renamed"), problem("q", [[1.0]])])[0].read()
    assert (pack.stat().st_ino, pack.stat().st_mtime_ns) == before
    results = [each.entries[name, Quantity.VJP].result for each, name in ((first, "p"), (done, "renamed"))]
    assert all(isinstance(result, Returned) for result in results)
    assert results[0].value.tobytes() == results[1].value.tobytes()  # type: ignore[union-attr]


def test_the_verb_says_how_many_were_taken_over(counted: Counted, capsys: pytest.CaptureFixture[str]) -> None:
    from harness.cli.record import command  # noqa: PLC0415 - of this test alone

    said = []
    for problems in ([problem("p", X)], [problem("p", X), problem("q", [[1.0]])]):
        write(counted.reports, problems)
        command.main([str(counted.kernel), "--reports", str(counted.reports)], standalone_mode=False)
        said.append(capsys.readouterr().out)
    assert said == [
        f"counts: recorded 2 evaluations (2 returned) in {counted.folder}\n",
        f"counts: recorded 4 evaluations (4 returned) in {counted.folder}; 2 taken over from before, 2 evaluated\n",
    ]
