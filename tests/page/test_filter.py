"""Which cases are shown: what is typed and chosen combines, and the address keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.compare.accounts import Accounts
from harness.compare.standing import Place
from harness.report.matrix import anchor
from harness.vocabulary import Outcome
from tests.page.conftest import Open, until, written
from tests.report.miniature import HOSTILE, MINIATURE

ALL = ["forum-summed-output", "wrong-rule", HOSTILE]
SAID = "[data-filtered] >> nth=0"


def shown(tab: Any) -> tuple[list[str], list[str]]:
    """Return the cases that the matrix shows, and those that have a section."""
    of_attribute = "(all, name) => all.filter((one) => one.offsetParent).map((one) => one.getAttribute(name))"
    rows = tab.eval_on_selector_all("tr[data-row]", of_attribute, "data-row")
    return rows, tab.eval_on_selector_all("details.case", of_attribute, "id")


@pytest.mark.parametrize(
    ("typed", "cases"),
    [
        ("", ALL),
        ("beyond", ["wrong-rule"]),
        ("This Project", ["forum-summed-output"]),  # of the theme
        ("<img", [HOSTILE]),  # of the reason
        ("jvp", ["wrong-rule"]),  # of what was asked
        ("small crashed", [HOSTILE]),  # of a tag and of an outcome
        ("nothing-of-this-name", []),
    ],
)
def test_typing_hides_in_both_lists(opened: Open, typed: str, cases: list[str]) -> None:
    tab = opened()
    tab.get_by_label("search").fill(typed)
    assert shown(tab) == ([anchor(case) for case in cases],) * 2
    own = [verdict for verdict in MINIATURE.verdicts if verdict.case in cases]
    assert tab.inner_text(SAID) == (f"{len(cases)} of 3 cases, {len(own)} evaluations" if typed else "")


@pytest.mark.parametrize(
    ("chosen", "cases", "evaluations"),
    [
        ({"quantity": "jvp"}, ["wrong-rule"], 4),
        ({"adapter": "torch", "place": "flagged"}, [HOSTILE], 1),
        ({"adapter": "mxnet", "place": "flagged"}, ["wrong-rule"], 1),
        ({"quantity": "forward", "outcome": "beyond bound"}, [], 0),  # each occurs, and not in one evaluation
        ({"op": "softmax", "dtype": "float32", "outcome": "not run", "tag": "small"}, ALL, 6),
    ],
)
def test_an_evaluation_has_to_meet_all_that_was_chosen(
    opened: Open, chosen: dict[str, str], cases: list[str], evaluations: int
) -> None:
    tab = opened()
    for name, word in chosen.items():
        tab.get_by_role("combobox", name=name, exact=True).select_option(word)
    assert shown(tab) == ([anchor(case) for case in cases],) * 2
    matching = "1 evaluation" if evaluations == 1 else f"{evaluations} evaluations"
    where = f"; the tinted cells hold {matching} that match" if evaluations else f", {matching}"
    assert tab.inner_text(SAID) == f"{len(cases)} of 3 cases{where}"


def test_a_choice_marks_the_cells_that_hold_what_was_asked_for(opened: Open) -> None:
    tab = opened("#?place=flagged")
    marked = tab.eval_on_selector_all("td.match", "(all) => all.map((one) => one.id)")
    assert marked == ["cell-wrong-rule/mxnet", "cell-%3Cscript%3Ealert%281%29%3C%2Fscript%3E/torch"]


def test_the_address_keeps_what_is_chosen(opened: Open) -> None:
    chosen = {"find": "rule & <b>", "adapter": "mxnet", "quantity": "vjp", "place": "flagged", "tag": "small"}
    first = opened()
    for name, word in chosen.items():
        if name == "find":
            first.get_by_label("search").fill(word)
        else:
            first.get_by_role("combobox", name=name, exact=True).select_option(word)
    address = first.evaluate("location.hash")
    assert address == "#?" + urlencode(chosen)
    second = opened(address)
    assert second.evaluate("Object.fromEntries(new FormData(document.forms.filter))") == {
        **dict.fromkeys(("op", "dtype", "outcome"), ""),
        **chosen,
    }
    assert shown(second) == shown(first)


def test_a_word_that_this_report_does_not_have_is_no_choice(opened: Open) -> None:
    assert shown(opened("#?op=no-such-op&dtype=float32"))[0] == [anchor(case) for case in ALL]


@pytest.mark.parametrize("asked", ["place=flagged", "outcome=beyond+bound", "op=softmax&dtype=float32&place=flagged"])
def test_a_link_to_what_has_gone_from_the_report_shows_that_there_is_none(opened: Open, tmp_path, asked: str) -> None:
    clean = tuple(replace(one, outcome=Outcome.WITHIN_BOUND, invariants=()) for one in MINIATURE.verdicts)
    comparison = replace(MINIATURE, verdicts=clean, findings=())
    assert Accounts(comparison).tally().counts[Place.FLAGGED] == 0
    tab = opened(f"#?{asked}", file=written(comparison, tmp_path / "index.html"))
    assert shown(tab) == ([], [])
    assert tab.inner_text(SAID) == "0 of 3 cases, 0 evaluations"
    assert (
        tab.evaluate(
            "new URLSearchParams([...new FormData(document.forms.filter)].filter(([, one]) => one)).toString()"
        )
        == asked
    )
    assert tab.get_by_role("alert").inner_text() == ""
    assert "flagged (0)" in tab.get_by_role("combobox", name="place", exact=True).inner_text()


def test_show_all_empties_every_field(opened: Open) -> None:
    tab = opened("#?find=wrong&place=flagged&adapter=mxnet")
    tab.get_by_role("button", name="Show all").click()
    until(tab, "location.hash === '#matrix'")
    assert shown(tab)[0] == [anchor(case) for case in ALL]
    assert tab.inner_text(SAID) == ""


@pytest.mark.parametrize("place", list(Place))
def test_a_count_of_the_first_screen_leads_to_as_many_evaluations(opened: Open, place: Place) -> None:
    tab = opened()
    count = Accounts(MINIATURE).tally().counts[place]
    tab.locator(".tally li", has_text=place.value).get_by_role("link", name=str(count)).click()
    assert f"hold {count} evaluation" in tab.inner_text(SAID)


def test_going_back_brings_the_earlier_choice_back(opened: Open) -> None:
    tab = opened("#?place=flagged")
    tab.click("details.case:not([hidden]) summary")
    tab.goto(tab.url.partition("#")[0] + "#?quantity=jvp")
    assert shown(tab)[0] == ["case-wrong-rule"]
    tab.go_back()
    until(tab, "document.forms.filter.place.value === 'flagged'")
    assert len(shown(tab)[0]) == 2
