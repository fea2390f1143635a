"""Calls of a kernel from outside: its own file, taken from its path, and handed what the harness hands it.

Plain functions are called as they are; a class is made and called through the contract of adapters, which takes this
harness.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

import harness
from harness.adapters.arguments import Parameters, arguments
from harness.adapters.saved import NO_PAIR, NOTHING_SAVED
from harness.call import ARRAYS, Call
from harness.repeat.given import cotangent_dtype
from harness.repeat.kernel import Kernel
from harness.repeat.literal import literal
from harness.repeat.script import Script
from harness.vocabulary import DType, Mode, Quantity

_HARNESS: Final = Path(harness.__file__).resolve().parents[1]
_LOADED: Final = (
    "for file, digest in FOUND.items():",
    "    there = Path(file)",
    "    if not there.exists() or hashlib.sha256(there.read_bytes()).hexdigest() != digest:",
    '        print(f"{file} has changed since this was found", file=sys.stderr)',
)
_STANDARD: Final = ("import sys", "from pathlib import Path")
_IMPORTED: Final = {"numpy": (), "torch": ("import torch",), "jax": ("import jax",)}
_SETTINGS: Final = {
    "numpy": (),
    "torch": ("torch.set_num_threads(1)",),
    "jax": ('jax.config.update("jax_enable_x64", True)',),
}
_NUMBERS: Final = {
    "numpy": "np.asarray(result).astype(np.float64)",
    "torch": "torch.as_tensor(result).detach().double().cpu().numpy()",
    "jax": "np.asarray(result).astype(np.float64)",
}
_BFLOAT16: Final = "(np.asarray(result).view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)"


def kernel_script(kernel: Kernel, call: Call, quantity: Quantity) -> Script:
    """Return the script of ``quantity`` of ``call``; it runs in the Python that recorded the kernel."""
    made = _of_functions if kernel.profile.functions else _of_class
    script = made(kernel, call, quantity)
    return replace(
        script,
        comments=(f"Run it with {kernel.origin.python}: it calls the kernel in its own file.",),
        imports=("import hashlib", *script.imports),
        settings=(*_found(kernel), "", *script.settings),
    )


def _of_functions(kernel: Kernel, call: Call, quantity: Quantity) -> Script:
    arrays = kernel.profile.arrays
    file = Path(kernel.origin.adapter)
    below = sorted(str(folder) for folder in {file.parent, *([_HARNESS] if _needs_harness(kernel) else [])})
    device = kernel.profile.device
    return Script(
        imports=("import importlib.util", *_STANDARD, "", "import numpy as np", *_IMPORTED[arrays]),
        settings=(
            f"sys.path += {json.dumps(below)}",
            f"spec = importlib.util.spec_from_file_location({json.dumps(file.stem)}, FILE)",
            "kernel = sys.modules[spec.name] = importlib.util.module_from_spec(spec)",
            "spec.loader.exec_module(kernel)",
            *_SETTINGS[arrays],
            *([f'torch.set_default_device("{device}")'] if arrays == "torch" and device != "cpu" else []),
        ),
        arrays={name: _array(kernel, call, name) for name in _handed(kernel, call, quantity)},
        body=tuple(_calls(kernel, call, quantity)),
        numbers=_numbers(call, quantity, arrays=arrays),
    )


def _calls(kernel: Kernel, call: Call, quantity: Quantity) -> Iterator[str]:
    """Yield the lines that leave in ``result`` what the function returns, as the harness calls it."""
    function = _function(kernel, call, quantity)
    forward = f"kernel.{call.op.value}({_written(kernel, _function(kernel, call, Quantity.FORWARD), call)})"
    if quantity is Quantity.FORWARD:
        yield from _output(forward)
    else:
        saving = "saved" in function.taken
        if saving:
            yield from _saved(forward)
        words = [*(["saved=saved"] if saving else []), *filter(None, [_written(kernel, function, call)])]
        yield f"result = kernel.{function.name}({', '.join(words)})"


def _output(forward: str) -> Iterator[str]:
    """Yield the lines that leave in ``result`` the output of ``forward``; what is neither that nor a pair stays."""
    yield f"result = {forward}"
    yield "if isinstance(result, tuple) and len(result) == 2:"
    yield "    result, _ = result  # behind the output, what it saves"


def _saved(forward: str) -> Iterator[str]:
    """Yield the lines that leave in ``saved`` what ``forward`` saves, or say what the harness says of nothing."""
    yield f"returned = {forward}"
    yield "if not isinstance(returned, tuple):"
    yield f"    sys.exit({json.dumps(NOTHING_SAVED)})"
    yield "if len(returned) != 2:"
    yield f"    sys.exit({json.dumps(NO_PAIR)}.format(len(returned)))"
    yield "_, saved = returned"


def _function(kernel: Kernel, call: Call, quantity: Quantity) -> Parameters:
    name = call.op.value + ("" if quantity is Quantity.FORWARD else f"_{quantity.value}")
    taken = kernel.profile.functions[name]
    return Parameters(name=name, taken=frozenset(taken["taken"]), needed=frozenset(taken["needed"]))


def _given(kernel: Kernel, function: Parameters, call: Call) -> dict[str, Any]:
    return arguments(function, call, device=kernel.profile.device, hand=lambda array, _: array)


def _written(kernel: Kernel, function: Parameters, call: Call) -> str:
    given = _given(kernel, function, call)
    return ", ".join(f"{name}={name if name in ARRAYS else repr(value)}" for name, value in given.items())


def _handed(kernel: Kernel, call: Call, quantity: Quantity) -> list[str]:
    """Return the arrays that the functions are handed, in the order of a call's."""
    asked = [_function(kernel, call, quantity)]
    if "saved" in asked[0].taken:
        asked.append(_function(kernel, call, Quantity.FORWARD))
    given = {name for function in asked for name in _given(kernel, function, call)}
    return [name for name in ARRAYS if name in given]


