"""Kernels written as plain functions: what they are handed, what is not asked of them, what is wrong with a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.contract import Adapter, Precision
from harness.adapters.device import made
from harness.adapters.registry import AdapterFault, load
from harness.record.evaluate import evaluate
from harness.record.recording import Entry, Raised, Returned, Unsupported
from harness.record.store import read_recording
from harness.vocabulary import DType, Form, Mode, Normalization, Op, Quantity, Reduction
from tests.adapters.interpreters import record
from tests.record.bench import problem, write

FORWARD = "def softmax(x, axis):\n    return x\n"


def written(folder: Path, text: str, *, name: str = "my_kernel.py") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def adapter(folder: Path, text: str, *, device: str | None = None) -> Adapter:
    return made(load(written(folder, text)), device=device)


def evaluated(folder: Path, text: str, *, quantity: Quantity = Quantity.FORWARD, **asked: Any) -> Entry:
    asked = {"dtype": DType.FLOAT32, "x": [[1.0, 2.0, 4.0]], **asked}
    return evaluate(adapter(folder, text), problem("p", asked.pop("x"), **asked), quantity, memory=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def softmax(x, dim):\n    return x\n", ":1: softmax has a parameter 'dim', which no call has"),
        ("def softmax(x, /, axis):\n    return x\n", ":1: softmax takes 'x' by its position alone"),
        ("def softmax(axis):\n    return axis\n", ":1: softmax has no parameter 'x'"),
        (FORWARD + "def softmax_vjp(x, axis):\n    return x\n", ":3: softmax_vjp has no parameter 'cotangent'"),
        (FORWARD + "def softmax_jvp(saved, axis):\n    return x\n", ":3: softmax_jvp has no parameter 'tangent'"),
        (FORWARD + "def softmax_vpj(x, axis):\n    return x\n", ":3: softmax_vpj .* did you mean softmax_vjp"),
        ("def softmx(x, axis):\n    return x\n", ":1: softmx .* did you mean softmax"),
        ("def softmax_vjp(x, cotangent):\n    return x\n", r":1: .* no function softmax\(x, axis\)"),
        ("def cross_entropy(x, axis):\n    return x\n", ":1: cross_entropy has no parameter 'targets'"),
        (FORWARD + "dtypes = 'float32'\n", ":3: dtypes = 'float32': expected texts in a tuple"),
        (FORWARD + "dtypes = ('float8',)\n", ":3: dtypes: 'float8' is not one of float16, bfloat16"),
        (FORWARD + "dtypes = ()\n", r"dtypes = \(\): expected a tuple of members of DType, not empty"),
        (FORWARD + "working = 'int32'\n", ":3: working: 'int32' is not one of float16, bfloat16, float32, float64"),
        (FORWARD + "accumulation = {'float16': 'single'}\n", ":3: accumulation: 'single' is not one of"),
        (FORWARD + "working = 32\n", ":3: working = 32: expected a dtype, or a dict"),
        (FORWARD + "forms = ('sideways',)\n", ":3: forms: 'sideways' is not one of folded-scale"),
        (FORWARD + "arrays = 'cupy'\n", ":3: arrays = 'cupy': expected one of numpy, torch, jax"),
        (FORWARD + "devices = 'cuda'\n", ":3: devices = 'cuda': expected texts in a tuple"),
        (FORWARD + "version = 1.0\n", ":3: version = 1.0: expected a text"),
        (FORWARD + "name = 'my kernel'\n", "name = 'my kernel' cannot name a folder"),
        (FORWARD + "name = 'torch'\n", "that of a built-in adapter"),
        ("import math\nsoftmax = math.hypot\n", "softmax takes 'x' by its position|does not tell its parameters"),
        ("def _softmax(x, axis):\n    return x\n", "found none"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(AdapterFault, match=rf"my_kernel\.py.*{words}"):
        load(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "asked", "reason"),
    [
        (FORWARD, {"op": Op.SOFTMIN}, "the adapter has no softmin"),
        (FORWARD, {"dtype": DType.FLOAT16}, "the adapter has no float16"),
        (FORWARD, {"result_dtype": DType.BFLOAT16}, "the adapter has no bfloat16"),
        (FORWARD, {"result_dtype": DType.FLOAT64}, "softmax takes no result dtype"),
        (FORWARD, {"temperature": 2.0}, "softmax takes no temperature"),
        (FORWARD, {"mode": Mode.JIT}, "this adapter has no jit mode, only eager"),
        (FORWARD, {"quantity": Quantity.VJP}, "the file has no softmax_vjp"),
        (
            FORWARD + "def softmax_vjp(saved, cotangent):\n    return saved\n",
            {"quantity": Quantity.VJP, "temperature": 2.0},
            "softmax takes no temperature",
        ),
        (
            FORWARD + "def softmax_vjp(x, axis, cotangent):\n    return x\n",
            {"quantity": Quantity.VJP, "cotangent": None},
            "softmax_vjp takes cotangent, of which the case gives none",
        ),
        (
            "def softmax(x):\n    return x\n",
            {"axis": 0},
            "softmax takes no axis: it can be asked along the last one only",
        ),
        (
            "def masked_softmax(x, axis, mask):\n    return x\n",
            {"op": Op.MASKED_SOFTMAX, "lengths": np.int32([2])},
            "masked_softmax takes no lengths",
        ),
        (
            "def masked_softmax(x, axis, mask, lengths=None):\n    return x\n",
            {"op": Op.MASKED_SOFTMAX, "lengths": np.int32([2])},
            "masked_softmax takes mask, of which the case gives none",
        ),
        (
            "def cross_entropy(x, axis, targets):\n    return x\n",
            {"op": Op.CROSS_ENTROPY, "targets": np.int32([2]), "reduction": Reduction.MEAN},
            "cross_entropy takes no reduction",
        ),
        (
            "def cross_entropy(x, axis, targets):\n    return x\n",
            {"op": Op.CROSS_ENTROPY, "targets": np.int32([2]), "label_smoothing": 0.1},
            "cross_entropy takes no label smoothing",
        ),
        (
            "def softmax_output(x, axis, targets):\n    return x\n",
            {"op": Op.SOFTMAX_OUTPUT, "targets": np.int32([2]), "grad_scale": 2.0},
            "softmax_output takes no grad scale",
        ),
        (
            "def softmax_output(x, axis, targets):\n    return x\n",
            {"op": Op.SOFTMAX_OUTPUT, "targets": np.int32([2]), "normalization": Normalization.BATCH},
            "softmax_output takes no normalization",
        ),
    ],
)
def test_what_a_function_has_no_place_for_is_not_asked_of_it(
    text: str, asked: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    assert evaluated(tmp_path, text, **asked).result == Unsupported(reason)


@pytest.mark.parametrize(
    ("parameters", "asked", "handed"),
    [
        ("axis", {"axis": 1}, {"axis": 1}),
        ("axis, temperature", {}, {"axis": -1, "temperature": 1.0}),
        ("axis, temperature=None", {"temperature": 0.5}, {"axis": -1, "temperature": 0.5}),
        ("dtype, result_dtype", {"result_dtype": DType.FLOAT64}, {"dtype": "float32", "result_dtype": "float64"}),
        ("result_dtype", {}, {"result_dtype": None}),
        ("device, block=128", {}, {"device": "cpu", "block": 128}),
        ("result_dtype='its own'", {}, {"result_dtype": "its own"}),
    ],
)
def test_a_function_is_handed_what_it_names(
    parameters: str, asked: dict[str, Any], handed: dict[str, Any], tmp_path: Path
) -> None:
    text = f"def softmax(x, {parameters}):\n    raise ValueError({{k: v for k, v in locals().items() if k != 'x'}})\n"
    result = evaluated(tmp_path, text, **asked).result
    assert isinstance(result, Raised)
    assert result.text == str(handed)


SAVING = """\
calls = []
def softmax(x, axis):
    calls.append("forward")
    return x, (x, axis, len(calls))
