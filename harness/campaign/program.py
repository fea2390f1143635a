"""A question to a program in another Python, which has a framework: asked and answered in JSON."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.record.elsewhere import reachable


def answer_of(
    program: Sequence[str],
    question: Any,
    *,
    python: Path,
    environ: Mapping[str, str],
    progress: Callable[[int], None],
    failed: type[Exception],
) -> Any:
    """Return what ``program``, a module of ours and its first arguments, answers to ``question``.

    Two files are its last arguments: that of the question, and that of the answer. A line of digits on its standard
    output says how much is done. Raise ``failed`` where it ends with an error, which stands on stderr then.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "question.json", Path(folder) / "answer.json"
        source.write_text(json.dumps(question), encoding="utf-8")
        line = [str(python), "-m", *program, str(source), str(target)]
        with (
            reachable(environ) as environment,
            subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as running,  # noqa: S603
        ):
            for said in running.stdout or ():
                if said.strip().isdigit():
                    progress(int(said))
        if running.returncode:
            raise failed(f"{' '.join(line)}: it ended with exit code {running.returncode}")
        return json.loads(target.read_text(encoding="utf-8"))
