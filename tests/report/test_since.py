"""What page and summary say of an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.compare.accounts import Accounts
from harness.compare.change import Change, Changes, Trend
from harness.compare.comparison import Comparison
from harness.compare.standing import Place, Standing
from harness.report import since, unmatched
from harness.report.headline import Tone, headline
from harness.report.page import page
from harness.report.summary import summary
from harness.vocabulary import Quantity
from tests.page.whole import WHOLE, WORSE
from tests.report.test_ledger import SAID_BY_PEOPLE
from tests.report.test_page import Page


def changed(number: int) -> Comparison:
    assert WHOLE.changes is not None
    return replace(WHOLE, changes=replace(WHOLE.changes, changes=(WORSE,) * number))


@pytest.mark.parametrize(
    ("number", "heading", "shown"),
    [
        (1, "1 change, worst first", 1),
        (since.MOST, f"{since.MOST} changes, worst first", since.MOST),
        (1234, f"1,234 changes, worst first: the first {since.MOST}", since.MOST),
    ],
)
def test_all_changes_are_counted_and_the_worst_are_shown(number: int, heading: str, shown: int) -> None:
    comparison = changed(number)
    told = Page(page(comparison, Accounts(comparison))).text
    assert f"{heading} problem adapter" in told
    assert told.count("worse: fails") == shown
    text = summary(comparison, Accounts(comparison))
    assert f"\n{heading}:\n" in text
    assert text.count("**fails**") == shown


def test_a_change_leads_to_the_numbers_of_its_case_and_adapter() -> None:
    comparison = changed(1)
    section = page(comparison, Accounts(comparison)).partition('id="since"')[2]
    assert '<a href="#cell-wrong-rule/mxnet">wrong-rule[float32]</a>' in section.partition("</section>")[0]


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ((Place.FLAGGED,), "1 worse. 1 of them fails the run."),
        ((Place.FLAGGED, Place.FLAGGED), "2 worse. 2 of them fail the run."),
        ((Place.WITHIN, Place.EXPECTED), "2 worse (1 of them within their bounds still). None of them fails the run."),
    ],
)
def test_what_is_worse_is_told_apart_from_what_is_wrong(places: tuple[Place, ...], words: str) -> None:
    found = tuple(replace(WORSE, now=Standing(place=place)) for place in places)
    changes = Changes(baseline="b", counts={"mxnet": {Trend.WORSE: len(found)}}, changes=found)
    assert since.in_words(changes) == f"Since b: {words}"


def one_sided(trend: Trend, *, cases: int = 1, problems: int = 1, place: Place = Place.WITHIN) -> Comparison:
    assert WHOLE.changes is not None
    found = tuple(
        Change(
            adapter="mxnet",
            problem=f"{'wrong-rule' if case == 0 else f'case-{case}'}[float32,{number}]",
            quantity=Quantity.VJP,
            trend=trend,
            then=Standing(place=place) if trend is Trend.GONE else None,
            now=Standing(place=place) if trend is Trend.NEW else None,
        )
        for case in range(cases)
        for number in range(problems)
    )
    return replace(WHOLE, changes=replace(WHOLE.changes, changes=found, counts={"mxnet": {trend: len(found)}}))


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
@pytest.mark.parametrize("trend", [Trend.NEW, Trend.GONE])
@pytest.mark.parametrize(
    ("problems", "said"),
    [(1, "wrong-rule[float32,0]: 1 evaluation, by mxnet"), (3, "wrong-rule: 3 evaluations of 3 problems, by mxnet")],
)
def test_what_is_new_and_what_is_gone_is_named(
    told: Callable[[Comparison], str], trend: Trend, problems: int, said: str
) -> None:
    text = told(one_sided(trend, problems=problems))
    assert said in text.replace("\\", "").replace(" :", ":")  # escapes of Markdown, and what stands around a link


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
@pytest.mark.parametrize("trend", [Trend.NEW, Trend.GONE])
def test_of_many_cases_that_are_new_or_gone_some_are_named_and_all_are_counted(
    told: Callable[[Comparison], str], trend: Trend
) -> None:
    text = told(one_sided(trend, cases=100)).replace(" :", ":")
    named = text.count("[float32,0]: 1 evaluation") + text.count("\\[float32,0\\]: 1 evaluation")
    assert named in (since.FEW, unmatched.MOST)
    assert f"and {100 - named} cases more" in text


def test_a_new_case_leads_to_its_numbers_and_what_is_flagged_comes_first() -> None:
    assert WHOLE.changes is not None
    right, wrong = one_sided(Trend.NEW, cases=2), one_sided(Trend.NEW, place=Place.FLAGGED)
    assert right.changes is not None
    assert wrong.changes is not None
    comparison = replace(
        WHOLE, changes=replace(WHOLE.changes, changes=right.changes.changes[1:] + wrong.changes.changes)
    )
    section = page(comparison, Accounts(comparison)).partition('id="new"')[2].partition("</details>")[0]
    first = '<li><a href="#case-wrong-rule">wrong-rule[float32,0]</a>: 1 evaluation, by mxnet, 1 flagged</li>'
    assert section.partition('<ul class="remarks">\n')[2].startswith(first)


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
def test_an_adapter_that_is_not_in_this_run_is_named_with_what_it_had(told: Callable[[Comparison], str]) -> None:
    assert WHOLE.changes is not None
    changes = replace(WHOLE.changes, absent={"tensorflow": 4796}, versions={"tensorflow": ("TensorFlow 2.20", "")})
    text = told(replace(WHOLE, changes=changes))
    assert "ot comparable: tensorflow is not in this run (4,796 evaluations)" in text


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
def test_an_adapter_that_the_baseline_lacks_is_named_with_what_it_has(told: Callable[[Comparison], str]) -> None:
    assert WHOLE.changes is not None
    changes = replace(WHOLE.changes, added={"tensorflow": 4796})
    text = told(replace(WHOLE, changes=changes))
    assert "ot comparable: tensorflow is not in the baseline (4,796 evaluations)" in text


LOST = replace(WORSE, now=Standing(place=Place.UNSUPPORTED))
IDLE = replace(WORSE, now=Standing(place=Place.NOT_RUN))


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((LOST,), since.difference(LOST)),
        ((IDLE, IDLE), "mxnet has not run, and 2 results agreed"),
    ],
)
def test_what_is_lost_is_said_and_marked_as_failing(
    told: Callable[[Comparison], str], changes: tuple[Change, ...], said: str
) -> None:
    assert WHOLE.changes is not None
    text = " ".join(told(replace(WHOLE, changes=replace(WHOLE.changes, changes=changes))).replace("\\", "").split())
    before, found, _ = text.partition(said)
    assert found
    assert "fails" in before[-80:].lower()  # in the same line


@pytest.mark.parametrize(("changes", "words"), [((LOST,), "1 result"), ((LOST, LOST), "2 results")])
def test_no_headline_is_good_where_results_are_lost(changes: tuple[Change, ...], words: str) -> None:
    assert WHOLE.changes is not None
    adapters = tuple(run for run in WHOLE.adapters if run.ran)
    comparison = replace(WHOLE, adapters=adapters, findings=(), changes=replace(WHOLE.changes, changes=changes))
    assert comparison.fails
    found = headline(comparison)
    assert found.tone is Tone.BAD
    assert found.sentence.startswith(f"{words} that agreed in the baseline")


def test_an_adapter_that_did_not_run_has_one_line_and_not_one_per_evaluation() -> None:
    then, now = Standing(place=Place.EXPECTED), Standing(place=Place.NOT_RUN)
    one = replace(WORSE, trend=Trend.NOT_COMPARABLE, then=then, now=now, why="not run now")
    changes = Changes(baseline="b", counts={"mxnet": {Trend.NOT_COMPARABLE: 50}}, changes=(one,) * 50)
    assert since.incomparable(changes) == ("mxnet, not run now (50 evaluations)",)
    assert since.told(changes) == ()


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
def test_a_selection_says_what_it_leaves_out(told: Callable[[Comparison], str]) -> None:
    assert WHOLE.changes is not None
    text = " ".join(told(replace(WHOLE, changes=replace(WHOLE.changes, outside=12))).split())
    assert "12 evaluations of others are left out, and none counts as gone." in text


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
def test_no_heading_holds_the_path_of_the_baseline(told: Callable[[Comparison], str]) -> None:
    assert WHOLE.changes is not None
    text = told(replace(WHOLE, changes=replace(WHOLE.changes, baseline="a-table.parquet")))
    assert text.count("a-table.parquet") == 1
