"""The table of equivalent calls, for those who move off MXNet: every call is made, and every row has its case."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import numpy as np
import pytest

from harness.plan.library import load_library
from tests.adapters.interpreters import ROOT, interpreter

CASES = ROOT / "cases"
PAGE = (CASES / "MIGRATION.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \| `(.+?)` \| .+ \| `([a-z0-9-]+)` \|$", PAGE, flags=re.MULTILINE)
TAG = "moving-off-mxnet"

NUMBERS = """
import json, math, sys
import numpy as np
x = np.sin(np.arange(32.0)).reshape(4, 8) * 3
images, tokens = np.sin(np.arange(24.0)).reshape(2, 3, 4), np.cos(np.arange(24.0)).reshape(2, 3, 4)
y, z, k = np.array([3, 0, 7, 2]), np.array([3, -1, 7, 2]), np.array([8, 3, 5, 1])
pixels, words = np.array([[0, 2, 1, 1], [2, 0, 0, 1]]), np.array([[0, 3, 1], [2, 0, 1]])
p, kept = np.eye(8)[y], np.arange(8) < k[:, None]
w = np.cos(np.arange(32.0)).reshape(4, 8)
calls = json.loads(sys.argv[1])
of = lambda call: "images" if "images" in call else "tokens" if "tokens" in call else "x"
"""
MXNET = """
import os
import mxnet as mx
loss = mx.gluon.loss.SoftmaxCrossEntropyLoss
names = {n: mx.nd.array(v, dtype="float64") for n, v in dict(x=x, images=images, tokens=tokens, p=p, kept=kept).items()}
names |= {n: mx.nd.array(v, dtype="float64") for n, v in dict(y=y, z=z, pixels=pixels, words=words).items()}
names |= {"k": mx.nd.array(k, dtype="int32"), "mx": mx, "loss": loss, "math": math}
def gradient(call):
    given = names[of(call)]
    given.attach_grad()
    with mx.autograd.record():
        result = eval(call, names)
    if result.shape == w.shape and "Output" not in call:
        head = mx.nd.array(w, dtype="float64")
        result.backward(head.as_np_ndarray() if "npx" in call else head)
    else:
        result.backward()
    return given.grad.asnumpy()
"""
TORCH = """
import torch
F = torch.nn.functional
names = {n: torch.tensor(v) for n, v in dict(images=images, tokens=tokens, x=x, p=p, kept=kept).items()}
names |= {n: torch.tensor(v) for n, v in dict(y=y, z=z, k=k, pixels=pixels, words=words).items()}
names |= {"torch": torch, "F": F, "math": math}
def gradient(call):
    given = names[of(call)].detach().requires_grad_()
    result = eval(call, names | {of(call): given})
    head = torch.tensor(w) if result.shape == w.shape else torch.ones_like(result)
    return torch.autograd.grad(result, given, head)[0].numpy()
"""
JAX = """
import jax, optax
jax.config.update("jax_enable_x64", True)
ce = optax.softmax_cross_entropy_with_integer_labels
names = {n: jax.numpy.asarray(v) for n, v in dict(x=x, images=images, tokens=tokens, p=p, kept=kept).items()}
names |= {n: jax.numpy.asarray(v) for n, v in dict(y=y, z=z, k=k, pixels=pixels, words=words).items()}
names |= {"jax": jax, "optax": optax, "ce": ce}
def gradient(call):
    result, pull = jax.vjp(lambda given: eval(call, names | {of(call): given}), names[of(call)])
    head = jax.numpy.asarray(w) if result.shape == w.shape else jax.numpy.ones_like(result)
    return np.asarray(pull(head)[0])
"""
REPLY = """
print(json.dumps([gradient(call).tolist() for call in calls]), flush=True)
"""


def gradients(framework: str, script: str, calls: list[str]) -> list[Any]:
    command = [interpreter(framework), "-c", NUMBERS + script + REPLY, json.dumps(calls)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, list[Any]]:
    return {
        "mxnet": gradients("mxnet", MXNET, [row[0] for row in ROWS]),
        "torch": gradients("torch", TORCH, [row[1] for row in ROWS]),
        "jax": gradients("jax", JAX, [row[2] for row in ROWS]),
    }


@pytest.mark.parametrize("other", ["torch", "jax"])
@pytest.mark.parametrize("index", range(len(ROWS)), ids=[row[3] for row in ROWS])
def test_the_calls_of_a_row_have_one_gradient(index: int, other: str, found: dict[str, list[Any]]) -> None:
    ours, theirs = (np.array(found[name][index]) for name in ("mxnet", other))
    assert np.abs(theirs).max() > 1e-3  # a gradient of zeros would agree with anything
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=3e-8)  # MXNet keeps some factors in float32


def test_every_row_of_the_tables_is_read() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("|-", "| MXNet"))]
    assert len(ROWS) == len(lines) >= 20


def test_every_row_names_a_case_of_the_library_and_every_such_case_has_a_row_or_a_twin() -> None:
    cases = load_library([CASES]).cases
    named = [row[3] for row in ROWS]
    assert [name for name in named if name not in cases or TAG not in cases[name].tags] == []
    twins = {tag for name in named for tag in cases[name].tags if tag.startswith("same-as-")}
    alone = [case.id for case in cases.values() if TAG in case.tags and case.id not in named]
    assert [name for name in alone if not twins & set(cases[name].tags)] == []


def test_equivalent_calls_are_those_of_several_cases() -> None:
    tags = [tag for case in load_library([CASES]).cases.values() for tag in case.tags if tag.startswith("same-as-")]
    assert len(set(tags)) >= 8
    assert [tag for tag in set(tags) if tags.count(tag) < 2] == []
