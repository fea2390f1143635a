"""Every reason that the adapter of MXNet gives for what it does not ask is tried here, in MXNet 1.9.1 itself."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.adapters.interpreters import ROOT, interpreter

SETUP = """
import json, os
import numpy as np
import mxnet as mx

bfloat16 = np.dtype([("bfloat16", np.uint16)])

def numbers(dtype="float64", shape=(1, 2)):
    if dtype == "bfloat16":
        return mx.nd.array(np.full(shape, 0x3F80, np.uint16).view(bfloat16), dtype=bfloat16)
    return mx.nd.ones(shape, dtype=dtype)

def labels(dtype="float64"):
    return numbers(dtype, (1,))

def lengths():
    return mx.nd.array([1], dtype="int32")

def loss(x):
    return mx.gluon.loss.SoftmaxCrossEntropyLoss()(x, lengths())

def vjp(op, x):
    x.attach_grad()
    with mx.autograd.record():
        y = op(x)
    y.backward()
    return x.grad.asnumpy()

def hvp(op):
    x = numbers()
    x.attach_grad()
    with mx.autograd.record():
        (g,) = mx.autograd.grad(op(x), [x], create_graph=True, retain_graph=True)
    g.backward()
    return x.grad.asnumpy()

def outcome(call):
    try:
        return f"returned {call()}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
"""
UNREGISTERED = "Operator {} is non-differentiable because it didn't register FGradient attribute"
UNKNOWN = "Unknown type enum 12"
FAILURES = {  # a call, and what is said when it fails
    "mx.nd.logsumexp": "has no attribute 'logsumexp'",
    "mx.np.logsumexp": "has no attribute 'logsumexp'",
    "mx.npx.logsumexp": "has no attribute 'logsumexp'",
    "mx.nd.masked_softmax": "has no attribute 'masked_softmax'",
    "mx.npx.masked_softmax": "has no attribute 'masked_softmax'",
    "mx.npx.masked_log_softmax": "has no attribute 'masked_log_softmax'",
    "mx.npx.softmin": "has no attribute 'softmin'",
    "mx.npx.SoftmaxOutput": "has no attribute 'SoftmaxOutput'",
    "mx.npx.softmax_cross_entropy": "has no attribute 'softmax_cross_entropy'",
    "mx.nd.log_softmax(numbers(), length=lengths(), use_length=True)": "Cannot find argument 'length'",
    "mx.nd.softmax(numbers(), dtype='bfloat16')": "data type 'bfloat16' not understood",
    "mx.nd.softmax(numbers(), dtype=bfloat16)": "Invalid Input",
    "mx.np.array(np.zeros(2, bfloat16), dtype=bfloat16)": "KeyError",
    "mx.nd.softmin(numbers('bfloat16')).asnumpy()": UNKNOWN,
    "mx.nd.softmax(numbers('bfloat16'), lengths(), use_length=True).asnumpy()": UNKNOWN,
    "mx.nd.softmax_cross_entropy(numbers('bfloat16'), labels('bfloat16')).asnumpy()": UNKNOWN,
    "vjp(lambda x: mx.nd.SoftmaxOutput(x, labels('bfloat16')), numbers('bfloat16'))": UNKNOWN,
    "vjp(lambda x: mx.nd.softmax(x, dtype='float32'), numbers('bfloat16'))": UNKNOWN,
    "hvp(mx.nd.softmax)": UNREGISTERED.format("_backward_softmax"),
    "hvp(mx.nd.log_softmax)": UNREGISTERED.format("_backward_log_softmax"),
    "hvp(mx.nd.softmin)": UNREGISTERED.format("_backward_softmin"),
    "hvp(lambda x: mx.nd.softmax(x, lengths(), use_length=True))": UNREGISTERED.format("_backward_softmax"),
    "hvp(loss)": UNREGISTERED.format("_backward_log_softmax"),
    "hvp(lambda x: mx.nd.softmax_cross_entropy(x, labels()))": UNREGISTERED.format("_backward_softmax_cross_entropy"),
    "hvp(lambda x: mx.nd.SoftmaxOutput(x, labels()))": UNREGISTERED.format("_backward_SoftmaxOutput"),
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    calls = ", ".join(f"{call!r}: outcome(lambda: {call})" for call in FAILURES)
    # without the atexit of MXNet, which raises the error of an operation once more
    script = f"{SETUP}\nprint(json.dumps({{{calls}}}), flush=True)\nos._exit(0)"
    done = subprocess.run(
        [interpreter("mxnet"), "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("call", list(FAILURES))
def test_what_the_adapter_does_not_ask_for_fails(call: str, outcomes: dict[str, str]) -> None:
    assert FAILURES[call] in outcomes[call]
