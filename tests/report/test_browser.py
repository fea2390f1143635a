"""What only a browser can show of the page: skipped where there is none that runs without a screen."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from harness.compare.accounts import Accounts
from harness.report.matrix import anchor
from harness.report.page import page
from tests.report.miniature import HOSTILE, MINIATURE

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1000,900",
)
# reasons of different lengths, most too long for their line, so that a browser has to cut some of them
LONG = {
    case: replace(record, why=record.why + " and more" * 30 * number)
    for number, (case, record) in enumerate(MINIATURE.cases.items())
}
COMPARISON = replace(MINIATURE, cases=LONG)
TYPE = "const box = document.getElementById('filter'); box.value = %s; box.dispatchEvent(new Event('input'));"
SHOWN = """({
  rows: [...document.querySelectorAll('tr[data-row]')].filter((one) => one.offsetParent).map((one) => one.dataset.row),
  cases: [...document.querySelectorAll('details.case')].filter((one) => one.offsetParent).map((one) => one.id),
  said: [...document.querySelectorAll('[data-filtered]')].map((one) => one.textContent),
})"""


def dumped(browser: str, text: str, folder: Path) -> str:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    command = [browser, *OPTIONS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", path.as_uri()]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60, encoding="utf-8").stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> str:
    for name in filter(None, map(shutil.which, NAMES)):
        if "it runs" in dumped(name, "<!doctype html><p>it runs", tmp_path_factory.mktemp("browser")):
            return name
    pytest.skip("no browser here that runs without a screen")


@pytest.fixture
def asked(browser: str, tmp_path: Path) -> Callable[[str, str], Any]:
    """Return what an expression gives in the page once a script has run."""
    plain = page(COMPARISON, Accounts(COMPARISON))

    def ask(script: str, expression: str) -> Any:
        probe = f"{script}\ndocument.body.setAttribute('data-answer', JSON.stringify({expression}));"
        seen = dumped(browser, plain.replace("</body>", f"<script>{probe}</script></body>"), tmp_path)
        (answer,) = re.findall(r'data-answer="(.*?)"', seen)
        return json.loads(unescape(answer))

    return ask


@pytest.mark.parametrize(
    ("typed", "cases"),
    [
        ("", ["forum-summed-output", "wrong-rule", HOSTILE]),
        ("beyond", ["wrong-rule"]),
        ("This Project", ["forum-summed-output"]),  # of the theme
        ("<img", [HOSTILE]),  # of the reason
        ("jvp", ["wrong-rule"]),  # of what was asked
        ("nothing-of-this-name", []),
    ],
)
def test_the_filter_hides_in_both_lists_and_counts_what_it_shows(asked, typed: str, cases: list[str]) -> None:
    answer = asked(TYPE % json.dumps(typed).replace("<", "\\u003c"), SHOWN)
    assert answer["cases"] == answer["rows"] == [anchor(case) for case in cases]
    assert set(answer["said"]) == ({f"{len(cases)} of 3 cases match “{typed}”"} if typed else {""})


def test_a_link_to_a_case_that_the_filter_hides_shows_it(asked) -> None:
    script = TYPE % "'beyond'" + "location.hash = '#case-forum-summed-output'; dispatchEvent(new Event('hashchange'));"
    target = "document.getElementById('case-forum-summed-output')"
    assert asked(script, f"[box.value, {target}.open, {target}.hidden]") == ["", True, False]


def test_the_names_of_the_cases_stand_one_below_the_other(asked) -> None:
    places = asked("", "[...document.querySelectorAll('.case > summary code')].map((e) => e.getBoundingClientRect().x)")
    assert len(places) == len(LONG)
    assert len(set(places)) == 1
