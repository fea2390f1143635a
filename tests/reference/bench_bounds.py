"""Measure how near correct kernels of every form come to the bounds: worst share per op, quantity and arithmetic.

Run ``python -m tests.reference.bench_bounds --draws 20``: it prints the Markdown tables of section 6 of
``reference/README.md``, and exits with 1 where a kernel is beyond a bound.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from reference.question import OPS, QUANTITIES
from tests.reference.trials import ARITHMETICS, STYLES, Trial, trials


@dataclass(slots=True)
class Worst:
    """The worst shares of a cell of the table."""

    shares: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def with_trial(self, trial: Trial) -> None:
        """Take in one more result."""
        for name in ("element", "row", "scalar"):
            self.shares[name] = max(self.shares[name], getattr(trial.shares, name))

    def __str__(self) -> str:
        """Print the element's share, and those of the row where there is such a test."""
        element, row, scalar = (self.shares[name] for name in ("element", "row", "scalar"))
        return f"{element:.2f}" + (f" / {row:.2f} / {scalar:.2f}" if row or scalar else "")


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=5, help="how often each style meets each arithmetic")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arithmetic", choices=ARITHMETICS, nargs="*", default=list(ARITHMETICS))
    chosen = parser.parse_args()
    cells: dict[tuple[str, str, str], Worst] = defaultdict(Worst)
    count, beyond = 0, []
    for arithmetic in chosen.arithmetic:
        for style in STYLES:
            index = (list(ARITHMETICS).index(arithmetic), list(STYLES).index(style))
            rng = np.random.default_rng((chosen.seed, *index))
            for _ in range(chosen.draws):
                for trial in trials(rng, arithmetic, style):
                    count += 1
                    cells[trial.op, trial.quantity, column(arithmetic)].with_trial(trial)
                    if not trial.shares.worst <= 1:
                        beyond.append(trial)
    lines = [f"{count:,} results, {len(beyond)} beyond a bound.", "", table(cells)]
    lines += [f"beyond: {one.arithmetic}; {one.style}; {one.op} {one.quantity}; {one.drawn.name}" for one in beyond]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if beyond else 0


def column(arithmetic: str) -> str:
    """Return the column that an arithmetic belongs to: the dtype of x and of results, or that they differ."""
    formats = ARITHMETICS[arithmetic]
    return formats.storage.name if formats.storage == formats.entering else "mixed"


def table(cells: dict[tuple[str, str, str], Worst]) -> str:
    """Return Markdown: a row per op and quantity, a column per dtype."""
    columns = list(dict.fromkeys(name for _, _, name in cells))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for op in OPS:
        for quantity in QUANTITIES:
            if any((op, quantity, name) in cells for name in columns):
                row = (str(cells[op, quantity, name]) for name in columns)
                lines.append(f"| {op} {quantity} | " + " | ".join(row) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
