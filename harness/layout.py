"""Where everything lies below the reports folder.

::

    reports/
      plan/                    the current plan: of the whole library, or of a selection
      recordings/<adapter>/    what each adapter returned for the whole library
      index.html, summary.md ...  the report on it
      cache/jax/               what JAX has compiled; may be removed
      cache/plan/              what case files came to that have not changed since; may be removed
      shrunk/<key>/            the smallest input that shows a fault
      selftest/                the score of the last self-test
      selection/programs/      of `harness verify`: the programs that show what it found, beside its report
      cache/                   what saves time when it is found, and nothing when it is removed
      selection/               the same two for a plan made with a selection: it never replaces the full report
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SELECTION = "selection"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one workspace, ``root`` being the reports folder."""

    root: Path

    @property
    def selftest(self) -> Path:
        """The score of the last self-test, which is of no plan."""
        return self.root / "selftest" / "selftest.csv"

    @property
    def shrunk(self) -> Path:
        """The smallest inputs that show faults."""
        return self.root / "shrunk"

    @property
    def judgements(self) -> Path:
        """What earlier runs of `compare` and `report` said of problems, and of whole recordings."""
        return self.root / "cache" / "judgements.sqlite"

    @property
    def kernels(self) -> Path:
        """What files with kernels have said of themselves."""
        return self.root / "cache" / "kernels"

    @property
    def plan(self) -> Path:
        """The current plan."""
        return self.root / "plan"

    @property
    def planned(self) -> Path:
        """What case files came to in earlier runs; may be removed."""
        return self.root / "cache" / "plan"

    @property
    def compiled(self) -> Path:
        """What a framework has compiled for any plan; may be removed."""
        return self.root / "cache" / "jax"

    def home(self, *, selected: bool) -> Path:
        """Where recordings and report of the current plan go: a selection has a folder of its own."""
        return self.root / SELECTION if selected else self.root

    def recordings(self, *, selected: bool) -> Path:
        """The folder that holds one recording per adapter."""
        return self.home(selected=selected) / "recordings"
