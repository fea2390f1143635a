"""The draws of a campaign: the same for ever, of every kind, and few shapes."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from harness.campaign import heads, logits
from harness.campaign.dice import Dice, Purpose
from harness.campaign.sample import UnknownProblem, draw, identified, identifier, sample, signatures
from harness.plan.signatures import count_signatures
from harness.vocabulary import DType

PINNED = "18ab96d800654acc61c37106314b98682e08e01f5c990ab3f11c7b8e05db6d81"
KINDS = [name for family in logits.FAMILIES for name in family]
SHAPE = (5, 9)


def test_the_bits_of_a_problem_are_the_same_on_every_machine() -> None:
    """Run by hand in an environment with NumPy 1.23.5 this gives the same digest."""
    assert sample(0, range(300)).digest == PINNED


def test_a_problem_does_not_depend_on_what_else_is_drawn() -> None:
    alone, among = sample(3, [41]), sample(3, range(40, 45))
    assert sample(3, [41]).digest == alone.digest
    (problem,) = (one for one in among.problems if one.id == alone.problems[0].id)
    assert problem.call.x.tobytes() == alone.problems[0].call.x.tobytes()
    assert problem.call.cotangent is not None
    assert alone.problems[0].call.cotangent is not None
    assert problem.call.cotangent.tobytes() == alone.problems[0].call.cotangent.tobytes()


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


def test_jax_compiles_at_most_forty_signatures() -> None:
    counted = count_signatures(sample(0, range(1500)).problems)
    assert counted.jit == signatures() <= 40
    assert counted.eager == 0


def test_every_kind_of_logits_and_of_heads_is_drawn() -> None:
    seen = Counter[str]()
    for case in sample(0, range(2000)).cases.values():
        found = re.search(r"; x: (.*); cotangent: (.*); tangent: (.*)$", case.why)
        assert found is not None
        seen.update([f"x {found[1]}", f"cotangent {found[2]}", f"tangent {found[3]}"])
    expected = {f"x {kind}" for kind in KINDS} | {
        f"{what} {v}" for what in ("cotangent", "tangent") for v in heads.KINDS
    }
    assert set(seen) == expected


@pytest.mark.parametrize("dtype", list(DType))
@pytest.mark.parametrize("kind", KINDS)
def test_every_row_has_a_softmax(kind: str, dtype: DType) -> None:
    family = next(family for family in logits.FAMILIES if kind in family)
    x = family[kind](Dice(0, 0, Purpose.X), SHAPE, dtype).astype(dtype.value)
    assert x.shape == SHAPE
    assert np.isfinite(x.max(axis=1)).all()


@pytest.mark.parametrize("dtype", list(DType))
@pytest.mark.parametrize("kind", heads.KINDS)
def test_every_head_is_finite(kind: str, dtype: DType) -> None:
    dice = Dice(0, 0, Purpose.COTANGENT)
    v = heads.KINDS[kind](dice, dice.normal(SHAPE)).astype(dtype.value)
    assert v.shape == SHAPE
    assert np.isfinite(v).all()


def test_a_pick_follows_its_weights() -> None:
    dice = Dice(0, 0, Purpose.CHOICES)
    picked = Counter(dice.pick("abc", weights=[1, 0, 3]) for _ in range(4000))
    assert picked["b"] == 0
    assert 2.6 < picked["c"] / picked["a"] < 3.4
