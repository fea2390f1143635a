"""The batch that rows are some of: what a mean over it divides by, where not all of it is at hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Sizes of a batch.

    ``rows``: all of them. ``counted``: those whose target is not the ignored one. ``first_axis``: the length of the
    first axis of its array, which is what a ``batch`` normalization divides by, however many rows there are.
    """

    rows: int
    counted: int
    first_axis: int
