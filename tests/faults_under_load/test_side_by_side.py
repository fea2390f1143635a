"""Two runs at once in one folder: one does the work, the other is told so or does the same; nothing is mixed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.faults_under_load.amounts import chance, rounds
from tests.faults_under_load.conftest import VERBS
from tests.faults_under_load.workplace import CASES, Workplace, finish, run, sound, wait_until


@pytest.mark.parametrize("number", rounds(1))
@pytest.mark.parametrize("verb", VERBS)
def test_two_of_a_verb_at_once_come_to_what_one_comes_to(
    verb: str, number: int, stages: Mapping[str, Workplace], place: Path
) -> None:
    whole = stages["whole"]
    work = (stages["record"] if verb == "record" else whole).copy(place)
    ended = [sound(finish(process)) for process in [work.start(verb) for _ in range(3)]]
    codes = {each.code for each in ended}
    assert 0 in codes
    assert codes <= {0, 2}
    for each in ended:
        assert each.code == 0 or "wait for it to end, or give this one another --reports" in each.err, each
    assert max(work.evaluated().values(), default=1) == 1
    assert work.left_behind() == []
    work.through(*VERBS)
    assert work.plan_bytes() == whole.plan_bytes()
    assert work.report_bytes() == whole.report_bytes()


@pytest.mark.parametrize("number", rounds(1))
def test_a_plan_made_again_while_it_is_recorded_costs_nothing(
    number: int, stages: Mapping[str, Workplace], place: Path
) -> None:
    work = stages["record"].copy(place)
    process = work.start("record")
    wait_until(lambda: len(work.evaluated()) > 5)
    for _ in range(3):
        work.through("plan")
    assert sound(finish(process)).code == 0
    work.through("compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()


@pytest.mark.parametrize("number", rounds(1))
def test_another_plan_made_while_one_is_recorded_is_never_judged_by_its_results(
    number: int, stages: Mapping[str, Workplace], place: Path
) -> None:
    work = stages["record"].copy(place)
    place.joinpath("other.yaml").write_text(CASES.replace("scale: 3", "scale: 4"))
    process = work.start("record")
    wait_until(lambda: len(work.evaluated()) > 5)
    assert run("plan", place / "other.yaml", "--reports", work.reports).code == 0
    ended = sound(finish(process))
    assert ended.code in (0, 2)
    assert ended.code == 0 or "the plan was made anew while it was being recorded" in ended.err
    judged = work.inside("compare")
    assert judged.code == 3
    assert "recorded for another plan" in judged.out
    work.through(*VERBS)
    assert max(work.evaluated().values()) == 1
    assert work.report_bytes() == stages["whole"].report_bytes()


@pytest.mark.parametrize("number", rounds(1))
def test_a_verb_that_reads_the_plan_while_it_is_made_is_served_or_told(
    number: int, stages: Mapping[str, Workplace], durations: Mapping[str, float], place: Path
) -> None:
    work = stages["whole"].copy(place)
    planner = [work.start("plan")]
    time.sleep(chance("readers", number).uniform(0, 0.9) * durations["plan"])
    readers = [work.start(verb) for verb in ("compare", "report", "compare", "report")]
    ended = [sound(finish(process)) for process in (*planner, *readers)]
    assert {each.code for each in ended} <= {0, 2}
    for each in ended:
        assert each.code == 0 or "harness: " in each.err, each
    work.through(*VERBS)
    assert work.report_bytes() == stages["whole"].report_bytes()
