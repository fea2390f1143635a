"""What repeats a finding is taken over from an earlier run only where all that it is made of is equal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.contract import Description
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.kept.cabinet import Cabinet
from harness.compare.verdict import Finding
from harness.plan.digest import question_of
from harness.plan.problem import Problem
from harness.record.recording import Header
from harness.repeat import earlier as module
from harness.repeat import repeats as making
from harness.repeat.earlier import Earlier
from harness.repeat.repeats import Repeat, Smaller, key_of, repeats
from harness.vocabulary import DType, FindingKind, Quantity
from tests.record.bench import problem

HEADER = Header(
    adapter="torch",
    plan="p",
    description=Description(framework="PyTorch", version="2.13.0", device="cpu", threads=1),
    python="3.11.7",
)
FINDING = Finding(
    kind=FindingKind.BEYOND_BOUND,
    case="a-case",
    sentence="torch: it is wrong.",
    problems=("a",),
    adapters=("torch",),
    quantity=Quantity.FORWARD,
    evidence={"at": [0, 1], "got": 0.25, "want": 0.5, "share": 3.0},
)
ASKED = problem("a", [[0.1, 2.0]], dtype=DType.FLOAT32)
TEXT = "a-case\n  x: {normal: {shape: [1, 2], seed: 1}}\n"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.sqlite"


def repeated(kept: Path | None, **other: Any) -> Repeat:
    """Return what repeats a finding, in a run of its own; ``kept``: where earlier runs have left theirs."""
    if kept is None:
        return _repeated(None, **other)
    with closing(Cabinet(kept, note=pytest.fail)) as cabinet:
        return _repeated(Earlier(cabinet, question=lambda one: question_of(one.call)), **other)


def _repeated(earlier: Earlier | None, **other: Any) -> Repeat:
    finding: Finding = other.get("finding", FINDING)
    comparison = Comparison(
        plan="p",
        selection=None,
        adapters=(AdapterRun(name="torch", required=True, header=other.get("header", HEADER)),),
        verdicts=(),
        findings=(finding,),
    )
    asked: Problem = other.get("asked", ASKED)
    title: Callable[[FindingKind], str] = other.get("titles", lambda kind: f"what is {kind}")
    (found,) = repeats(
        comparison,
        [asked],
        titles=title,
        smaller=other.get("smaller", {}),
        texts={asked.case: other.get("text", TEXT)},
        earlier=earlier,
    ).values()
    return found


def count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets an entry for every program that is made."""
    made: list[str] = []
    program = making.program

    def counted(*args: Any, **words: Any) -> str | None:
        made.append(args[0])
        return program(*args, **words)

    monkeypatch.setattr(making, "program", counted)
    return made


def moved(x: object) -> Problem:
    return problem("a", x, dtype=DType.FLOAT32)


CHANGES: dict[str, dict[str, Any]] = {
    "one bit of the input": {"asked": moved([[np.nextafter(np.float32(0.1), np.float32(1)), 2.0]])},
    "a number of the evidence": {"finding": replace(FINDING, evidence=FINDING.evidence | {"got": 0.125})},
    "a number that became its text": {"finding": replace(FINDING, evidence=FINDING.evidence | {"share": "3.0"})},
    "the sentence": {"finding": replace(FINDING, sentence="torch: it is wrong in another way.")},
    "the version": {"header": replace(HEADER, python="3.12.0")},
    "the title": {"titles": lambda _kind: "another title"},
    "the text of the case": {"text": TEXT.replace("seed: 1", "seed: 2")},
    "a smaller input": {"smaller": {key_of(FINDING): Smaller(problem=moved([[0.1, 3.0]]), finding=FINDING)}},
}


def test_what_was_made_once_is_taken_over_to_the_letter(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = repeated(None)
    made = count(monkeypatch)
    assert [repeated(kept), repeated(kept)] == [alone, alone]
    assert len(made) == 1


def test_another_plan_around_it_changes_nothing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = repeated(kept)
    made = count(monkeypatch)
    assert repeated(kept, header=replace(HEADER, plan="q")) == first
    assert not made


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_else_changes_it_is_made_anew(
    kept: Path, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    repeated(kept)
    made = count(monkeypatch)
    assert repeated(kept, **change) == repeated(None, **change)
    assert len(made) == 2


def test_of_another_harness_nothing_is_taken_over(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repeated(kept)
    made = count(monkeypatch)
    monkeypatch.setattr(module, "harness_digest", lambda: "another")
    repeated(kept)
    assert len(made) == 1


def test_words_that_utf_8_lacks_cost_no_report(kept: Path) -> None:
    raised = replace(FINDING, kind=FindingKind.RAISED, evidence={"detail": "ValueError: \udc80"})
    assert repeated(kept, finding=raised) == repeated(kept, finding=raised) == repeated(None, finding=raised)
