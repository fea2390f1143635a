"""``harness run``: cases to page in one command, as often as a case is saved."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import click

from harness.adapters.registry import BUILT_IN
from harness.cli.exits import Exit, leave, note
from harness.cli.options import CASES, environments_option, keyword_option, names, paths_argument, reports_option
from harness.cli.sidebyside import Recorders
from harness.layout import Layout

EXAMPLES = """\b
Examples:
  harness run
  harness run -k my-mean-loss --watch
  harness run cases/mine.yaml --only torch,jax
"""
_LOOK = 0.2  # seconds between two looks at the case files


@click.command(name="run", epilog=EXAMPLES)
@paths_argument
@keyword_option
@click.option(
    "--only", metavar="NAMES", default=",".join(BUILT_IN), show_default=True, help="These adapters alone, all required."
)
@click.option("--watch", is_flag=True, help="Go on: run again whenever a case file is saved, until interrupted.")
@environments_option
@reports_option
def command(
    *, paths: tuple[Path, ...], keyword: str | None, only: str, watch: bool, environments: Path, reports: Path
) -> None:
    """Plan, record every framework, compare and report.

    PATHS and -k choose cases as with `harness plan`. Each framework is recorded by its own interpreter
    (HARNESS_PYTHON_<NAME>, or the one of tox), all at the same time. What has not changed is neither recorded nor
    judged again. One whose interpreter is not there did not run.

    The exit code is that of `harness compare`, or of the first step that cannot be done.
    """
    layout, adapters = Layout(reports), names(only)
    for name in adapters:
        if name not in BUILT_IN:
            leave(
                Exit.USAGE, f"--only: {name!r} is none of {', '.join(BUILT_IN)}; a kernel of your own: harness verify"
            )

    def once() -> int:
        return _once(layout, paths, keyword, adapters=adapters, environments=environments)

    if not watch:
        raise SystemExit(once())
    for _ in _saves(paths or (CASES,)):
        _told(once)


def _once(
    layout: Layout, paths: tuple[Path, ...], keyword: str | None, *, adapters: tuple[str, ...], environments: Path
) -> int:
    recorders = Recorders(adapters, reports=layout.root, environ=os.environ, environments=environments)
    with recorders:
        from harness.cli.plan import planned  # noqa: PLC0415 - beside the recorders, which import something, too

        plan = planned(layout, paths, keyword=keyword)
        recorders.begin()
        _load()  # which takes as long as a recorder that finds nothing new
        from harness.compare.inputs import Inputs  # noqa: PLC0415

        inputs = Inputs(layout.plan, recordings=layout.recordings(selected=plan.selection is not None))
        recorders.wait(meanwhile=inputs.read_ahead)  # in vain where nothing has changed: but another is still at work
    from harness.cli.compare import compared  # noqa: PLC0415
    from harness.cli.report import reported  # noqa: PLC0415
    from harness.compare.kept.cabinet import Cabinet  # noqa: PLC0415

    chosen = ",".join(adapters)
    with closing(Cabinet(layout.judgements, note=note)) as kept:
        ending, comparison = compared(layout, kept, require=chosen, only=chosen, inputs=inputs)
        del inputs  # the recordings: the report needs them no more
        reported(layout, plan, kept, comparison=comparison)
    click.echo(ending.said)
    return ending.code


def _load() -> None:
    """Import what judges and reports, and do of their work what needs no recording."""
    import harness.cli.compare  # noqa: PLC0415
    import harness.cli.repeated  # noqa: PLC0415
    import harness.cli.report  # noqa: PLC0415
    import harness.compare.changes  # noqa: PLC0415
    import harness.compare.gather  # noqa: PLC0415
    import harness.compare.kept.whole  # noqa: PLC0415
    import harness.compare.store  # noqa: PLC0415
    import harness.repeat.earlier  # noqa: PLC0415
    import harness.report.github  # noqa: PLC0415
    import harness.report.terminal  # noqa: PLC0415
    import harness.report.write  # noqa: F401, PLC0415
    from harness.compare.kept.judge import harness_digest, judge_digest  # noqa: PLC0415
    from harness.report.page import load_templates  # noqa: PLC0415

    judge_digest()
    harness_digest()
    load_templates()
    if not gc.get_freeze_count():  # once, before there is any garbage: those modules stay, and are not looked through
        gc.freeze()


def _told(once: Callable[[], int]) -> None:
    """Run once, and say how that ended; what is wrong with a case that is being written ends nothing."""
    start = time.monotonic()
    try:
        code: object = once()
    except SystemExit as ended:
        code = ended.code
    note(f"exit code {code}, after {time.monotonic() - start:.1f} s; waiting for a case file to be saved (Ctrl-C ends)")


def _saves(paths: tuple[Path, ...]) -> Iterator[None]:
    """Yield at once, and then whenever a file in ``paths`` was saved."""
    seen: object = None
    while True:
        now = _state(paths)
        if now != seen:
            seen = now
            yield
        else:
            time.sleep(_LOOK)


def _state(paths: tuple[Path, ...]) -> dict[str, tuple[int, int]]:
    """Return when each file was changed, and its size."""
    found = {}
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else [path, *path.parent.glob("*.npy")]:
            try:
                status = file.stat()
            except OSError:  # an editor that writes anew removes the old one first
                continue
            found[str(file)] = (status.st_mtime_ns, status.st_size)
    return found
