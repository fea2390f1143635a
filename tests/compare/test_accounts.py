from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.accounts import Accounts
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.standing import SEVERITY, Place
from harness.compare.verdict import Finding
from harness.report.headline import Tone, accounted, headline
from harness.report.matrix import matrix
from harness.report.ranking import TITLES, Rank, in_order, ranked
from harness.report.unverified import REASONS, gaps
from harness.vocabulary import FindingKind, Outcome, Quantity
from tests.report.miniature import CLEAN, FINDINGS, MINIATURE, row, verdict


def comparison(*verdicts, findings=(), adapters=MINIATURE.adapters) -> Comparison:
    return Comparison(plan="p", selection=None, adapters=adapters, verdicts=tuple(verdicts), findings=tuple(findings))


def of_mxnet(outcome: Outcome, quantity: Quantity = Quantity.VJP):
    return verdict("mxnet", "case", quantity, outcome)


def finding(kind: FindingKind, *, excuse: str | None = None, quantity: Quantity | None = Quantity.VJP) -> Finding:
    return Finding(
        kind=kind,
        case="case",
        sentence="said",
        problems=("case[float32]",),
        adapters=("mxnet",),
        quantity=quantity,
        excuse=excuse,
    )


def test_the_miniature_is_counted_place_by_place() -> None:
    assert Accounts(MINIATURE).tally().counts == {
        Place.EXACT: 9,
        Place.WITHIN: 4,
        Place.EXPECTED: 1,
        Place.FLAGGED: 2,
        Place.RANGE: 1,
        Place.UNSUPPORTED: 1,
        Place.NOT_RUN: 6,
    }


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_place_and_only_agreement_is_good(outcome: Outcome) -> None:
    accounts = Accounts(comparison(of_mxnet(outcome)))
    place = accounts.place(of_mxnet(outcome))
    assert accounts.tally().counts[place] == accounts.tally().planned == 1
    assert (place in (Place.EXACT, Place.WITHIN)) == outcome.agreed


def test_a_difference_that_no_finding_names_is_flagged() -> None:
    assert Accounts(comparison(of_mxnet(Outcome.BEYOND_BOUND))).place(of_mxnet(Outcome.BEYOND_BOUND)) is Place.FLAGGED


def test_a_difference_with_an_excuse_is_expected() -> None:
    known = finding(FindingKind.BEYOND_BOUND, excuse="known to the ledger")
    accounts = Accounts(comparison(of_mxnet(Outcome.BEYOND_BOUND), findings=[known]))
    assert accounts.place(of_mxnet(Outcome.BEYOND_BOUND)) is Place.EXPECTED


def test_an_excuse_does_not_cover_another_unexpected_finding() -> None:
    known = finding(FindingKind.BEYOND_BOUND, excuse="known to the ledger")
    fresh = finding(FindingKind.PRINTED_VALUE)
    accounts = Accounts(comparison(of_mxnet(Outcome.BEYOND_BOUND), findings=[known, fresh]))
    assert accounts.place(of_mxnet(Outcome.BEYOND_BOUND)) is Place.FLAGGED


def test_an_unexpected_finding_flags_even_a_result_that_agrees() -> None:
    accounts = Accounts(comparison(of_mxnet(Outcome.EXACT), findings=[finding(FindingKind.PRINTED_VALUE)]))
    assert accounts.place(of_mxnet(Outcome.EXACT)) is Place.FLAGGED


def test_an_explanation_excuses_nothing() -> None:
    accounts = Accounts(comparison(of_mxnet(Outcome.BEYOND_BOUND), findings=[finding(FindingKind.SATURATED)]))
    assert accounts.place(of_mxnet(Outcome.BEYOND_BOUND)) is Place.FLAGGED


def test_an_excuse_for_one_quantity_leaves_another_flagged() -> None:
    known = finding(FindingKind.BEYOND_BOUND, excuse="known", quantity=Quantity.FORWARD)
    accounts = Accounts(comparison(of_mxnet(Outcome.BEYOND_BOUND), findings=[known]))
    assert accounts.place(of_mxnet(Outcome.BEYOND_BOUND)) is Place.FLAGGED


