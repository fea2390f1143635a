"""A reports folder in which verbs are started, disturbed and started again, beside one that nobody disturbed."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import cli
from harness.layout import Layout
from harness.plan.digest import question_of
from harness.plan.store import read_plan
from harness.record.recording import Recording
from harness.record.store import read_recording
from harness.report.files import ReportFile
from harness.vocabulary import Mode

ROOT = Path(__file__).parents[2]
WITNESSED = Path(__file__).parent / "adapters" / "witnessed.py"
EXIT_CODES = (0, 1, 2, 3, 65, 70, 130)  # of the README's table
PATIENCE = 120.0  # seconds after which a verb hangs
OPS = ("softmax", "log_softmax", "softmin", "logsumexp")

CASES = "format: 1\ntheme: enough to be disturbed at\ncases:\n" + "".join(
    f"""\
  - id: case-{seed}
    why: to be interrupted
    source: here
    op: {OPS[seed % len(OPS)]}
    dtype: [bfloat16, float64]
    x: {{normal: {{shape: [2, 5], scale: 3, seed: {seed}}}}}
    check: [forward, vjp, jacobian, hvp]
"""
    for seed in range(20)
)


def command(*arguments: str | Path, python: str | Path = sys.executable) -> list[str]:
    """Return the command line of a verb."""
    return [str(python), "-m", "harness", *map(str, arguments)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a verb ended."""

    code: int
    out: str
    err: str


def run(
    *arguments: str | Path,
    environ: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
    python: str | Path = sys.executable,
) -> Ended:
    """Run a verb to its end, and hold it to what holds for every end: a code of the table, and no traceback."""
    done = subprocess.run(
        command(*arguments, python=python),
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        preexec_fn=before,
    )
    return sound(Ended(code=done.returncode, out=done.stdout, err=done.stderr))


def sound(ended: Ended) -> Ended:
    """Return ``ended``, having seen that it is an end as the README promises it."""
    assert ended.code in EXIT_CODES, ended
    assert ended.code != 70, ended
    assert "Traceback" not in ended.out + ended.err, ended
    return ended


def start(
    *arguments: str | Path, environ: Mapping[str, str] | None = None, python: str | Path = sys.executable
) -> subprocess.Popen[str]:
    """Start a verb."""
    return subprocess.Popen(
        command(*arguments, python=python),
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for a verb that was started."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(code=process.returncode, out=out, err=err)


def children(process: int) -> list[int]:
    """Return the processes that ``process`` has started and that are running."""
    try:
        return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:
        return []


def kill(process: int) -> None:
    """End a process at once, if it has not ended by itself."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def gone(processes: Sequence[int]) -> bool:
    """Whether none of several processes is there any more."""
    return not any(Path(f"/proc/{each}").exists() for each in processes)


def minds(process: int, number: signal.Signals) -> bool:
    """Whether a process has come so far that it handles a signal itself; an interpreter at its start does not."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except FileNotFoundError:
        return False
    caught = next((line.split()[1] for line in lines if line.startswith("SigCgt")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)


def wait_until(true: Callable[[], object], *, seconds: float = 60.0) -> None:
    """Wait for what has to happen."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.005)


class Workplace:
    """A reports folder, and the case file that all copies of the place share: its name stands in the plan."""

    def __init__(self, folder: Path, *, cases: Path) -> None:
        self.folder, self.cases = folder, cases
        self.reports, self.witnesses = folder / "reports", folder / "witnessed"

    @property
    def home(self) -> Path:
        """Where the recordings and the report of a selection are."""
        return Layout(self.reports).home(selected=True)

    @property
    def recording(self) -> Path:
        """The recording of the witnessed adapter."""
        return self.home / "recordings" / "witnessed"

    def copy(self, folder: Path) -> Workplace:
        """Return the same place once more, in which nothing has been witnessed."""
        other = Workplace(folder, cases=self.cases)
        if self.reports.exists():
            shutil.copytree(self.reports, other.reports)
        folder.mkdir(parents=True, exist_ok=True)
        return other

    def line(self, verb: str) -> tuple[str | Path, ...]:
        """Return the arguments of a verb here."""
        what = {"plan": [self.cases], "record": [WITNESSED]}
        return (verb, *what.get(verb, ()), "--reports", self.reports)

    @property
    def environ(self) -> dict[str, str]:
        """What the verbs are told beside their arguments."""
        return {"WITNESSED": str(self.witnesses)}

    def start(self, verb: str) -> subprocess.Popen[str]:
        """Start a verb here."""
        return start(*self.line(verb), environ=self.environ)

    def run(self, verb: str) -> Ended:
        """Run a verb here to its end."""
        return run(*self.line(verb), environ=self.environ)

    def inside(self, verb: str) -> Ended:
        """Run a verb to its end in this process, which spares the imports; nothing but the disk knows of it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WITNESSED", str(self.witnesses))
            done = CliRunner().invoke(cli, [str(word) for word in self.line(verb)], catch_exceptions=False)
        return Ended(code=done.exit_code, out=done.stdout, err=done.stderr)

    def through(self, *verbs: str) -> None:
        """Run several verbs in this process, each of which ends as it does where nobody disturbs."""
        for verb in verbs:
            ended = self.inside(verb)
            assert ended.code == 0, ended

    def recorded(self) -> Recording:
        """Return what is recorded here, complete or not."""
        return read_recording(self.recording, plan=None)

    def evaluated(self) -> Counter[str]:
        """Return what the adapter has been asked here, and how often."""
        return Counter(self.witnesses.read_text().splitlines()) if self.witnesses.exists() else Counter()

    def stored(self) -> set[str]:
        """Return what the adapter need not be asked again, in the words of :meth:`evaluated`."""
        if not (self.recording / "header.json").exists():
            return set()
        calls = {problem.id: problem.call for problem in read_plan(Layout(self.reports).plan).problems}
        return {
            f"{quantity.value} {question_of(replace(calls[name], mode=Mode.EAGER))}"
            for name, quantity in self.recorded().entries
        }

    def plan_bytes(self) -> dict[str, str]:
        """Return the digests of the plan's files."""
        return _digests(sorted(Layout(self.reports).plan.iterdir()))

    def report_bytes(self) -> dict[str, str]:
        """Return the digests of the comparison and of every file of the report."""
        return _digests([self.home / "comparison.json", *(self.home / file.value for file in ReportFile)])

    def left_behind(self) -> list[Path]:
        """Return what a verb that was killed has left of a file."""
        return sorted(self.reports.rglob("*.partial"))


def _digests(files: Sequence[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
