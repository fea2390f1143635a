"""How soon a report opens: ``python -m tests.page.bench_opening [PAGE ...]``, in tox's environment ``page``.

Pages are opened several times in headless Chromium, by turns with each other and with a plain table of a fixed number
of elements, so that all share the machine with the same other work: what is stable is the ratio. Times are milliseconds
after navigation began, the least and the median: first contentful paint, ``DOMContentLoaded``, ``load``; and the time
that the page's main thread had worked until then, which is less where other work has the processor.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.page.conftest import NAMES, OPTIONS

TURNS = 9
PLAIN = 100_000  # elements
MOMENTS = ("first paint", "DOMContentLoaded", "load", "main thread")
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
    """Open a page in a context of its own; return the times of its moments, and how many elements it had by then."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    session.send("Performance.enable")
    tab.goto(page.as_uri())
    worked = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}["TaskDuration"]
    elements = tab.evaluate("document.querySelectorAll('*').length")
    times = [*tab.evaluate(_TIMES), 1000 * worked]
    context.close()
    return times, elements


def tables(pages: Sequence[Path]) -> Iterator[str]:
    """Yield, of each page, how soon it opens, and by which factor that is more than a plain page takes."""
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        browser = driver.chromium.launch(executable_path=found, args=OPTIONS)
        beside = Path(folder) / "plain.html"
        beside.write_text(plain(PLAIN), encoding="utf-8")
        turns = [[opened(browser, one) for one in (beside, *pages)] for _ in range(TURNS)]
        yield f"Chromium {browser.version}, {TURNS} turns: least, median, median of the ratios to the plain page"
        browser.close()
        for which, page in enumerate((beside, *pages)):
            yield f"{page}: {page.stat().st_size:,} bytes, {min(turn[which][1] for turn in turns):,} elements at load"
            for number, moment in enumerate(MOMENTS):
                own, others = ([turn[one][0][number] for turn in turns] for one in (which, 0))
                ratio = statistics.median(mine / theirs for mine, theirs in zip(own, others, strict=True))
                yield f"  {moment}: {min(own):.0f} ms, {statistics.median(own):.0f} ms, {ratio:.2f} x"


if __name__ == "__main__":
    for said in tables([Path(one).resolve() for one in sys.argv[1:] or ["reports/index.html"]]):
        sys.stdout.write(f"{said}\n")
