"""A snippet in the framework's own code, or of a kernel in its file: one call with its exact input, and what to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from harness.call import Call
from harness.repeat.jax_script import jax_script
from harness.repeat.kernel import Kernel
from harness.repeat.kernel_script import kernel_script
from harness.repeat.mxnet_script import mxnet_script
from harness.repeat.numpy_script import numpy_script
from harness.repeat.script import Script
from harness.repeat.torch_script import torch_script
from harness.vocabulary import Quantity

SCRIPTS: Final[dict[str, Callable[[Call, Quantity], Script]]] = {
    "reference": numpy_script,
    "mxnet": mxnet_script,
    "torch": torch_script,
    "jax": jax_script,
}


def snippet(
    adapter: str,
    call: Call,
    quantity: Quantity,
    *,
    shown: Sequence[str] = (),
    comments: Sequence[str] = (),
    instead: Mapping[str, str] = MappingProxyType({}),
    kernel: Kernel | None = None,
) -> str | None:
    """Return a program that makes the call of ``adapter`` for ``quantity``, with the same bits, and prints ``shown``.

    Its result is the array ``got`` of float64. ``instead`` has expressions to stand for those of long arrays. An
    adapter from outside the project is called by its ``kernel``. None where that is not known, and for a call that the
    framework lacks.
    """
    if kernel is None and adapter not in SCRIPTS:
        return None
    try:
        script = SCRIPTS[adapter](call, quantity) if kernel is None else kernel_script(kernel, call, quantity)
        return script.text(shown, comments=comments, instead=instead)
    except NotImplementedError:
        return None
