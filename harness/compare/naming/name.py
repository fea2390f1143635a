"""What is wrong with the result that a verdict is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from harness.adapters.contract import Precision
from harness.call import Call
from harness.compare.asked import Asked
from harness.compare.assessment import Assessment
from harness.compare.naming.logsum import log_sum
from harness.compare.naming.scalar import ROW_SCALAR, row_scalar
from harness.compare.naming.search import Named, explained
from harness.compare.naming.wrong import Wrong
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Outcome, Quantity
from reference.faults import Evaluation
from reference.formats import Floats

_SMALL: Final = 1 << 12  # elements of x
_WRONG: Final = (Outcome.BEYOND_BOUND, Outcome.NONFINITE_PATTERN, Outcome.SIGN_OF_INFINITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """All explanations of a wrong result, in the order of the catalogue.

    ``tried``: how many faults it was held against. ``rows`` of ``of_rows`` are wrong. ``in_print``: whether the result
    was printed with few digits, and agrees as far as these go.
    """

    names: tuple[Named, ...]
    tried: int
    rows: int = 0
    of_rows: int = 0
    in_print: bool = False


def named(problem: Problem, assessed: Assessment, *, spread: Floats | None = None) -> Naming | None:
    """Name what is wrong with a result, None where nothing can be held against a formula.

    ``spread``: by how much each number may be another one, of a result that was printed with few digits. What a row
    shares is then not looked for: it takes every digit.
    """
    verdict = assessed.verdict
    if assessed.numbers is None or not (verdict.outcome in _WRONG or assessed.broken):
        return None
    with np.errstate(all="ignore"):
        wrong = wrong_of(problem.call, verdict.quantity, assessed, spread=spread)
        of_sum = any(law.kind is FindingKind.SUM_NOT_ONE for law in assessed.broken)
        scalar = row_scalar(wrong, verdict, law_broken=of_sum) if spread is None else None
        of_log = log_sum(wrong) if scalar is None and spread is None else None
        proved = scalar if of_log is None or not of_log.proved else of_log
        alone = () if proved is None else (Named(name=ROW_SCALAR, what=proved.what, share=proved.share),)
        possible = () if of_log is None else (Named(name=ROW_SCALAR, what=of_log.what, share=of_log.share),)
        if assessed.by_law or not wrong.beyond.any():
            return Naming(names=alone or possible, tried=0) if alone or possible else None
        found = explained(wrong, problem.call, instead=alone, at_last=possible)
        return Naming(
            names=found.names,
            tried=found.tried,
            rows=len(wrong.wrong_rows),
            of_rows=wrong.rows,
            in_print=spread is not None,
        )


def wrong_of(call: Call, quantity: Quantity, assessed: Assessment, *, spread: Floats | None = None) -> Wrong:
    """Return a judged result as the faults see it; ``spread`` as :class:`Wrong` has it."""
    numbers = assessed.numbers
    assert numbers is not None  # noqa: S101 - it was judged
    evaluate = _remembered if call.x.size <= _SMALL else _evaluation
    evaluation = evaluate(call, quantity, numbers.result, numbers.precision)
    return Wrong(evaluation=evaluation, got=numbers.value, dtype=numbers.dtype, spread=spread)


def _evaluation(call: Call, quantity: Quantity, result: str, precision: Precision) -> Evaluation:
    asked = Asked([call], result=result)
    vectors = asked.vectors(quantity)
    return Evaluation.of(
        asked.question,
        quantity.value,
        cotangent=vectors.get("cotangent"),
        tangent=vectors.get("tangent"),
        working=precision.working.value,
        accumulation=precision.accumulation.value,
        forms=tuple(form.value for form in precision.forms),
    )


@lru_cache(maxsize=8)  # a self-test puts dozens of wrong results to one question in turn
def _remembered(call: Call, quantity: Quantity, result: str, precision: Precision) -> Evaluation:
    """Return the evaluation of the same call again, with the answers of faults that it has kept."""
    return _evaluation(call, quantity, result, precision)
