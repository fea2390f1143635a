"""A kernel that flushes subnormal numbers is told from one that keeps them, and from one that lost some in a sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.call import Call
from harness.compare.compare import compare
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.vocabulary import DType, FindingKind, Op, Quantity
from tests.compare.bench import RIGHT, TRUE, plan, problem, recording

TINY = 1e-40  # a float32 number below the smallest normal one


def flushing(call: Call) -> Any:
    """The reference's vjp, as a processor returns it that has no subnormal numbers."""
    exact = TRUE[Quantity.VJP](call)
    return np.where(np.abs(exact) < np.finfo(exact.dtype).tiny, 0, exact).astype(exact.dtype)


def found(asked: Problem, kernel: Any) -> list[Finding]:
    made = plan(asked)
    compared = compare(
        made, {"kernel": recording(made, RIGHT | {Quantity.FORWARD: TRUE[Quantity.FORWARD], Quantity.VJP: kernel})}
    )
    assert not compared.unexpected
    return [finding for finding in compared.findings if finding.kind is FindingKind.FLUSHED]


def test_a_kernel_that_flushes_is_named_with_what_it_lost() -> None:
    (finding,) = found(problem([0.0, 0.0], [4 * TINY, 0.0]), flushing)
    assert finding.adapters == ("kernel",)
    assert finding.evidence["largest that was flushed"] == pytest.approx(TINY, rel=1e-4)
    assert finding.evidence["flushed"] == finding.evidence["elements"] == 2
    assert "Nothing is left of it, and this decides that it is zero" in finding.sentence
    assert "A loss scale keeps them" in finding.sentence


def test_the_loss_scale_that_is_advised_keeps_them() -> None:
    scaled = problem([0.0, 0.0], [4 * TINY * 2.0**100, 0.0])
    assert found(scaled, flushing) == []
    assert (flushing(scaled.call) != 0).all()


def test_a_kernel_that_keeps_subnormal_numbers_does_not_flush() -> None:
    assert found(problem([0.0, 0.0], [4 * TINY, 0.0]), TRUE[Quantity.VJP]) == []


def test_one_number_that_is_lost_beside_one_that_is_kept_was_absorbed_and_not_flushed() -> None:
    """s_0 (v_0 - <s, v>) is 0 where <s, v> rounds to v_0; s_1 (v_1 - <s, v>), as small, is a product and stays."""
    asked = problem([0.0, -90.0], [1.0, 0.0])
    returned = TRUE[Quantity.VJP](asked.call)
    assert [bool(value) for value in returned] == [False, True]
    assert found(asked, TRUE[Quantity.VJP]) == []


def test_numbers_of_one_spacing_may_vanish_by_rounding_alone() -> None:
    assert found(problem([0.0, 0.0], [4 * 2.0**-149, 0.0]), flushing) == []


def test_a_difference_that_vanishes_beside_normal_numbers_is_not_called_a_flush() -> None:
    asked = problem([0.0, -90.0], [1.0, 0.5], op=Op.LOG_SOFTMAX, dtype=DType.FLOAT32)
    assert found(asked, TRUE[Quantity.VJP]) == []
