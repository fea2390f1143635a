from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from junitparser import JUnitXml

from harness.compare.accounts import Accounts
from harness.compare.change import Change, Changes, Trend
from harness.compare.standing import Place, Standing
from harness.report.junit import FINDINGS_SUITE, junit
from harness.report.legible import legible
from tests.report.miniature import FINDINGS, MINIATURE


@pytest.fixture(scope="module")
def root() -> ElementTree.Element:
    return ElementTree.fromstring(junit(MINIATURE, Accounts(MINIATURE)))  # noqa: S314 - what was just written


def suites(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {suite.get("name", ""): suite for suite in root.iter("testsuite")}


def test_the_file_parses_and_has_a_suite_per_adapter() -> None:
    parsed = JUnitXml.fromstring(junit(MINIATURE, Accounts(MINIATURE)))
    assert [suite.name for suite in parsed] == [*(run.name for run in MINIATURE.adapters), FINDINGS_SUITE]


def test_every_planned_evaluation_is_a_test_case(root: ElementTree.Element) -> None:
    for run in MINIATURE.adapters:
        planned = [f"{v.problem} {v.quantity}" for v in MINIATURE.verdicts if v.adapter == run.name]
        assert [case.get("name") for case in suites(root)[run.name].iter("testcase")] == planned


@pytest.mark.parametrize(
    ("suite", "failures", "errors", "skipped"),
    [("reference", 0, 0, 0), ("mxnet", 1, 0, 1), ("torch", 0, 1, 1), ("jax", 0, 0, 6), (FINDINGS_SUITE, 1, 0, 0)],
)
def test_the_counts_are_those_of_the_accounts(root, suite: str, failures: int, errors: int, skipped: int) -> None:
    counted = {name: int(suites(root)[suite].get(name, "0")) for name in ("failures", "errors", "skipped")}
    assert counted == {"failures": failures, "errors": errors, "skipped": skipped}


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.kind.value)
def test_every_finding_is_said(root: ElementTree.Element, finding) -> None:
    texts = [element.text or "" for element in root.iter()] + [element.get("message", "") for element in root.iter()]
    assert any(legible(finding.sentence) in text for text in texts)


def test_an_unsupported_evaluation_is_skipped_with_its_reason(root: ElementTree.Element) -> None:
    messages = [element.get("message") for element in suites(root)["mxnet"].iter("skipped")]
    assert messages == ["unsupported; the framework has no forward mode"]


@pytest.mark.parametrize(("adapter", "why"), [("mxnet", "unsupported; the framework has no"), ("jax", "not run: ")])
def test_a_result_that_the_baseline_had_and_this_run_lost_is_a_failure(adapter: str, why: str) -> None:
    places = Accounts(MINIATURE)
    none = (Place.UNSUPPORTED, Place.NOT_RUN)
    verdict = next(one for one in MINIATURE.verdicts if one.adapter == adapter and places.place(one) in none)
    change = Change(
        adapter=adapter,
        problem=verdict.problem,
        quantity=verdict.quantity,
        trend=Trend.WORSE,
        then=Standing(place=Place.WITHIN),
        now=Standing(place=places.place(verdict)),
    )
    assert change.fails
    comparison = replace(MINIATURE, changes=Changes(baseline="main.parquet", changes=(change,)))
    parsed = ElementTree.fromstring(junit(comparison, Accounts(comparison)))  # noqa: S314 - what was just written
    (case,) = [case for case in parsed.iter("testcase") if case.find("failure[@type='lost']") is not None]
    assert (case.get("name"), case.get("classname")) == (
        f"{verdict.problem} {verdict.quantity}",
        f"{adapter}.{verdict.case}",
    )
    assert f"lost: it agreed in main.parquet, and has no result now: {why}" in case[0].get("message", "")
    assert case.get("file") == MINIATURE.cases[verdict.case].file


def test_versions_stand_among_the_properties(root: ElementTree.Element) -> None:
    pairs = {(p.get("name"), p.get("value")) for p in suites(root)["torch"].iter("property")}
    assert {("framework", "PyTorch"), ("version", "2.13.0"), ("python", "3.11.2"), ("device", "cpu")} <= pairs


def test_a_required_adapter_that_did_not_run_is_an_error() -> None:
    runs = (*MINIATURE.adapters[:3], replace(MINIATURE.adapters[3], required=True))
    comparison = replace(MINIATURE, adapters=runs)
    parsed = ElementTree.fromstring(junit(comparison, Accounts(comparison)))  # noqa: S314 - what was just written
    (error,) = suites(parsed)["jax"].iter("error")
    assert "jax has no wheel for this platform" in error.get("message", "")


def test_a_failure_names_file_and_line_of_its_case(root: ElementTree.Element) -> None:
    failed = [
        case for case in root.iter("testcase") if case.find("failure") is not None or case.find("error") is not None
    ]
    record = MINIATURE.cases["wrong-rule"]
    assert {(case.get("file"), case.get("line")) for case in failed} == {(record.file, str(record.line))}
