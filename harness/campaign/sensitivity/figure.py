"""What is measured of one check in one cell."""

from __future__ import annotations

from dataclasses import dataclass

from harness.campaign.sensitivity.trials import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The smallest relative error of one element that a check flags, in unit roundoffs, over ``rows`` rows.

    ``alarms`` counts the rows that it flags with nothing planted; they count as 0. Infinity: no error is flagged. NaN:
    there are no rows, since every exact value is 0, to which nothing is relative.
    """

    cell: Cell
    check: str
    rows: int
    alarms: int
    median: float
    quantile: float  # 95 %
