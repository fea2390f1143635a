"""A problem: one call, ready to be evaluated, with the name under which everything about it is filed."""

from __future__ import annotations

from dataclasses import dataclass

from harness.call import Call
from harness.vocabulary import Quantity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """One case with every parameter list resolved to a single value.

    ``id`` is ``<case>[<the parameters that the case gives as lists>]``, e.g. ``forum-summed-output[float32]``.
    ``cotangent_name`` says what ``call.cotangent`` is: ``implicit``, ``ones``, ``one_hot 0``, ``normal``, ``given`` ...
    ``probe`` says that the plan added it, since the case's own cotangents prove nothing. ``check`` always begins with
    ``forward``: a derivative is judged beside the adapter's own forward output.
    """

    id: str
    case: str
    call: Call
    cotangent_name: str
    check: tuple[Quantity, ...]
    probe: bool = False


def temperature_text(temperature: float | None) -> str:
    """Return a temperature as ids and messages spell it, ``T=0.5``; nothing where there is none."""
    return "" if temperature is None else f"T={repr(temperature).removesuffix('.0')}"