def _array(kernel: Kernel, call: Call, name: str) -> str:
    written = literal(np.asarray(getattr(call, name)))
    half = _dtype(call, name) is DType.BFLOAT16
    device = kernel.profile.device
    match kernel.profile.arrays:
        case "torch":
            there = "" if device == "cpu" else f'.to("{device}")'
            return f"torch.from_numpy({written}){there}" + (".view(torch.bfloat16)" if half else "")
        case "jax":
            kind, _, number = device.partition(":")
            bits = ".view(jax.numpy.bfloat16)" if half else ""
            return f'jax.device_put({written}{bits}, jax.devices("{kind}")[{int(number or 0)}])'
        case _:
            return written


def _of_class(kernel: Kernel, call: Call, quantity: Quantity) -> Script:
    mode = Mode(kernel.profile.mode) if call.mode is Mode.DEFAULT else call.mode
    device = kernel.origin.device
    fields = [f'op=Op("{call.op.value}")', f"axis={call.axis}", f'dtype=DType("{call.dtype.value}")']
    fields += [f'mode=Mode("{mode.value}")', *_fields(call)]
    made = "load(FILE)()" if device is None else f'made(load(FILE), device="{device}")'
    saving = quantity.value in kernel.profile.saving
    body = ["call = Call(", *(f"    {field}," for field in fields), ")", f"adapter = {made}"]
    if quantity is Quantity.FORWARD:
        body += _output("adapter.forward(call)")
    else:
        body += _saved("adapter.forward(call)") if saving else []
        body += [f"result = adapter.{quantity.value}(call{', saved=saved' if saving else ''})"]
    return Script(
        imports=(*_STANDARD, "", "import numpy as np"),
        settings=(
            f"sys.path += {json.dumps([str(_HARNESS)])}",
            *(["from harness.adapters.device import made"] if device is not None else []),
            "from harness.adapters.registry import load",
            "from harness.call import Call",
            f"from harness.vocabulary import {', '.join(sorted(_words(fields)))}",
        ),
        arrays={name: literal(np.asarray(getattr(call, name))) for name in ARRAYS if getattr(call, name) is not None},
        body=tuple(body),
        numbers=_numbers(call, quantity, arrays="numpy"),
    )


def _fields(call: Call) -> Iterator[str]:
    yield from (f"{name}={name}" for name in ARRAYS if getattr(call, name) is not None)
    for name, usual in (("temperature", None), ("ignore_index", None), ("label_smoothing", 0.0), ("grad_scale", 1.0)):
        if (value := getattr(call, name)) != usual:
            yield f"{name}={value!r}"
    if call.reduction is not None:
        yield f'reduction=Reduction("{call.reduction.value}")'
    if call.op.value == "softmax_output":
        yield f'normalization=Normalization("{call.normalization.value}")'
    if call.result_dtype is not None:
        yield f'result_dtype=DType("{call.result_dtype.value}")'


def _words(fields: list[str]) -> set[str]:
    """Return the closed sets of the vocabulary that ``fields`` name a word of."""
    return {
        word
        for field in fields
        for word in ("DType", "Mode", "Normalization", "Op", "Reduction")
        if f"={word}(" in field
    }


def _found(kernel: Kernel) -> list[str]:
    """Return the lines that name the file, and say where it, or what it has loaded, is not what it was."""
    path = kernel.origin.adapter
    digests = kernel.profile.files
    own = str(Path(path).resolve())
    lines = [f'    FILE: "{digests[own]}",']
    lines += [f'    {json.dumps(file)}: "{digest}",' for file, digest in sorted(digests.items()) if file != own]
    return [
        f"FILE = {json.dumps(path)}",
        "FOUND = {  # SHA-256 of what was called when this was found",
        *lines,
        "}",
        *_LOADED,
    ]


def _needs_harness(kernel: Kernel) -> bool:
    return any(b"harness" in Path(file).read_bytes() for file in kernel.profile.files if file.endswith(".py"))


def _numbers(call: Call, quantity: Quantity, *, arrays: str) -> str:
    bits = arrays == "numpy" and call.dtype_of(quantity) is DType.BFLOAT16
    return _BFLOAT16 if bits else _NUMBERS[arrays]


def _dtype(call: Call, name: str) -> DType | None:
    if name in ("mask", "lengths") or (name == "targets" and call.index_targets):
        return None
    return cotangent_dtype(call) if name == "cotangent" else call.dtype
