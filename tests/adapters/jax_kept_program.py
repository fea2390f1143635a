"""Run by the Python that has JAX: what is kept of compiled functions, beside plain ``jax.jit``.

Writes what it found as JSON; ``sys.argv[1]`` is an empty folder.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from harness.adapters.jax_kept import Kept
from harness.adapters.registry import load
from harness.call import Call
from harness.vocabulary import DType, Mode, Op, Quantity, Reduction

FOLDER = Path(sys.argv[1])
X = np.random.default_rng(0).standard_normal((3, 37)) * 4
COMPILED = [Quantity.FORWARD, Quantity.VJP, Quantity.JVP, Quantity.JACOBIAN, Quantity.HVP]


def traced(*, source: str = "a", name: str = "f", x: Any = None) -> tuple[int, bytes]:
    """Return how often a function is traced when it is compiled by a new process, as it were, and its result."""
    count = 0

    def function(x: Any, nothing: None) -> Any:
        nonlocal count
        count += 1
        return jax.numpy.exp(x).sum(axis=-1)

    arguments = (jax.numpy.asarray(X if x is None else x), None)
    compiled = Kept(jax, folder=FOLDER, source=source).compiled(jax.jit(function), arguments, name=name)
    return count, np.asarray(compiled(*arguments)).tobytes()


def damaged() -> Iterator[int]:
    """Yield how often it is traced where the one file that is there was cut short or changed, and once more behind."""
    (file,) = FOLDER.iterdir()
    whole = file.read_bytes()
    for content in (b"", whole[:16], whole[:-1], whole[:-9] + b"!" + whole[-8:]):
        file.write_bytes(content)
        yield traced()[0]
        yield traced()[0]


def calls() -> Iterator[Call]:
    """Yield a call of each op that JAX has."""
    labels, mask, x = np.array([1, 36, 0], np.int32), X > -3, X.astype(np.float32)
    plain = Call(op=Op.SOFTMAX, axis=-1, dtype=DType.FLOAT32, mode=Mode.JIT, x=x, tangent=x[::-1].copy())
    for op in Op:
        more: dict[str, Any] = {"mask": mask} if op.masked else {}
        if op is Op.CROSS_ENTROPY:
            more = {"targets": labels, "reduction": Reduction.NONE}
        if op is not Op.SOFTMAX_OUTPUT:
            call = replace(plain, op=op, **more)
            heads = np.cos(np.arange(np.prod(call.output_shape))).reshape(call.output_shape)
            yield replace(call, cotangent=heads.astype(np.float32))


def differing() -> Iterator[str]:
    """Yield each call and quantity whose bits are not those of plain ``jax.jit``, compiled or found again."""
    adapter = load("jax")
    for call in calls():
        for quantity in COMPILED:
            plain, kept = (getattr(adapter(), quantity.value) for _ in range(2))
            plain.__self__._kept.compiled = lambda function, arguments, name: function
            expected = plain(call).tobytes()
            found = {kept(call).tobytes(), getattr(adapter(), quantity.value)(call).tobytes()}
            if found != {expected}:
                yield f"{quantity.value} of {call.op.value}"


jax.config.update("jax_enable_x64", True)
first, again = traced(), traced()
found: dict[str, Any] = {"made": first[0], "found": again[0], "same": first[1] == again[1]}
found["damaged"] = list(damaged())
found["other source"] = traced(source="b")[0]
found["other name"] = traced(name="g")[0]
found["other dtype"] = traced(x=X.astype(np.float32))[0]
found["other shape"] = traced(x=X.T.copy())[0]
jax.config.update("jax_compilation_cache_dir", str(FOLDER))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 1e9)  # so that plain ``jax.jit`` compiles every time
before = len(list(FOLDER.iterdir()))
found["differing"] = list(differing())
found["asked"] = len(COMPILED) * len(list(calls()))
found["files"] = len(list(FOLDER.iterdir())) - before
sys.stdout.write(json.dumps(found))
