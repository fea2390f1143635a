from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from harness.compare.comparison import Comparison
from harness.report.lengths import FEWEST, HEIGHT, WIDTH, Frame, Growth, lengths
from harness.vocabulary import Outcome, Quantity
from tests.report.miniature import MINIATURE, verdict

MXNET = MINIATURE.adapters[1]


def measured(length: int, *, quantity: Quantity = Quantity.VJP, **numbers: Any) -> Any:
    plain = {"shape": (2, length), "computed": 1, "eps": 1.0, "normal_ulps": 7.0, "share": 0.5}
    return verdict("mxnet", "c", quantity, Outcome.WITHIN_BOUND, **{**plain, **numbers})


def grown(*verdicts: Any) -> tuple[Growth, ...]:
    comparison = Comparison(plan="p", selection=None, adapters=(MXNET,), verdicts=verdicts, findings=())
    return tuple(growth for growths in lengths(comparison).values() for growth in growths)


@pytest.mark.parametrize("distinct", [FEWEST - 1, FEWEST])
def test_a_picture_is_drawn_from_three_lengths_on(distinct: int) -> None:
    found = grown(*(measured(2 + number % distinct) for number in range(10)))
    assert len(found) == (distinct >= FEWEST)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"computed": 0}, "nothing was computed"),
        ({"eps": None}, "nothing was judged"),
        ({"shape": (2, 0)}, "the axis is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_no_error_is_not_drawn(changes: dict[str, Any], why: str) -> None:
    (growth,) = grown(*map(measured, (2, 3, 4)), measured(1000, **changes))
    assert len(growth.measured[0]) == 3, why


def test_the_length_is_that_of_the_axis_and_not_of_the_array() -> None:
    (growth,) = grown(*(measured(1, shape=(length, 5), axis=0) for length in (2, 3, 4)))
    assert [one.length for one in growth.measured[0]] == [2, 3, 4]


@pytest.mark.parametrize(("quantity", "error"), [(Quantity.FORWARD, 7.0), (Quantity.VJP, 1.0)])
def test_probabilities_are_measured_in_ulps_and_differences_in_eps(quantity: Quantity, error: float) -> None:
    (growth,) = grown(*(measured(length, quantity=quantity) for length in (2, 3, 4)))
    assert {one.error for one in growth.measured[0]} == {error}


@pytest.mark.parametrize("changes", [{"share": 1.5}, {"row_share": 1.5}, {"row_scalar": math.inf}, {"share": math.nan}])
def test_a_result_beyond_any_of_its_bounds_is_drawn_as_one(changes: dict[str, float]) -> None:
    (growth,) = grown(*map(measured, (2, 3)), measured(10, **changes))
    assert growth.dots(growth.measured[0], beyond=True) == ((WIDTH, growth.frame.y(1.0)),)
    assert len(growth.dots(growth.measured[0], beyond=False)) == 2


def test_a_length_is_told_by_its_largest_error() -> None:
    (growth,) = grown(measured(2), measured(3, eps=5.0), measured(40, eps=math.nan), measured(41, eps=9.0))
    told = {decade.lengths: decade.largest[0] and decade.largest[0].error for decade in growth.decades}
    assert told["1 to 9"] == 5.0
    assert told["10 to 99"] is not None
    assert math.isnan(told["10 to 99"])


def test_results_of_another_dtype_do_not_stretch_the_frame_of_the_others() -> None:
    plain = [measured(length) for length in (2, 3, 4)]
    mixed = [replace(one, output_dtype="float64", eps=1e7) for one in plain]
    assert [growth.frame.errors for growth in grown(*plain, *mixed)] == [1, 7]


@pytest.mark.parametrize(
    ("error", "pixel"),
    [(0.0, HEIGHT), (0.1, HEIGHT), (1.0, HEIGHT // 2), (10.0, 0), (1e30, 0), (math.inf, 0), (math.nan, 0)],
)
def test_errors_lie_on_a_logarithmic_scale_and_none_outside_it(error: float, pixel: int) -> None:
    assert Frame(lengths=2, errors=1).y(error) == pixel


def test_lengths_lie_on_a_logarithmic_scale() -> None:
    frame = Frame(lengths=2, errors=1)
    assert [frame.x(length) for length in (1, 10, 100)] == [0, WIDTH // 2, WIDTH]
    assert [label for _, label in frame.across] == ["1", "10", "100"]
    assert [label for _, label in Frame(lengths=2, errors=4).up] == ["0.1", "1", "10", "100", "10³", "10⁴"]
