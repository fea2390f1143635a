"""What repeats the findings of a comparison, with the smaller inputs that `harness shrink` has found so far."""

from __future__ import annotations

from pathlib import Path

from harness.compare.comparison import Comparison
from harness.plan.plan import Plan
from harness.repeat.repeats import Key, Repeat, Smaller, repeats
from harness.report.ranking import TITLES


def repeats_of(comparison: Comparison, plan: Plan, reports: Path) -> dict[Key, Repeat]:
    """Return, by :func:`~harness.repeat.repeats.key_of`, what repeats the findings of ``comparison``, one of ``plan``.

    ``reports`` is the folder below which smaller inputs are kept.
    """
    smaller = _smaller(comparison, plan, reports / "shrunk")
    texts = {case.id: case.text for case in plan.cases.values()}
    return repeats(comparison, plan.problems, titles=TITLES.__getitem__, smaller=smaller, texts=texts)


def _smaller(comparison: Comparison, plan: Plan, folder: Path) -> dict[Key, Smaller]:
    if not folder.is_dir():
        return {}
    from harness.repeat.kept import Shrunk  # noqa: PLC0415 - reading what is kept there takes more than NumPy

    return dict(Shrunk(folder).known(comparison, plan.problems))
