"""The count of what JAX compiles: of distinct calls, and kept below a limit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.call import Call
from harness.plan.library import TooManySignatures, load_library, make_plan
from harness.plan.problem import Problem
from harness.plan.signatures import (
    EAGER_LIMIT,
    JIT_LIMIT,
    SignatureCount,
    count_signatures,
    signature,
    stack_key,
)
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction


def call(axis: int = -1, mode: Mode = Mode.DEFAULT, shape: tuple[int, ...] = (2, 3)) -> Call:
    return Call(op=Op.SOFTMAX, axis=axis, dtype=DType.FLOAT64, mode=mode, x=np.zeros(shape))


def test_the_last_axis_is_the_same_by_either_name() -> None:
    assert signature(call(axis=-1)) == signature(call(axis=1))
    assert signature(call(axis=0, shape=())) == signature(call(axis=-1, shape=()))


def test_default_mode_is_jit_and_not_eager() -> None:
    assert signature(call(mode=Mode.DEFAULT)) == signature(call(mode=Mode.JIT))
    assert signature(call(mode=Mode.DEFAULT)) != signature(call(mode=Mode.EAGER))


LOSS = Call(
    op=Op.CROSS_ENTROPY,
    axis=1,
    dtype=DType.FLOAT32,
    mode=Mode.DEFAULT,
    x=np.zeros((2, 3), np.float32),
    targets=np.zeros(2, np.int32),
    reduction=Reduction.MEAN,
)
COMPILED = {
    "op": Op.SOFTMAX_OUTPUT,
    "axis": 0,
    "dtype": DType.FLOAT16,
    "mode": Mode.EAGER,
    "x": np.zeros((2, 4), np.float32),
    "temperature": 0.5,
    "reduction": Reduction.SUM,
    "ignore_index": -100,
    "label_smoothing": 0.1,
    "result_dtype": DType.FLOAT64,
    "mask": np.ones((2, 3), bool),
    "lengths": np.ones(2, np.int32),
    "targets": np.zeros((2, 3), np.float32),
}
CONTENT = {
    "x": np.ones((2, 3), np.float32),
    "targets": np.ones(2, np.int32),
    "cotangent": np.zeros((), np.float32),
    "tangent": np.zeros((2, 3), np.float32),
}


@pytest.mark.parametrize(("name", "value"), COMPILED.items(), ids=COMPILED)
def test_whatever_is_compiled_anew_is_another_signature(name: str, value: object) -> None:
    other = replace(LOSS, **{name: value})  # type: ignore[arg-type]
    assert signature(other) != signature(LOSS)
    assert stack_key(other) != stack_key(LOSS)


@pytest.mark.parametrize(("name", "value"), CONTENT.items(), ids=CONTENT)
def test_what_an_array_holds_is_no_part_of_the_signature(name: str, value: object) -> None:
    other = replace(LOSS, **{name: value})  # type: ignore[arg-type]
    assert signature(other) == signature(LOSS)
    assert stack_key(other) == stack_key(LOSS)


@pytest.mark.parametrize("changed", [{"grad_scale": 2.0}, {"normalization": Normalization.VALID}])
def test_calls_of_other_scales_are_not_judged_on_top_of_each_other(changed: dict[str, object]) -> None:
    assert stack_key(replace(LOSS, **changed)) != stack_key(LOSS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "jit", "eager"),
    [
        ({}, 1, 0),
        ({"mode": Mode.JIT}, 1, 0),
        ({"mode": Mode.EAGER}, 0, 1),
        ({"mode": Mode.NUMPY}, 0, 0),
        ({"mode": Mode.SAFE_ACCUMULATION}, 0, 0),
        ({"op": Op.SOFTMAX_OUTPUT, "reduction": None}, 0, 0),
    ],
)
def test_what_jax_does_not_have_is_not_counted(changed: dict[str, object], jit: int, eager: int) -> None:
    asked = replace(LOSS, **changed)  # type: ignore[arg-type]
    problem = Problem(id="case", case="case", call=asked, cotangent_name="ones", check=(Quantity.FORWARD,))
    assert count_signatures([problem, problem]) == SignatureCount(jit=jit, eager=eager)


@pytest.mark.parametrize(("jit", "eager"), [(JIT_LIMIT + 1, 0), (0, EAGER_LIMIT + 1)])
def test_a_count_above_its_limit_is_an_excess(jit: int, eager: int) -> None:
    (sentence,) = SignatureCount(jit=jit, eager=eager).excess()
    assert "reuse shapes" in sentence


def test_a_count_at_its_limit_is_none() -> None:
    assert SignatureCount(jit=JIT_LIMIT, eager=EAGER_LIMIT).excess() == ()


def test_a_library_above_the_limit_makes_no_plan(tmp_path: Path) -> None:
    cases = "".join(
        f"  - {{id: case-{n}, why: w, source: s, op: softmax, mode: eager, dtype: float32, check: forward, "
        f"x: {{full: {{shape: [{n}]}}}}}}\n"
        for n in range(EAGER_LIMIT + 1)
    )
    (tmp_path / "a.yaml").write_text(f"format: 1\ntheme: many shapes\ncases:\n{cases}")
    with pytest.raises(TooManySignatures, match="61 distinct eager signatures"):
        make_plan(load_library([tmp_path]))
    assert len(make_plan(load_library([tmp_path]), keyword="case-1").problems) == 11
