"""The count of what JAX compiles: of distinct calls, and kept below a limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.call import Call
from harness.plan.library import TooManySignatures, load_library, make_plan
from harness.plan.signatures import EAGER_LIMIT, JIT_LIMIT, SignatureCount, signature
from harness.vocabulary import DType, Mode, Op


def call(axis: int = -1, mode: Mode = Mode.DEFAULT, shape: tuple[int, ...] = (2, 3)) -> Call:
    return Call(op=Op.SOFTMAX, axis=axis, dtype=DType.FLOAT64, mode=mode, x=np.zeros(shape))


def test_the_last_axis_is_the_same_by_either_name() -> None:
    assert signature(call(axis=-1)) == signature(call(axis=1))
    assert signature(call(axis=0, shape=())) == signature(call(axis=-1, shape=()))


def test_default_mode_is_jit_and_not_eager() -> None:
    assert signature(call(mode=Mode.DEFAULT)) == signature(call(mode=Mode.JIT))
    assert signature(call(mode=Mode.DEFAULT)) != signature(call(mode=Mode.EAGER))


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
