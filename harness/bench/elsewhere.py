"""A part of a benchmark in another Python, which has the framework that it is about."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.record.elsewhere import reachable


class BenchmarkFailed(Exception):
    """A part of a benchmark ended with an error, which stands on stderr above."""


def asked_there(
    module: str, question: Any, *, python: Path, environ: Mapping[str, str], progress: Callable[[int], None]
) -> Any:
    """Return what ``answer(question, progress=...)`` of ``module`` returns in the interpreter ``python``.

    Question and answer travel as JSON. Raise :class:`BenchmarkFailed` where the program fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "question.json", Path(folder) / "answer.json"
        source.write_text(json.dumps(question), encoding="utf-8")
        line = [str(python), "-m", "harness.bench.program", module, str(source), str(target)]
        with (
            reachable(environ) as environment,
            subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as running,  # noqa: S603
        ):
            for said in running.stdout or ():
                if said.strip().isdigit():
                    progress(int(said))
        if running.returncode:
            raise BenchmarkFailed(f"{' '.join(line)}: it ended with exit code {running.returncode}")
        return json.loads(target.read_text(encoding="utf-8"))
