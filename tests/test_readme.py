"""The README's worked example, executed: a case of one's own, from the file to its explanation."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDERS = ("cases", "harness", "reference", "tests")
ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "reports" / "README.md",
    *(page for name in FOLDERS for page in sorted((ROOT / name).rglob("*.md"))),
]
WITHOUT_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", flags=re.MULTILINE | re.DOTALL)


def harness(*arguments: str | Path, code: int = 0) -> str:
    line = [sys.executable, "-m", "harness", *map(str, arguments)]
    finished = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == code, finished.stderr
    return finished.stdout + finished.stderr


def test_the_case_of_the_readme_goes_from_its_file_to_its_explanation(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    mine, reports = tmp_path / "mine.yaml", tmp_path / "reports"
    mine.write_text(text)
    harness("cases", mine)
    harness("plan", mine, "-k", "my-mean-loss", "--reports", reports)
    harness("record", "reference", "--reports", reports)
    harness("compare", "--reports", reports, "--require", "reference")
    assert "agrees" in harness("report", "--reports", reports)
    explained = harness("explain", "my-mean-loss", "--reports", reports)
    assert "summed-output-zero-gradient" in explained
    assert "reference" in explained
    page = (reports / "selection" / "index.html").read_text()
    assert "my-mean-loss" in page


def test_the_folders_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    named = re.findall(r"^\| `([a-z/]+/)` \|", readme, flags=re.MULTILINE)
    assert named
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target, section in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", WITHOUT_CODE.sub("", page.read_text())):
        if "://" in target:
            continue
        there = page.parent / target if target else page
        assert there.exists(), target
        if section:
            assert section in _anchors(there), f"{target}#{section}"


def _anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
