"""Beside the truth at x stands the truth at x - max x as a kernel rounds it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reference.formats import format_named
from reference.ops import NEGATED
from reference.truth import truth
from tests.reference.questions_to_try import CASES, Case, exactly
from tests.reference.rows_to_try import rows, vectors

SHIFTED = [case for case in CASES if case.op != "logsumexp" and "temperature" not in dict(case.words)]


@pytest.mark.parametrize("of", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("case", SHIFTED, ids=[case.name for case in SHIFTED])
def test_the_second_reading_is_the_truth_at_the_rounded_shift(case: Case, of: str) -> None:
    x = rows("normal, scale 30", n=5, of=of)
    question = case.question(x, of=of)
    kept = np.ones(x.shape, dtype=np.bool_) if question.mask is None else question.mask
    sign = -1.0 if case.op in NEGATED else 1.0
    z = np.where(kept, sign * question.x, -np.inf)
    moved = sign * format_named(of).nearest(z - z.max(axis=1, keepdims=True))
    there = replace(question, x=np.where(kept, moved, 0.0))
    v, w = case.outputs(question, vectors("normal", n=5, of=of)), vectors("normal", n=5, of=of, seed=1)
    for quantity in case.quantities:
        here, at_moved = (exactly(one, quantity, cotangent=v, tangent=w) for one in (question, there))
        assert here.shifted_value.hi.tolist() == at_moved.value.hi.tolist()
        assert here.shifted_value.lo.tolist() == at_moved.value.lo.tolist()


def test_the_second_reading_of_a_logsumexp_keeps_the_exact_maximum() -> None:
    x = format_named("float16").nearest(np.array([[1000.0, 999.3, 1.1]]))
    judged = exactly(Case(op="logsumexp").question(x, of="float16"), "forward")
    moved = exactly(
        Case(op="logsumexp").question(format_named("float16").nearest(x - x.max()), of="float16"), "forward"
    )
    assert judged.shifted_value.hi[0] == x.max() + moved.value.hi[0]


def test_a_kernel_that_is_wider_than_its_numbers_rounds_the_shift_in_its_own_format() -> None:
    question = Case(op="softmax").question(rows("normal, shifted by 1e4", n=5, of="float16"), of="float16")
    wide = truth(question, "forward", working="float32", accumulation="float32")
    assert wide.shifted_value.hi.tolist() == wide.value.hi.tolist()  # differences of float16 are exact there
    narrow = truth(question, "forward", working="float16", accumulation="float16")
    assert wide.value.hi.tolist() == narrow.value.hi.tolist()


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_a_temperature_that_is_a_power_of_two_moves_nothing(temperature: float) -> None:
    x = format_named("float32").nearest(rows("normal", n=5, of="float32"))
    hot = exactly(Case(op="softmax", words=(("temperature", temperature),)).question(x, of="float32"), "forward")
    cold = exactly(Case(op="softmax").question(x / temperature, of="float32"), "forward")
    for one, other in ((hot.value, cold.value), (hot.shifted_value, cold.shifted_value)):
        assert one.hi.tolist() == other.hi.tolist()
        assert one.lo.tolist() == other.lo.tolist()


@pytest.mark.parametrize(
    ("of", "result", "working", "accumulation"),
    [
        ("int32", "float64", "float64", "float64"),
        ("int32", "float32", "float32", "float32"),
        ("float16", "float16", "float16", "float32"),
        ("float16", "float32", "float32", "float32"),
        ("bfloat16", "bfloat16", "float32", "float32"),
        ("float32", "float64", "float64", "float64"),
        ("float64", "float16", "float32", "float32"),
    ],
)
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_exact_value_depends_on_the_numbers_alone(
    case: Case, of: str, result: str, working: str, accumulation: str
) -> None:
    plain = case.question(np.array([[3.0, -2.0, 0.0, 3.0], [100.0, 96.0, -7.0, 99.0]]))
    narrow = replace(plain, format=of, result=result)
    judged = truth(narrow, "forward", working=working, accumulation=accumulation)
    want = exactly(plain, "forward").value
    assert judged.value.hi.tolist() == want.hi.tolist()
    assert judged.value.lo.tolist() == want.lo.tolist()
    assert (judged.bound[np.isfinite(want.hi) & (np.abs(want.hi) > 0) & (np.abs(want.hi) < 1)] > 0).all()


@pytest.mark.parametrize("of", ["float16", "float64"])
@pytest.mark.parametrize("size", ["smallest_subnormal", "smallest_normal", "largest"])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_bound_is_a_number_however_small_or_large_the_vectors_are(case: Case, size: str, of: str) -> None:
    question = case.question(rows("normal, scale 30", n=3, of=of), of=of)
    one_hot = np.resize([1.0, 0.0, 0.0, 0.0], question.x.shape) * getattr(format_named(of), size)
    for quantity in case.quantities:
        judged = exactly(question, quantity, cotangent=case.outputs(question, one_hot), tangent=one_hot)
        assert (judged.bound >= 0).all()
        assert (judged.shifted_bound >= 0).all()
