"""Two adapters held against each other, and equivalent calls of several cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.call import Call
from harness.compare.compare import NotRun, compare
from harness.compare.comparison import Comparison
from harness.compare.relation import Pair, Relation
from harness.plan.plan import Plan
from harness.plan.problem import Problem
from harness.vocabulary import DType, Op, Quantity, Reduction
from tests.compare.bench import TRUE, Kernel, plan, problem, recording
from tests.compare.everything import of_op

HALF = Precision(working=DType.FLOAT16, accumulation=DType.FLOAT16)


def compared(asked: Plan, second: dict[Quantity, Kernel], first: dict[Quantity, Kernel] | None = None) -> Comparison:
    recordings = {
        name: recording(asked, TRUE | kernels, adapter=name) for name, kernels in (("a", first or {}), ("b", second))
    }
    return compare(asked, recordings)


def relations(comparison: Comparison) -> dict[Quantity, Relation]:
    return {count.quantity: count.relation for count in comparison.pairs.counts}


def notable(comparison: Comparison, quantity: Quantity) -> Pair:
    (found,) = [one for one in comparison.pairs.notable if one.quantity is quantity]
    return found


def _times(factor: float) -> Kernel:
    return lambda call: np.asarray(TRUE[Quantity.VJP](call) * call.x.dtype.type(factor))


def _nudged(quantity: Quantity) -> Kernel:
    return lambda call: np.nextafter(TRUE[quantity](call), np.float32(0))


def _refuses(call: Call) -> NDArray[Any]:
    raise ValueError("no")


def _lacks(call: Call) -> NDArray[Any]:
    raise NotImplementedError("there is no such call")


VJP = Quantity.VJP


@pytest.mark.parametrize(
    ("second", "relation", "faulty"),
    [
        ({}, Relation.EQUAL, ()),
        ({VJP: _nudged(VJP)}, Relation.WITHIN, ()),
        ({VJP: _times(2)}, Relation.FACTOR, ("b",)),
        ({VJP: lambda call: TRUE[VJP](call) + np.float32(0.5)}, Relation.FAULT, ("b",)),
        ({VJP: lambda call: np.full_like(call.x, np.nan)}, Relation.FAULT, ("b",)),
        ({VJP: _refuses}, Relation.FAULT, ("b",)),
        ({VJP: _lacks}, Relation.UNANSWERED, ()),
    ],
)
def test_two_adapters_stand_to_each_other_in_one_of_these_ways(
    second: dict[Quantity, Kernel], relation: Relation, faulty: tuple[str, ...]
) -> None:
    found = compared(plan(of_op(Op.SOFTMAX, check=[Quantity.FORWARD, VJP])), second)
    assert relations(found) == {Quantity.FORWARD: Relation.EQUAL, VJP: relation}
    assert {one.relation for one in found.pairs.notable} == ({relation} if faulty else set())
    assert all(one.faulty == faulty for one in found.pairs.notable)


@pytest.mark.parametrize("second", [_times(3), lambda call: TRUE[VJP](call) + np.float32(0.5)])
def test_two_that_are_both_wrong_are_said_to_be_so(second: Kernel) -> None:
    spoilt = {VJP: lambda call: TRUE[VJP](call) - np.float32(0.25)}
    found = compared(plan(of_op(Op.SOFTMAX, check=[Quantity.FORWARD, VJP])), {VJP: second}, spoilt)
    assert notable(found, VJP).relation is Relation.BOTH_AT_FAULT
    assert notable(found, VJP).faulty == ("a", "b")


@pytest.mark.parametrize(
    ("factor", "name"), [(2.0, "the number of rows"), (0.25, "1 / the length of the axis"), (-1.0, "minus one")]
)
def test_a_constant_factor_is_named(factor: float, name: str) -> None:
    found = compared(plan(of_op(Op.SOFTMIN, check=[Quantity.FORWARD, VJP])), {}, {VJP: _times(factor)})
    assert notable(found, VJP).factor == factor
    assert name in notable(found, VJP).factor_is


@pytest.mark.parametrize(
    "asked",
    [
        problem([[0.1, 2.0]], None, check=[Quantity.FORWARD, VJP]),  # one refuses where no cotangent is given
        problem(np.zeros((2, 0)), np.zeros((2, 0)), check=[Quantity.FORWARD, VJP]),  # or an input without elements
    ],
)
def test_a_refusal_may_be_a_policy(asked: Problem) -> None:
    right = {VJP: lambda call: np.zeros_like(call.x)}
    assert notable(compared(plan(asked), {VJP: _refuses}, right), VJP).relation is Relation.POLICY


def test_two_answers_where_nothing_is_defined_are_a_policy() -> None:
    asked = plan(problem([[-np.inf, -np.inf], [1.0, 2.0]], check=[Quantity.FORWARD]))
    masked = {Quantity.FORWARD: lambda call: np.nan_to_num(TRUE[Quantity.FORWARD](call))}
    assert notable(compared(asked, masked), Quantity.FORWARD).relation is Relation.POLICY
    assert relations(compared(asked, masked, masked))[Quantity.FORWARD] is Relation.EQUAL


def test_where_rounding_explains_any_difference_there_is_no_relation_to_tell() -> None:
    asked = plan(problem(np.zeros((1, 4096)), dtype=DType.FLOAT16, check=[Quantity.FORWARD]))
    off = {Quantity.FORWARD: lambda call: TRUE[Quantity.FORWARD](call) * np.float16(1.001)}
    recordings = {
        name: recording(asked, TRUE | kernels, adapter=name, precision=HALF)
        for name, kernels in (("a", {}), ("b", off))
    }
    (count,) = compare(asked, recordings).pairs.counts
    assert count.relation is Relation.NO_BOUND


def test_an_adapter_that_did_not_run_is_counted_as_unanswered() -> None:
    asked = plan(of_op(Op.SOFTMAX))
    found = compare(asked, {"a": recording(asked, TRUE, adapter="a"), "b": NotRun(reason="cut short")})
    assert set(relations(found).values()) == {Relation.UNANSWERED}


def test_every_pair_of_adapters_is_counted_once_for_each_evaluation() -> None:
    asked = plan(of_op(Op.SOFTMAX), of_op(Op.LOGSUMEXP), of_op(Op.SOFTMAX, seed=1, case="again"))
    found = compare(asked, {name: recording(asked, TRUE, adapter=name) for name in "abc"})
    each = sum(len(one.check) for one in asked.problems)
    for pair in (("a", "b"), ("a", "c"), ("b", "c")):
        assert sum(one.count for one in found.pairs.counts if (one.first, one.second) == pair) == each


def test_the_largest_share_of_both_bounds_is_told_with_its_problem() -> None:
    asked = plan(of_op(Op.SOFTMAX, case="same"), of_op(Op.SOFTMAX, seed=1, case="nudged"))

    def nudged(call: Call) -> NDArray[Any]:
        right = TRUE[VJP](call)
        same = call.cotangent is not None and call.cotangent.tobytes() == _cotangent(asked.problems[0])
        return right if same else np.nextafter(right, np.float32(0))

    found = compared(asked, {VJP: nudged})
    (count,) = [one for one in found.pairs.counts if one.quantity is VJP and one.relation is Relation.WITHIN]
    assert count.problem == "nudged[float32]"
    assert count.share is not None
    assert 0 < count.share <= 1


def _cotangent(of: Problem) -> bytes:
    assert of.call.cotangent is not None
    return of.call.cotangent.tobytes()


def _tagged(asked: Plan, tag: str = "same-as-this") -> Plan:
    return replace(asked, cases={name: replace(case, tags=(tag,)) for name, case in asked.cases.items()})


LOSS: dict[str, Any] = {"check": [Quantity.FORWARD, VJP], "cotangent": 1.0}
SUM = of_op(Op.CROSS_ENTROPY, case="sum", reduction=Reduction.SUM, **LOSS)
MEAN = of_op(Op.CROSS_ENTROPY, case="mean", reduction=Reduction.MEAN, **LOSS)
OUTPUT = of_op(Op.SOFTMAX_OUTPUT, case="output", grad_scale=3.0, check=[Quantity.FORWARD, VJP])


def equivalents(*problems: Problem, second: dict[Quantity, Kernel] | None = None, tag: str = "same-as-this") -> Any:
    return compared(_tagged(plan(*problems), tag), second or {}).pairs.equivalents


@pytest.mark.parametrize("adapters", [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")])
@pytest.mark.parametrize(
    ("problems", "factor", "name"),
    [((SUM, MEAN), 2.0, "the number of rows"), ((SUM, OUTPUT), 1 / 3, "1 / grad_scale"), ((SUM, SUM), None, "")],
)
def test_equivalent_calls_agree_up_to_a_constant_factor(
    problems: tuple[Problem, Problem], factor: float | None, name: str, adapters: tuple[str, str]
) -> None:
    first, second = problems
    found = equivalents(first, replace(second, id="second", case="second"))
    (one,) = [one for one in found if one.quantity is VJP and (one.first, one.second) == adapters]
    assert (one.problem, one.other, one.group) == (first.id, "second", "same-as-this")
    assert one.relation is (Relation.EQUAL if factor is None else Relation.FACTOR)
    assert one.factor == factor
    assert name in one.factor_is


def test_calls_that_are_not_equivalent_are_told_though_both_are_right() -> None:
    found = equivalents(of_op(Op.SOFTMAX, temperature=None), of_op(Op.SOFTMIN))
    assert {one.relation for one in found} == {Relation.DIFFERENT}
    assert not any(one.faulty for one in found)


def test_a_small_fault_does_not_hide_that_calls_are_equivalent() -> None:
    found = equivalents(SUM, MEAN, second={VJP: lambda call: TRUE[VJP](call) * np.float32(1 + 1e-4)})
    mixed = [one for one in found if one.quantity is VJP and one.faulty]
    assert {(one.relation, one.factor) for one in mixed} == {(Relation.FACTOR, 2.0)}


def test_only_what_is_asked_of_the_same_numbers_is_held_against_each_other() -> None:
    elsewhere = of_op(Op.CROSS_ENTROPY, case="elsewhere", x=np.ones((2, 4)), reduction=Reduction.SUM, **LOSS)
    wider = of_op(Op.CROSS_ENTROPY, case="wider", dtype=DType.FLOAT64, reduction=Reduction.SUM, **LOSS)
    assert equivalents(SUM, elsewhere, wider) == ()
    assert equivalents(SUM, MEAN, tag="another-tag") == ()


def test_calls_of_one_case_are_not_held_against_each_other() -> None:
    assert equivalents(SUM, replace(MEAN, case=SUM.case)) == ()


def test_probes_are_no_equivalent_calls() -> None:
    assert equivalents(SUM, replace(MEAN, probe=True)) == ()
