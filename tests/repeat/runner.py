"""Run snippets, one after the other in one process, each in a namespace of its own; needs nothing of this project.

Reads a JSON list of programs from stdin; writes a JSON list of what became of each to the file that is named.
"""

import contextlib
import io
import json
import sys


def run(code: str) -> dict[str, object]:
    """Execute ``code``; return what it printed and the numbers it calls ``got``, or the exception it raised."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "snippet", "exec"), namespace)  # noqa: S102 - what this file is for
    except Exception as error:
        return {"raised": type(error).__name__, "text": str(error), "printed": printed.getvalue()}
    got = namespace["got"]
    return {"shape": list(got.shape), "got": [v.hex() for v in got.reshape(-1).tolist()], "printed": printed.getvalue()}


def forget() -> None:
    """Undo what a program set for its whole process, and have JAX forget what it compiled without jit."""
    if "mxnet" in sys.modules:
        sys.modules["mxnet"].npx.reset_np()
        sys.modules["mxnet"].util.set_np_shape(False)
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


if __name__ == "__main__":
    outcomes = []
    for program in json.load(sys.stdin):
        outcomes.append(run(program))
        forget()
    with open(sys.argv[1], "w") as file:
        json.dump(outcomes, file)
