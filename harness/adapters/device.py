"""An adapter on the device that a person asks for: only one that it declares, and that it says it runs on."""

from __future__ import annotations

import inspect

from harness.adapters.contract import Adapter
from harness.adapters.registry import AdapterFault


def made(adapter: type[Adapter], *, device: str | None) -> Adapter:
    """Make an adapter, on ``device`` where one is asked for.

    Raise :class:`~harness.adapters.registry.AdapterFault` where it does not declare that one, and whatever its
    constructor raises.
    """
    if device is None:
        return adapter()
    if not declares(adapter, device):
        raise AdapterFault(
            f"{adapter.name} does not run on {device!r}: it declares {', '.join(adapter.devices) or 'no device'}; "
            "devices = (...) of an adapter names all that it runs on"
        )
    if "device" in inspect.signature(adapter).parameters:
        return adapter(device=device)  # type: ignore[call-arg]  # what no constructor of the contract has to take
    if len(adapter.devices) > 1:
        raise AdapterFault(
            f"{adapter.name} declares the devices {', '.join(adapter.devices)}, and its constructor takes none: "
            "give it a parameter 'device'"
        )
    return adapter()


def declares(adapter: type[Adapter], device: str) -> bool:
    """Tell whether ``device``, such as ``cuda:1``, is declared by its own name or by that of its kind."""
    kind, _, number = device.partition(":")
    return device in adapter.devices or (number.isdecimal() and kind in adapter.devices)


def check_device(*, asked: str | None, described: str) -> None:
    """Raise :class:`~harness.adapters.registry.AdapterFault` where an adapter says that it runs on another device.

    ``described`` is what its description says: the device, and what else it tells of it behind a space.
    """
    if asked is not None and described.partition(" ")[0] != asked:
        raise AdapterFault(
            f"the adapter was given the device {asked!r}, and says in describe() that it runs on {described!r}: "
            "describe() has to name the device of its constructor"
        )
