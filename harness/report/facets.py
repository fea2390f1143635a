"""What the cases of a page can be filtered by: facets of their evaluations, which combine, and tags."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.compare.standing import Place
from harness.report.errors import dtypes, order
from harness.vocabulary import Outcome, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One choice: its name, and its words in their usual order; those that no evaluation has are ``absent``."""

    name: str
    words: tuple[str, ...]
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """All choices, and what each case holds of them.

    ``kinds`` are the combinations that occur: per facet the number of a word. A case matches where one of its
    evaluations has all the words that were chosen, so ``evaluations`` counts the kinds of each case: ``3:2 17:1`` is
    two evaluations of kind 3 and one of kind 17. ``tagged`` holds the numbers of each case's tags.
    """

    facets: tuple[Facet, ...]
    tags: Facet
    kinds: tuple[tuple[int, ...], ...]
    evaluations: dict[str, str]
    tagged: dict[str, str]


def facets(comparison: Comparison, accounts: Accounts) -> Facets:
    """Return the facets of a comparison; only words that occur are choices, and every adapter, place and outcome is.

    What a link asks for in the report of a run that has failed, such as all that is flagged, can then be asked for in
    the report of one that has not: the answer is that there is none.
    """
    verdicts = comparison.verdicts
    rows = [
        (
            verdict.adapter,
            verdict.op,
            dtypes(verdict.dtype, verdict.output_dtype),
            verdict.quantity.value,
            accounts.place(verdict).value,
            verdict.outcome.value,
        )
        for verdict in verdicts
    ]
    _, ops, formats, quantities, places, outcomes = (
        map(set, zip(*rows, strict=True)) if rows else (set[str]() for _ in range(6))
    )
    as_in_vocabulary = {dtypes(*pair): order("", "", *pair) for pair in {(v.dtype, v.output_dtype) for v in verdicts}}
    choices = (
        Facet(name="adapter", words=tuple(run.name for run in comparison.adapters)),
        Facet(name="op", words=tuple(sorted(ops, key=lambda op: order(op, "", "", "")))),
        Facet(name="dtype", words=tuple(sorted(formats, key=lambda name: as_in_vocabulary[name]))),
        Facet(name="quantity", words=tuple(word.value for word in Quantity if word.value in quantities)),
        _closed("place", Place, places),
        _closed("outcome", Outcome, outcomes),
    )
    numbered = [{word: number for number, word in enumerate(facet.words)} for facet in choices]
    kinds = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for verdict, row in zip(verdicts, rows, strict=True):
        counts[verdict.case][kinds[row]] += 1
    tags = tuple(sorted({tag for record in comparison.cases.values() for tag in record.tags}))
    return Facets(
        facets=choices,
        tags=Facet(name="tag", words=tags),
        kinds=tuple(tuple(numbers[word] for numbers, word in zip(numbered, row, strict=True)) for row in kinds),
        evaluations={case: " ".join(f"{kind}:{n}" for kind, n in own.items()) for case, own in counts.items()},
        tagged={case: " ".join(str(tags.index(tag)) for tag in own.tags) for case, own in comparison.cases.items()},
    )


def _closed(name: str, words: Iterable[StrEnum], found: set[str]) -> Facet:
    every = tuple(word.value for word in words)
    return Facet(name=name, words=every, absent=frozenset(every) - found)
