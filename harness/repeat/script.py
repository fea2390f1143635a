"""A snippet in its parts, and as the text that a person runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.repeat.literal import HEX, needs

_DEFINITION = re.compile(r"\n+(?=(?:def|class) )")
_GAP = re.compile(r"\n{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A program that makes one call of a framework's own; nothing of this project is imported.

    ``environment``: variables that have to be set before the framework is imported. ``arrays``: inputs by name, as
    expressions. ``body`` makes the call and leaves its result in ``result``; ``numbers`` is that as a NumPy array that
    holds every value exactly, and is called ``got`` afterwards.
    """

    imports: Sequence[str]
    arrays: dict[str, str]
    body: Sequence[str]
    numbers: str
    environment: dict[str, str] = field(default_factory=dict)
    settings: Sequence[str] = ()

    def text(self, shown: Sequence[str], *, comments: Sequence[str] = ()) -> str:
        """Return the program; ``shown`` are its last lines, which print, and ``comments`` its first."""
        given = [f"{name} = {expression}" for name, expression in self.arrays.items()]
        written = "\n".join([*given, *self.body, *shown])
        modules = sorted({*needs(written), *(["os"] if self.environment else [])})
        parts = [
            [f"# {line}" for line in comments],
            [f"import {module}" for module in modules],
            [f'os.environ["{name}"] = "{value}"' for name, value in self.environment.items()],
            list(self.imports),
            [*self.settings, *([HEX] if 'h("' in written else [])],
            given,
            list(self.body),
            [f"got = {self.numbers}", *shown],
        ]
        text = "\n\n".join("\n".join(part) for part in parts if part) + "\n"
        return _DEFINITION.sub("\n\n\n", _GAP.sub("\n\n\n", text))
