"""What a forward saves for the derivatives of the same call, as kernels that have a backward of their own do."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any

from harness.adapters.contract import AdapterError

SAVED = "saved"  # the parameter by which a derivative asks for it
NOTHING_SAVED = f"a derivative takes {SAVED!r}, and forward saved nothing: return (output, saved) from it"
NO_PAIR = "forward returned a tuple of {}, expected an array, or (output, saved)"


def takes_saved(derivative: Callable[..., Any]) -> bool:
    """Tell whether ``derivative`` asks for what the forward of its call has saved."""
    if isinstance(derivative, MethodType):
        return _names_saved(derivative.__func__)
    return SAVED in inspect.signature(derivative).parameters


@functools.cache  # to look takes longer than many a derivative
def _names_saved(method: Callable[..., Any]) -> bool:
    return SAVED in inspect.signature(method).parameters


def output_of(returned: object) -> object:
    """Return the output in what a forward has returned: that itself, or the first of a pair."""
    return _parted(returned)[0]


def saved_of(returned: object) -> Any:
    """Return what a forward has saved; raise :class:`~harness.adapters.contract.AdapterError` where it is nothing."""
    if not isinstance(returned, tuple):
        raise AdapterError(NOTHING_SAVED)
    return _parted(returned)[1]


def _parted(returned: object) -> tuple[object, Any]:
    if not isinstance(returned, tuple):
        return returned, None
    if len(returned) != 2:
        raise AdapterError(NO_PAIR.format(len(returned)))
    output, saved = returned
    return output, saved
