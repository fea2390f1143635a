"""Problems that are judged in parts get the verdicts they would get in one piece."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.call import Call, output_shape
from harness.compare.compare import run_of
from harness.compare.docket import Judged, judge_all
from harness.compare.relation import Relation
from harness.compare.toolarge import needs
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.record.recording import Returned
from harness.vocabulary import DType, FindingKind, Op, Outcome, Quantity, Reduction
from tests.compare.bench import FLOATING, TRUE, Kernel, plan, problem, recording
from tests.compare.inparts import AT_ONCE, all_differences, both, judged

_EVERY = tuple(quantity for quantity in Quantity if quantity is not Quantity.JACOBIAN)
_BATCHES = ((9,), (2, 5), (3, 2, 4))


def large(op: Op, batch: tuple[int, ...], axis: int, dtype: DType = DType.FLOAT32, *, odd: bool = False) -> Problem:
    """A problem with rows of five along ``axis``; where ``odd``, some of them hold infinities and NaN."""
    rng = np.random.default_rng(len(batch))
    shape = (*batch[:axis], 5, *batch[axis:])
    x = 3 * rng.standard_normal(shape)
    if odd:
        rows = np.moveaxis(x, axis, -1)
        rows[..., 0][rng.random(batch) < 0.3] = -np.inf
        rows[..., 1][rng.random(batch) < 0.2] = np.nan
    given: dict[str, Any] = {}
    if op.masked:
        given = {"mask": rng.random(shape) < 0.7}
    if op.has_targets:
        given = {"targets": rng.integers(-1, 5, batch), "ignore_index": -1}
    if op is Op.CROSS_ENTROPY:
        given["reduction"] = Reduction.NONE
    v = rng.standard_normal(output_shape(op, shape, axis=axis, reduction=given.get("reduction")))
    check = _EVERY[:2] if op is Op.SOFTMAX_OUTPUT else _EVERY
    w = rng.standard_normal(shape)
    return problem(x, v, op=op, axis=axis, dtype=dtype, check=check, tangent=w, **given)


@pytest.mark.parametrize(
    ("op", "dtype", "batch", "axis", "odd"),
    [
        *((op, dtype, (2, 5), 1, False) for op in Op for dtype in FLOATING),
        *((op, DType.FLOAT32, (2, 5), 2, True) for op in Op),
        *((Op.SOFTMAX, DType.FLOAT64, batch, axis, True) for batch in _BATCHES for axis in range(len(batch) + 1)),
        (Op.LOG_SOFTMAX, DType.BFLOAT16, (3, 2, 4), 1, True),
        (Op.CROSS_ENTROPY, DType.FLOAT32, (3, 2, 4), 0, False),
    ],
)
def test_parts_give_the_verdict_of_the_whole(
    op: Op, dtype: DType, batch: tuple[int, ...], axis: int, *, odd: bool
) -> None:
    in_parts, in_one = both(large(op, batch, axis, dtype, odd=odd), {})
    assert len(in_one.verdicts) > 1
    assert all_differences(in_parts.verdicts, in_one.verdicts) == []
    assert {found.kind for found in in_one.findings} == {found.kind for found in in_parts.findings}


def off_at(quantity: Quantity, *at: tuple[int, ...], value: float | None = None) -> dict[Quantity, Kernel]:
    """A right kernel but for some elements of one quantity, which are doubled, or are ``value``."""

    def kernel(call: Call) -> NDArray[Any]:
        result: NDArray[Any] = TRUE[quantity](call).copy()
        for number, index in enumerate(at):
            result[index] = result[index] * (2 + number) if value is None else value
        return result

    return {quantity: kernel}


@pytest.mark.parametrize("quantity", _EVERY)
@pytest.mark.parametrize("value", [None, np.nan, np.inf])
def test_what_is_wrong_in_some_part_is_wrong_in_the_whole_at_the_same_place(
    quantity: Quantity, value: float | None
) -> None:
    asked = large(Op.LOG_SOFTMAX, (2, 5), 1)
    in_parts, in_one = both(asked, off_at(quantity, (0, 3, 2), (1, 4, 4), value=value))
    assert all_differences(in_parts.verdicts, in_one.verdicts) == []
    (wrong,) = [one for one in in_parts.verdicts if not one.outcome.agreed]
    assert wrong.quantity is quantity
    worst = _of_kind(in_parts, FindingKind.BEYOND_BOUND if value is None else FindingKind.NONFINITE)
    beside = _of_kind(in_one, worst.kind)
    assert worst.evidence["at"] == beside.evidence["at"]
    assert worst.evidence["part"][0] <= np.ravel_multi_index((worst.evidence["at"][0], worst.evidence["at"][2]), (2, 5))
    assert worst.evidence["parts like this"] == 2


def _of_kind(judged_: Judged, kind: FindingKind) -> Finding:
    (found,) = [one for one in judged_.findings if one.kind is kind]
    return found


def test_a_law_that_a_row_breaks_is_told_of_with_the_number_of_the_row_in_the_whole() -> None:
    asked = large(Op.SOFTMAX, (9,), 1)
    in_parts, in_one = both(asked, off_at(Quantity.FORWARD, (7, 1)))
    found, whole = (_of_kind(one, FindingKind.SUM_NOT_ONE) for one in (in_parts, in_one))
    assert found.evidence["row"] == whole.evidence["row"] == 7
    assert "rows 6 to 8 alone" in found.sentence


def test_a_wrong_number_is_not_hidden_by_rows_without_an_answer_in_other_parts() -> None:
    asked = large(Op.SOFTMAX, (9,), 1, odd=True)
    undefined = np.isnan(asked.call.x).any(axis=1)
    answered = int(np.flatnonzero(~undefined)[-1])

    def zeros(call: Call) -> NDArray[Any]:
        result = np.nan_to_num(TRUE[Quantity.FORWARD](call), nan=0.0)
        result[answered, 4] *= 3
        return result

    in_parts, in_one = both(asked, {Quantity.FORWARD: zeros})
    assert undefined.any()
    assert in_parts.verdicts[0].outcome is in_one.verdicts[0].outcome is Outcome.BEYOND_BOUND
    counted = {"exact_elements", "computed", "rounded", "normal", "normal_ulps_sum", "eps_sum"}
    assert set(all_differences(in_parts.verdicts, in_one.verdicts)) <= counted


def test_a_wrong_rule_is_named_by_the_part_in_which_it_is_worst() -> None:
    def twice(call: Call) -> NDArray[Any]:
        return np.asarray(2 * TRUE[Quantity.VJP](call))

    in_parts, in_one = both(large(Op.SOFTMAX, (9,), 1), {Quantity.VJP: twice})
    named, beside = (_of_kind(one, FindingKind.BEYOND_BOUND).evidence for one in (in_parts, in_one))
    assert named.keys() == beside.keys() | {"part", "parts", "parts like this"}
    assert [one["name"] for one in named["faults"]] == [one["name"] for one in beside["faults"]] != []


def test_pairs_of_parts_are_the_pair_of_the_whole() -> None:
    asked = large(Op.SOFTMAX, (9,), 1)
    made = plan(asked)

    def halved(call: Call) -> NDArray[Any]:
        return np.asarray(TRUE[Quantity.VJP](call) / 2)

    recordings = {
        "right": recording(made, TRUE, adapter="right"),
        "wrong": recording(made, TRUE | {Quantity.VJP: halved}, adapter="wrong"),
    }
    (in_parts,), (in_one,) = (judged(asked, recordings, at_once=size)[1] for size in (AT_ONCE, 1 << 18))
    assert in_parts == in_one
    assert in_parts.relation is Relation.FACTOR
    assert in_parts.faulty == ("wrong",)


def test_what_gave_nothing_to_judge_is_the_same_of_the_whole() -> None:
    asked = large(Op.SOFTMAX, (9,), 1)
    made = plan(asked)
    whole = recording(made, TRUE)
    short = {
        key: replace(entry, result=Returned(value=entry.result.value[:4], dtype="float32"))  # type: ignore[union-attr]
        for key, entry in whole.entries.items()
    }
    absent = {key: entry for key, entry in whole.entries.items() if key[1] is not Quantity.VJP}
    recordings = {
        "short": replace(whole, entries=short),
        "absent": replace(whole, entries=absent),
        "right": recording(made, TRUE, adapter="right"),
    }
    (in_parts, pairs), (in_one, other_pairs) = (judged(asked, recordings, at_once=size) for size in (AT_ONCE, 1 << 18))
    assert all_differences(in_parts.verdicts, in_one.verdicts) == []
    assert pairs == other_pairs


def test_what_takes_too_much_memory_is_left_alone_and_says_so() -> None:
    asked = replace(large(Op.SOFTMAX, (9,), 1), check=_EVERY[:2])
    made = plan(asked)
    no_vjp: dict[Quantity, Kernel] = {Quantity.VJP: _refuses}
    recordings = {"kernel": recording(made, TRUE | no_vjp)}
    entries = {name: recorded.entries for name, recorded in recordings.items()}
    runs = [run_of("kernel", recordings["kernel"], required=True)]
    found = judge_all([asked], runs=runs, entries=entries, progress=lambda _: None, memory=100)
    forward, vjp = found.verdicts
    assert forward.outcome is Outcome.OUT_OF_MEMORY
    assert "harness compare --memory" in forward.detail
    assert vjp.outcome is Outcome.UNSUPPORTED
    (finding,) = found.findings
    assert finding.kind is FindingKind.OUT_OF_MEMORY
    assert finding.sentence.startswith("kernel: the forward of softmax came back, and was not judged: that takes about")
    assert finding.unexpected


def _refuses(_: Call) -> NDArray[Any]:
    raise NotImplementedError("no vjp")


def test_judging_in_parts_takes_no_more_for_more_rows() -> None:
    few, many, long = (problem(np.zeros(shape)) for shape in ((100, 100), (1000, 100), (2, 20_000)))
    assert needs(few) < needs(many)
    assert needs(few, at_once=1000) == needs(many, at_once=1000)
    assert needs(long, at_once=1000) == 20 * needs(many, at_once=1000)
