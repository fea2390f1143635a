"""Every fault is named when a kernel has it; what is right, or wrong in no known way, is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.call import Call
from harness.compare.naming.search import Named, explained
from harness.compare.naming.wrong import Wrong
from reference.faults import CATALOGUE, Evaluation, Fault
from reference.formats import format_named
from reference.question import Question
from tests.compare.bench import problem
from tests.reference.questions_to_try import CASES, Case

Array = NDArray[Any]
CALL: Call = problem(np.zeros((7, 11))).call
BY_NAME = {fault.name: fault for fault in CATALOGUE}
CHOSEN = [
    case
    for case in CASES
    if case.name
    in (
        *("softmax", "softmin", "logsumexp", "masked_softmax", "log_softmax temperature=0.7"),
        *("softmax temperature=0.7", "masked_log_softmax temperature=3.0", "log_softmax temperature=0.001"),
        *("cross_entropy reduction=mean ignore_index=-100 some ignored", "cross_entropy reduction=sum probabilities"),
        *("cross_entropy reduction=none label_smoothing=0.1 indices", "softmax_output label_smoothing=0.1 indices"),
        "softmax_output grad_scale=0.3 ignore_index=-100 normalization=valid some ignored",
    )
]


def numbers(seed: int, of: str, *, n: int = 5) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    nearest = format_named(of).nearest
    x, v, w = (nearest(rng.normal(size=(4, n)) * scale) for scale in (2.0, 1.0, 1.0))
    return x, v, w


def asked(case: Case, quantity: str, *, of: str, seed: int = 0, n: int = 5) -> Evaluation:
    x, v, w = numbers(seed, of, n=n)
    question = case.question(x, of=of)
    return Evaluation.of(question, quantity, cotangent=case.outputs(question, v), tangent=w)


def names(evaluation: Evaluation, got: Array, *, of: str) -> tuple[Named, ...]:
    """What is named of a result that is stored in a format."""
    wrong = Wrong(evaluation=evaluation, got=format_named(of).nearest(got), dtype=of)
    return explained(wrong, CALL).names if wrong.beyond.any() else ()


def told_apart(fault: Fault, evaluation: Evaluation, *, of: str) -> Array | None:
    """Return what a fault gives, stored, if an element is beyond the bounds of truth and fault, and none overflows."""
    answer = fault.answer(evaluation)
    if answer is None:
        return None
    truth = evaluation.truth
    with np.errstate(all="ignore"):
        got = format_named(of).nearest(answer.value.hi)
        away = np.abs(answer.value.hi - truth.value.hi) > 1.1 * (answer.bound + truth.bound)
        away = away | (np.isfinite(got) != np.isfinite(truth.value.hi))
        beyond = ~(truth.share(got, of=of) <= 1) & ~truth.undefined
    seen = (away & beyond & ~truth.out_of_range).any()
    return got if seen and (np.isfinite(got) == np.isfinite(answer.value.hi)).all() else None


@pytest.mark.parametrize("of", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.name)
def test_every_fault_is_named_where_it_differs_by_more_than_both_bounds(case: Case, of: str) -> None:
    missed, tried = [], 0
    for quantity in case.quantities:
        evaluation = asked(case, quantity, of=of)
        for fault in CATALOGUE:
            got = told_apart(fault, evaluation, of=of)
            if got is not None:
                tried += 1
                found = {one.name: one for one in names(evaluation, got, of=of)}
                if fault.name not in found or found[fault.name].share > 1:
                    missed.append((fault.name, quantity, sorted(found)))
    assert missed == []
    assert tried >= 5


def _long() -> Evaluation:
    x, v, _ = numbers(3, "float32", n=150)
    question = Question(op="softmax", axis=1, x=np.sort(x, axis=1), format="float32", result="float32")
    return Evaluation.of(question, "vjp", cotangent=v)


TILED = [fault.name for fault in CATALOGUE if fault.name.endswith(("32", "128")) and fault.concerns("softmax", "vjp")]


@pytest.mark.parametrize("name", TILED)
def test_a_fault_past_a_tile_is_named(name: str) -> None:
    evaluation = _long()
    got = told_apart(BY_NAME[name], evaluation, of="float32")
    assert got is not None
    assert name in {one.name for one in names(evaluation, got, of="float32")}


def test_a_fault_of_a_row_as_long_as_a_vocabulary_is_named() -> None:
    rng = np.random.default_rng(3)
    x, v = (format_named("float32").nearest(array) for array in (rng.normal(size=(1, 1 << 17)), np.ones((1, 1 << 17))))
    question = Question(op="softmax", axis=1, x=x, format="float32", result="float32")
    evaluation = Evaluation.of(question, "vjp", cotangent=v + (x > 3))
    found = BY_NAME["dot-term-missing"].answer(evaluation)
    assert found is not None
    assert [one.name for one in names(evaluation, found.value.hi, of="float32")] == ["dot-term-missing"]


@pytest.mark.parametrize("factor", [-2.0, 3.0, 0.125, 1e-3, -0.7])
@pytest.mark.parametrize("name", ["dot-term-missing", "diagonal-only", "outer-probability-missing"])
def test_a_fault_times_an_unknown_factor_is_named_with_the_factor(name: str, factor: float) -> None:
    evaluation = asked(CASES[0], "vjp", of="float32")
    answer = BY_NAME[name].answer(evaluation)
    assert answer is not None
    (found,) = names(evaluation, factor * answer.value.hi, of="float32")
    assert found.name == name
    assert found.factor == pytest.approx(factor, rel=1e-5)
    assert found.share <= 1


@pytest.mark.parametrize(("factor", "called"), [(0.5, "1 / two"), (-2.0, "minus two"), (7.3, ""), (-1e-4, "")])
def test_the_right_answer_times_a_factor_is_named(factor: float, called: str) -> None:
    evaluation = asked(CASES[0], "vjp", of="float32")
    (found,) = names(evaluation, factor * evaluation.truth.value.hi, of="float32")
    assert (found.name, found.factor) == ("scaled", pytest.approx(factor, rel=1e-5))
    assert called in found.called


def test_two_faults_at_once_are_named() -> None:
    case = next(case for case in CASES if case.name == "softmax temperature=0.7")
    evaluation = asked(case, "vjp", of="float32")
    forgotten = BY_NAME["temperature-forgotten"].alteration
    assert forgotten is not None
    altered = forgotten(evaluation)
    assert altered is not None
    answer = BY_NAME["dot-term-missing"].answer(altered)
    assert answer is not None
    found = {one.name for one in names(evaluation, answer.value.hi, of="float32")}
    assert "dot-term-missing + temperature-forgotten" in found


def test_faults_that_coincide_are_all_listed() -> None:
    case = Case(op="softmax", words=(("temperature", 2.0),))
    evaluation = asked(case, "vjp", of="float32")
    found = [one.name for one in names(evaluation, 2.0 * evaluation.truth.value.hi, of="float32")]
    assert found == ["accumulated-twice", "temperature-missing-in-backward"]


@pytest.mark.parametrize("of", ["float32", "float16"])
@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.name)
def test_a_right_result_and_random_numbers_are_not_named(case: Case, of: str) -> None:
    rng = np.random.default_rng(11)
    for quantity in case.quantities:
        evaluation = asked(case, quantity, of=of, seed=5)
        right = evaluation.truth.value.hi
        size = max(float(np.nanmax(np.abs(np.where(np.isfinite(right), right, 0.0)))), 0.1)
        assert names(evaluation, right, of=of) == ()
        if right.size >= 4 and np.isfinite(right).all():  # a single number may be anything
            assert names(evaluation, rng.normal(size=right.shape) * size, of=of) == ()
            assert names(evaluation, right * (1.0 + 0.1 * rng.normal(size=right.shape)), of=of) == ()


def test_one_wrong_element_among_right_ones_is_no_fault_of_the_rule() -> None:
    evaluation = asked(CASES[0], "vjp", of="float32")
    got = evaluation.truth.value.hi.copy()
    got[2, 1] *= 1.37
    assert names(evaluation, got, of="float32") == ()


def test_rows_that_are_right_need_no_explanation() -> None:
    evaluation = asked(CASES[0], "vjp", of="float32")
    answer = BY_NAME["dot-term-missing"].answer(evaluation)
    assert answer is not None
    got = np.where(np.arange(4)[:, np.newaxis] == 2, answer.value.hi, evaluation.truth.value.hi)
    wrong = Wrong(evaluation=evaluation, got=format_named("float32").nearest(got), dtype="float32")
    assert list(wrong.wrong_rows) == [2]
    assert [one.name for one in explained(wrong, CALL).names] == ["dot-term-missing"]


def _of_many_rows() -> tuple[Evaluation, Array]:
    x, v, _ = numbers(7, "float32", n=40)
    x, v = np.resize(x, (200, 40)) + np.arange(200)[:, np.newaxis] % 7 / 8, np.resize(v, (200, 40))
    question = Question(op="softmax", axis=1, x=x, format="float32", result="float32")
    evaluation = Evaluation.of(question, "vjp", cotangent=v)
    answer = BY_NAME["squared-probabilities"].answer(evaluation)
    assert answer is not None
    return evaluation, answer.value.hi


def test_a_large_result_is_tried_by_its_worst_row_and_held_in_full() -> None:
    evaluation, got = _of_many_rows()
    assert [one.name for one in names(evaluation, got, of="float32")] == ["squared-probabilities"]
    got = got.copy()
    got[17, 3] += 1e-3  # not the worst row: only the whole result shows it
    assert names(evaluation, got, of="float32") == ()


@pytest.mark.parametrize("axis", [0, 1])
def test_rows_are_cut_out_along_any_axis(axis: int) -> None:
    evaluation, got = _of_many_rows()
    question = evaluation.question
    if axis == 0:
        turned = Question(op="softmax", axis=0, x=question.x.T.copy(), format="float32", result="float32")
        assert evaluation.cotangent is not None
        evaluation, got = Evaluation.of(turned, "vjp", cotangent=evaluation.cotangent.T.copy()), got.T
    wrong = Wrong(evaluation=evaluation, got=format_named("float32").nearest(got), dtype="float32")
    part = wrong.of_rows(np.array([3, 150]))
    assert part.got.shape == (2, 40)
    np.testing.assert_array_equal(part.share, wrong.evaluation.question.rows.cut(wrong.share)[[3, 150]])