def softmax_vjp(saved, cotangent):
    x, axis, number = saved
    calls.append("vjp")
    assert number == len(calls) - 1, calls
    return x + cotangent
"""


def test_what_a_forward_saves_is_handed_to_the_vjp_of_the_same_call(tmp_path: Path) -> None:
    result = evaluated(tmp_path, SAVING, quantity=Quantity.VJP, cotangent=[[10.0, 20.0, 30.0]]).result
    assert isinstance(result, Returned)
    assert result.value.tolist() == [[11.0, 22.0, 34.0]]


def test_of_what_a_forward_returns_the_output_is_the_result(tmp_path: Path) -> None:
    result = evaluated(tmp_path, SAVING).result
    assert isinstance(result, Returned)
    assert result.value.tolist() == [[1.0, 2.0, 4.0]]


@pytest.mark.parametrize(
    ("text", "quantity", "said", "where"),
    [
        (
            "def softmax(x):\n    return x, x, x\n",
            Quantity.FORWARD,
            "forward returned a tuple of 3, expected an array, or (output, saved)",
            "my_kernel.py:1, in softmax",
        ),
        (
            "def softmax(x):\n    return x\ndef softmax_vjp(saved, cotangent):\n    return saved\n",
            Quantity.VJP,
            "a derivative takes 'saved', and forward saved nothing: return (output, saved) from it",
            "my_kernel.py:3, in softmax_vjp",
        ),
        (
            "def softmax(x):\n    return x.tolist()\n",
            Quantity.FORWARD,
            "returned a list, expected a numpy array",
            "my_kernel.py:1, in softmax",
        ),
    ],
)
def test_a_function_that_breaks_the_contract_is_named_with_its_line(
    text: str, quantity: Quantity, said: str, where: str, tmp_path: Path
) -> None:
    result = evaluated(tmp_path, text, quantity=quantity).result
    assert result == Raised("AdapterError", said)
    assert isinstance(result, Raised)
    assert result.where == where


def test_an_exception_is_told_in_the_lines_of_the_file_alone_the_innermost_first(tmp_path: Path) -> None:
    (tmp_path / "launching.py").write_text("def launch(x):\n    return x.reshape(7)\n")
    text = "from launching import launch\n\n\ndef softmax(x):\n    return launch(x)\n"
    result = evaluated(tmp_path, text).result
    assert isinstance(result, Raised)
    assert result.type == "ValueError"
    assert result.where == (
        "launching.py:2, in launch: return x.reshape(7), called from my_kernel.py:5, in softmax: return launch(x)"
    )


@pytest.mark.parametrize(
    ("declared", "dtype", "precision"),
    [
        ("", DType.FLOAT16, ("float16", "float16", ())),
        ("working = 'float32'\n", DType.FLOAT64, ("float32", "float64", ())),
        ("accumulation = {'float16': 'float32'}\n", DType.FLOAT16, ("float16", "float32", ())),
        ("accumulation = {'float16': 'float32'}\n", DType.FLOAT64, ("float64", "float64", ())),
        ("forms = ('recomputed',)\n", DType.FLOAT64, ("float64", "float64", ("recomputed",))),
    ],
)
def test_the_declared_precision_is_recorded(declared: str, dtype: DType, precision: Any, tmp_path: Path) -> None:
    text = "dtypes = ('float16', 'float64')\n" + declared + FORWARD
    working, accumulation, forms = precision
    assert evaluated(tmp_path, text, dtype=dtype).precision == Precision(
        working=DType(working), accumulation=DType(accumulation), forms=tuple(Form(form) for form in forms)
    )


def test_a_file_may_hold_every_function(tmp_path: Path) -> None:
    texts = []
    for op in Op:
        operands = ", targets" if op.has_targets else ""
        texts.append(f"def {op.value}(x, axis{operands}):\n    return x\n")
        for quantity, vectors in (("vjp", "cotangent"), ("jvp", "tangent"), ("hvp", "cotangent, tangent")):
            texts.append(f"def {op.value}_{quantity}(x, axis, {vectors}):\n    return x\n")
        texts.append(f"def {op.value}_jacobian(x, axis):\n    return x\n")
    assert load(written(tmp_path, "".join(texts))).ops == tuple(Op)


WITH_TORCH = """\
import torch

