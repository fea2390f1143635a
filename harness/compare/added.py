"""The oracle of what is one number for all rows of a large problem: a loss of the batch, and its jvp.

It answers as :class:`~harness.compare.oracle.Oracle` does, with the same bits, from a few rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from harness.adapters.contract import Precision, usual_precision
from harness.compare.asked import Asked, result_format
from harness.compare.results import Results, RowTests, Stacked
from harness.parts import parts, rows_within
from harness.plan.problem import Problem
from harness.vocabulary import Quantity
from reference.added import Added, Rows
from reference.formats import Floats
from reference.invariants import Violation
from reference.truth import Truth


class OracleOfSum:
    """Truth, bounds and laws of the quantities of ``problem`` in which all rows are added up.

    It looks at about ``elements`` elements at a time, one row at least.
    """

    def __init__(self, problem: Problem, *, elements: int) -> None:
        self._problem = problem
        self._rows = rows_within(problem.call, elements)
        self._truths: dict[tuple[Quantity, Precision, str], Truth] = {}
        self._scales: dict[tuple[Quantity, str], Floats] = {}

    def truth(
        self, problem: Problem, quantity: Quantity, precision: Precision | None = None, *, result: str | None = None
    ) -> Truth:
        """Return the oracle and bounds of ``quantity``."""
        used = precision or usual_precision(problem.call)
        output = result_format(problem.call, returned=result)
        key = (quantity, used, output)
        if key not in self._truths:
            self._truths[key] = self._added(quantity, used, output).truth()
        return self._truths[key]

    def truths(self, problems: Sequence[Problem], quantity: Quantity, precision: Precision, *, result: str) -> Truth:
        """Return the same along a new first axis."""
        return self.truth(problems[0], quantity, precision, result=result).lifted()

    def scales(self, problems: Sequence[Problem], quantity: Quantity, *, result: str) -> Floats:
        """Return the natural scale of ``quantity`` along a new first axis."""
        key = (quantity, result)
        if key not in self._scales:
            self._scales[key] = self._added(quantity, usual_precision(problems[0].call), result).scale()
        return self._scales[key][np.newaxis]

    def rows(self, quantity: Quantity, results: Results, *, own_forward: Stacked | None) -> RowTests | None:
        """Return None: one number has no rows that could agree."""
        return None

    def violations(self, quantity: Quantity, results: Results) -> Mapping[str, tuple[Violation, ...]]:
        """Return the laws that the result breaks, if it breaks any."""
        added, got = self._added(quantity, results.precision, results.result), results.values
        return {name: broken for name in got.names if (broken := added.violations(got[name]))}

    def shifts_seen(self, quantity: Quantity, results: Results) -> Iterator[tuple[str, str, tuple[Violation, ...]]]:
        """Yield nothing: there is no other problem."""
        yield from ()

    def _added(self, quantity: Quantity, precision: Precision, output: str) -> Added:
        def some() -> Iterator[Rows]:
            for part in parts(self._problem.call, rows=self._rows):
                asked = Asked([part.call], result=output)
                yield Rows(question=asked.question, tangent=asked.vectors(quantity).get("tangent"))

        return Added(
            quantity=quantity.value,
            parts=some,
            working=precision.working.value,
            accumulation=precision.accumulation.value,
            forms=tuple(form.value for form in precision.forms),
        )
