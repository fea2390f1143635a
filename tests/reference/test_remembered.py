"""What is remembered: what was asked for last, as much as there is room for; and nothing keeps what is forgotten."""

from __future__ import annotations

import gc
import weakref
from functools import partial

import numpy as np
import pytest

from reference.bounds import reading
from reference.bounds.remembered import Remembered
from reference.ops import MASKED, WITH_TARGETS
from reference.question import OPS, Question
from reference.rules.table import RULES
from reference.truth import truth


def made(remembered: Remembered[str], asked: str, elements: dict[str, int]) -> str:
    """Ask for each letter in turn; return those that had to be made."""
    new: list[str] = []

    def make(name: str) -> str:
        new.append(name)
        return name.upper()

    for name in asked:
        assert remembered.once(name, partial(make, name), elements=elements[name]) == name.upper()
    return "".join(new)


@pytest.mark.parametrize(
    ("asked", "elements", "new"),
    [
        ("abcabc", {"a": 3, "b": 3, "c": 4}, "abc"),  # there is room for all
        ("abcabc", {"a": 3, "b": 4, "c": 4}, "abcabc"),  # c takes the room of a, which takes that of b
        ("abacab", {"a": 3, "b": 4, "c": 4}, "abcb"),  # a was asked for after b
        ("abab", {"a": 90, "b": 90}, "ab"),  # the last two, however large
        ("abcb", {"a": 90, "b": 90, "c": 90}, "abc"),
    ],
)
def test_what_was_asked_for_longest_ago_makes_room(asked: str, elements: dict[str, int], new: str) -> None:
    assert made(Remembered(elements=10), asked, elements) == new


@pytest.mark.parametrize(("each", "left"), [(5, 2), (3, 3), (50, 2)])
def test_what_is_made_of_others_keeps_the_limit_too(each: int, left: int) -> None:
    remembered: Remembered[str] = Remembered(elements=10)

    def make(name: str) -> str:
        return remembered.once("of " + name, lambda: name, elements=each)

    for name in "abcd":
        remembered.once(name, partial(make, name), elements=each)
        assert len(remembered) <= left
    assert remembered.once("d", str, elements=each) == "d"


def test_what_could_not_be_made_is_not_remembered() -> None:
    remembered: Remembered[str] = Remembered(elements=10)

    def fail() -> str:
        raise MemoryError

    with pytest.raises(MemoryError):
        remembered.once("a", fail, elements=1)
    assert len(remembered) == 0
    assert made(remembered, "a", {"a": 1}) == "a"


@pytest.mark.parametrize("op", OPS)
def test_a_reading_that_is_forgotten_is_gone_at_once(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is large, and would stay until Python looks for garbage, were there a cycle in what is derived of it."""
    seen: list[weakref.ref[reading.Reading]] = []

    def noted(*asked: object) -> reading.Reading:
        one = reading_before(*asked)  # type: ignore[arg-type]
        seen.append(weakref.ref(one))
        return one

    reading_before = reading._read
    monkeypatch.setattr(reading, "_read", noted)
    remembered: Remembered[object] = Remembered(elements=100)
    monkeypatch.setattr(reading, "_remembered", remembered)
    x = np.random.default_rng(1).standard_normal((2, 3))
    masked = {"mask": np.ones(x.shape, dtype=np.bool_)} if op in MASKED else {}
    targets = {"targets": np.array([0, 2])} if op in WITH_TARGETS else {}
    question = Question(op=op, axis=1, x=x, format="float64", result="float64", **masked, **targets)
    one = np.ones(question.output_shape)
    needs = {"vjp": {"cotangent": one}, "jvp": {"tangent": x}, "hvp": {"cotangent": one, "tangent": x}}
    gc.collect()
    gc.disable()
    try:
        for quantity in RULES[op]:
            found = truth(
                question, quantity, working="float64", accumulation="float64", forms=(), **needs.get(quantity, {})
            )
            assert found.second is not None
        for other in "ab":
            remembered.once(other, object, elements=101)
        del found
        assert seen
        assert [one() for one in seen] == [None] * len(seen)
    finally:
        gc.enable()
