"""Arrays of a call as those of the framework that a kernel is written with, on its device, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.adapters.arguments import Hand
from harness.adapters.contract import FrameworkUnavailable
from harness.adapters.framework import import_framework
from harness.vocabulary import DType

FRAMEWORKS = ("numpy", "torch", "jax")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """How arrays are handed to a kernel, how they come back, and the framework that this needs, with its version."""

    hand: Hand
    back: Callable[[Any], Any]
    framework: str


def exchange(framework: str, *, device: str) -> Exchange:
    """Return the exchange with ``framework``, one of ``FRAMEWORKS``, on ``device``.

    Raise :class:`~harness.adapters.contract.FrameworkUnavailable` where it does not import, or lacks the device.
    """
    match framework:
        case "torch":
            return _torch(device)
        case "jax":
            return _jax(device)
        case _:
            return Exchange(
                hand=lambda array, _: array, back=lambda result: result, framework=f"numpy {np.__version__}"
            )


def _torch(device: str) -> Exchange:
    from harness.adapters.torch_ops import array_of, tensor_of  # noqa: PLC0415 - a part of PyTorch's adapter alone

    torch = import_framework("torch", hint="the file says that its arrays are torch's")
    torch.set_num_threads(1)  # as in the adapter of PyTorch itself: their number decides the order of sums
    use_torch_device(torch, device)

    def back(result: Any) -> Any:
        return array_of(torch, result) if isinstance(result, torch.Tensor) else result

    return Exchange(
        hand=lambda array, dtype: tensor_of(torch, array, dtype),
        back=back,
        framework=f"torch {torch.__version__}",
    )


def _jax(device: str) -> Exchange:
    jax = import_framework("jax", hint="the file says that its arrays are jax's")
    jax.config.update("jax_enable_x64", True)
    there = jax_device(jax, device)

    def hand(array: Any, dtype: DType) -> Any:
        return jax.device_put(array.view(jax.numpy.bfloat16) if dtype is DType.BFLOAT16 else array, there)

    def back(result: Any) -> Any:
        return np.asarray(result) if isinstance(result, jax.Array) else result

    return Exchange(hand=hand, back=back, framework=f"jax {jax.__version__}")


def use_torch_device(torch: Any, device: str) -> None:
    """Have PyTorch put tensors on a device of a name such as ``cpu`` or ``cuda:1``.

    Raise :class:`~harness.adapters.contract.FrameworkUnavailable` where it has none.
    """
    try:
        torch.empty(0, device=device)
    except Exception as error:  # a build without CUDA raises something else than a machine without a card
        raise FrameworkUnavailable(f"PyTorch {torch.__version__} has no device {device!r} here: {error}") from error
    if torch.get_default_device() != torch.device(device):  # what is set intercepts every call: not for nothing
        torch.set_default_device(device)


def jax_device(jax: Any, device: str) -> Any:
    """Return JAX's device of a name such as ``cpu`` or ``cuda:1``; raise FrameworkUnavailable where it has none."""
    kind, _, number = device.partition(":")
    try:
        return jax.devices(kind)[int(number or 0)]
    except (RuntimeError, IndexError) as error:
        raise FrameworkUnavailable(f"JAX {jax.__version__} has no device {device!r} here: {error}") from error
