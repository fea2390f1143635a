"""The report page in a real browser: skipped, with the reason, where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.report.errors import errors
from harness.report.page import page
from harness.report.selftest import SelfTest
from harness.report.tabular import placed
from tests.page.whole import REPEATS
from tests.report.miniature import MINIATURE

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# without a sandbox, as a container's root needs it: the only thing that is opened is our own file
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
SCORE = SelfTest(faults={"wrong-axis": (12, 12, 12, 12, 10, 0), "base-two": (8, 7, 7, 7, 7, 1)}, right=100, flagged=0)

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="a browser is driven in the tox environment `page`")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(NAMES)} is on the PATH")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=OPTIONS)
        yield started
        started.close()


def until(tab: Any, condition: str) -> None:
    """Wait until an expression holds; the page's own policy forbids the evaluation that Playwright's waiting needs."""
    for _ in range(250):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(20)  # milliseconds
    pytest.fail(f"did not come true: {condition}")


def written(comparison: Comparison, path: Path) -> Path:
    accounts = Accounts(comparison)
    text = page(comparison, accounts, errors(placed(comparison, accounts)), REPEATS, selftest=SCORE)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path


@pytest.fixture(scope="session")
def miniature(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(MINIATURE, tmp_path_factory.mktemp("page") / "index.html")


@pytest.fixture
def opened(browser: Any, miniature: Path) -> Iterator[Open]:
    """Open a page at an address; whatever the test does, nothing goes to the console and nothing is fetched.

    A browser that is ``idle`` has built what is folded before the test begins; else it does so only when asked to.
    """
    contexts, said, fetched = [], [], []

    def open_at(
        address: str = "", *, file: Path = miniature, width: int = 1200, idle: bool = True, **options: Any
    ) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(10_000)  # milliseconds
        contexts.append(context)
        tab = context.new_page()
        if not idle:
            tab.add_init_script("window.requestIdleCallback = undefined;")
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: fetched.append(request.url.partition("#")[0]))
        tab.goto(file.as_uri() + address)
        assert set(fetched) == {file.as_uri()}
        if idle and options.get("java_script_enabled", True):
            until(tab, "document.getElementsByTagName('noscript').length === 0")
        return tab

    yield open_at
    for context in contexts:
        context.close()
    assert said == []
    assert len(set(fetched)) <= 1
