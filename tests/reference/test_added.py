"""What is made of all rows of a batch has the same bits from a few rows at a time, whatever is in the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.added import Added, Rows
from reference.batch import Batch
from reference.consistency import row_consistency
from reference.formats import format_named
from reference.invariants import check
from reference.question import Question
from reference.scale import natural_scale
from reference.truth import Truth, truth

ROWS, CLASSES = 11, 5
IN_ONE = ("value.hi", "value.lo", "bound", "vacuous", "undefined")
AGAIN = ("shifted_value.hi", "shifted_value.lo", "shifted_bound", "shifted_vacuous", "out_of_range")
WORDS = {"working": "float32", "accumulation": "float32"}
Array = NDArray[Any]


def loss(changes: dict[str, Any], *, rows: int = ROWS, form: str = "float32", op: str = "cross_entropy") -> Question:
    """A loss of random logits and classes with ``changes`` to its parameters; ``x`` and ``targets`` are functions."""
    rng = np.random.default_rng(3)
    x = 4.0 * rng.standard_normal((rows, CLASSES))
    targets: Array = rng.integers(0, CLASSES, rows)
    given = {name: value for name, value in changes.items() if name not in ("x", "targets")}
    x, targets = changes.get("x", np.copy)(x), changes.get("targets", np.copy)(targets)
    x = format_named(form).nearest(x)
    return Question(op=op, axis=1, x=x, format=form, result=form, targets=targets, **given)


def some_of(whole: Question, step: int, tangent: Array | None = None) -> Iterator[Rows]:
    """The rows of a question in parts."""
    assert whole.targets is not None
    for first in range(0, whole.rows.count, step):
        of = slice(first, first + step)
        part = replace(whole, x=whole.x[of], targets=whole.targets[of], batch=whole.whole)
        yield Rows(question=part, tangent=None if tangent is None else tangent[of])


def field(found: Truth, name: str) -> Array:
    value: Any = found
    for one in name.split("."):
        value = getattr(value, one)
    return np.asarray(value)


def with_rows(rows: dict[int, Any]) -> Any:
    def changed(array: Array) -> Array:
        result = array.copy()
        for row, value in rows.items():
            result[row] = value
        return result

    return changed


def probabilities(targets: Array) -> Array:
    drawn = np.random.default_rng(4).random((len(targets), CLASSES))
    return np.asarray(format_named("float16").nearest(drawn / drawn.sum(axis=1, keepdims=True)))


EDGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "smoothed": {"label_smoothing": 0.125},
    "probabilities": {"targets": probabilities},
    "some ignored": {"targets": with_rows({2: -100, 3: -100, 10: -100}), "ignore_index": -100},
    "all ignored": {"targets": lambda targets: np.full_like(targets, -100), "ignore_index": -100},
    "none of a class that is ignored": {"ignore_index": -100},
    "an infinite loss": {"x": with_rows({4: [-np.inf, 1.0, -np.inf, -np.inf, -np.inf]})},
    "an infinite loss that is ignored": {
        "x": with_rows({4: [-np.inf, 1.0, -np.inf, -np.inf, -np.inf]}),
        "targets": with_rows({4: -1}),
        "ignore_index": -1,
    },
    "no answer in a row": {"x": with_rows({0: np.nan, 7: np.inf})},
    "no answer in a row that is ignored": {
        "x": with_rows({7: np.nan}),
        "targets": with_rows({7: 9}),
        "ignore_index": 9,
    },
    "no answer in a row of -inf": {"x": with_rows({7: -np.inf})},
    "losses that overflow when they are added up": {
        "x": with_rows({row: [3e38, 0.0, 0.0, 0.0, 0.0] for row in range(ROWS)}),
        "targets": lambda targets: np.full_like(targets, 1),
    },
    "losses of very different sizes": {"x": with_rows({1: [3e38, 0, 0, 0, 0], 5: [60.0, 0, 0, 0, 0]})},
}
EDGE = pytest.mark.parametrize("edge", EDGES)
REDUCTION = pytest.mark.parametrize("reduction", ["sum", "mean"])


def same(in_parts: Truth, in_one: Truth, names: tuple[str, ...] = (*IN_ONE, *AGAIN)) -> list[str]:
    """The names of what has other bits, or another shape."""
    pairs = {name: (field(in_parts, name), field(in_one, name)) for name in names}
    return [name for name, (a, b) in pairs.items() if a.shape != b.shape or a.tobytes() != b.tobytes()]


@EDGE
@REDUCTION
@pytest.mark.parametrize("quantity", ["forward", "jvp"])
@pytest.mark.parametrize("step", [1, 4, ROWS])
def test_the_sum_of_parts_is_that_of_all_rows(edge: str, reduction: str, quantity: str, step: int) -> None:
    whole = loss({**EDGES[edge], "reduction": reduction})
    tangent = np.random.default_rng(5).standard_normal(whole.x.shape) if quantity == "jvp" else None
    given = {} if tangent is None else {"tangent": tangent}
    added = Added(quantity=quantity, parts=lambda: some_of(whole, step, tangent), **WORDS)
    assert same(added.truth(), truth(whole, quantity, **given, **WORDS)) == []
    assert added.scale().tobytes() == natural_scale(whole, quantity, **given).tobytes()
    for got in (-1.0, 0.0, 1.0, np.nan, np.inf, -np.inf):
        assert repr(added.violations(np.array(got))) == repr(check(whole, quantity, np.array(got), **given, **WORDS))


@REDUCTION
@pytest.mark.parametrize(("form", "rows"), [("float16", 1), ("bfloat16", ROWS), ("float64", 4000), ("float16", 5000)])
def test_so_it_is_in_every_format_of_one_row_and_of_many(form: str, rows: int, reduction: str) -> None:
    whole = loss({"reduction": reduction}, rows=rows, form=form)
    words = {"working": form, "accumulation": form}
    added = Added(quantity="forward", parts=lambda: some_of(whole, 999), **words)
    assert same(added.truth(), truth(whole, "forward", **words)) == []
    assert added.scale().tobytes() == natural_scale(whole, "forward").tobytes()


@EDGE
@pytest.mark.parametrize("quantity", ["vjp", "hvp"])
def test_gradients_of_some_rows_are_those_of_all_once_they_know_the_batch(edge: str, quantity: str) -> None:
    whole = loss({**EDGES[edge], "reduction": "mean"})
    _compare_gradients(whole, quantity, cotangent=np.array(0.7))


@EDGE
@pytest.mark.parametrize("normalization", ["batch", "valid"])
def test_so_they_are_of_softmax_output(edge: str, normalization: str) -> None:
    whole = loss({**EDGES[edge], "normalization": normalization, "grad_scale": 0.3}, op="softmax_output")
    _compare_gradients(whole, "vjp", cotangent=whole.x)


def _compare_gradients(whole: Question, quantity: str, *, cotangent: Array) -> None:
    tangent = np.random.default_rng(5).standard_normal(whole.x.shape)
    given: dict[str, Array] = {"cotangent": cotangent} | ({"tangent": tangent} if quantity == "hvp" else {})
    in_one, scale = truth(whole, quantity, **given, **WORDS), natural_scale(whole, quantity, **given)
    got = np.where(np.isfinite(in_one.value.hi), in_one.value.hi, 0.0) * np.linspace(0.9, 1.1, ROWS)[:, np.newaxis]
    tests = row_consistency(whole, quantity, got, **given, **WORDS)
    broken = check(whole, quantity, got, **given, **WORDS)
    said = []
    for first, part in zip(range(0, ROWS, 4), some_of(whole, 4, tangent), strict=True):
        of = slice(first, first + 4)
        own = {name: value[of] if value.ndim else value for name, value in given.items()}
        found = truth(part.question, quantity, **own, **WORDS)
        assert [
            name
            for name in (*IN_ONE, *AGAIN)
            if field(found, name).tobytes() != np.ascontiguousarray(field(in_one, name)[of]).tobytes()
        ] == []
        assert natural_scale(part.question, quantity, **own).tobytes() == scale[of].tobytes()
        rows = row_consistency(part.question, quantity, got[of], **own, **WORDS)
        if tests is not None and rows is not None:
            assert rows.share.tobytes() == tests.share[of].tobytes()
            assert rows.scalar.tobytes() == tests.scalar[of].tobytes()
        said += [
            (one.kind, one.row + first, repr(one.measured), one.allowed)
            for one in check(part.question, quantity, got[of], **own, **WORDS)
        ]
    assert said == [(one.kind, one.row, repr(one.measured), one.allowed) for one in broken]


def test_without_the_batch_a_mean_is_that_of_the_rows_at_hand() -> None:
    whole = loss({"reduction": "mean"})
    part = next(some_of(whole, 4)).question
    alone = replace(part, batch=None)
    cotangent = np.array(1.0)
    found, other = (truth(one, "vjp", cotangent=cotangent, **WORDS).value.hi for one in (part, alone))
    np.testing.assert_allclose(other, found * ROWS / 4, rtol=1e-15)
    assert whole.whole == Batch(rows=ROWS, counted=ROWS, first_axis=ROWS)
