"""The page for everybody: on a phone, on paper, in the dark, by keyboard, by ear, without its script, and soon."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.report.matrix import cell_anchor
from tests.page.conftest import Open, until, written
from tests.page.whole import WHOLE
from tests.report.miniature import ADAPTERS, CLEAN, HOSTILE, MINIATURE

UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
WIDE = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
TOO_WIDE = """[...document.querySelectorAll("main *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth)
    .map((one) => one.outerHTML.slice(0, 80)).slice(0, 9)"""
LONG = "a-name-without-a-place-to-break-" * 8
LINK = "https://example.org/" + "path/" * 40


# what is drawn at the middle of an element is of this element
SEEN = """(one) => {
    const box = one.getBoundingClientRect();
    return one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""


@pytest.fixture(params=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("comparison", [WHOLE, CLEAN], ids=["whole", "clean"])
def test_axe_finds_no_barrier(opened: Open, tmp_path, comparison, colours: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the tox environment `page`").Axe()
    file = written(comparison, tmp_path / "index.html")
    tab = opened("#cell-forum-summed-output/mxnet", file=file, width=width, color_scheme=colours)
    tab.evaluate(UNFOLD)
    found = axe.run(tab)
    assert found.response["passes"]
    assert found.violations_count == 0, found.generate_report()


# the narrow sheet is A4 between its margins
@pytest.mark.parametrize(("width", "media"), [(360, "screen"), (768, "screen"), (1200, "screen"), (680, "print")])
def test_the_page_is_never_wider_than_the_screen(opened: Open, tmp_path, width: int, media: str) -> None:
    record = WHOLE.cases["wrong-rule"]
    cases = {
        **WHOLE.cases,
        "wrong-rule": replace(record, why=LONG, source=LINK, text=LONG),
        LONG: replace(record, id=LONG),
    }
    findings = tuple(
        replace(one, sentence=f"{one.sentence} {LINK}", evidence=one.evidence | {LONG: LONG}) for one in WHOLE.findings
    )
    long = tuple(replace(one, case=LONG, problem=f"{LONG}[float32]", detail=LONG) for one in WHOLE.verdicts[:4])
    comparison = replace(WHOLE, cases=cases, findings=findings, verdicts=WHOLE.verdicts + long)
    tab = opened("#cell-wrong-rule/mxnet", file=written(comparison, tmp_path / "index.html"), width=width)
    tab.emulate_media(media=media)
    tab.evaluate(UNFOLD)
    whole, seen = tab.evaluate(WIDE)
    assert whole <= seen, tab.evaluate(TOO_WIDE)


@pytest.mark.parametrize("width", [360, 390, 1200])
def test_every_count_of_an_adapter_is_on_the_screen(opened: Open, width: int) -> None:
    tab = opened(width=width)
    outside = "(all, width) => all.filter((one) => one.getBoundingClientRect().right > width).length"
    assert tab.locator(".runs .num").count() > 0
    assert tab.eval_on_selector_all(".runs .num", outside, width) == 0


def test_everything_can_be_reached_by_keyboard_and_is_seen_to_be(opened: Open) -> None:
    tab = opened(width=360)
    reached, outlines = [], set()
    for _ in range(400):
        tab.keyboard.press("Tab")
        # numbered once, so that two links of the same words are two places
        here, outline = tab.evaluate(
            "(() => { const one = document.activeElement; window.counted ??= 0; one.dataset.seen ??= ++window.counted;"
            "return [one.matches('body') ? null : one.dataset.seen, getComputedStyle(one).outlineStyle]; })()"
        )
        if here is None or here in reached:
            break
        reached.append(here)
        outlines.add(outline)
    expected = tab.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')]"
        ".filter((one) => one.checkVisibility() && one.tabIndex >= 0).length"
    )
    assert len(reached) == expected
    assert outlines == {"solid"}


def test_the_first_stop_of_the_keyboard_skips_to_the_findings(opened: Open) -> None:
    tab = opened()
    tab.keyboard.press("Tab")
    assert tab.locator(":focus").inner_text() == "To the findings"
    assert tab.eval_on_selector(":focus", "(one) => one.getBoundingClientRect().top >= 0")
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#findings"


def test_a_table_that_is_wider_than_the_phone_can_be_scrolled_by_keyboard(opened: Open) -> None:
    tab = opened(width=240)
    tab.wait_for_selector("#matrix .wide[tabindex]")
    tab.focus("#matrix .wide")
    tab.keyboard.press("ArrowRight")
    until(tab, "document.querySelector('#matrix .wide').scrollLeft > 0")


@pytest.mark.parametrize("adapters", [len(ADAPTERS), 9])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_name_of_its_adapter_stays_in_sight_of_every_cell(
    opened: Open, tmp_path, width: int, adapters: int
) -> None:
    cases = {f"case-{number}": replace(MINIATURE.cases["wrong-rule"], id=f"case-{number}") for number in range(90)}
    runs = ADAPTERS + tuple(replace(ADAPTERS[0], name=f"other-{number}") for number in range(adapters - len(ADAPTERS)))
    own = [one for one in MINIATURE.verdicts if one.case == "wrong-rule"]
    verdicts = tuple(
        replace(one, case=case, problem=one.problem.replace("wrong-rule", case), adapter=run.name)
        for case in cases
        for run in runs
        for one in own
        if one.adapter == ADAPTERS[0].name
    )
    comparison = replace(MINIATURE, adapters=runs, cases=cases, verdicts=verdicts, findings=())
    tab = opened(file=written(comparison, tmp_path / "index.html"), width=width)
    for case in ("case-60", "case-89"):
        address = cell_anchor(case, runs[-1].name)
        tab.evaluate("(address) => { location.hash = address; }", address)
        until(tab, f"document.querySelector('[aria-current]')?.id === '{address}'")
        cell = tab.locator("[aria-current]")
        heading = tab.locator(".matrix thead th").last
        assert heading.inner_text().startswith(runs[-1].name)
        assert heading.evaluate(SEEN), "the heading is covered, or outside the window"
        assert cell.evaluate(SEEN)
        (above, below) = (one.bounding_box() for one in (heading, cell))
        assert above["x"] == pytest.approx(below["x"], abs=1)
        assert above["y"] + above["height"] <= below["y"]


def test_without_its_script_the_page_is_whole_and_shows_no_control(opened: Open) -> None:
    tab = opened(java_script_enabled=False)
    assert tab.locator("tr[data-row]").count() == tab.locator("tr[data-row]:visible").count() == len(MINIATURE.cases)
    assert not tab.locator("#filter").is_visible()
    tab.locator("details.case > summary").nth(1).click()
    assert "0x1.cf961ap-4" in tab.locator("details.case").nth(1).inner_text()


@pytest.mark.parametrize(
    ("address", "cases"),
    [("", ".case"), ("#case-wrong-rule", ".case:not([id=case-wrong-rule])"), ("#?find=wrong-rule", "")],
    ids=["all", "one-unfolded", "chosen"],
)
def test_paper_gets_all_but_programs_proofs_and_cases_that_nobody_chose(opened: Open, address: str, cases: str) -> None:
    tab = opened(address)
    folded = tab.locator(", ".join(filter(None, [".repeat", ".repeat details", "details.finding", cases])))
    unfolded = tab.locator("details[open]")
    before, every, left = unfolded.count(), tab.locator("details").count(), folded.count()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert unfolded.count() == every - left
    assert folded.and_(unfolded).count() == 0
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert unfolded.count() == before < every - left


def test_a_case_of_a_hostile_name_is_a_name(opened: Open) -> None:
    tab = opened()
    assert tab.locator("tr[data-row] th").nth(2).inner_text() == HOSTILE
    assert tab.locator("script").count() == 1
    assert tab.locator("img").count() == 0


def test_two_thousand_problems_stay_a_page_that_a_browser_opens_soon(opened: Open, tmp_path) -> None:
    many = tuple(
        replace(verdict, case=f"case-{number // 4}", problem=f"case-{number // 4}[float32,{number % 4}]")
        for number in range(2000)
        for verdict in MINIATURE.verdicts[:12]
    )
    file = written(replace(MINIATURE, verdicts=many, findings=MINIATURE.findings * 100), tmp_path / "index.html")
    assert file.stat().st_size < 8_000_000
    tab = opened("#?place=flagged", file=file)
    assert tab.locator("tr[data-row]").count() == 500 + len(MINIATURE.cases)
    # what takes time is to build elements and lay them out: bench_opening measures how much
    count = "document.querySelectorAll('*').length"
    assert tab.evaluate(count) < 100_000
    assert opened(file=file, idle=False).evaluate(count) < 20_000
