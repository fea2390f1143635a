"""Arrays that the plan drew stand in a program as the lines that draw them, and only where these give every bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.plan.draw import Stream, normal_draws
from harness.repeat.drawn import DEFINITION, drawn
from harness.repeat.literal import literal
from harness.repeat.snippet import snippet
from harness.vocabulary import DType, Quantity
from tests.record.bench import problem

SHAPES = [(300,), (2, 3, 50)]


def normals(shape: tuple[int, ...], *, seed: int = 0, scale: float = 1, shift: float = 0) -> np.ndarray[Any, Any]:
    count = int(np.prod(shape))
    return shift + scale * normal_draws(count, seed=seed, stream=Stream.X).reshape(shape)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ("", {}),
        ("x: {normal: {shape: [2, 150], seed: 324}}", {"seed": 324}),
        ("x: {normal: {seed: 5, scale: 30}}\ncotangent: {normal: {seed: 6}}", {"seed": 5, "scale": 30}),
        ("x: {normal: {shift: -1e3, scale: 0.1, seed: 7}}", {"seed": 7, "scale": 0.1, "shift": -1e3}),
    ],
)
def test_a_drawn_array_is_drawn_again_bit_for_bit(
    rule: str, given: dict[str, float], shape: tuple[int, ...], dtype: str
) -> None:
    x = normals(shape, **given).astype(dtype)  # type: ignore[arg-type]
    call = replace(problem("any", x, dtype=DType(dtype)).call, x=x)
    namespace: dict[str, Any] = {"np": np}
    exec("\n".join(DEFINITION), namespace)  # noqa: S102 - written here
    back = eval(drawn(call, rule)[literal(x)], namespace)  # noqa: S307 - written here
    assert (back.dtype, back.shape, back.tobytes()) == (x.dtype, x.shape, x.tobytes())


def test_what_no_draw_gives_stays_packed() -> None:
    x = normals((300,), seed=3)
    x[299] = np.nextafter(x[299], 10)
    call = problem("any", x).call
    assert drawn(call, "x: {normal: {shape: [300], seed: 3}}") == {}
    code = snippet("torch", call, Quantity.FORWARD, instead={})
    assert code is not None
    assert "base64" in code


@pytest.mark.parametrize("framework", ["reference", "mxnet", "torch", "jax"])
def test_a_program_of_every_framework_draws_what_was_drawn(framework: str) -> None:
    call = problem("any", normals((4000,), seed=3)).call
    instead = drawn(call, "x: {normal: {shape: [4000], seed: 3}}")
    code = snippet(framework, call, Quantity.FORWARD, instead=instead)
    assert code is not None
    compile(code, "snippet", "exec")
    assert "base64" not in code
    assert len(code) < 2000
    assert "normal(4000, 3, 0)" in code
