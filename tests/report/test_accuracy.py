from __future__ import annotations

import math

import pytest

from harness.compare.comparison import Comparison
from harness.compare.table import table
from harness.report.accuracy import WIDTH, Strip, accuracy, bound_pixel
from harness.report.errors import errors
from harness.vocabulary import Outcome, Quantity
from tests.report.miniature import MINIATURE, verdict


def strip(*shares: float) -> Strip | None:
    verdicts = tuple(verdict("mxnet", "c", Quantity.VJP, Outcome.WITHIN_BOUND, share=share) for share in shares)
    comparison = Comparison(plan="p", selection=None, adapters=(MINIATURE.adapters[1],), verdicts=verdicts, findings=())
    (measured,) = accuracy(comparison)
    return measured.cells[0] and measured.cells[0].strip


def test_a_share_above_one_is_drawn_beyond_the_line() -> None:
    drawn = strip(0.5, 1.0, 3.0)
    assert drawn is not None
    assert max(drawn.within) == bound_pixel()
    assert min(drawn.beyond) > bound_pixel()


@pytest.mark.parametrize("share", [math.nan, math.inf])
def test_a_share_that_is_no_number_is_drawn_beyond_and_is_the_worst(share: float) -> None:
    drawn = strip(0.1, share)
    assert drawn is not None
    assert drawn.beyond == (WIDTH,)
    assert drawn.worst == math.inf


def test_exact_results_have_no_tick_and_count_for_the_median() -> None:
    drawn = strip(0.0, 0.0, 0.5)
    assert drawn is not None
    assert (drawn.exact, len(drawn.within), drawn.median) == (2, 1, 0.0)


def test_a_share_too_small_for_the_axis_is_drawn_at_its_edge() -> None:
    drawn = strip(1e-9)
    assert drawn is not None
    assert drawn.within == (0,)


def test_an_adapter_without_a_judged_evaluation_has_no_strip() -> None:
    by_name = {(m.op, m.quantity): m.cells for m in accuracy(MINIATURE)}
    assert by_name["softmax", Quantity.JVP][1] is None
    assert all(cells[3] is None for cells in by_name.values())


def test_the_numbers_beside_a_picture_are_those_of_the_same_results() -> None:
    found = errors(table(MINIATURE.verdicts))
    (vjp,) = [m for m in accuracy(MINIATURE, found) if m.quantity is Quantity.VJP]
    mxnet = vjp.cells[1]
    assert mxnet is not None
    assert mxnet.errors is not None
    assert (mxnet.errors.share.value, mxnet.strip.worst) == (4321.5, 4321.5)


def test_results_of_another_dtype_are_pictured_apart_and_behind_all_others() -> None:
    verdicts = tuple(
        verdict("mxnet", "c", Quantity.FORWARD, Outcome.WITHIN_BOUND, share=0.5, dtype=dtype, output_dtype=output)
        for dtype, output in (("float32", "float64"), ("float64", "float64"), ("float32", "float32"))
    )
    comparison = Comparison(plan="p", selection=None, adapters=(MINIATURE.adapters[1],), verdicts=verdicts, findings=())
    assert [m.dtypes for m in accuracy(comparison)] == ["float32", "float64", "float32 → float64"]
