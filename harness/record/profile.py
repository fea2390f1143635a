"""What an adapter's file says of itself, for a program that calls it as the harness does.

``python -m harness.record.profile QUESTION ANSWER`` runs where its framework is: two files of JSON, of which the
first holds the path of the adapter's file and a device, or none, and the second gets a :class:`Profile`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import reference
from harness.adapters.contract import Adapter
from harness.adapters.device import made
from harness.adapters.functions import FunctionsAdapter
from harness.adapters.registry import load, source_digest, source_files
from harness.adapters.saved import takes_saved
from harness.record import worker  # noqa: F401 - so that the same is loaded as in recording: it may count as the adapter's
from harness.vocabulary import Mode, Quantity

_REFERENCE = Path(reference.__file__).resolve().parent  # it may be the framework, and is not its author's


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An adapter's file, as it was loaded: ``source`` is its digest, and ``files`` those of all that belongs to it.

    ``functions`` has the parameters of each function of the file, those without a default apart; a class has none.
    ``saving`` are the derivatives of a class that are handed what its forward has saved.
    """

    source: str
    files: dict[str, str]
    device: str
    mode: str
    arrays: str = "numpy"
    functions: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    saving: list[str] = field(default_factory=list)


def profile(spec: str, *, device: str | None) -> Profile:
    """Return the profile of the adapter in the file ``spec``, made for ``device``; raise what its code raises."""
    cls = load(spec)
    adapter = made(cls, device=device)
    described = adapter.describe().device.partition(" ")[0]
    own = source_files(cls).items()
    files = {str(file): digest for file, digest in own if not file.is_relative_to(_REFERENCE)}
    about: dict[str, Any] = {"source": source_digest(cls), "files": files, "device": device or described}
    mode: Mode = cls.modes[0]
    if isinstance(adapter, FunctionsAdapter):
        functions = {each.name: each for each in adapter.functions.values()}
        return Profile(
            **about,
            mode=mode.value,
            arrays=adapter.declared.arrays,
            functions={
                name: {"taken": sorted(each.taken), "needed": sorted(each.needed)} for name, each in functions.items()
            },
        )
    return Profile(**about, mode=mode.value, saving=[one.value for one in Quantity if _saves(adapter, one)])


def _saves(adapter: Adapter, quantity: Quantity) -> bool:
    return quantity is not Quantity.FORWARD and takes_saved(getattr(adapter, quantity.value))


if __name__ == "__main__":
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    answer = profile(asked["adapter"], device=asked["device"])
    Path(sys.argv[2]).write_text(json.dumps(asdict(answer)), encoding="utf-8")
