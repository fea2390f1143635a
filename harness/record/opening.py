"""The first exchange with a recording process: who the adapter is, or why there is none."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from harness.adapters.contract import Description
from harness.adapters.registry import AdapterFault, default_name
from harness.record.child import Child
from harness.record.codec import description_from_json
from harness.vocabulary import Mode

POLL = 0.05  # seconds between two looks at a child that says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The adapter is loaded and waits for its order."""

    name: str
    mode: Mode  # what Mode.DEFAULT stands for
    description: Description
    source: str
    kept_at: Path | None = field(default=None, compare=False)  # decides nothing, and is not remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """The framework cannot be used here, and says why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiedOpening:
    """The process ended, or had to be ended, before the adapter was ready."""

    name: str
    how: str


Opening = Ready | Unavailable | DiedOpening


def reason(opening: Unavailable | DiedOpening) -> str:
    """Say why there is no adapter to record with."""
    match opening:
        case Unavailable():
            return opening.reason
        case DiedOpening():
            return f"the process died while the adapter was being loaded: {opening.how}"


def opened(child: Child, spec: str, *, timeout: float, memory: int) -> Ready | Unavailable | DiedOpening:
    """Wait until the adapter of ``child`` is ready, at most ``timeout`` seconds.

    Raise :class:`~harness.adapters.registry.AdapterFault` where the adapter itself is wrong.
    """
    name, mode = default_name(spec), Mode.EAGER
    deadline = time.monotonic() + timeout
    while True:
        for message in child.messages(wait=POLL):
            match message["kind"]:
                case "hello":
                    name, mode = message["name"], Mode(message["mode"])
                case "ready":
                    description = description_from_json(message["description"])
                    return Ready(
                        name=name,
                        mode=mode,
                        description=description,
                        source=message["source"],
                        kept_at=None if message["kept_at"] is None else Path(message["kept_at"]),
                    )
                case "unavailable":
                    return Unavailable(name=name, reason=message["text"])
                case "fault":
                    raise AdapterFault(message["text"])
        if child.ended:
            return DiedOpening(name=name, how=child.death)
        if child.memory > memory:
            return DiedOpening(name=name, how=f"it grew beyond {memory / 2**30:g} GiB")
        if time.monotonic() > deadline:
            return DiedOpening(name=name, how=f"it was not ready within {timeout:g} seconds")