@pytest.mark.parametrize(
    ("excuse", "place"), [("known to the ledger", Place.EXPECTED), (None, Place.FLAGGED)], ids=["known", "new"]
)
@pytest.mark.parametrize("outcome", [Outcome.WITHIN_BOUND, Outcome.OUTSIDE_RANGE])
def test_a_broken_law_is_no_agreement_whatever_the_bound_says(outcome: Outcome, excuse: str, place: Place) -> None:
    broken = replace(of_mxnet(outcome), invariants=(FindingKind.SUM_NOT_ONE.value,))
    found = finding(FindingKind.SUM_NOT_ONE, excuse=excuse)
    assert Accounts(comparison(broken, findings=[found])).place(broken) is place


def test_a_broken_law_that_no_finding_names_is_flagged() -> None:
    broken = replace(of_mxnet(Outcome.WITHIN_BOUND), invariants=(FindingKind.SUM_NOT_ONE.value,))
    assert Accounts(comparison(broken)).place(broken) is Place.FLAGGED


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ({"share": 3.0, "row_share": 7.0}, 7.0),
        ({"share": 0.5, "row_share": 0.25, "row_scalar": 2.0}, 2.0),  # only the factor of the row is beyond
        ({"share": 0.5}, None),  # a law decided, and no bound
    ],
)
def test_a_cell_beyond_the_bound_shows_the_share_that_says_so(numbers: dict[str, float], shown: float | None) -> None:
    of_case = comparison(replace(of_mxnet(Outcome.BEYOND_BOUND), **numbers))
    ((row_of_case,),) = (theme.rows for theme in matrix(of_case, Accounts(of_case)))
    assert row_of_case.cells[1] is not None
    assert row_of_case.cells[1].share == shown


def test_every_place_has_a_severity() -> None:
    assert sorted(SEVERITY) == sorted(Place)


def test_a_cell_of_the_matrix_shows_the_worst_and_says_by_how_much() -> None:
    themes = matrix(MINIATURE, Accounts(MINIATURE))
    rows = {row.case: row for theme in themes for row in theme.rows}
    reference, mxnet, torch, jax = rows["wrong-rule"].cells
    assert (mxnet.place, mxnet.outcome, mxnet.share) == (Place.FLAGGED, Outcome.BEYOND_BOUND, 4321.5)
    assert (reference.place, torch.place, jax.place) == (Place.EXACT, Place.RANGE, Place.NOT_RUN)
    assert rows["wrong-rule"].worst is Place.FLAGGED


def test_the_matrix_groups_the_cases_by_file_and_loses_none() -> None:
    themes = matrix(MINIATURE, Accounts(MINIATURE))
    assert [theme.file for theme in themes] == ["cases/forum.yaml", "cases/wrong.yaml"]
    assert [row.case for theme in themes for row in theme.rows] == list(MINIATURE.cases)


def test_every_kind_of_finding_has_a_title_in_plain_words() -> None:
    assert set(TITLES) == set(FindingKind)


def test_findings_are_ordered_worst_first_and_none_is_lost() -> None:
    assert sorted(map(id, in_order(reversed(FINDINGS)))) == sorted(map(id, FINDINGS))
    ranks = [
        rank for rank, kinds in ranked(reversed(FINDINGS)).items() for gathered in kinds for _ in gathered.findings
    ]
    assert ranks == [Rank.FAULT] * 3 + [Rank.KNOWN] + [Rank.EXPLANATION] * 2


@pytest.mark.parametrize(
    ("changes", "tone", "words"),
    [
        ({}, Tone.BAD, "3 unexpected faults; jax did not run."),
        ({"findings": ()}, Tone.OPEN, "did not run"),
        ({"findings": (), "adapters": MINIATURE.adapters[:3]}, Tone.GOOD, "Every judged result agrees"),
        ({"verdicts": (), "findings": ()}, Tone.OPEN, "Nothing was planned"),
        (
            {"verdicts": tuple(row("c", Quantity.VJP, *[Outcome.UNSUPPORTED] * 4)), "findings": ()},
            Tone.OPEN,
            "Nothing was judged",
        ),
        ({"findings": (finding(FindingKind.UNDEFINED_ROW),)}, Tone.BAD, "1 unexpected difference of policy; jax did"),
    ],
)
def test_the_headline_never_calls_a_run_good_that_proves_nothing(changes, tone: Tone, words: str) -> None:
    required = tuple(
        AdapterRun(name=run.name, required=True, why_not=run.why_not, header=run.header) for run in MINIATURE.adapters
    )
    said = headline(replace(MINIATURE, **({"adapters": required} | changes)))
    assert said.tone == tone
    assert words in said.sentence


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_account_in_words_adds_up_to_what_was_planned(outcome: Outcome) -> None:
    tally = Accounts(comparison(of_mxnet(outcome), of_mxnet(Outcome.EXACT, Quantity.FORWARD))).tally()
    planned, _, rest = accounted(tally).partition(" evaluations planned: ")
    assert sum(int(part.split()[0]) for part in rest.split(", ")) == int(planned) == 2


