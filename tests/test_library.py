"""The case library as a whole: what it must hold, where its words come from, and what it may cost."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.plan.library import Library, load_library
from harness.plan.problem import Problem
from harness.plan.signatures import count_signatures, signature
from harness.vocabulary import FindingKind, Level, Mode, Op, Quantity

ROOT = Path(__file__).parents[1]
CASES = ROOT / "cases"
JIT, EAGER = 450, 40  # JAX signatures, 49 of them at the edges of tiles; the harness itself refuses more than 600
EVALUATIONS = 1300  # quantities of compiled signatures, each of which costs JAX a compilation of its own
PROBLEMS = range(1500, 2501)
THREAD = "https://discuss.mxnet.io/t/derivative-of-softmax/2614"
URL = re.compile(r"https?://[^\s()]+")
GITHUB = re.compile(r"/[\w.-]+/[\w.-]+/(issues|pull)/[1-9][0-9]*")
UNLINKED = ("written for this library", "the usual mask", "a variation of")

EXPLANATIONS = [kind for kind in FindingKind if kind.level is Level.EXPLANATION]


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library([CASES])


@pytest.fixture(scope="module")
def problems(library: Library) -> list[Problem]:
    return [problem for case in library.problems.values() for problem in case]


def test_the_library_holds_as_many_problems_as_a_person_can_wait_for(problems: list[Problem]) -> None:
    assert len(problems) in PROBLEMS


def test_most_cases_come_from_public_threads(library: Library) -> None:
    linked = [case for case in library.cases.values() if URL.search(case.source)]
    assert len(linked) > len(library.cases) / 2


def test_a_source_is_a_link_or_says_that_there_is_none(library: Library) -> None:
    assert [
        case.id
        for case in library.cases.values()
        if not URL.match(case.source) and not case.source.startswith(UNLINKED)
    ] == []


def test_every_why_is_a_sentence_of_its_own(library: Library) -> None:
    whys = [case.why for case in library.cases.values()]
    assert [why for why in whys if not re.match(r"\S", why) or not why.endswith((".", "?", "!"))] == []
    assert len(set(whys)) == len(whys)


def test_every_quoted_address_is_well_formed(library: Library) -> None:
    texts = [text for case in library.cases.values() for text in (case.source, case.why)]
    texts += [entry.link for entry in library.ledger]
    assert [url for text in texts for url in URL.findall(text) if not _well_formed(url)] == []


def test_every_array_file_of_the_library_is_small_and_is_used(library: Library) -> None:
    texts = "\n".join(case.text for case in library.cases.values())
    files = sorted(CASES.rglob("*.npy"))
    assert [file.name for file in files if file.stat().st_size > 2**15 or file.name not in texts] == []


def test_jax_compiles_few_signatures_for_the_whole_library(problems: list[Problem]) -> None:
    count = count_signatures(problems)
    assert count.jit <= JIT
    assert 0 < count.eager <= EAGER


def test_jax_compiles_few_quantities_for_the_whole_library(problems: list[Problem]) -> None:
    compiled = {
        (signature(problem.call), quantity)
        for problem in problems
        if problem.call.op is not Op.SOFTMAX_OUTPUT and problem.call.mode in (Mode.DEFAULT, Mode.JIT)
        for quantity in problem.check
    }
    assert len(compiled) <= EVALUATIONS


@pytest.mark.parametrize("kind", EXPLANATIONS, ids=lambda kind: kind.value)
def test_some_case_is_about_each_explanation(library: Library, kind: FindingKind) -> None:
    assert any(expected.kind is kind for case in library.cases.values() for expected in case.findings)


@pytest.mark.parametrize(
    ("quantity", "summed", "values"),
    [
        (Quantity.FORWARD, False, ("0.13010848", "0.8698916")),
        (Quantity.VJP, False, ("0.", "0.")),
        (Quantity.JACOBIAN, False, ("0.11318026", "-0.11318026", "-0.11318026", "0.11318021")),
        (Quantity.JACOBIAN, True, ("-7.4505806e-09", "-5.2154064e-08")),
    ],
)
def test_the_forum_printed_these_numbers(
    library: Library, quantity: Quantity, summed: bool, values: tuple[str, ...]
) -> None:
    printed = [number for case in library.cases.values() if case.source == THREAD for number in case.printed]
    assert (quantity, summed, values) in [(number.quantity, number.summed, number.values) for number in printed]


def test_the_forum_s_missing_cotangent_is_summed_by_mxnet_and_refused_by_the_others(library: Library) -> None:
    expected = {finding.kind: finding.adapters for finding in library.cases["forum-summed-output"].findings}
    assert expected == {
        FindingKind.SUMMED_OUTPUT: (),
        FindingKind.IMPLICIT_REFUSED: ("torch", "jax"),
    }
    names = [problem.cotangent_name for problem in library.problems["forum-summed-output"]]
    assert {"implicit", "ones", "one_hot 0", "one_hot 1"} == set(names)


def test_known_differences_of_any_case_are_bounded_or_conditional_or_no_numbers(library: Library) -> None:
    general = [entry for entry in library.ledger if entry.case is None]
    limits = [(one.when, one.largest_error, one.largest_error_per_element) for one in general]
    anything = [one for one, limit in zip(general, limits, strict=True) if limit == (None, None, None)]
    assert [
        one.id for one in anything if one.kind.level is not Level.POLICY and one.kind is not FindingKind.RAISED
    ] == []
    assert all(one.op is not None or one.when is not None for one in general)


def _well_formed(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "https" or "." not in parts.netloc or len(parts.path) < 2 or url[-1] in ".,;:":
        return False
    return parts.netloc != "github.com" or GITHUB.fullmatch(parts.path) is not None
