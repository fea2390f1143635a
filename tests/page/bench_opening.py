"""How soon a report opens: ``python -m tests.page.bench_opening [PAGE]``, in tox's environment ``page``.

Each page is opened several times in headless Chromium, by turns with an empty table of as many elements, so that both
share the machine with the same other work: what is stable is the ratio. Times are milliseconds after navigation began,
the least and the median: first contentful paint, ``DOMContentLoaded``, ``load``.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.page.conftest import NAMES, OPTIONS

TURNS = 7
MOMENTS = ("first paint", "DOMContentLoaded", "load")
_TIMES = """(() => {
    const one = performance.getEntriesByType("navigation")[0];
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    return [paint.startTime, one.domContentLoadedEventEnd, one.loadEventEnd];
})()"""
_ROW = "<tr><td>a</td><td>b</td><td>c</td><td>d</td></tr>"  # five elements


def plain(elements: int) -> str:
    """Return a page of about so many elements that does nothing but lay out a table."""
    return f"<!doctype html><title>plain</title><table>{_ROW * (elements // 5)}</table>"


def opened(browser: Any, page: Path) -> tuple[list[float], int]:
    """Open a page in a context of its own; return the times of its moments, and how many elements it has."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.wait_for_timeout(200)  # milliseconds: load's own handlers have to end
    found = tab.evaluate(_TIMES), tab.evaluate("document.querySelectorAll('*').length")
    context.close()
    return found


def table(page: Path) -> str:
    """Say how soon ``page`` opens, beside a plain page of as many elements."""
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        browser = driver.chromium.launch(executable_path=found, args=OPTIONS)
        elements = opened(browser, page)[1]
        beside = Path(folder) / "plain.html"
        beside.write_text(plain(elements), encoding="utf-8")
        turns = [[opened(browser, one)[0] for one in (page, beside)] for _ in range(TURNS)]
        lines = [f"{page}: {page.stat().st_size:,} bytes, {elements:,} elements; Chromium {browser.version}"]
        browser.close()
    for number, moment in enumerate(MOMENTS):
        own, others = ([turn[which][number] for turn in turns] for which in (0, 1))
        ratio = statistics.median(mine / theirs for mine, theirs in zip(own, others, strict=True))
        times = f"{min(own):.0f}, {statistics.median(own):.0f} ms"
        lines.append(f"{moment}: {times}; plain: {min(others):.0f}, {statistics.median(others):.0f} ms; {ratio:.2f} x")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(Path(sys.argv[1] if len(sys.argv) > 1 else "reports/index.html").resolve()))
