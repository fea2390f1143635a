"""A snippet in the framework's own code: one call with its exact input, and what is to be seen of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from harness.call import Call
from harness.repeat.jax_script import jax_script
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
) -> str | None:
    """Return a program that makes the call of ``adapter`` for ``quantity``, with the same bits, and prints ``shown``.

    Its result is the array ``got`` of float64. ``instead`` has expressions to stand for those of long arrays. None for
    an adapter from outside the project, whose code nobody here knows, and for a call that the framework lacks.
    """
    if adapter not in SCRIPTS:
        return None
    try:
        return SCRIPTS[adapter](call, quantity).text(shown, comments=comments, instead=instead)
    except NotImplementedError:
        return None
