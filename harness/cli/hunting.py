"""The hunt for smaller inputs, as verbs make it: what is kept is taken up, what is found is kept, progress is shown."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.progress import progress
from harness.layout import Layout
from harness.plan.plan import Plan
from harness.record.origin import read_origin

if TYPE_CHECKING:
    from harness.compare.verdict import Finding
    from harness.record.recording import Header
    from harness.repeat.kept import Shrunk
    from harness.repeat.shrink import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """Where smaller inputs are looked for, for findings of the comparison of ``plan``; ``limits`` are of `record`."""

    layout: Layout
    plan: Plan
    shrunk: Shrunk
    environments: Path
    environ: Mapping[str, str]
    limits: tuple[str, ...] = field(default=())

    def open_targets(self, findings: Sequence[Finding], header: Header) -> list[Target]:
        """Return the findings, all about the adapter of ``header``, that were not shrunk as far as that goes."""
        from harness.repeat.shrink import Target  # noqa: PLC0415

        problems = {problem.id: problem for problem in self.plan.problems}
        targets = []
        for finding in findings:
            problem = problems[finding.problems[0]]
            best = self.shrunk.find(finding, problem, header)
            if best is None or not self.shrunk.is_final(finding, problem, header):
                targets.append(Target(finding=finding, problem=problem, best=best))
        return targets

    def run(self, targets: Sequence[Target], header: Header, *, seconds: float) -> None:
        """Shrink ``targets``, all about the adapter of ``header``, which share so many seconds; keep what is found.

        Raise :class:`~harness.repeat.hunt.CannotRepeat` where it cannot be recorded as it was for the comparison, and
        as :func:`~harness.repeat.shrink.shrink` does: what was found until then is kept.
        """
        from harness.repeat.hunt import bench_of  # noqa: PLC0415
        from harness.repeat.shrink import shrink  # noqa: PLC0415

        work = self.layout.shrunk / "work"
        recordings = self.layout.recordings(selected=self.plan.selection is not None)
        done: list[Target] = []
        try:
            with progress(f"looking for smaller inputs, {header.adapter}", total=len(targets)) as step:

                def finished(target: Target) -> None:
                    if target.best is not None or not target.cut_short:
                        final = not target.cut_short
                        self.shrunk.keep(target.current, target.finding, target.problem, header, final=final)
                    done.append(target)

                bench = bench_of(
                    header,
                    self.plan,
                    origin=read_origin(recordings / header.adapter),
                    work=work,
                    environments=self.environments,
                    environ=self.environ,
                    limits=self.limits,
                )
                heard = lambda: step(len(done))  # noqa: E731 - two words
                shrink(targets, bench, seconds=seconds, finished=finished, heard=heard)
        finally:
            shutil.rmtree(work, ignore_errors=True)