def test_the_account_in_words_names_every_place_that_is_not_empty() -> None:
    said = accounted(Accounts(MINIATURE).tally())
    counted = "13 agree, 1 differs as expected, 2 flagged, 1 outside range, 1 unsupported, 6 not run"
    assert said == f"24 evaluations planned: {counted}"


def test_what_was_not_verified_is_said() -> None:
    said = {gap.what: gap.why for gap in gaps(MINIATURE, Accounts(MINIATURE))}
    assert said["jax did not run"] == "jax has no wheel for this platform"
    assert said["mxnet: 1 evaluation unsupported"] == "the framework has no forward mode (1)"
    assert "held against the laws alone" in said["1 evaluation outside the bound’s range (torch 1)"]
    untried = said["calls that no problem asks for"]
    assert "jacobian, hvp of softmax in float16, bfloat16, float32, float64" in untried
    assert untried.endswith("cross_entropy, softmax_output")
    assert said["modes never judged"] == "jit, numpy, safe-accumulation"
    assert "forum-summed-output" in said["1 case with a cotangent that hides faults"]


def test_a_call_that_no_framework_has_is_said_beside_what_kernels_declare_of_themselves() -> None:
    outcomes = (Outcome.EXACT, Outcome.UNSUPPORTED, Outcome.UNSUPPORTED, Outcome.NOT_RUN)
    declared = {"working": "float64", "accumulation": "float32", "forms": ("recomputed",)}
    verdicts = tuple(replace(verdict, **declared) for verdict in row("c", Quantity.HVP, *outcomes))
    said = {gap.what: gap.why for gap in gaps(replace(CLEAN, verdicts=verdicts), Accounts(CLEAN))}
    assert said["calls that no framework has"] == "hvp of softmax in float32"
    assert said["forms that kernels declare"].endswith("recomputed: reference 1")
    assert said["precisions that kernels declare"].endswith("float32 computed in float64, sums in float32: reference 1")


def test_the_commonest_reasons_are_said_and_the_rest_counted() -> None:
    verdicts = tuple(
        verdict("mxnet", "c", Quantity.JVP, Outcome.UNSUPPORTED, detail=f"reason {number}", problem=f"c[{number}]")
        for number in (*range(REASONS + 2), 3)
    )
    comparison = replace(CLEAN, verdicts=verdicts)
    (said,) = [gap.why for gap in gaps(comparison, Accounts(comparison)) if "unsupported" in gap.what]
    assert said.startswith("reason 3 (2); ")
    assert said.endswith("; 2 other reasons (2)")


def test_within_a_rank_what_gave_no_number_comes_first_and_policy_last() -> None:
    kinds = [
        FindingKind.CRASHED,
        FindingKind.RAISED,
        FindingKind.NONFINITE,
        FindingKind.BEYOND_BOUND,
        FindingKind.SHAPE_REFUSED,
    ]
    known = [replace(finding(kind, excuse="known"), ledger=f"of-{kind.value}") for kind in reversed(kinds)]
    assert [each.kind for each in ranked(known)[Rank.KNOWN]] == kinds
    assert [one.kind for one in in_order(known)] == kinds


def test_of_one_kind_the_order_of_the_comparison_stays() -> None:
    of_kinds = [FindingKind.SUM_NOT_ONE, FindingKind.BEYOND_BOUND, FindingKind.POSITIVE_LOG]
    known = [replace(finding(kind, excuse="known"), ledger=kind.value) for kind in of_kinds]
    assert [each.kind for each in ranked(known)[Rank.KNOWN]] == of_kinds


def test_what_the_ledger_knows_is_gathered_by_its_entries_and_comes_first() -> None:
    expected = finding(FindingKind.SHAPE_REFUSED, excuse="expected by the case")
    known = [replace(finding(FindingKind.BEYOND_BOUND, excuse="known"), ledger=name) for name in ("one", "two", "one")]
    gathered = ranked([expected, *known])[Rank.KNOWN]
    assert [(each.ledger, len(each.findings)) for each in gathered] == [("one", 2), ("two", 1), (None, 1)]
