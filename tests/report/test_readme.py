from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare.change import Trend
from harness.compare.relation import Relation
from harness.compare.standing import Place
from harness.report.files import ReportFile
from harness.report.ranking import TITLES
from harness.vocabulary import FindingKind

README = (Path(__file__).parents[2] / "reports" / "README.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("kind", list(FindingKind), ids=lambda kind: kind.value)
def test_every_kind_of_finding_is_in_the_table(kind: FindingKind) -> None:
    assert f"| `{kind.value}` | {kind.level.value} | {TITLES[kind]} |" in README


def test_the_table_names_no_other_kind() -> None:
    levels = {"explanation", "policy", "fault"}
    kinds = [line.split("`")[1] for line in README if line.startswith("| `") and line.split("|")[2].strip() in levels]
    assert set(kinds) == {kind.value for kind in FindingKind}


@pytest.mark.parametrize("place", list(Place))
def test_every_place_is_in_the_table_with_its_meaning(place: Place) -> None:
    assert f"| {place.value} | {place.meaning} |" in README


@pytest.mark.parametrize("relation", list(Relation))
def test_every_relation_of_two_results_is_in_the_table(relation: Relation) -> None:
    words = {"fault of one": "fault of one, fault of both", "fault of both": "fault of one, fault of both"}
    assert any(line.startswith(f"| {words.get(relation.value, relation.value)} |") for line in README)


@pytest.mark.parametrize("trend", list(Trend))
def test_every_trend_since_a_baseline_is_in_the_table(trend: Trend) -> None:
    assert any(line.startswith(f"| {trend.value} |") for line in README)


@pytest.mark.parametrize("name", ["ledger entry to paste", "expired ledger entry"])
def test_every_key_of_a_finding_about_the_ledger_is_named(name: str) -> None:
    assert f"`{name}`" in " ".join(README)


def test_the_column_with_the_place_is_explained() -> None:
    assert any("column `place`" in line for line in README)


def test_every_place_that_junit_skips_is_named() -> None:
    told = " ".join(README).partition("## JUnit ")[2].partition("## ")[0]
    assert "unsupported ones, those outside the range and those of an adapter that did not run are skipped" in told


@pytest.mark.parametrize("file", list(ReportFile))
def test_every_file_is_named(file: ReportFile) -> None:
    assert any(f"`{file.value}`" in line for line in README)
