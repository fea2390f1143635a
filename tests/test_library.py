"""The case library as a whole: what it must hold, and what it may cost."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from harness.plan.library import Library, load_library
from harness.plan.problem import Problem
from harness.plan.signatures import count_signatures
from harness.vocabulary import DType, FindingKind, Level, Mode, Op, Quantity

CASES = Path(__file__).parents[1] / "cases"
JIT, EAGER = 250, 40  # JAX signatures; the library has to grow for long before it meets the harness's own limits
THREAD = "https://discuss.mxnet.io/t/derivative-of-softmax/2614"
URL = re.compile(r"https?://[^\s()]+")
GITHUB = re.compile(r"/[\w.-]+/[\w.-]+/(issues|pull)/[1-9][0-9]*")

EXPLANATIONS = [kind for kind in FindingKind if kind.level is Level.EXPLANATION]


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library([CASES])


@pytest.fixture(scope="module")
def problems(library: Library) -> list[Problem]:
    return [problem for case in library.problems.values() for problem in case]


def test_the_library_has_sixty_cases_or_more(library: Library) -> None:
    assert len(library.cases) >= 60


def test_most_cases_come_from_public_threads(library: Library) -> None:
    linked = [case for case in library.cases.values() if URL.search(case.source)]
    assert len(linked) > len(library.cases) / 2


def test_a_source_is_a_link_or_says_that_there_is_none(library: Library) -> None:
    assert [
        case.id
        for case in library.cases.values()
        if not URL.search(case.source) and not case.source.startswith("written for this library")
    ] == []


def test_every_why_is_a_sentence_of_its_own(library: Library) -> None:
    whys = [case.why for case in library.cases.values()]
    assert [why for why in whys if not re.match(r"\S", why) or not why.endswith((".", "?", "!"))] == []
    assert len(set(whys)) == len(whys)


def test_every_quoted_address_is_well_formed(library: Library) -> None:
    texts = [text for case in library.cases.values() for text in (case.source, case.why)]
    texts += [entry.link for entry in library.ledger]
    assert [url for text in texts for url in URL.findall(text) if not _well_formed(url)] == []


def test_jax_compiles_few_signatures_for_the_whole_library(problems: list[Problem]) -> None:
    count = count_signatures(problems)
    assert count.jit <= JIT
    assert 0 < count.eager <= EAGER


@pytest.mark.parametrize(("op", "dtype", "quantity"), list(product(Op, DType, Quantity)))
def test_every_quantity_is_checked(problems: list[Problem], op: Op, dtype: DType, quantity: Quantity) -> None:
    assert any((p.call.op, p.call.dtype) == (op, dtype) and quantity in p.check for p in problems)


@pytest.mark.parametrize("rank", range(6))
def test_every_rank_to_five_occurs(problems: list[Problem], rank: int) -> None:
    assert rank in {problem.call.x.ndim for problem in problems}


@pytest.mark.parametrize("op", Op)
def test_every_axis_of_three_dimensions_occurs_by_both_its_names(problems: list[Problem], op: Op) -> None:
    assert {-3, -2, -1, 0, 1, 2} <= {p.call.axis for p in problems if p.call.op is op and p.call.x.ndim == 3}


@pytest.mark.parametrize("op", Op)
@pytest.mark.parametrize(
    "special", ["-inf", "inf", "nan", "largest", "subnormal", "negative zero", "empty axis", "no rows"]
)
def test_every_kind_of_special_input_occurs(problems: list[Problem], op: Op, special: str) -> None:
    assert any(_holds(problem, special) for problem in problems if problem.call.op is op)


@pytest.mark.parametrize("op", Op)
def test_eager_jax_runs_beside_jit_on_the_same_inputs(library: Library, op: Op) -> None:
    modes = [{p.call.mode for p in case if p.call.op is op} for case in library.problems.values()]
    assert {Mode.DEFAULT, Mode.EAGER} in modes


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


def test_known_differences_of_a_whole_op_are_bounded_or_policy(library: Library) -> None:
    unbounded = [entry.id for entry in library.ledger if entry.case is None and entry.largest_error is None]
    policy = [entry.id for entry in library.ledger if entry.kind.level is Level.POLICY]
    assert set(unbounded) <= set(policy)


def _well_formed(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "https" or "." not in parts.netloc or len(parts.path) < 2 or url[-1] in ".,;:":
        return False
    return parts.netloc != "github.com" or GITHUB.fullmatch(parts.path) is not None


def _holds(problem: Problem, special: str) -> bool:
    x, axis = problem.call.x, problem.call.axis
    finfo = np.finfo(x.dtype)
    if special in ("empty axis", "no rows"):
        return x.size == 0 and (x.shape[axis] == 0) == (special == "empty axis")
    if special == "largest":
        return bool((np.abs(x) == finfo.max).any())
    if special == "subnormal":
        return bool(((x != 0) & (np.abs(x) < finfo.smallest_normal)).any())
    if special == "negative zero":
        return bool(((x == 0) & np.signbit(x)).any())
    value = {"-inf": -np.inf, "inf": np.inf, "nan": np.nan}[special]
    return bool((np.isnan(x) if np.isnan(value) else x == value).any())
