"""A part of a plan is what reading all of it gives, and refuses what that would, of what it reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.plan.part import read_part
from harness.plan.plan import Plan
from harness.plan.store import PlanError, read_plan
from harness.vocabulary import Quantity
from tests.record.bench import problem, write


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    a, b = problem("a", [[0.0, 1.0]]), problem("b", [[2.0, 1.0]], check=[Quantity.JVP])
    return write(tmp_path, [a, b, problem("c", [[0.5, 0.25]])])


def test_it_has_the_problems_wanted_and_no_others(plan: Plan, tmp_path: Path) -> None:
    part = read_part(tmp_path / "plan", {"a", "c"}, digest=plan.digest)
    first, _, last = plan.problems
    assert {name: repr(one) for name, one in part.problems.items()} == {"a": repr(first), "c": repr(last)}
    assert part.questions == {"a": plan.question(first), "c": plan.question(last)}
    assert len(set(part.questions.values())) == 2


def test_another_plan_is_refused(plan: Plan, tmp_path: Path) -> None:
    write(tmp_path, [problem("a", [[0.0, 2.0]])])
    with pytest.raises(PlanError, match="the plan was made anew while it was being recorded: start again"):
        read_part(tmp_path / "plan", {"a"}, digest=plan.digest)


def changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (
            changed("problems.jsonl", lambda text: text.replace(b'"axis": -1', b'"axis": 0')),
            "changed after it was made",
        ),
        (changed("problems.jsonl", lambda text: text.splitlines(keepends=True)[0]), "holds 1 problems, the plan has 3"),
        (changed("plan.json", lambda text: text.replace(b'"themes"', b'"titles"')), "its seal is broken"),
        (changed("inputs.npy", lambda pack: pack[:-1]), "not a whole pack"),
        (lambda folder: (folder / "inputs.npy").unlink(), "cannot be read"),
        (lambda folder: (folder / "plan.json").unlink(), "make one with: harness plan"),
    ],
)
def test_a_damaged_plan_is_refused(damage: Callable[[Path], object], why: str, plan: Plan, tmp_path: Path) -> None:
    damage(tmp_path / "plan")
    with pytest.raises(PlanError, match=why):
        read_part(tmp_path / "plan", {"a"}, digest=plan.digest)


def test_changed_input_bits_are_refused_by_who_reads_them(plan: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    last = json.loads((folder / "problems.jsonl").read_text().splitlines()[-1])
    pack = bytearray((folder / "inputs.npy").read_bytes())
    pack[128 + last["call"]["x"]["offset"]] ^= 1
    (folder / "inputs.npy").write_bytes(pack)
    with pytest.raises(PlanError, match="the input bits of c were changed after the plan was made"):
        read_part(folder, {"b", "c"}, digest=plan.digest)
    assert read_part(folder, {"a"}, digest=plan.digest).problems.keys() == {"a"}
    with pytest.raises(PlanError, match="were changed after it was made"):
        read_plan(folder)