arrays = "torch"
dtypes = ("bfloat16", "float32")
working = accumulation = "float32"


def softmax(x, axis):
    assert isinstance(x, torch.Tensor)
    y = torch.softmax(x, dim=axis)
    return y, y


def softmax_vjp(saved, cotangent, axis):
    assert saved.dtype == cotangent.dtype
    return saved * (cotangent - (saved * cotangent).sum(dim=axis, keepdim=True))
"""
WITH_JAX = """\
import jax

arrays = "jax"
dtypes = ("bfloat16", "float32", "float64")


def softmax(x, axis):
    assert isinstance(x, jax.Array)
    return jax.nn.softmax(x, axis=axis)


def softmax_vjp(x, cotangent, axis):
    return jax.vjp(lambda x: jax.nn.softmax(x, axis=axis), x)[1](cotangent)[0]
"""


@pytest.mark.parametrize(("framework", "text"), [("torch", WITH_TORCH), ("jax", WITH_JAX)])
def test_functions_of_a_framework_get_and_return_its_arrays(framework: str, text: str, tmp_path: Path) -> None:
    kernel = written(tmp_path, text, name="my_kernel.py")
    dtypes = (DType.BFLOAT16, DType.FLOAT32)
    plan = write(tmp_path, [problem(dtype.value, [[1, 2, 4]], dtype=dtype) for dtype in dtypes])
    record(framework, tmp_path, adapter=kernel)
    recording = read_recording(tmp_path / "recordings" / "my_kernel", plan=plan.digest)
    kinds = {key: getattr(entry.result, "dtype", entry.result) for key, entry in recording.entries.items()}
    assert kinds == {(name, q): name for name in ("bfloat16", "float32") for q in (Quantity.FORWARD, Quantity.VJP)}
    assert recording.header.description is not None
    assert recording.header.description.settings["arrays"].startswith(framework)
