"""What repeats the findings of a comparison, with the smaller inputs that `harness shrink` has found so far."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.adapters.registry import BUILT_IN
from harness.cli.exits import note
from harness.compare.comparison import Comparison
from harness.layout import Layout
from harness.plan.plan import Plan
from harness.record.origin import read_origin
from harness.repeat.repeats import Kernels, Key, Repeat, Smaller, repeats, showable
from harness.report.ranking import TITLES

if TYPE_CHECKING:
    from harness.repeat.earlier import Earlier


def repeats_of(
    comparison: Comparison,
    plan: Plan,
    reports: Path,
    *,
    smaller: Mapping[Key, Smaller] | None = None,
    earlier: Earlier | None = None,
) -> dict[Key, Repeat]:
    """Return, by :func:`~harness.repeat.repeats.key_of`, what repeats the findings of ``comparison``, one of ``plan``.

    ``reports`` is the folder below which recordings lie, and smaller inputs are kept; ``smaller``: those, where they
    have been read; ``earlier``: what earlier runs made of the same. Nothing is run for it.
    """
    texts = {case.id: case.text for case in plan.cases.values()}
    return repeats(
        comparison,
        plan.problems,
        titles=TITLES.__getitem__,
        smaller=smaller_of(comparison, plan, reports) if smaller is None else smaller,
        texts=texts,
        kernels=kernels_of(comparison, plan, Layout(reports)),
        earlier=earlier,
    )


def smaller_of(comparison: Comparison, plan: Plan, reports: Path) -> dict[Key, Smaller]:
    """Return, by the same keys, the smaller inputs that `harness shrink` has found; a note says where none can be read.

    They are those of this code and this NumPy: what another judge has found is looked for again.
    """
    folder = Layout(reports).shrunk
    if not folder.is_dir():
        return {}
    try:
        from harness.repeat.kept import Shrunk  # noqa: PLC0415 - reading what is kept there takes more than NumPy
    except ModuleNotFoundError as error:
        note(f"the smaller inputs in {folder} are not read: this interpreter lacks {error.name}")
        return {}
    return dict(Shrunk(folder).known(comparison, plan.problems))


def kernels_of(
    comparison: Comparison, plan: Plan, layout: Layout, *, environ: Mapping[str, str] | None = None
) -> Kernels:
    """Return the adapters from outside that something was found about; with ``environ`` they are asked to say more."""
    from harness.repeat.kernel import kernel_of  # noqa: PLC0415

    about = {adapter for _, adapter in showable(comparison.findings) if adapter not in BUILT_IN}
    recordings = layout.recordings(selected=plan.selection is not None)
    return {
        run.name: kernel_of(
            run.header,
            read_origin(recordings / run.name),
            kept=layout.kernels / f"{run.name}.json",
            environ=environ,
        )
        for run in comparison.adapters
        if run.name in about and run.header is not None
    }
