"""What repeats the findings of a comparison, with the smaller inputs that `harness shrink` has found so far."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.cli.exits import note
from harness.compare.comparison import Comparison
from harness.plan.plan import Plan
from harness.repeat.repeats import Key, Repeat, Smaller, repeats
from harness.report.ranking import TITLES


def repeats_of(
    comparison: Comparison, plan: Plan, reports: Path, *, smaller: Mapping[Key, Smaller] | None = None
) -> dict[Key, Repeat]:
    """Return, by :func:`~harness.repeat.repeats.key_of`, what repeats the findings of ``comparison``, one of ``plan``.

    ``reports`` is the folder below which smaller inputs are kept; ``smaller``: those, where they have been read.
    """
    smaller = smaller_of(comparison, plan, reports) if smaller is None else smaller
    texts = {case.id: case.text for case in plan.cases.values()}
    return repeats(comparison, plan.problems, titles=TITLES.__getitem__, smaller=smaller, texts=texts)


def smaller_of(comparison: Comparison, plan: Plan, reports: Path) -> dict[Key, Smaller]:
    """Return, by the same keys, the smaller inputs that `harness shrink` has found; a note says where none can be read.

    They are those of this code and this NumPy: what another judge has found is looked for again.
    """
    folder = reports / "shrunk"
    if not folder.is_dir():
        return {}
    try:
        from harness.repeat.kept import Shrunk  # noqa: PLC0415 - reading what is kept there takes more than NumPy
    except ModuleNotFoundError as error:
        note(f"the smaller inputs in {folder} are not read: this interpreter lacks {error.name}")
        return {}
    return dict(Shrunk(folder).known(comparison, plan.problems))
