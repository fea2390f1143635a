"""A plan comes back from the disk bit for bit, or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from harness.call import ARRAYS, Call
from harness.plan.digest import digest_of
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, Plan, PrintedValue
from harness.plan.problem import Problem
from harness.plan.store import PlanError, read_plan, remove_plan, write_plan
from harness.vocabulary import DType, FindingKind, Mode, Normalization, Op, Quantity, Reduction


def problem_of(
    x: NDArray[np.floating], *, name: str = "case", cotangent: NDArray[np.floating] | None = None
) -> Problem:
    call = Call(
        op=Op.SOFTMAX, axis=-1, dtype=DType(x.dtype.name), mode=Mode.DEFAULT, x=x, cotangent=cotangent, tangent=x
    )
    check = (Quantity.FORWARD, Quantity.VJP)
    return Problem(id=f"{name}[{x.dtype}]", case=name, call=call, cotangent_name="given", check=check)


def plan_of(*problems: Problem) -> Plan:
    case = CaseRecord(
        id="case",
        why="wörds",
        source="s",
        file="cases/a.yaml",
        line=3,
        text="- id: case",
        problems=2,
        tags=("a",),
        findings=(ExpectedFinding(kind=FindingKind.RAISED, adapters=("torch",)),),
        printed=(
            PrintedValue(adapter="mxnet", quantity=Quantity.JACOBIAN, dtype=DType.FLOAT32, values=("1",), summed=True),
        ),
    )
    entry = LedgerEntry(
        id="known",
        case="case",
        adapter="mxnet",
        kind=FindingKind.BEYOND_BOUND,
        op=Op.LOG_SOFTMAX,
        dtype=DType.FLOAT32,
        quantity=Quantity.VJP,
        largest_error=2e-6,
        owner="upstream",
        why="w",
        link="l",
        version="1.9.1",
        platform="linux-x86_64",
        expires=date(2027, 1, 31),
        file="cases/ledger.yaml",
        line=2,
    )
    return Plan(
        digest=digest_of(problems),
        problems=problems,
        cases={"case": case},
        ledger=(entry,),
        selection="-k a",
        themes={"cases/a.yaml": "theme"},
    )


PLAN = plan_of(problem_of(np.array([0.1, 2.0])), problem_of(np.array([[1, 2]], dtype=np.float32)))

BITS = hnp.arrays(np.uint32, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))


@given(bits=BITS, wide=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_every_bit_of_an_array_comes_back(tmp_path: Path, bits: NDArray[np.uint32], wide: bool) -> None:
    x = (bits.astype(np.uint64) << 32 | bits).view(np.float64) if wide else bits.view(np.float32)
    plan = plan_of(problem_of(x, cotangent=x))
    write_plan(plan, tmp_path / "plan")
    (problem,) = read_plan(tmp_path / "plan").problems
    for array in (problem.call.x, problem.call.cotangent, problem.call.tangent):
        assert array is not None
        assert (array.shape, array.dtype) == (x.shape, x.dtype)
        assert array.tobytes() == x.tobytes()
        assert not array.flags.writeable


def test_nobody_can_make_an_array_writable(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "plan")
    problem, *_ = read_plan(tmp_path / "plan").problems
    with pytest.raises(ValueError, match="WRITEABLE"):
        problem.call.x.flags.writeable = True


def test_a_ledger_entry_may_leave_out_where_it_is_seen(tmp_path: Path) -> None:
    anywhere = replace(PLAN.ledger[0], case=None, op=None, dtype=None, quantity=None, largest_error=None, expires=None)
    write_plan(replace(PLAN, ledger=(anywhere,)), tmp_path / "plan")
    assert read_plan(tmp_path / "plan").ledger == (anywhere,)


def test_everything_else_comes_back_too(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "plan")
    back = read_plan(tmp_path / "plan")
    assert (back.digest, back.cases, back.ledger) == (PLAN.digest, PLAN.cases, PLAN.ledger)
    assert (back.selection, back.themes) == (PLAN.selection, PLAN.themes)
    for expected, actual in zip(PLAN.problems, back.problems, strict=True):
        assert (actual.id, actual.case, actual.check) == (expected.id, expected.case, expected.check)
        assert (actual.call.op, actual.call.axis, actual.call.mode) == (expected.call.op, -1, expected.call.mode)


BITS_OF_BFLOAT16 = np.array([[0x3F80, 0xFFC1, 0x8000], [0x0001, 0x7F80, 0xC2F7]], np.uint16)
LOSS = Call(
    op=Op.CROSS_ENTROPY,
    axis=1,
    dtype=DType.BFLOAT16,
    mode=Mode.NUMPY,
    x=BITS_OF_BFLOAT16,
    cotangent=np.array(0.5, np.float32),
    tangent=BITS_OF_BFLOAT16[::-1],
    temperature=0.1,
    targets=np.array([2, -100], np.int32),
    reduction=Reduction.MEAN,
    ignore_index=-100,
    label_smoothing=0.1,
    grad_scale=3.0,
    normalization=Normalization.VALID,
    result_dtype=DType.FLOAT32,
)
MASKED = Call(
    op=Op.MASKED_SOFTMAX,
    axis=0,
    dtype=DType.FLOAT16,
    mode=Mode.SAFE_ACCUMULATION,
    x=np.array([[1, 2, 3], [4, 5, 6]], np.float16),
    cotangent=np.ones((2, 3), np.float16),
    mask=np.array([[True, False, True], [False, False, True]]),
)
LENGTHS = replace(MASKED, mask=None, lengths=np.array([0, 1, 2], np.int32))
WHOLE = Call(op=Op.SOFTMAX, axis=-1, dtype=DType.INT32, mode=Mode.DEFAULT, x=np.array([1, -2], np.int32))
SOFT = replace(LOSS, targets=BITS_OF_BFLOAT16, ignore_index=None)
CALLS = {"loss": LOSS, "mask": MASKED, "lengths": LENGTHS, "int32": WHOLE, "probabilities": SOFT}


def asking(call: Call) -> Plan:
    check = (Quantity.FORWARD, Quantity.VJP, Quantity.HVP) if call.dtype.floating else (Quantity.FORWARD,)
    return plan_of(Problem(id="case", case="case", call=call, cotangent_name="given", check=check))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_field_of_a_call_comes_back(tmp_path: Path, call: Call) -> None:
    write_plan(asking(call), tmp_path / "plan")
    (problem,) = read_plan(tmp_path / "plan").problems
    for field in fields(Call):
        expected, actual = getattr(call, field.name), getattr(problem.call, field.name)
        if field.name in ARRAYS and expected is not None:
            assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
            assert actual.tobytes() == expected.tobytes()
        else:
            assert (actual, type(actual)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (replace(LOSS, x=LOSS.x.astype(np.float32)), "its x is float32 [2, 3], expected uint16 [2, 3]"),
        (replace(LOSS, x=LOSS.x.view(np.float16)), "its x is float16 [2, 3], expected uint16 [2, 3]"),
        (replace(LOSS, cotangent=np.zeros((), np.float64)), "its cotangent is float64 [], expected float32 []"),
        (replace(LOSS, cotangent=np.zeros(2, np.float32)), "its cotangent is float32 [2], expected float32 []"),
        (replace(LOSS, tangent=BITS_OF_BFLOAT16[:1]), "its tangent is uint16 [1, 3], expected uint16 [2, 3]"),
        (replace(LOSS, targets=np.zeros(3, np.int32)), "is int32 [3], expected int32 [2] or uint16 [2, 3]"),
        (replace(LOSS, targets=np.zeros(2, np.int64)), "is int64 [2], expected int32 [2] or uint16 [2, 3]"),
        (replace(MASKED, mask=np.zeros((2, 3), np.int8)), "its mask is int8 [2, 3], expected bool [2, 3]"),
        (replace(LENGTHS, lengths=np.zeros(2, np.int32)), "its lengths is int32 [2], expected int32 [3]"),
        (replace(MASKED, axis=2), "its axis 2 is none of x"),
    ],
)
def test_an_array_that_its_call_cannot_have_is_refused(tmp_path: Path, call: Call, words: str) -> None:
    write_plan(asking(call), tmp_path / "plan")
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / "plan")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"temperature": 0.2},
        {"temperature": None},
        {"reduction": Reduction.SUM},
        {"ignore_index": 0},
        {"label_smoothing": 0.0},
        {"grad_scale": 1.0},
        {"normalization": Normalization.NULL},
        {"result_dtype": None},
        {"targets": np.array([1, -100], np.int32)},
        {"targets": None},
        {"mask": np.ones((2, 3), bool)},
        {"lengths": np.ones(2, np.int32)},
        {"dtype": DType.FLOAT16},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_digest_is_moved_by_every_field_of_a_call(changed: dict[str, object]) -> None:
    assert asking(replace(LOSS, **changed)).digest != asking(LOSS).digest  # type: ignore[arg-type]


def test_the_digest_is_not_moved_by_how_a_number_is_spelled() -> None:
    assert asking(replace(LOSS, grad_scale=3)).digest == asking(LOSS).digest


def test_an_array_that_many_problems_share_is_kept_once(tmp_path: Path) -> None:
    x = np.arange(4096.0)
    write_plan(plan_of(*[problem_of(x.copy()) for _ in range(20)]), tmp_path / "plan")
    assert (tmp_path / "plan" / "inputs.npy").stat().st_size < 2 * x.nbytes


def test_the_digest_is_not_moved_by_words_about_the_case() -> None:
    mended = replace(PLAN, cases={"case": replace(PLAN.cases["case"], why="better words", line=99, tags=())}, ledger=())
    assert digest_of(mended.problems) == PLAN.digest


@given(st.integers(0, 63), st.integers(0, 1))
def test_the_digest_is_moved_by_any_bit_of_an_input(bit: int, index: int) -> None:
    x = np.array([0.1, 2.0])
    flipped = x.copy()
    flipped.view(np.uint64)[index] ^= np.uint64(1) << np.uint64(bit)
    assert digest_of([problem_of(flipped)]) != digest_of([problem_of(x)])


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "other"},
        {"cotangent_name": "ones"},
        {"check": (Quantity.FORWARD,)},
        {"call": replace(PLAN.problems[0].call, axis=0)},
        {"call": replace(PLAN.problems[0].call, op=Op.LOG_SOFTMAX)},
        {"call": replace(PLAN.problems[0].call, mode=Mode.EAGER)},
        {"call": replace(PLAN.problems[0].call, tangent=None)},
        {"call": replace(PLAN.problems[0].call, x=PLAN.problems[0].call.x.reshape(2, 1))},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_digest_is_moved_by_whatever_is_asked(changed: dict[str, object]) -> None:
    assert digest_of([replace(PLAN.problems[0], **changed)]) != digest_of([PLAN.problems[0]])


def test_a_plan_takes_the_place_of_the_old_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "plan")
    write_plan(plan_of(PLAN.problems[0]), tmp_path / "plan")
    assert len(read_plan(tmp_path / "plan").problems) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_what_a_killed_process_of_the_same_number_left_half_written_is_no_hindrance(tmp_path: Path) -> None:
    left = tmp_path / f".plan.{os.getpid()}.partial"
    left.mkdir()
    (left / "inputs.npy.partial").write_bytes(b"half")
    write_plan(PLAN, tmp_path / "plan")
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(PlanError, match=r"holds 'thesis\.tex'; move that away"):
        remove_plan(tmp_path)
    with pytest.raises(PlanError, match="thesis"):
        write_plan(PLAN, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def edit_header(**changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "plan.json"
        header = json.loads(path.read_text()) | changes
        del header["seal"]  # what is wrong with the value itself is to be seen
        path.write_text(json.dumps(header))

    return edit


def cut(name: str, *, keep: int) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:keep])

    return edit


def flip_last_bit(folder: Path) -> None:
    content = bytearray((folder / "inputs.npy").read_bytes())
    content[-1] ^= 1
    (folder / "inputs.npy").write_bytes(content)


def substitute(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return edit


def drop_last_problem(folder: Path) -> None:
    lines = (folder / "problems.jsonl").read_text().splitlines(keepends=True)
    (folder / "problems.jsonl").write_text("".join(lines[:-1]))


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (edit_header(version=1), "format version 1, this harness reads version 3"),
        (edit_header(format="a shopping list"), "not a plan of this harness"),
        (edit_header(counts=None), "'counts' should be a dict"),
        (edit_header(cases=[]), "belong to the case 'case', which is not there"),
        (edit_header(cases=[{"id": "case"}]), "no 'why'"),
        (edit_header(digest="0" * 64), "were changed after it was made"),
        (cut("plan.json", keep=100), "not JSON"),
        (cut("problems.jsonl", keep=100), "cut short"),
        (cut("inputs.npy", keep=190), "not a whole pack"),
        (cut("inputs.npy", keep=10), "not a whole pack"),
        (cut("inputs.npy", keep=0), "not a whole pack"),
        (drop_last_problem, "holds 1 problems, the plan has 2"),
        (flip_last_bit, "were changed after it was made"),
        (substitute("problems.jsonl", '"softmax"', '"softmx"'), "problems.jsonl:1: not what a plan holds"),
        (substitute("problems.jsonl", '"grad_scale": 1.0', '"grad_scale": "1"'), "'1' should be a float"),
        (substitute("problems.jsonl", '"mask": null, ', ""), "no 'mask'"),
        (substitute("problems.jsonl", '"axis": -1', '"axis": 0'), "were changed after it was made"),
        (substitute("problems.jsonl", '"offset": 0', '"offset": 4096'), "bytes 4096 to"),
        (substitute("problems.jsonl", '"shape": [2]', '"shape": "ab"'), "not a reference"),
        (remove("inputs.npy"), "inputs.npy"),
        (remove("problems.jsonl"), "cannot be read"),
        (remove("plan.json"), "there is no plan here; make one with: harness plan"),
    ],
)
def test_a_plan_that_is_not_whole_is_refused_with_what_to_do(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    write_plan(PLAN, tmp_path / "plan")
    spoil(tmp_path / "plan")
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / "plan")
    assert words in str(caught.value)
    assert "harness plan" in str(caught.value) or "same harness" in str(caught.value)


def test_where_nothing_can_be_written_the_message_names_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanError, match="choose another folder with --reports"):
        write_plan(PLAN, tmp_path / "file" / "plan")
