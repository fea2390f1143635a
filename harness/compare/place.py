"""Where in a call a finding is: the index of its element, and the number of its row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.call import Call
from harness.compare.verdict import Finding
from harness.vocabulary import Quantity


def place_of(finding: Finding, call: Call) -> tuple[int, ...] | None:
    """Return the index of the element that ``finding`` speaks of, or that of its row over the remaining axes."""
    if "at" in finding.evidence:
        return tuple(int(index) for index in finding.evidence["at"])
    if "row" not in finding.evidence:
        return None
    row = int(finding.evidence["row"])
    return tuple(int(index) for index in np.unravel_index(row, call.batch_shape)) if call.batch_shape else ()


def row_of(finding: Finding, call: Call) -> int | None:
    """Return the number of the row that ``finding`` speaks of, None where it names none or one made of all rows."""
    at = place_of(finding, call)
    if at is None or finding.quantity is None:
        return None
    return row_at(at, call, finding.quantity)


def row_at(at: Sequence[int], call: Call, quantity: Quantity) -> int | None:
    """Return the number of the row of an element of ``quantity``, None where it is made of all rows.

    That of an element of a Jacobian is the row of its output.
    """
    at, along = tuple(at), call.axis % max(call.x.ndim, 1)
    if len(at) >= call.x.ndim > 0 and (quantity is not Quantity.JACOBIAN or call.output_shape == call.x.shape):
        batch = at[:along] + at[along + 1 : call.x.ndim]
    elif quantity is Quantity.JACOBIAN:
        batch = at[: len(call.output_shape)]
    else:
        batch = at
    if len(batch) != len(call.batch_shape):
        return None
    return int(np.ravel_multi_index(batch, call.batch_shape)) if batch else 0
