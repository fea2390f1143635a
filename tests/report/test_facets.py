from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.compare.standing import Place
from harness.report.facets import Facets, facets
from harness.vocabulary import Outcome
from tests.report.miniature import ADAPTERS, HOSTILE, MINIATURE, VERDICTS


def of(comparison: Comparison) -> Facets:
    return facets(comparison, Accounts(comparison))


def counted(found: Facets, name: str) -> Counter[str]:
    """Return how many evaluations have each word of a facet."""
    (index,) = [number for number, facet in enumerate(found.facets) if facet.name == name]
    counts: Counter[str] = Counter()
    for own in found.evaluations.values():
        for kind, number in (map(int, one.split(":")) for one in own.split()):
            counts[found.facets[index].words[found.kinds[kind][index]]] += number
    return counts


def words(found: Facets) -> dict[str, tuple[str, ...]]:
    return {facet.name: facet.words for facet in found.facets}


def test_every_evaluation_is_counted_in_its_place() -> None:
    tally = Accounts(MINIATURE).tally()
    assert counted(of(MINIATURE), "place") == {place.value: tally.counts[place] for place in Place}


@pytest.mark.parametrize("name", ["adapter", "op", "dtype", "quantity", "outcome"])
def test_every_evaluation_is_counted_under_its_own_word(name: str) -> None:
    assert counted(of(MINIATURE), name) == Counter(getattr(verdict, name) for verdict in VERDICTS)


def test_a_result_of_another_dtype_is_a_choice_of_its_own_and_comes_last() -> None:
    mixed = replace(VERDICTS[0], output_dtype="float64")
    half = replace(VERDICTS[0], dtype="float16", output_dtype="float16")
    found = of(replace(MINIATURE, verdicts=(mixed, *VERDICTS, half)))
    assert words(found)["dtype"] == ("float16", "float32", "float32 → float64")


def test_an_adapter_without_an_evaluation_is_a_choice_nevertheless() -> None:
    found = of(replace(MINIATURE, verdicts=VERDICTS[:1]))
    assert words(found)["adapter"] == tuple(run.name for run in ADAPTERS)
    assert words(found)["quantity"] == ("forward",)


@pytest.mark.parametrize(("name", "known"), [("place", Place), ("outcome", Outcome)])
def test_every_place_and_outcome_is_a_choice_and_those_of_no_evaluation_are_told(name: str, known: type) -> None:
    found = of(MINIATURE)
    (facet,) = [one for one in found.facets if one.name == name]
    assert facet.words == tuple(word.value for word in known)
    assert facet.absent == set(facet.words) - counted(found, name).keys()
    assert facet.absent != set(facet.words)


def test_a_comparison_of_nothing_has_nothing_to_choose() -> None:
    found = of(replace(MINIATURE, verdicts=()))
    assert (found.kinds, found.evaluations) == ((), {})


def test_tags_are_told_case_by_case() -> None:
    cases = {**MINIATURE.cases, HOSTILE: replace(MINIATURE.cases[HOSTILE], tags=("zoo", HOSTILE))}
    found = of(replace(MINIATURE, cases=cases))
    assert found.tags.words == (HOSTILE, "small", "zoo")
    assert found.tagged == {"forum-summed-output": "1", "wrong-rule": "1", HOSTILE: "2 0"}
