"""The outline of a plan refuses what reading the plan would, but for what takes the arrays to see."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.plan.digest import question_of
from harness.plan.outline import read_outline
from harness.plan.store import PlanError, read_plan
from harness.vocabulary import Quantity
from tests.record.bench import problem, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, [problem("a", [[0.0, 1.0]]), problem("b", [[2.0, 1.0]], check=[Quantity.JVP])])
    return tmp_path / "plan"


def test_it_names_every_evaluation_in_the_order_of_the_plan(folder: Path) -> None:
    found = [(asked.problem, asked.quantity) for asked in read_outline(folder).asked]
    assert found == [("a", Quantity.FORWARD), ("a", Quantity.VJP), ("b", Quantity.JVP)]


def test_it_knows_the_question_of_every_evaluation(folder: Path) -> None:
    questions = {problem.id: question_of(problem.call) for problem in read_plan(folder).problems}
    assert {asked.problem: asked.question for asked in read_outline(folder).asked} == questions
    assert len(set(questions.values())) == 2


def test_a_plan_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="make one with: harness plan"):
        read_outline(tmp_path)


def test_a_changed_header_is_refused(folder: Path) -> None:
    header = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps({**header, "digest": "0" * 64}))
    with pytest.raises(PlanError, match="its seal is broken"):
        read_outline(folder)


def test_a_plan_that_was_cut_short_is_refused(folder: Path) -> None:
    lines = (folder / "problems.jsonl").read_text().splitlines(keepends=True)
    (folder / "problems.jsonl").write_text(lines[0])
    with pytest.raises(PlanError, match="holds 1 problems, the plan has 2"):
        read_outline(folder)


@pytest.mark.parametrize("read", [read_outline, read_plan])
@pytest.mark.parametrize(
    ("key", "other"), [("question", "0" * 64), ("id", "c"), ("cotangent_name", "ones"), ("case", "another")]
)
def test_a_changed_problem_is_refused(key: str, other: str, read: Callable[[Path], object], folder: Path) -> None:
    first, *rest = (folder / "problems.jsonl").read_text().splitlines()
    value = {**json.loads(first), key: other}
    (folder / "problems.jsonl").write_text("\n".join([json.dumps(value), *rest]) + "\n")
    with pytest.raises(PlanError, match="changed after it was made"):
        read(folder)


@pytest.mark.parametrize("damage", ["check", "call", "id", "question"])
def test_a_problem_that_is_none_is_refused_where_it_stands(damage: str, folder: Path) -> None:
    first, *rest = (folder / "problems.jsonl").read_text().splitlines()
    value = json.loads(first)
    del value[damage]
    (folder / "problems.jsonl").write_text("\n".join([json.dumps(value), *rest]) + "\n")
    with pytest.raises(PlanError, match=r"problems\.jsonl:1: not what a plan holds"):
        read_outline(folder)
