from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.comparison import Comparison
from harness.compare.relation import Pair, Pairs, Relation
from harness.report.pairwise import equivalents, remarks, standings
from harness.vocabulary import Outcome, Quantity
from tests.report.miniature import MINIATURE, differing, verdict


def told(*pairs: Pair) -> list[str]:
    return [one.sentence for one in remarks(replace(MINIATURE, pairs=Pairs(notable=pairs)))]


def test_every_two_adapters_that_both_answered_are_counted_in_their_own_order() -> None:
    stand = standings(MINIATURE)
    assert [(one.first, one.second) for one in stand] == [("reference", "mxnet"), ("reference", "torch")]
    assert {relation: number for relation, number in stand[0].counts.items() if number} == {
        Relation.WITHIN: 3,
        Relation.FAULT: 1,
    }
    # the fault's difference is no share of what rounding explains
    assert (stand[0].share, stand[0].problem) == (0.125, "wrong-rule[float32]")


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        (
            differing("mxnet", "c", Relation.FACTOR, factor=4.0, factor_is="the number of rows"),
            "reference’s vjp of softmax in float32 is 4 times (the number of rows) mxnet’s",
        ),
        (
            differing("mxnet", "c", Relation.FACTOR, factor=2.0, factor_is="2", faulty=("mxnet",)),
            "reference’s vjp of softmax in float32 is 2 times (2) mxnet’s; the oracle finds mxnet at fault",
        ),
        (
            differing("mxnet", "c", Relation.FAULT, faulty=("mxnet",)),
            "mxnet differs from reference in the vjp of softmax in float32; the oracle finds mxnet at fault",
        ),
        (
            differing("torch", "c", Relation.POLICY),
            "policies differ on the vjp of softmax in float32, where one refuses or none is right (reference–torch)",
        ),
        (
            differing("torch", "c", Relation.DIFFERENT),
            "reference and torch differ in the vjp of softmax in float32, and the oracle agrees with both",
        ),
    ],
    ids=lambda value: value.relation.value if isinstance(value, Pair) else "",
)
def test_what_differs_is_said_in_a_sentence(pair: Pair, sentence: str) -> None:
    assert told(pair) == [sentence]


def test_a_factor_that_nothing_explains_says_no_more_than_the_fault() -> None:
    assert told(differing("mxnet", "c", Relation.FACTOR, factor=1.0000019, faulty=("mxnet",))) == [
        "mxnet differs from reference in the vjp of softmax in float32; the oracle finds mxnet at fault"
    ]


def test_one_fault_is_said_once_whoever_it_is_held_against_and_however_often() -> None:
    fault = differing("mxnet", "c[0]", Relation.FAULT, faulty=("mxnet",))
    (one,) = remarks(
        replace(
            MINIATURE,
            pairs=Pairs(
                notable=(
                    fault,
                    replace(fault, first="torch", problem="c[1]"),
                    replace(fault, quantity=Quantity.JVP, dtype="float64", problem="c[2]"),
                    replace(fault, first="torch", problem="c[3]"),
                )
            ),
        )
    )
    assert one.sentence.startswith(
        "mxnet differs from reference and torch in the vjp and jvp of softmax in float32 and"
    )
    assert one.where == "c[0], c[1], c[2] and 1 more problem"


def test_of_two_that_are_both_at_fault_each_is_named() -> None:
    sentences = told(differing("mxnet", "c", Relation.BOTH_AT_FAULT, faulty=("reference", "mxnet")))
    assert [sentence.rpartition("; ")[2] for sentence in sentences] == [
        "the oracle finds reference at fault",
        "the oracle finds mxnet at fault",
    ]


def test_factors_come_before_faults_and_those_before_policies() -> None:
    pairs = (
        differing("torch", "a", Relation.POLICY),
        differing("mxnet", "b", Relation.FAULT, faulty=("mxnet",)),
        differing("mxnet", "c", Relation.FACTOR, factor=3.0, factor_is="3"),
    )
    order = [one.relation for one in remarks(replace(MINIATURE, pairs=Pairs(notable=pairs)))]
    assert order == [Relation.FACTOR, Relation.FAULT, Relation.POLICY]


def alike(*pairs: Pair) -> Comparison:
    verdicts = (
        verdict("torch", "sum", Quantity.VJP, Outcome.EXACT, op="cross_entropy", reduction="sum", problem="sum"),
        verdict("torch", "mean", Quantity.VJP, Outcome.EXACT, op="cross_entropy", reduction="mean", problem="mean"),
        verdict("torch", "both", Quantity.VJP, Outcome.EXACT, op="softmax", problem="both[softmax]"),
        verdict("torch", "both", Quantity.VJP, Outcome.EXACT, op="log_softmax", problem="both[log_softmax]"),
    )
    return replace(MINIATURE, verdicts=verdicts, pairs=Pairs(equivalents=pairs))


def same(first: str, problem: str, other: str, relation: Relation, **numbers: object) -> Pair:
    return differing("torch", problem, relation, first=first, other=other, group="same-as-loss", **numbers)


def test_equivalent_calls_are_told_once_with_all_who_made_them() -> None:
    factor = {"factor": 3.0, "factor_is": "the number of rows"}
    found = equivalents(
        alike(
            same("torch", "sum", "mean", Relation.FACTOR, **factor),
            same("jax", "sum", "mean", Relation.FACTOR, **factor),
        )
    )
    (one,) = found["same-as-loss"]
    assert (one.first, one.second) == ("cross_entropy reduction=sum", "cross_entropy reduction=mean")
    assert (one.by_first, one.by_second) == (("torch", "jax"), ("torch",))
    assert (one.what, one.agree) == ("the first is 3 times (the number of rows) the second", False)


def test_equal_results_are_within_any_bound() -> None:
    found = equivalents(alike(*(same("jax", "sum", "mean", one) for one in (Relation.EQUAL, Relation.WITHIN))))
    (one,) = found["same-as-loss"]
    assert (one.what, one.agree) == (Relation.WITHIN.value, True)


def test_two_ops_of_one_case_are_not_held_against_each_other() -> None:
    found = equivalents(alike(same("torch", "both[softmax]", "both[log_softmax]", Relation.DIFFERENT)))
    assert found == {}
