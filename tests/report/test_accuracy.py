from __future__ import annotations

import math

import pytest

from harness.compare.comparison import Comparison
from harness.report.accuracy import WIDTH, Strip, accuracy, bound_pixel
from harness.vocabulary import Outcome, Quantity
from tests.report.miniature import MINIATURE, verdict


def strip(*shares: float) -> Strip | None:
    verdicts = tuple(verdict("mxnet", "c", Quantity.VJP, Outcome.WITHIN_BOUND, share=share) for share in shares)
    comparison = Comparison(plan="p", selection=None, adapters=(MINIATURE.adapters[1],), verdicts=verdicts, findings=())
    (measured,) = accuracy(comparison)
    return measured.strips[0]


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
    by_name = {(m.op, m.quantity): m.strips for m in accuracy(MINIATURE)}
    assert by_name["softmax", Quantity.JVP][1] is None
    assert all(strips[3] is None for strips in by_name.values())
