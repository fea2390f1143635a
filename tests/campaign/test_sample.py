"""The draws of a campaign: the same for ever, of every kind, and few shapes."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.call import ARRAYS
from harness.campaign import heads, logits, targets
from harness.campaign.dice import Dice, Purpose
from harness.campaign.frames import FLOATS, FRAMES, HALVES, checked, compiled
from harness.campaign.masks import LENGTHS, MASKS, UNDER, masked
from harness.campaign.sample import UnknownProblem, draw, identified, identifier, sample
from harness.compare.asked import Asked, kept, result_format
from harness.plan.carrier import decoded, encoded
from harness.plan.signatures import count_signatures
from harness.plan.store import read_plan, write_plan
from harness.vocabulary import DType, Mode, Op, Quantity
from reference.formats import format_named

PINNED = "1e630e87475d276718d6131cbd29f8ade9e172fdd6fe242237267216510fbf19"
FAMILIES = (*logits.FINITE, logits.WITH_MINUS_INFINITY)
KINDS = {name: draw for family in FAMILIES for name, draw in family.items()}
SHAPE = (5, 9)
MANY = sample(0, range(3000))


def test_the_bits_of_a_problem_are_the_same_on_every_machine() -> None:
    """Run by hand in an environment with NumPy 1.23.5 this gives the same digest."""
    assert sample(0, range(300)).digest == PINNED


def test_a_problem_does_not_depend_on_what_else_is_drawn() -> None:
    alone, among = sample(3, [41]), sample(3, range(40, 45))
    (problem,) = (one for one in among.problems if one.id == alone.problems[0].id)
    assert sample(3, [41]).digest == alone.digest
    assert _bits(problem.call) == _bits(alone.problems[0].call)


def _bits(call: object) -> dict[str, bytes]:
    arrays = {name: getattr(call, name) for name in ARRAYS}
    return {name: array.tobytes() for name, array in arrays.items() if array is not None}


def test_another_seed_draws_other_problems() -> None:
    digests = {sample(seed, range(5)).digest for seed in range(5)}
    assert len(digests) == 5


def test_an_id_is_all_that_is_needed_to_draw_a_problem_again() -> None:
    assert identified(identifier(7, 1234)) == (7, 1234)
    assert draw(7, 1234)[0].id == identifier(7, 1234)


@pytest.mark.parametrize("text", ["", "campaign-1", "campaign-1-2-3", "campaign-a-1", "forum-summed-output[float32]"])
def test_another_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UnknownProblem, match="campaign-0-1234"):
        identified(text)


def test_a_plan_of_drawn_problems_comes_back_from_the_disk_as_it_was(tmp_path: Path) -> None:
    plan = sample(1, range(150))
    write_plan(plan, tmp_path / "plan")
    assert read_plan(tmp_path / "plan").digest == plan.digest


def test_jax_compiles_fewer_than_160_signatures_for_at_most_five_quantities_each() -> None:
    counted, count = count_signatures(MANY.problems), compiled()
    assert counted.jit <= count.signatures < 160
    assert counted.eager <= count.eager_signatures <= 24
    assert count.functions <= 5 * count.signatures


def test_eager_problems_come_last_and_those_of_one_signature_together() -> None:
    eager = [problem.call.mode is Mode.EAGER for problem in MANY.problems]
    assert sorted(eager) == eager
    shapes = [(p.call.op, p.call.dtype, p.call.x.shape) for p in MANY.problems if p.call.mode is Mode.EAGER]
    changes = sum(one != other for one, other in itertools.pairwise(shapes))
    assert changes == len(set(shapes)) - 1


def test_every_op_is_drawn_in_every_dtype_and_asked_for_every_quantity() -> None:
    drawn = {(p.call.op, p.call.dtype, quantity) for p in MANY.problems for quantity in p.check}
    expected = {
        (op, dtype, quantity)
        for op, frames in FRAMES.items()
        for frame in frames
        for dtype in frame.dtypes
        for quantity in checked(op, frame, dtype)
    }
    assert drawn == expected
    every = {(op, dtype, quantity) for op in Op for dtype in FLOATS for quantity in Quantity}
    of_a_derivative = {Quantity.JVP, Quantity.JACOBIAN, Quantity.HVP}
    missing = {(op, quantity) for op, _, quantity in every - drawn}
    assert missing == {(Op.SOFTMAX_OUTPUT, quantity) for quantity in of_a_derivative}


def test_every_kind_is_drawn() -> None:
    words = Counter(
        word.removesuffix(", 0 where masked") for case in MANY.cases.values() for word in case.why.split("; ")[1:]
    )
    seen = {part for word in words for part in ([word] if "the others" not in word else word.split(", the others "))}
    assert {f"x: {kind}" for kind in (*KINDS, *logits.WHOLE)} <= seen
    assert {f"{what}: {v}" for what in ("cotangent", "tangent") for v in heads.KINDS} <= seen
    assert {f"targets: {kind}" for kind in (*targets.INDICES, *targets.PROBABILITIES)} <= seen
    assert {f"kept: {kind}" for kind in (*MASKS, *LENGTHS)} <= seen
    assert {kind for kind in UNDER if kind != "as drawn"} <= seen


def test_frames_have_shapes_that_try_hard() -> None:
    every = [frame for frames in FRAMES.values() for frame in frames]
    long = [frame for frame in every if frame.shape[frame.axis] > format_named("float16").largest]
    assert long
    assert all(frame.dtypes == HALVES for frame in long)
    assert {frame.shape[frame.axis] for frame in every} >= {2, 17, 65, 1000, 10_000}


@pytest.mark.parametrize("problem", MANY.problems[:400], ids=lambda problem: problem.id)
def test_what_is_drawn_is_a_question_that_the_reference_takes_and_no_row_is_undefined(problem) -> None:
    call = problem.call
    question = Asked([call], result=result_format(call)).question
    x = question.logits
    assert not np.isneginf(x).all(axis=1).any()
    assert not np.isnan(x).any()
    assert not np.isposinf(x).any()
    assert question.counted.any()
    for name in ("cotangent", "tangent"):
        array = getattr(call, name)
        if array is not None:
            dtype = call.result_dtype if name == "cotangent" and call.result_dtype else call.dtype
            assert np.isfinite(decoded(array, dtype)).all()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", KINDS)
def test_logits_stay_within_the_range_of_their_dtype_and_every_row_has_a_softmax(kind: str, dtype: DType) -> None:
    x = logits.drawn(KINDS[kind], Dice(0, 0, Purpose.X), SHAPE, dtype)
    rounded = decoded(encoded(x, dtype), dtype)
    assert x.shape == SHAPE
    assert not np.isposinf(rounded).any()
    assert np.isfinite(rounded.max(axis=1)).all()
    assert (np.isneginf(rounded) == np.isneginf(x)).all()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", heads.KINDS)
@pytest.mark.parametrize("shape", [SHAPE, (5, 1), (1, 1)])
def test_every_vector_is_finite_in_its_dtype(kind: str, dtype: DType, shape: tuple[int, int]) -> None:
    dice = Dice(0, 0, Purpose.COTANGENT)
    v = heads.drawn(heads.KINDS[kind], dice, dice.normal(shape), dtype)
    assert v.shape == shape
    assert np.isfinite(decoded(encoded(v, dtype), dtype)).all()


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("by_length", [False, True])
def test_a_mask_keeps_something_that_has_a_probability_in_every_row(seed: int, by_length: bool) -> None:
    dice = Dice(seed, 0, Purpose.MASK)
    x = np.where(dice.uniform(SHAPE) < 0.7, -np.inf, 1.0)
    found = masked(dice, x, by_length=by_length, largest=100.0)
    keeps = found.kept if found.kept is not None else np.arange(SHAPE[1]) < found.lengths
    assert (found.kept is None) == by_length == (found.lengths is not None)
    assert np.isfinite(np.where(keeps, found.x, -np.inf)).any(axis=1).all()
    assert (~np.isnan(found.x) | ~keeps).all()


@pytest.mark.parametrize("seed", range(30))
def test_some_row_always_counts(seed: int) -> None:
    drawn = targets.ignoring(Dice(seed, 0, Purpose.TARGETS), np.zeros((4, 1), np.int64))
    assert set(np.unique(drawn)) <= {0, targets.IGNORED}
    assert (drawn == 0).any()


def test_most_cotangents_of_masked_logarithms_are_zero_where_masked() -> None:
    quiet = 0
    calls = [
        replace(p.call, axis=p.call.axis % p.call.x.ndim) for p in MANY.problems if p.call.op is Op.MASKED_LOG_SOFTMAX
    ]
    for call in calls:
        assert call.cotangent is not None
        keeps = kept(call)
        assert keeps is not None
        quiet += not decoded(call.cotangent, call.dtype)[~keeps].any()
    assert 0.8 < quiet / len(calls) < 1


def test_a_pick_follows_its_weights() -> None:
    dice = Dice(0, 0, Purpose.CHOICES)
    picked = Counter(dice.pick("abc", weights=[1, 0, 3]) for _ in range(4000))
    assert picked["b"] == 0
    assert 2.6 < picked["c"] / picked["a"] < 3.4
