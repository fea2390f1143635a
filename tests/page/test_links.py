"""What a shared address opens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.report.matrix import anchor, cell_anchor
from tests.page.conftest import Open, until, written
from tests.report.miniature import ADAPTERS, HOSTILE, MINIATURE

VISIBLE = """(one) => { const box = one.getBoundingClientRect(); return box.top >= 0 && box.top < innerHeight; }"""


@pytest.mark.parametrize("case", ["wrong-rule", HOSTILE])
@pytest.mark.parametrize("adapter", [run.name for run in ADAPTERS])
def test_a_link_to_a_cell_shows_and_marks_it_with_its_numbers_alone(opened: Open, case: str, adapter: str) -> None:
    tab = opened(f"#{cell_anchor(case, adapter)}")
    (marked,) = tab.query_selector_all("[aria-current]")
    assert marked.get_attribute("id") == cell_anchor(case, adapter)
    assert marked.evaluate(VISIBLE)
    assert tab.eval_on_selector(".panel", VISIBLE)
    assert tab.inner_text(".panel b") == f"{case}, {adapter}"
    column = [run.name for run in ADAPTERS].index(adapter) + 1
    section = tab.locator(f"details.case[id='{anchor(case)}'] tr:not(.problem) > :nth-child({column + 1})")
    numbers = tab.locator(".panel tr:not(.problem) > :nth-child(2)")
    assert sorted(numbers.all_text_contents()) == sorted(section.all_text_contents()[1:])  # without the heading


def test_the_problems_that_a_cell_shows_come_first_among_its_numbers(opened: Open, tmp_path) -> None:
    good = tuple(
        replace(verdict, problem="wrong-rule[float32,0]")
        for verdict in MINIATURE.verdicts
        if verdict.case == "wrong-rule" and verdict.quantity == "forward"
    )
    comparison = replace(MINIATURE, verdicts=good + MINIATURE.verdicts)
    tab = opened("#cell-wrong-rule/mxnet", file=written(comparison, tmp_path / "index.html"))
    assert tab.locator(".panel tbody").first.locator("td.flagged").count() == 1
    assert tab.locator("details.case[id=case-wrong-rule] tbody").first.locator("td.flagged").count() == 0


def test_a_cell_leads_to_its_own_address_and_can_be_closed(opened: Open) -> None:
    tab = opened()
    tab.click("[id='cell-wrong-rule/mxnet'] a")
    tab.wait_for_selector(".panel")
    assert tab.evaluate("location.hash") == "#cell-wrong-rule/mxnet"
    tab.get_by_role("button", name="Close").click()
    assert tab.locator(".panel").count() == 0
    assert tab.locator("[aria-current]").count() == 0
    assert tab.evaluate("document.activeElement.hash") == "#cell-wrong-rule/mxnet"


def test_a_finding_leads_to_its_cell(opened: Open) -> None:
    tab = opened()
    tab.locator(".failing", has_text="the vjp of softmax is wrong").get_by_role("link", name="mxnet").click()
    until(tab, "document.querySelector('[aria-current]')?.id === 'cell-wrong-rule/mxnet'")


@pytest.mark.parametrize("address", ["#case-forum-summed-output", "#cell-forum-summed-output/torch"])
def test_a_link_to_what_the_filter_hides_shows_it(opened: Open, address: str) -> None:
    tab = opened("#?place=flagged")
    tab.evaluate("(address) => { location.hash = address; }", address)
    until(tab, "document.forms.filter.place.value === ''")
    assert tab.locator(f"[id='{address[1:]}']").is_visible()


def test_a_link_to_a_case_opens_it(opened: Open) -> None:
    tab = opened(f"#{anchor(HOSTILE)}")
    assert tab.eval_on_selector(f"[id='{anchor(HOSTILE)}']", "(one) => one.open")


@pytest.mark.parametrize(
    ("address", "lacking"),
    [
        ("#cell-gone/mxnet", "place “cell-gone/mxnet”"),
        ("#case-%3Cimg%3E", "place “case-<img>”"),
        ("#100%", "place “100%”"),
        ("#?op=nonsense", "op “nonsense”"),
        ("#?op=nonsense&place=lost&colour=red", "choice “colour” and no op “nonsense” and no place “lost”"),
    ],
)
def test_a_link_to_what_this_report_lacks_says_so_and_leaves_the_page_whole(
    opened: Open, address: str, lacking: str
) -> None:
    tab = opened(address)
    said = tab.get_by_role("alert")
    assert said.inner_text().startswith(f"This page has no {lacking}. The link may be to another report")
    assert said.evaluate(VISIBLE)
    assert said.get_by_role("link").all_inner_texts() == ["search the cases", "comparison.csv"]
    assert tab.locator("tr[data-row]:visible").count() == 3


@pytest.mark.parametrize("address", ["", "#matrix", "#cell-wrong-rule/mxnet", f"#{anchor(HOSTILE)}", "#?op=softmax"])
def test_a_link_that_leads_somewhere_silences_what_was_said_of_another(opened: Open, address: str) -> None:
    tab = opened("#cell-gone/mxnet")
    assert tab.get_by_role("alert").inner_text()
    tab.evaluate("(address) => { location.hash = address; }", address)
    until(tab, "document.querySelector('.lost').textContent === ''")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_an_opened_cell_makes_no_table_wider(opened: Open, width: int) -> None:
    tab = opened(width=width)
    wide = "document.querySelector('#matrix .wide').scrollWidth"
    before = tab.evaluate(wide)
    tab.evaluate("location.hash = '#cell-wrong-rule/mxnet'")
    tab.wait_for_selector(".panel")
    assert tab.evaluate(wide) == before
    box, panel = (tab.locator(one).bounding_box() for one in ("#matrix .wide", ".panel"))
    assert panel["width"] == pytest.approx(box["width"], abs=1)  # pixels: the table's own share of a fraction


def test_the_names_of_the_cases_stand_one_below_the_other(opened: Open, tmp_path) -> None:
    # reasons of different lengths, most too long for their line, so that a browser has to cut some of them
    cases = {
        case: replace(record, why=record.why + " and more" * 30 * number)
        for number, (case, record) in enumerate(MINIATURE.cases.items())
    }
    tab = opened(file=written(replace(MINIATURE, cases=cases), tmp_path / "index.html"), width=1000)
    left = "(all) => all.map((one) => one.getBoundingClientRect().x)"
    places = tab.eval_on_selector_all(".case > summary code", left)
    assert len(places) == len(cases)
    assert len(set(places)) == 1
